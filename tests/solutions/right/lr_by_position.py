"""The learning rate takes a position, as in most homework."""


def sgd_update(param, grad, state, lr, momentum=0.0):
    """Plain, or with momentum."""
    if momentum == 0:
        return param - lr * grad, state
    velocity = momentum * state["momentum_buffer"] + grad if state else grad
    return param - lr * velocity, {"momentum_buffer": velocity}
