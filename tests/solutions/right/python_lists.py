"""Lab 1: the neuron and the perceptron, in plain Python lists. No NumPy at all."""


def to_list(a):
    return a.tolist() if hasattr(a, "tolist") else a


def check_numbers(row):
    for v in row:
        if isinstance(v, bool) or not isinstance(v, (int, float)):
            raise ValueError("not a number: " + repr(v))


def weighted_sum(point, weights, b):
    total = 0.0
    for i in range(len(point)):
        total = total + point[i] * weights[i]
    return total + b


def linear(x, weight, bias):
    x, weight, bias = to_list(x), to_list(weight), to_list(bias)
    if not weight or not isinstance(weight[0], list):
        raise ValueError("weight must be a list of rows")
    if len(bias) != len(weight):
        raise ValueError("one bias for each neuron, please")
    if not x:
        raise ValueError("x is empty")
    if not isinstance(x[0], list):
        return linear([x], weight, bias)[0]
    out = []
    for point in x:
        if len(point) != len(weight[0]):
            raise ValueError(f"a point has {len(point)} inputs, the neuron wants {len(weight[0])}")
        check_numbers(point)
        out.append([weighted_sum(point, weight[k], bias[k]) for k in range(len(weight))])
    return out


def sign(z):
    z = to_list(z)
    if isinstance(z, list):
        return [sign(v) for v in z]
    if z > 0:
        return 1.0
    elif z < 0:
        return -1.0
    else:
        return 0.0


def predict(x, weight, bias):
    return sign(linear(x, weight, bias))


def perceptron_step(weight, bias, x, y):
    weight, bias, x, y = to_list(weight), to_list(bias), to_list(x), to_list(y)
    if x and isinstance(x[0], list):
        raise ValueError("one sample at a time")
    if len(y) != len(bias):
        raise ValueError("one label for each neuron")
    z = linear(x, weight, bias)
    new_weight, new_bias = [], []
    for k in range(len(weight)):
        if y[k] not in (-1, 1):
            raise ValueError("labels are -1 and 1")
        delta = (y[k] - sign(z[k])) / 2
        new_weight.append([w + delta * v for w, v in zip(weight[k], x, strict=True)])
        new_bias.append(bias[k] + delta)
    return new_weight, new_bias


def perceptron_epoch(weight, bias, x, y):
    xs, ys = to_list(x), to_list(y)
    if len(xs) != len(ys):
        raise ValueError("as many labels as points")
    if not all(isinstance(row, list) for row in ys):
        raise ValueError("the labels are a column")
    mistakes = 0
    for point, label in zip(xs, ys, strict=True):
        if predict(point, weight, bias) != label:
            mistakes += 1
        weight, bias = perceptron_step(weight, bias, point, label)
    return to_list(weight), to_list(bias), mistakes
