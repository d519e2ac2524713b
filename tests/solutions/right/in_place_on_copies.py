"""Updates that allocate as little as they can: in-place arithmetic and out=, on copies of what was given."""

import numpy as np


def _refuse(param, grad, **amounts):
    if np.shape(param) != np.shape(grad):
        raise ValueError(f"got grad {np.shape(grad)} for param {np.shape(param)}")
    for name, amount in amounts.items():
        if not 0 <= amount < np.inf:
            raise ValueError(f"{name} = {amount}")


def _decayed(param, grad, weight_decay):
    g = np.array(grad)
    if weight_decay:
        g += weight_decay * param
    return g


def sgd_update(param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    _refuse(param, grad, lr=lr, momentum=momentum, weight_decay=weight_decay)
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError("Nesterov needs momentum and no dampening")
    w, g = np.array(param), _decayed(param, grad, weight_decay)
    if momentum:
        if state:
            buf = np.array(state["momentum_buffer"])
            np.multiply(buf, momentum, out=buf)
            np.add(buf, (1 - dampening) * g, out=buf)
        else:
            buf = g.copy()
        state = {"momentum_buffer": buf.copy()}
        if nesterov:
            buf *= momentum
            g += buf
        else:
            g = buf
    g *= lr
    w -= g
    return w, state


def adagrad_update(
    param, grad, state, *, lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10
):
    _refuse(param, grad, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, eps=eps)
    w, g = np.array(param), _decayed(param, grad, weight_decay)
    if state:
        total, t = np.array(state["sum"]), int(state["step"])
    else:
        total, t = np.full_like(w, initial_accumulator_value), 0
    scratchpad = np.square(g)
    total += scratchpad
    np.sqrt(total, out=scratchpad)
    scratchpad += eps
    np.divide(g, scratchpad, out=scratchpad)
    scratchpad *= lr / (1 + t * lr_decay)
    w -= scratchpad
    return w, {"step": t + 1, "sum": total}


def rmsprop_update(
    param, grad, state, *, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False
):
    _refuse(param, grad, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)
    w, g = np.array(param), _decayed(param, grad, weight_decay)
    s = {key: np.array(value) for key, value in (state or {}).items()}
    for key in ("square_avg", "momentum_buffer", "grad_avg"):
        s.setdefault(key, np.zeros_like(w))
    s["step"] = int(s.get("step", 0)) + 1
    v = s["square_avg"]
    v *= alpha
    v += (1 - alpha) * np.square(g)
    root = v.copy()
    if centered:
        mean = s["grad_avg"]
        mean += (1 - alpha) * (g - mean)
        root -= np.square(mean)
    with np.errstate(invalid="ignore"):
        np.sqrt(root, out=root)
    root += eps
    np.divide(g, root, out=g)
    if momentum:
        s["momentum_buffer"] *= momentum
        s["momentum_buffer"] += g
        g[...] = s["momentum_buffer"]
    else:
        del s["momentum_buffer"]
    if not centered:
        del s["grad_avg"]
    g *= lr
    w -= g
    return w, s
