"""Wrong: the classes are 0 and 1, where they are -1 and +1."""


def predict(x, weight, bias):
    z = x @ weight.T + bias
    return (z > 0).astype(z.dtype)
