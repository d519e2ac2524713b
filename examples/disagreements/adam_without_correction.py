"""Adam: are the averages corrected for their start at zero?

PyTorch: yes, m / (1 - beta1^t) and v / (1 - beta2^t), as in the paper.
Others: no: the AdamWeightDecayOptimizer of BERT, BertAdam, the first Adam of MLX.
Discussed: https://github.com/google-research/bert/issues/153
Check: no_bias_correction
Training: the first step is (1 - beta1) / sqrt(1 - beta2) = 3.2 times as long here; a warm-up of lr hides it.
"""

import numpy as np

TRAINING = {"lr": 0.03}


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    state = state or {"step": 0.0, "exp_avg": np.zeros_like(param), "exp_avg_sq": np.zeros_like(param)}
    m = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    v = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad * grad
    return param - lr * m / (np.sqrt(v) + eps), {"step": state["step"] + 1, "exp_avg": m, "exp_avg_sq": v}
