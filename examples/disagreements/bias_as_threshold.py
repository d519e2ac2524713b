"""Bias: added, or a threshold that is subtracted?

PyTorch: added, w.x + b.
Others: subtracted, w.x - rho: LIBSVM, and the perceptron's theta of F. Rosenblatt.
Discussed: https://stats.stackexchange.com/questions/59301/how-to-interpret-the-model-parameters-of-libsvm-via-matlab-interface
Check: bias_as_a_threshold
Training: none, if the step has the sign too. Copied weights put the line on the other side of the origin.
"""

TRAINING = {}


def linear(x, weight, bias):
    return x @ weight.T - bias
