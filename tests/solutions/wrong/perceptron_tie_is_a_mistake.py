"""Wrong: the textbook rule, "if y z <= 0: w += y x", which corrects a point on the line by a whole step."""

import numpy as np


def perceptron_step(weight, bias, x, y):
    weight, bias = weight.copy(), bias.copy()
    for k in range(len(bias)):
        if y[k] * (np.dot(weight[k], x) + bias[k]) <= 0:
            weight[k] += y[k] * x
            bias[k] += y[k]
    return weight, bias
