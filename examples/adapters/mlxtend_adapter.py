"""mlxtend as a backend: parity check examples/adapters/mlxtend_adapter.py

Adapted: its perceptron, with eta 1/2 because its error is not halved, and the functions of its networks. Seen: 0.25.0.
"""

import numpy as np
from mlxtend.classifier import MultiLayerPerceptron, Perceptron


class OneSample(Perceptron):
    """It demands both classes and shuffles; one sample has one class and one order."""

    def _check_target_array(self, y, allowed=None):
        pass


def perceptron_step(weight, bias, x, y):
    models = [OneSample(eta=0.5, epochs=1) for _ in bias]
    for k, model in enumerate(models):
        model.w_, model.b_, model.cost_ = weight[k][:, None].copy(), bias[k : k + 1].copy(), []
        model.fit(x[None], (y[k : k + 1] > 0).astype(int), init_params=False)
    return np.hstack([model.w_ for model in models]).T, np.concatenate([model.b_ for model in models])


def sigmoid(z):
    return MultiLayerPerceptron()._sigmoid(z)


def softmax(z):
    return MultiLayerPerceptron()._softmax(np.atleast_2d(z)).reshape(z.shape)
