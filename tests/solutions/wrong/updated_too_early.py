"""Wrong: each layer is updated before the error has passed through it to the layer below."""

import scratch
from scratch import MLP, SGD

__all__ = ["MLP", "SGD", "train_step"]


def train_step(model, x, y, loss, optimizer):
    optimizer.zero_grad()
    pred = model(x)
    grad = getattr(scratch, f"{loss}_backward")(pred, y)
    for layer, g, output in reversed(model.kept):
        grad_z = g.from_output(output, grad)
        layer.backward(grad_z, input_grad=False)
        for parameter in layer.parameters():
            parameter.data = parameter.data - optimizer.param_groups[0]["lr"] * parameter.grad
        grad = grad_z @ layer.weight.data
    return float(getattr(scratch, loss)(pred, y))
