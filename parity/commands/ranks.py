"""``torchrun -m parity train fit``: several processes ("ranks") that train one net, and of which one speaks and writes.

What is refused and what fails is one line: of all ranks the first to fail prints it, and the others ask the store that
torchrun keeps whether one has, because the rank that usually speaks may be the one that died.
"""

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager

from parity import interrupt

# What torchrun, or another launcher, tells each process.
GIVEN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
FILES = ("plot", "animate", "save")
ENDED = "another process of the training has ended, or torchrun was stopped; all processes end"
GRACE = 5  # seconds after a signal until the process ends in any case


def count():
    """The number of processes that train together; 0 without torchrun."""
    return int(os.environ["WORLD_SIZE"]) if os.environ.keys() >= set(GIVEN) else 0


@contextmanager
def joined(args):
    """In this context all processes of a launcher train together; without one nothing is different."""
    if not count():
        yield
        return
    from torch import distributed

    store, rank, ranks = next(distributed.rendezvous("env://"))
    # Of its own, because a store that waits answers nobody else.
    voice = distributed.TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False)
    err, nowhere = sys.stderr, open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (until the process ends)

    def stream():
        """Where this process says why it ends: nowhere if another one has said so."""
        try:
            return err if voice.add("parity/ended", 1) == 1 else nowhere
        except RuntimeError:  # the store has ended too
            return err if rank == 0 else nowhere

    if rank > 0:
        sys.stdout = sys.stderr = nowhere
    end_on_signal(stream)
    try:
        expect_shareable(args)
        distributed.init_process_group("gloo", store=store, rank=rank, world_size=ranks)
        yield
        distributed.destroy_process_group()
    except BaseException as error:
        sys.stderr = stream()
        if isinstance(error, RuntimeError) and is_lost(error):
            raise ValueError(ENDED) from None
        raise


def end_on_signal(stream):
    """End soon after a signal, also while this process waits for another one that has ended.

    torchrun sends SIGTERM to all others. Python would handle it when the call returns that waits; a thread learns of it
    by a pipe. It leaves the time to say what was wrong here, if that came first.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGTERM, interrupt.nothing)

    def wait():
        os.read(reading, 1)
        time.sleep(GRACE)
        print(f"parity train: {ENDED}", file=stream(), flush=True)
        os._exit(2)

    threading.Thread(target=wait, daemon=True).start()


def is_lost(error):
    """Whether the connection to another process is what failed."""
    return any(word in str(error) for word in ("gloo", "Connection", "store"))


def end(code):
    """This exit code; one of several processes ends here.

    gloo's threads release the tensors of the last exchange when they come to it. If that is while the interpreter ends,
    they abort the process, and torchrun the training. DistributedDataParallel keeps them until then.
    """
    if count():
        os._exit(code)
    return code


def write_in_one(args):
    """Let all processes but the first write nothing."""
    if count() and os.environ["RANK"] != "0":
        vars(args).update(dict.fromkeys(FILES))


def expect_shareable(args):
    """Reject what processes cannot train together."""
    if args.rule != "fit":
        raise ValueError(f"torchrun: got parity train {args.rule}, expected parity train fit")
    if args.backend != "torchref":
        raise ValueError(f"--backend: got {args.backend} with torchrun, expected torchref")
    if args.sweep:
        raise ValueError("--sweep: got it with torchrun, expected one training")


def expect_enough(samples):
    """Reject more processes than samples in a batch."""
    if count() > samples:
        wanted = f"at most {samples}, the number of samples in a batch"
        raise ValueError(f"torchrun: got {count()} processes, expected {wanted}")


def shared(net):
    """The net as all processes train it together; without them the net itself."""
    if not count():
        return net
    from torchref.modules import Shared

    return Shared(net)
