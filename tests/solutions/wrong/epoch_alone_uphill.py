"""Wrong: the step, which is part of the loop, goes uphill."""


def gradient_epoch(w, b, x, y, lr):
    for i in range(len(x)):
        error = w @ x[i] + b - y[i]
        w = w + lr * error[:, None] * x[i]
        b = b + lr * error
    return w, b
