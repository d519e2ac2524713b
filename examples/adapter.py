"""An adapter: the contract's names around somebody else's code. Try it: parity check examples/adapter.py

Each function takes what the contract says and hands it on as the other code wants it. Arguments that it does not take,
as weight decay below, are not tried. Input that it accepts though it is none is noted, and counts as no difference.
"""

import their_neuron as theirs


def linear(x, weight, bias):
    """Their weights are transposed, and come first."""
    return theirs.dense(weight.T, bias, x)


def sigmoid(z):
    """Under another name."""
    return theirs.logistic(z)


def mse_loss_backward(pred, target):
    """Their arguments are the other way round."""
    return theirs.mse_grad(target, pred)


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    """Their object holds what the contract calls the state; it is set before the step and read after it."""
    optimizer = theirs.MomentumSGD(lr, momentum)
    optimizer.velocity = (state or {}).get("momentum_buffer")
    new = optimizer.apply(param, grad)
    return new, {"momentum_buffer": optimizer.velocity} if momentum else {}
