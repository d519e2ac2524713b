"""The state is a tuple of torch tensors; parameters come and go as NumPy arrays."""

import torch


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    param, grad = torch.from_numpy(param), torch.from_numpy(grad)
    (velocity,) = state or (torch.zeros_like(param),)
    velocity = torch.add(grad, velocity, alpha=momentum)
    return torch.sub(param, velocity, alpha=lr), (velocity,)


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    param, grad = torch.from_numpy(param), torch.from_numpy(grad)
    zeros = torch.zeros_like(param)
    m, v, t = state or (zeros, zeros, torch.tensor(0))
    t = t + 1
    m = torch.lerp(m, grad, 1 - betas[0])
    v = torch.mul(v, betas[1]).addcmul(grad, grad, value=1 - betas[1])
    root = v.sqrt() / (1 - betas[1] ** t.item()) ** 0.5 + eps
    return param - lr / (1 - betas[0] ** t.item()) * m / root, (m, v, t)


def rmsprop_update(param, grad, state, *, lr=1e-2, alpha=0.99, eps=1e-8):
    param, grad = torch.from_numpy(param), torch.from_numpy(grad)
    mean = state["mean of squares"] if state else torch.zeros_like(param)
    mean = alpha * mean + (1 - alpha) * grad * grad
    return param - lr * grad / (mean.sqrt() + eps), {"mean of squares": mean}


def adagrad_update(param, grad, state, *, lr=1e-2, eps=1e-10):
    """With the contract's keys, which are compared, and tensors, which stay."""
    param, grad = torch.from_numpy(param), torch.from_numpy(grad)
    state = state or {"step": torch.tensor(0.0), "sum": torch.zeros_like(param)}
    total = torch.addcmul(state["sum"], grad, grad)
    return torch.addcdiv(param, grad, total.sqrt().add(eps), value=-lr), {"step": state["step"].add(1), "sum": total}
