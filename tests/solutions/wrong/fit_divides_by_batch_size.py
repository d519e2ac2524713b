"""Wrong: the gradient of the last, smaller batch is divided by the full batch size."""

import numpy as np


class Param:
    def __init__(self, value):
        self.data = value
        self.grad = None

    shape = property(lambda self: self.data.shape)


def _net_input(x, n_in):
    x = np.asarray(x)
    if x.ndim not in (1, 2) or x.shape[-1] != n_in or x.size == 0:
        raise ValueError(f"input of shape {x.shape}, but {n_in} features are wanted")
    return x


class Net:
    layers: dict

    def named_parameters(self):
        for name, layer in self.layers.items():
            for which in ("weight", "bias"):
                yield f"{name}.{which}", getattr(layer, which)

    def parameters(self):
        return [p for _, p in self.named_parameters()]

    def state_dict(self):
        return {name: np.array(p.data) for name, p in self.named_parameters()}

    def load_state_dict(self, state_dict):
        own = dict(self.named_parameters())
        faults = [f"{name} is missing" for name in own if name not in state_dict]
        faults += [f"{name} is unknown" for name in state_dict if name not in own]
        for name in own.keys() & state_dict.keys():
            got, want = tuple(np.shape(state_dict[name])), own[name].shape
            if got != want:
                faults.append(f"{name} has shape {got}, expected {want}")
        if faults:
            raise ValueError(", ".join(faults))
        for name, p in own.items():
            p.data = np.array(state_dict[name], dtype=p.data.dtype)

    def __call__(self, x):
        return self.forward(x)

    def __repr__(self):
        inside = "".join(f"  ({name}): {layer}\n" for name, layer in self.layers.items())
        return f"{type(self).__name__}(\n{inside})"


class Linear(Net):
    def __init__(self, in_features, out_features, *, dtype="float64", seed=None):
        if dtype not in ("float64", "float32"):
            raise ValueError(f"no such dtype here: {dtype}")
        for n in (in_features, out_features):
            if not isinstance(n, (int, np.integer)) or n < 1:
                raise ValueError(f"a layer of size {n} is none")
        rng = np.random.RandomState(seed)
        k = np.sqrt(1.0 / in_features)
        self.weight = Param((k * (2 * rng.rand(out_features, in_features) - 1)).astype(dtype))
        self.bias = Param((k * (2 * rng.rand(out_features) - 1)).astype(dtype))

    def named_parameters(self):
        yield "weight", self.weight
        yield "bias", self.bias

    def forward(self, x):
        self.seen = _net_input(x, self.weight.shape[1])
        return np.dot(self.seen, self.weight.data.T) + self.bias.data

    def backward(self, grad):
        x, grad = np.atleast_2d(self.seen), np.atleast_2d(grad)
        self.weight.grad = np.dot(grad.T, x)
        self.bias.grad = np.sum(grad, axis=0)
        return np.dot(grad, self.weight.data)

    def __repr__(self):
        outs, ins = self.weight.shape
        return f"Linear(in_features={ins}, out_features={outs}, bias=True)"


class Activation:
    """From the output a, not from z: all these derivatives can be written so."""

    def __init__(self, name):
        if name not in ("identity", "sigmoid", "tanh", "relu", "softmax"):
            raise ValueError(f"unknown activation: {name}")
        self.name = name

    def forward(self, z):
        self.a = getattr(self, "_" + self.name)(z)
        return self.a

    def backward(self, g):
        a = self.a
        if self.name == "sigmoid":
            return g * a * (1 - a)
        if self.name == "tanh":
            return g * (1 - a * a)
        if self.name == "relu":
            return np.where(a > 0, g, 0)
        if self.name == "softmax":
            return a * (g - np.sum(g * a, axis=-1, keepdims=True))
        return g

    def _identity(self, z):
        return z

    def _sigmoid(self, z):
        e = np.exp(-abs(z))
        return np.where(z < 0, e, 1) / (1 + e)

    def _tanh(self, z):
        return np.tanh(z)

    def _relu(self, z):
        return z * (z > 0)

    def _softmax(self, z):
        e = np.exp(z - np.max(z, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)


class MLP(Net):
    def __init__(self, sizes, activation="sigmoid", output="identity", *, dtype="float64", seed=None):
        if len(sizes) < 2:
            raise ValueError("an MLP needs inputs and outputs")
        self.layers, self.sequence = {}, []
        for i in range(1, len(sizes)):
            layer = Linear(sizes[i - 1], sizes[i], dtype=dtype, seed=None if seed is None else seed + i)
            self.layers[f"fc{i}"] = layer
            setattr(self, f"fc{i}", layer)
            self.sequence += [layer, Activation(output if i == len(sizes) - 1 else activation)]

    def forward(self, x):
        for part in self.sequence:
            x = part.forward(x)
        return x

    def backward(self, grad):
        for part in reversed(self.sequence):
            grad = part.backward(grad)


class SGD:
    def __init__(self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
        if nesterov and (not momentum or dampening):
            raise ValueError("nesterov needs momentum without dampening")
        self.param_groups = [
            {
                "params": list(params),
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
            }
        ]
        self.state = {}

    def zero_grad(self):
        for p in self.param_groups[0]["params"]:
            p.grad = None

    def step(self):
        (group,) = self.param_groups
        mu = group["momentum"]
        for p in group["params"]:
            g = p.grad + group["weight_decay"] * p.data
            if mu:
                v = self.state.get(p)
                v = g if v is None else mu * v + (1 - group["dampening"]) * g
                self.state[p] = v
                g = g + mu * v if group["nesterov"] else v
            p.data = p.data - group["lr"] * g


def _loss(name, pred, target):
    """The value and its gradient."""
    target = np.asarray(target)
    if pred.dtype == object or target.dtype == object or pred.size == 0:
        raise ValueError("numbers are needed")
    if name == "cross_entropy":
        if pred.ndim != 2 or target.shape != pred.shape[:1] or target.dtype.kind not in "iu":
            raise ValueError("cross_entropy wants scores (N, K) and class numbers (N,)")
        if target.min() < 0 or target.max() >= pred.shape[1]:
            raise ValueError("there is no such class")
        hot = np.equal.outer(target, np.arange(pred.shape[1])).astype(pred.dtype)
        shifted = pred - pred.max(axis=1, keepdims=True)
        total = np.exp(shifted).sum(axis=1, keepdims=True)
        value = (np.log(total) - (shifted * hot).sum(axis=1, keepdims=True)).mean()
        return value, (np.exp(shifted) / total - hot) / len(pred)
    if pred.shape != target.shape:
        raise ValueError(f"{pred.shape} is not {target.shape}")
    d = pred - target
    if name == "squared_error":
        return (d * d).sum() / 2, d
    if name == "mse_loss":
        return (d * d).mean(), d * 2 / d.size
    if np.any(target < 0) or np.any(target > 1):
        raise ValueError("targets lie between 0 and 1")
    if name == "binary_cross_entropy_with_logits":
        e = np.exp(-abs(pred))
        value = (np.log1p(e) + np.where(pred > 0, pred, 0) - pred * target).mean()
        return value, (np.where(pred < 0, e, 1) / (1 + e) - target) / d.size
    if name != "binary_cross_entropy":
        raise ValueError(f"unknown loss {name}")
    if np.any(pred < 0) or np.any(pred > 1):
        raise ValueError("probabilities lie between 0 and 1")
    with np.errstate(divide="ignore"):
        logs = np.maximum(np.log(pred), -100), np.maximum(np.log1p(-pred), -100)
    denominator = np.maximum(pred * (1 - pred), float(np.float32(1e-12)))
    return -(target * logs[0] + (1 - target) * logs[1]).mean(), d / denominator / d.size


def train_step(model, x, y, loss, optimizer):
    optimizer.zero_grad()
    value, grad = _loss(loss, model(x), y)
    model.backward(grad)
    optimizer.step()
    return float(value)


class History:
    def __init__(self):
        self.losses, self.weights, self.gradients, self.state = [], [], [], []
        self.epochs, self.converged = 0, False


def fit(
    model, x, y, *, loss="mse_loss", optimizer="SGD", lr=0.05, epochs=40, batch_size=None, orders=None, record=()
):
    if optimizer != "SGD":
        raise NotImplementedError(optimizer)
    history, size = History(), batch_size or len(x)
    for epoch in range(epochs if orders is None else len(orders)):
        rate = lr(epoch) if callable(lr) else lr
        order = range(len(x)) if orders is None else orders[epoch]
        history.epochs += 1
        for start in range(0, len(x), size):
            x_batch, y_batch = x[list(order)[start : start + size]], y[list(order)[start : start + size]]
            value, grad = _loss(loss, model(x_batch), y_batch)
            model.backward(grad * (len(x_batch) / size))
            for p in model.parameters():
                p.data = p.data - rate * p.grad
            history.losses.append(float(value))
            history.weights.append(model.state_dict())
            history.gradients.append({name: p.grad for name, p in model.named_parameters()})
            history.state.append({name: {} for name, _ in model.named_parameters()})
    return history
