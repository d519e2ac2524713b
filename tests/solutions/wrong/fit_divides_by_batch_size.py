"""Wrong: the gradient of the last, smaller batch is divided by the full batch size.

Nets and optimizers are the project's.
"""

from types import SimpleNamespace

import numpy as np

import scratch
from scratch import MLP, Adam  # noqa: F401 - what fit is checked with


def fit(
    model,
    x,
    y,
    *,
    loss="mse_loss",
    optimizer="SGD",
    lr=0.05,
    epochs=40,
    batch_size=None,
    orders=None,
    tolerance=0,
    record=(),
):
    history = SimpleNamespace(losses=[], weights=[], gradients=[], state=[], epochs=0, converged=False)
    by_name = isinstance(optimizer, str)
    optimizer = getattr(scratch, optimizer)(model.parameters(), lr=0.1) if by_name else optimizer
    before = np.inf
    for epoch, order in enumerate(orders or [range(len(x))] * epochs):
        rate = lr(epoch) if callable(lr) else lr
        losses = []
        for start in range(0, len(x), batch_size or len(x)):
            batch = list(order)[start : start + (batch_size or len(x))]
            optimizer.zero_grad()
            output = model(x[batch])
            grad = getattr(scratch, f"{loss}_backward")(output, y[batch])
            model.backward(grad * (len(batch) / (batch_size or len(x))))
            if by_name or callable(lr):
                optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
            losses.append(float(getattr(scratch, loss)(output, y[batch])))
            history.losses.append(losses[-1])
            named = dict(model.named_parameters())
            history.weights.append(model.state_dict())
            history.gradients.append({name: p.grad for name, p in named.items()})
            history.state.append({name: optimizer.state.get(p, {}) for name, p in named.items()})
        history.epochs += 1
        history.converged = abs(np.mean(losses) - before) <= tolerance
        before = np.mean(losses)
        if history.converged:
            break
    return history
