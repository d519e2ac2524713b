"""Optax, an independent library of optimizers for JAX, as a backend: parity check examples/optax_adapter.py

Optax composes an optimizer from transformations of the gradient. It has its own state; the contract's names are put
around its values, so that they can be compared. JAX computes in float32 by default.
"""

import jax
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)


def sgd_update(param, grad, state, *, lr, momentum=0.0, nesterov=False):
    """``optax.sgd``: its trace is the momentum buffer."""
    rule = optax.trace(decay=momentum, nesterov=nesterov) if momentum else optax.identity()
    inner = rule.init(param)
    if momentum and state:
        inner = inner._replace(trace=state["momentum_buffer"])
    step, inner = rule.update(grad, inner)
    return as_numpy(param - lr * step, param), {"momentum_buffer": as_numpy(inner.trace, param)} if momentum else {}


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    """``optax.adam``: epsilon is outside the root, as in PyTorch; eps_root, inside the root, is 0."""
    rule = optax.scale_by_adam(b1=betas[0], b2=betas[1], eps=eps)
    inner = rule.init(param)
    if state:
        inner = inner._replace(count=np.int32(state["step"]), mu=state["exp_avg"], nu=state["exp_avg_sq"])
    step, inner = rule.update(grad, inner)
    kept = {"step": float(inner.count), "exp_avg": as_numpy(inner.mu, param), "exp_avg_sq": as_numpy(inner.nu, param)}
    return as_numpy(param - lr * step, param), kept


def as_numpy(array, like):
    """A JAX array as a NumPy array in the precision of the parameter."""
    return np.asarray(array, dtype=like.dtype)
