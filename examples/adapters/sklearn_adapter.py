"""scikit-learn as a backend: parity check examples/adapters/sklearn_adapter.py

Adapted: its SGD and perceptron, sample by sample, one estimator for each output, and three functions. Seen: 1.9.1.
"""

import numpy as np
from scipy.special import expit as sigmoid  # noqa: F401  what its LogisticRegression and MLPClassifier use
from sklearn.linear_model import Perceptron, SGDRegressor
from sklearn.metrics import mean_squared_error
from sklearn.utils.extmath import softmax as rows_softmax


def softmax(z):
    return rows_softmax(np.atleast_2d(z), copy=True).reshape(z.shape)


def mse_loss(pred, target):
    return mean_squared_error(target, pred)


def gradient_epoch(weight, bias, x, y, lr):
    sgd = {"penalty": None, "learning_rate": "constant", "eta0": lr, "shuffle": False, "random_state": 0}
    return fitted([SGDRegressor(**sgd) for _ in bias], weight, bias, x, y)


def perceptron_step(weight, bias, x, y):
    return fitted([Perceptron(shuffle=False) for _ in bias], weight, bias, x[None], y[None])


def fitted(models, weight, bias, x, y):
    """The weights after one pass of every model over its column of y."""
    for model, w, b, target in zip(models, weight, bias, y.T, strict=True):
        classes = {"classes": [-1, 1]} if isinstance(model, Perceptron) else {}
        model.partial_fit(0 * x[:1], np.ones(1), **classes)
        model.coef_, model.intercept_ = w.reshape(model.coef_.shape).copy(), np.array([b])
        model.partial_fit(x, target)
    weights, biases = [m.coef_.ravel() for m in models], [m.intercept_[0] for m in models]
    return np.array(weights, weight.dtype), np.array(biases, bias.dtype)
