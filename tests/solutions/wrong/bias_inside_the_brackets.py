"""Wrong: the bias is added to the weights, where it should be added to the products."""


def linear(x, weight, bias):
    return x @ (weight.T + bias)
