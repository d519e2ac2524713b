"""What NumPy's calls alone cost: the limit of every way that is written in it.

    python benchmarks/limits.py [--rounds 9]

Each row is a task of ``bench.py`` that has a goal. Its limit is the same computation as one straight line of
NumPy calls into arrays at hand: no loop over layers, no history, no check, nothing chosen by shape, and for the
perceptron the places of the mistakes known beforehand. It gives the same weights as ``scratch.fast``, which is checked.
A ratio of a rival to the limit below the goal says that no arrangement of these calls reaches it. All run in turn in
one process.
"""

import argparse
import statistics
import warnings

from bench import EPOCHS, LR, MOMENTUM, OURS, machine, many_nets, network, perceptron, seconds, sgd

import numpy as np  # isort: skip - after bench, which sets the number of threads
from sklearn.exceptions import ConvergenceWarning

import scratch
from scratch import fast

MANY, BATCH, STEPS, RATE = 1000, 8, 2000, 0.05
FEW = 20  # steps after which the weights of a stack are compared: later rounding has grown


def of_the_perceptron(task):
    """Score from one known mistake to the next, and correct by it: nothing is scored twice."""
    x, y = task.data
    weight, bias, places = np.zeros((1, x.shape[1])), np.zeros(1), []
    for _ in range(EPOCHS):
        before, found = (weight[0], bias[0]), []
        for i in range(len(x)):
            weight, bias = scratch.perceptron_step(weight, bias, x[i], y[i])
            if weight[0] is not before[0] and (weight[0] != before[0]).any():
                found.append(i)
            before = weight[0], bias[0]
        places.append([*found, len(x)])
    halves = [[0.5 if (epoch, i) == (0, 0) else 1.0 for i in found] for epoch, found in enumerate(places)]

    def run():
        w, b, labels = np.zeros(x.shape[1]), 0.0, y[:, 0].tolist()
        for found, shares in zip(places, halves, strict=True):
            start = 0
            for stop, share in zip(found, shares, strict=True):
                margin = x[start:stop] @ w
                margin += b
                margin *= y[start:stop, 0]
                margin.min(initial=1.0)
                if stop < len(x):
                    delta = share * labels[stop]
                    w = w + delta * x[stop]
                    b += delta
                start = stop + 1
        return [w, b]

    return (run, EPOCHS * len(x)), [weight[0], bias]


def of_sgd(task, block=8, many=180):
    """The sums and products of which ``by_substitution`` is made, with all samples in their places beforehand."""
    x, y = (array[: len(task.data[0]) // (block * many) * block * many] for array in task.data)
    n, d = x.shape
    rows = np.concatenate([x, np.ones((n, 1)), y], axis=1).reshape(-1, many, block, d + 2).transpose(0, 2, 3, 1).copy()
    steps, rate = (LR * rows[:, :, : d + 1]).transpose(0, 3, 2, 1).copy(), np.array(LR)

    def run():
        v, p = np.array([*[[0.0]] * (d + 1), [-1.0]]), np.empty((block, d + 2, many))
        weights, products, sums = v[: d + 1], np.empty((block, many)), np.empty((d + 2, many))
        for chunk, step in zip(rows, steps, strict=True):
            samples = chunk[:, : d + 1]
            np.copyto(p[0], chunk[0])
            for i in range(1, block):
                np.einsum("dm,jdm->jm", samples[i], samples[:i], out=products[:i])
                np.multiply(products, rate, products)
                np.einsum("jm,jcm->cm", products[:i], p[:i], out=sums)
                np.subtract(chunk[i], sums, p[i])
            for correct, block_p in zip(step, p.transpose(2, 0, 1).copy(), strict=True):
                weights -= correct.dot(block_p.dot(v))
        return [weights[:d].T.copy(), weights[d].copy()]

    return (run, n), fast.gradient_epoch(np.zeros((1, d)), np.zeros(1), x, y, LR)


def of_a_network(sizes, batch, steps):
    """Five products, the sigmoid and its slope, the loss, the update: each a call, and nothing else."""
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((batch, size), dtype="float32") for size in (sizes[0], sizes[-1]))
    net = scratch.MLP(sizes, dtype="float32", seed=0)
    joined = [np.column_stack([layer.weight.data, layer.bias.data]) for layer in (net.fc1, net.fc2)]
    start = np.concatenate([weight.ravel() for weight in joined])

    def run():
        w, g, buffer, work = start.copy(), np.empty_like(start), np.zeros_like(start), np.empty_like(start)
        (w1, w2), (g1, g2) = (
            [part.reshape(weight.shape) for part, weight in zip(np.split(flat, [joined[0].size]), joined, strict=True)]
            for flat in (w, g)
        )
        inputs, target = np.column_stack([x, np.ones((batch, 1), "float32")]).T, y.T
        hidden, output = np.ones((sizes[1] + 1, batch), "float32"), np.empty((sizes[2], batch), "float32")
        h, back, backward = hidden[:-1], np.empty_like(hidden), w2.T
        below = back[:-1]
        one, twice, kept, rate = (np.array(number, "float32") for number in (1, 2 / y.size, MOMENTUM, LR))
        flat, losses, samples, features = output.ravel(), [], inputs.T, hidden.T
        for _ in range(steps):
            w1.dot(inputs, h)
            np.negative(h, h)
            np.exp(h, h)
            np.add(h, one, h)
            np.divide(one, h, h)
            w2.dot(hidden, output)
            np.subtract(output, target, output)
            losses.append(float(flat.dot(flat)))
            np.multiply(output, twice, output)
            output.dot(features, g2)
            backward.dot(output, back)
            np.multiply(below, h, below)
            np.subtract(one, h, h)
            np.multiply(below, h, below)
            below.dot(samples, g1)
            np.multiply(buffer, kept, buffer)
            np.add(buffer, g, buffer)
            np.multiply(buffer, rate, work)
            np.subtract(w, work, w)
        return [w1[:, :-1], w1[:, -1], w2[:, :-1], w2[:, -1]]

    optimizer = fast.SGD(net.parameters(), lr=LR, momentum=MOMENTUM)
    fast.fit(net, x, y, optimizer=optimizer, epochs=steps)
    return (run, steps), [p.data for p in net.parameters()]


def of_many_nets():
    """The same for the stack, with Adam; the net is the last axis of every array.

    Each net is to have its weights in the end, and a list of its losses.
    """
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((BATCH, size), dtype="float32") for size in (2, 1))
    nets = [scratch.MLP((2, 8, 1), dtype="float32", seed=seed) for seed in range(MANY)]
    starts = [[p.data.T for p in net.parameters()] for net in nets]

    def run(steps=STEPS):
        w = np.stack([np.concatenate([array.ravel() for array in start]) for start in starts], axis=-1)
        g, m, v, a, b = (np.zeros_like(w) for _ in range(5))
        # The biases of a layer follow its weights, and meet inputs of one.
        (first, w2), (first_grad, g2) = ((flat[:24].reshape(3, -1), flat[24:].reshape(9, 1, MANY)) for flat in (w, g))
        samples, seen = np.column_stack([x, np.ones(BATCH, "float32")]), np.ones((BATCH, 9, MANY), "float32")
        hidden, output, back = seen[:, :8], np.empty((BATCH, 1, MANY), "float32"), w2[:8, 0]
        sums, features = hidden.reshape(BATCH, -1), samples.T.copy()
        below, square, losses = np.empty((BATCH, 8 * MANY), "float32"), np.empty_like(output), []
        grad, target = below.reshape(hidden.shape), y[..., None]
        one, twice, near, old, new, eps = (
            np.array(number, "float32") for number in (1, 2 / y.size, 0.1, 0.999, 0.001, 1e-8)
        )
        for step in range(1, steps + 1):
            np.matmul(samples, first, sums)
            np.negative(hidden, hidden)
            np.exp(hidden, hidden)
            np.add(hidden, one, hidden)
            np.divide(one, hidden, hidden)
            np.einsum("nkm,kjm->njm", seen, w2, out=output)
            np.subtract(output, target, output)
            losses.append(np.multiply(output, output, square).sum(axis=(0, 1)) / y.size)
            np.multiply(output, twice, output)
            np.einsum("njm,nkm->kjm", output, seen, out=g2)
            np.multiply(output, back, grad)
            np.multiply(grad, hidden, grad)
            np.subtract(one, hidden, hidden)
            np.multiply(grad, hidden, grad)
            features.dot(below, first_grad)
            np.subtract(g, m, a)
            np.multiply(a, near, a)
            np.add(m, a, m)
            np.multiply(v, old, v)
            np.multiply(g, g, a)
            np.multiply(a, new, a)
            np.add(v, a, v)
            np.sqrt(v, b)
            np.multiply(b, np.float32((1 - 0.999**step) ** -0.5), b)
            np.add(b, eps, b)
            np.multiply(m, np.float32(RATE / (1 - 0.9**step)), a)
            np.divide(a, b, a)
            np.subtract(w, a, w)
        histories = np.array(losses, float).T.tolist()
        parts = w[:16].reshape(2, 8, -1), w[16:24], w[24:32].reshape(8, 1, -1), w[32:]
        weights = [[part[..., i].T.copy() for part in parts] for i in range(MANY)]
        return weights[0] if len(histories) == MANY else None

    fast.fit_stack(nets[:2], x, y, optimizer="Adam", lr=RATE, epochs=FEW)
    for mine, parameter in zip(run(FEW), nets[0].parameters(), strict=True):
        np.testing.assert_allclose(mine, parameter.data, rtol=1e-3, atol=1e-4)
    return (run, MANY * STEPS), None


def tasks():
    """Each task with its limit and the weights that it must give."""
    for n in (20_000, 200_000):
        task = perceptron(n)
        yield task, *of_the_perceptron(task)
    task = sgd(20, {"torch": 30, "scikit-learn": 0.3})
    yield task, *of_sgd(task)
    shapes = {(2, 8, 1): (8, 640, 9, 2.5), (64, 32, 10): (32, 320, 7, 2.4), (784, 256, 10): (128, 8, 1.15, 1.7)}
    for sizes, (batch, batches, torch, sklearn) in shapes.items():
        task = network(sizes, batch, batches, {"torch": torch, "scikit-learn": sklearn})
        yield task, *of_a_network(sizes, batch, EPOCHS * batches)
    yield many_nets({"torch": 800, "torch.func.vmap": 5}), *of_many_nets()


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="measurements of each (default %(default)s)")
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore", ConvergenceWarning)
    for task, limit, weights in tasks():
        for mine, theirs in zip(limit[0](), weights, strict=True) if weights else ():
            np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)
        rivals = {name: task.rivals[name] for name in (OURS, *task.goals)} | {"limit": limit}
        times = [{name: seconds(rival) for name, rival in rivals.items()} for _ in range(rounds + 1)][1:]
        bare = statistics.median(each["limit"] for each in times) * 1e6
        print(f"{task.name}, {task.size}: the calls alone take {bare:.3g} us a {task.unit}")
        for name in (OURS, *task.goals):
            ratio = statistics.median(each[name] / each["limit"] for each in times)
            goal = task.goals.get(name)
            verdict = "" if goal is None else f"  goal {goal:g}: {'within' if ratio >= goal else 'out of'} reach"
            print(f"    {name:<16} x {ratio:<7.3g}{verdict}".rstrip(), flush=True)
    print(machine())


if __name__ == "__main__":
    main()
