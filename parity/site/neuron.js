"use strict";
// The arithmetic of the moving pictures, with the names of the course. A batch is a list of rows, a weight matrix a list of
// one row for each neuron. `parity check examples/programs/neuron.js` compares it with PyTorch.
const neuron = (() => {
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const each = (f, ...values) => Array.isArray(values[0]) ? values[0].map((_, i) => each(f, ...values.map((v) => v[i]))) : f(...values);
  const total = (values) => values.flat(Infinity).reduce((sum, value) => sum + value, 0);
  const count = (values) => values.flat(Infinity).length;
  const rows = (values) => Array.isArray(values[0]) ? values : [values];

  // One neuron
  const linear = (x, weight, bias) => Array.isArray(x[0])
    ? x.map((row) => linear(row, weight, bias))
    : weight.map((w, k) => dot(w, x) + bias[k]);
  // Of a batch: the gradients of x, weight and bias.
  const linear_backward = (x, weight, grad_output) => [
    grad_output.map((row) => weight[0].map((_, d) => dot(row, weight.map((w) => w[d])))),
    weight.map((w, k) => w.map((_, d) => total(grad_output.map((row, n) => row[k] * x[n][d])))),
    weight.map((_, k) => total(grad_output.map((row) => row[k]))),
  ];
  const sign = (z) => each((value) => (value > 0) - (value < 0), z);
  const predict = (x, weight, bias) => sign(linear(x, weight, bias));

  // Activations
  const identity = (z) => each((value) => value, z);
  const identity_backward = (z, grad_output) => each((_, g) => g, z, grad_output);
  const sigmoid = (z) => each((value) => {
    const e = Math.exp(-Math.abs(value));
    return (value >= 0 ? 1 : e) / (1 + e);
  }, z);
  const sigmoid_backward = (z, grad_output) => each((value, g) => {
    const e = Math.exp(-Math.abs(value));
    return g * (e / (1 + e) / (1 + e));
  }, z, grad_output);
  const tanh = (z) => each(Math.tanh, z);
  const tanh_backward = (z, grad_output) => each((value, g) => {
    const e = Math.exp(-2 * Math.abs(value));
    return g * (4 * e / (1 + e) / (1 + e));
  }, z, grad_output);
  const relu = (z) => each((value) => value <= 0 ? 0 : value, z);
  const relu_backward = (z, grad_output) => each((value, g) => value <= 0 ? 0 : g, z, grad_output);
  const softmax = (z) => {
    if (Array.isArray(z[0])) return z.map(softmax);
    const e = z.map((value) => Math.exp(value - Math.max(...z)));
    return e.map((value) => value / total(e));
  };
  const softmax_backward = (z, grad_output) => {
    if (Array.isArray(z[0])) return z.map((row, n) => softmax_backward(row, grad_output[n]));
    const p = softmax(z);
    return p.map((value, k) => value * (grad_output[k] - dot(grad_output, p)));
  };
  const forward = { identity, sigmoid, tanh, relu, softmax };
  const backward = {
    identity: identity_backward, sigmoid: sigmoid_backward, tanh: tanh_backward, relu: relu_backward,
    softmax: softmax_backward,
  };

  // The perceptron
  const perceptron_step = (weight, bias, x, y) => {
    const delta = predict(x, weight, bias).map((side, k) => (y[k] - side) / 2);
    return [
      weight.map((w, k) => w.map((value, d) => value + delta[k] * x[d])),
      bias.map((value, k) => value + delta[k]),
    ];
  };
  const perceptron_epoch = (weight, bias, x, y) => {
    let mistakes = 0;
    x.forEach((x_i, i) => {
      mistakes += predict(x_i, weight, bias).some((side, k) => side !== y[i][k]);
      [weight, bias] = perceptron_step(weight, bias, x_i, y[i]);
    });
    return [weight, bias, mistakes];
  };

  // Losses
  const squared_error = (pred, target) => total(each((p, t) => (t - p) ** 2, pred, target)) / 2;
  const squared_error_backward = (pred, target) => each((p, t) => p - t, pred, target);
  const mse_loss = (pred, target) => total(each((p, t) => (t - p) ** 2, pred, target)) / count(pred);
  const mse_loss_backward = (pred, target) => each((p, t) => 2 * (p - t) / count(pred), pred, target);
  const binary_cross_entropy_with_logits = (pred, target) =>
    total(each((z, t) => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z))), pred, target)) / count(pred);
  const binary_cross_entropy_with_logits_backward = (pred, target) =>
    each((p, t) => (p - t) / count(pred), sigmoid(pred), target);

  // The gradient of the squared error by hand, and gradient descent
  const neuron_ = (x, weight, bias, activation = "identity") => forward[activation](linear(x, weight, bias));
  const neuron_gradients = (weight, bias, x, y, activation = "identity") => {
    const z = linear(rows(x), weight, bias);
    const delta = backward[activation](z, squared_error_backward(forward[activation](z), rows(y)));
    return linear_backward(rows(x), weight, delta).slice(1);
  };
  const gradient_step = (weight, bias, x, y, lr, activation = "identity") => {
    const [grad_weight, grad_bias] = neuron_gradients(weight, bias, x, y, activation);
    return [each((w, g) => w - lr * g, weight, grad_weight), each((b, g) => b - lr * g, bias, grad_bias)];
  };
  const gradient_epoch = (weight, bias, x, y, lr, activation = "identity") => {
    x.forEach((x_i, i) => { [weight, bias] = gradient_step(weight, bias, x_i, y[i], lr, activation); });
    return [weight, bias];
  };

  // Momentum: `state` is null before the first step.
  const sgd_update = (param, grad, state, lr, momentum = 0, nesterov = false) => {
    if (momentum === 0) return [each((p, g) => p - lr * g, param, grad), state];
    const buffer = state ? each((b, g) => momentum * b + g, state.momentum_buffer, grad) : grad;
    const step = nesterov ? each((g, b) => g + momentum * b, grad, buffer) : buffer;
    return [each((p, s) => p - lr * s, param, step), { momentum_buffer: buffer }];
  };

  return {
    linear, linear_backward, sign, predict, neuron: neuron_,
    identity, identity_backward, sigmoid, sigmoid_backward, tanh, tanh_backward, relu, relu_backward,
    softmax, softmax_backward,
    perceptron_step, perceptron_epoch,
    squared_error, squared_error_backward, mse_loss, mse_loss_backward,
    binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_backward,
    neuron_gradients, gradient_step, gradient_epoch, sgd_update,
  };
})();
if (typeof module !== "undefined") module.exports = neuron;
