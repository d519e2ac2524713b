"""RMSprop with momentum: is the learning rate inside the buffer?

PyTorch: no, b = mu b + g / sqrt(v), w = w - lr b.
Others: yes, b = mu b + lr g / sqrt(v), w = w - b: TensorFlow, Keras, timm's RMSpropTF.
Discussed: https://github.com/huggingface/pytorch-image-models/blob/main/timm/optim/rmsprop_tf.py
Check: rmsprop_lr_inside_the_buffer
Training: the same as long as lr stays. EfficientNet lowers lr every few epochs.
"""

import numpy as np

TRAINING = {"lr": 0.003, "momentum": 0.9}


def rmsprop_update(param, grad, state, *, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0):
    state = state or {"step": 0.0} | dict.fromkeys(("square_avg", "momentum_buffer"), np.zeros_like(param))
    v = alpha * state["square_avg"] + (1 - alpha) * grad * grad
    new = {"step": state["step"] + 1, "square_avg": v}
    step = lr * grad / (np.sqrt(v) + eps)
    if momentum:
        step = new["momentum_buffer"] = momentum * state["momentum_buffer"] + step
    return param - step, new
