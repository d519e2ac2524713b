"""Saving and loading a training of 100 MB against plain writing and reading of the same bytes on the same disk.

``python benchmarks/bench_checkpoints.py [FOLDER]``. Plain writing ends, as saving does, when the bytes are on the disk;
reading begins, for both, with the file out of the memory that the system keeps of the disk ("disk"), or in it
("memory"). Each figure is the best of nine, taken in turn.
"""

import os
import sys
import time
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

SIZES = [2, 2040, 2040, 1]  # 4.2 million weights, of which Adam keeps two averages: 100 MB in float64
TIMES = 9


def write(file, content):
    """Write bytes, and wait until they are on the disk."""
    with open(file, "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())


def forget(file):
    """Take a file out of the system's memory."""
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def seconds(call, before=lambda: None):
    """The time of a call."""
    before()
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def ratios(backend, folder):
    """The best times of both, in seconds, for saving and for loading from the disk and from memory."""
    module, file, plain = import_module(backend), folder / "run.safetensors", folder / "plain"
    net = module.MLP(SIZES, "tanh", seed=0)
    optimizer = module.Adam(net.parameters())
    x, y = module.load_data("toy")
    module.fit(net, x, y, optimizer=optimizer, epochs=1)
    module.save_training(file, net, optimizer)
    content = file.read_bytes()
    print(f"{backend}: {len(content) / 1e6:.0f} MB")
    save = lambda: module.save_training(file, net, optimizer)  # noqa: E731
    load = lambda: module.load_training(file, net, optimizer)  # noqa: E731
    for what, ours, theirs, before in (
        ("save", save, lambda: write(plain, content), lambda: None),
        ("load from disk", load, plain.read_bytes, lambda: (forget(file), forget(plain))),
        ("load from memory", load, plain.read_bytes, lambda: None),
    ):
        pairs = [(seconds(ours, before), seconds(theirs, before)) for _ in range(TIMES)]
        yield what, *map(min, zip(*pairs, strict=True))


def main(folder=None):
    """Print one line for each figure."""
    with TemporaryDirectory(dir=folder) as name:
        for backend in ("scratch", "torchref"):
            for what, ours, theirs in ratios(backend, Path(name)):
                print(f"  {what:<17} {ours:6.3f} s, plain {theirs:6.3f} s, factor {ours / theirs:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
