"""Wrong: the learning rate is inside the momentums of a layer, which are attributes of an object."""

import numpy as np


class Layer:
    def __init__(self, shape):
        self.weight_momentums = np.zeros(shape)


def sgd_update(param, grad, layer, lr, momentum=0.0):
    if layer is None:
        layer = Layer(param.shape)
    weight_updates = momentum * layer.weight_momentums.astype(param.dtype) - lr * grad
    after = Layer(param.shape)
    after.weight_momentums = weight_updates
    return param + weight_updates, after
