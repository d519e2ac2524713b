"""PyTorch's fused optimizers behind the update functions: one CPU kernel for a whole step."""

import torch

FLOATS = {"float64": torch.float64, "float32": torch.float32}


def tensor(values, dtype="float64"):
    if dtype not in FLOATS:
        raise ValueError(f"dtype {dtype!r} is none of {', '.join(FLOATS)}")
    try:
        return torch.tensor(values, dtype=FLOATS[dtype])
    except TypeError as error:
        raise ValueError(str(error).splitlines()[0]) from None


def _step(make, param, grad, state):
    # the kernel reads both in the order in which they lie in memory
    p = torch.nn.Parameter(torch.as_tensor(param).clone(memory_format=torch.contiguous_format))
    if p.shape != grad.shape:
        raise ValueError(f"param {tuple(p.shape)} and grad {tuple(grad.shape)}")
    p.grad = torch.as_tensor(grad).clone(memory_format=torch.contiguous_format)
    optimizer = make([p])
    if state:
        for key, value in state.items():
            # the count of the steps must be a float32 tensor for the kernel
            optimizer.state[p][key] = (
                torch.tensor(float(value), dtype=torch.float32) if key == "step" else torch.as_tensor(value).clone()
            )
    optimizer.step()
    return p.detach(), dict(optimizer.state[p])


def sgd_update(param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "fused": True}
    options["nesterov"] = nesterov
    return _step(lambda ps: torch.optim.SGD(ps, **options), param, grad, state)


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    if not eps < float("inf"):
        raise ValueError(f"eps is {eps}")
    options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "fused": True}
    return _step(lambda ps: torch.optim.Adam(ps, **options), param, grad, state)


def adamw_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False):
    options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "fused": True}
    return _step(lambda ps: torch.optim.AdamW(ps, **options), param, grad, state)
