"""An adapter: the names of the contract around other code. Try it: parity check examples/adapter.py

Each function takes the arguments of the contract and passes them to the other code. Arguments that it does not take,
such as weight decay below, are not tried. Invalid input that it accepts is noted and does not count as a difference.
"""

import their_neuron as theirs


def linear(x, weight, bias):
    """Their weights are transposed and come first."""
    return theirs.dense(weight.T, bias, x)


def sigmoid(z):
    """Under another name."""
    return theirs.logistic(z)


def mse_loss_backward(pred, target):
    """Their arguments are in the opposite order."""
    return theirs.mse_grad(target, pred)


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    """Their object has the state of the contract; it is set before the step and read after it."""
    optimizer = theirs.MomentumSGD(lr, momentum)
    optimizer.velocity = (state or {}).get("momentum_buffer")
    new = optimizer.apply(param, grad)
    return new, {"momentum_buffer": optimizer.velocity} if momentum else {}
