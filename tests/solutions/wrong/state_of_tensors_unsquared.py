"""The gradients are summed without their squares. The state holds torch tensors."""

import torch


def adagrad_update(param, grad, state, *, lr=1e-2, eps=1e-10):
    param, grad = torch.from_numpy(param), torch.from_numpy(grad)
    state = state or {"step": torch.tensor(0.0), "sum": torch.zeros_like(param)}
    total = state["sum"] + grad
    return param - lr * grad / (total.sqrt() + eps), {"step": state["step"] + 1, "sum": total}
