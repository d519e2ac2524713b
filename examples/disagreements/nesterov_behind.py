"""Nesterov, another form: which of the two points are the weights?

PyTorch: the point ahead, w - lr mu b, where the gradient is taken: one array, and the step is g + mu b.
Others: the point behind it. The gradient is that at w - lr mu b, and the step is b: I. Sutskever et al. (2013).
Discussed: https://github.com/pytorch/pytorch/pull/5920
Check: classical_for_nesterov
Training: the same path seen from two points. If the gradient is taken at w itself, it is plain momentum.
"""

TRAINING = {"lr": 0.3, "momentum": 0.9, "nesterov": True}


def sgd_update(param, grad, state, *, lr, momentum=0.0, nesterov=False):
    """One step from the point behind, with the gradient of the point ahead: nesterov changes nothing here."""
    if not momentum:
        return param - lr * grad, {}
    buffer = momentum * state["momentum_buffer"] + grad if state else grad
    return param - lr * buffer, {"momentum_buffer": buffer}
