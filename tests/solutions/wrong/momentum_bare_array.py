"""Wrong: the learning rate is inside the velocity; the state is the array itself."""


def sgd_update(param, grad, state, lr, momentum=0.0):
    update = lr * grad
    if state is not None:
        update = momentum * state + lr * grad
    return param - update, update
