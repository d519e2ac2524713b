"""Wrong: the weight decay is taken off the weights without the learning rate."""


def sgd_update(param, grad, state, *, lr, weight_decay=0.0):
    new = param - lr * grad
    new = new - weight_decay * param
    return new, state or {}
