"""An adapter: the contract's names around somebody else's code. Try it: parity check examples/adapter.py

Each function takes what the contract says and hands it on as the other code wants it. Arguments that it does not take,
as weight decay below, are not tried. What is refused as input is the adapter's to refuse where the code does not.
"""

import numpy as np
import their_neuron as theirs


def linear(x, weight, bias):
    """Their weights are transposed, and come first."""
    x, weight, bias = (np.asarray(values, dtype=np.result_type(values, np.float32)) for values in (x, weight, bias))
    if weight.ndim != 2 or x.shape[-1:] != weight.shape[1:] or bias.shape != weight.shape[:1] or x.size == 0:
        raise ValueError(f"linear: got x {x.shape}, weight {weight.shape}, bias {bias.shape}")
    return theirs.dense(weight.T, bias, x)


def sigmoid(z):
    """Under another name."""
    return theirs.logistic(z)


def mse_loss_backward(pred, target):
    """Their arguments are the other way round."""
    if np.shape(pred) != np.shape(target) or np.size(pred) == 0 or np.asarray(pred).dtype.kind not in "if":
        raise ValueError(f"mse_loss_backward: got pred {np.shape(pred)}, target {np.shape(target)}")
    return theirs.mse_grad(target, pred)


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    """Their object holds what the contract calls the state; it is set before the step and read after it."""
    if np.shape(param) != np.shape(grad) or lr < 0:
        raise ValueError(f"sgd_update: got param {np.shape(param)}, grad {np.shape(grad)}, lr {lr}")
    optimizer = theirs.MomentumSGD(lr, momentum)
    optimizer.velocity = (state or {}).get("momentum_buffer")
    new = optimizer.apply(param, grad)
    return new, {"momentum_buffer": optimizer.velocity} if momentum else {}
