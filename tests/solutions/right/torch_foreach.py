"""PyTorch's multi-tensor (foreach) optimizers, fed with NumPy arrays."""

import numpy as np
import torch


class OneParameter:
    def __init__(self, cls, param, grad, state, **options):
        if np.shape(param) != np.shape(grad):
            raise ValueError(f"param is {np.shape(param)}, grad is {np.shape(grad)}")
        self.p = torch.from_numpy(np.array(param)).requires_grad_()
        self.p.grad = torch.from_numpy(np.array(grad))
        self.optimizer = cls([self.p], foreach=True, **options)
        for key, value in (state or {}).items():
            self.optimizer.state[self.p][key] = torch.from_numpy(np.array(value))

    def stepped(self):
        if "step" in self.optimizer.state[self.p]:
            self.optimizer.state[self.p]["step"] = self.optimizer.state[self.p]["step"].float()
        self.optimizer.step()
        state = {k: v.numpy() for k, v in self.optimizer.state[self.p].items() if v is not None}
        return self.p.detach().numpy(), state


def sgd_update(param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    return OneParameter(
        torch.optim.SGD,
        param,
        grad,
        state,
        lr=lr,
        momentum=momentum,
        dampening=dampening,
        weight_decay=weight_decay,
        nesterov=nesterov,
    ).stepped()


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    if eps != eps:
        raise ValueError("eps is nan")
    options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
    return OneParameter(torch.optim.Adam, param, grad, state, **options).stepped()


def rmsprop_update(
    param, grad, state, *, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False
):
    options = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
    return OneParameter(torch.optim.RMSprop, param, grad, state, centered=centered, **options).stepped()


def adagrad_update(
    param, grad, state, *, lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10
):
    options = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps}
    options["initial_accumulator_value"] = initial_accumulator_value
    return OneParameter(torch.optim.Adagrad, param, grad, state, **options).stepped()
