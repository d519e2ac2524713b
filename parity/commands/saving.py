"""The training of ``parity train fit`` in a file: where it goes on, when it is written, how many are kept."""

import math
import os
import re
import shutil
from itertools import islice
from pathlib import Path

from contract.arguments import Size, batch_length
from contract.checkpoints import opened, safetensors
from contract.files import atomic_write
from contract.training import History, history_of, set_lr

TRAINING = ".safetensors"


def add_arguments(fit):
    """The options of stopping and going on."""
    add = fit.add_argument
    add("--resume", metavar="FILE", help="go on with a training that --save wrote, by either backend: safetensors")
    add("--every", type=int, metavar="N", help="also --save after every N epochs")
    add("--keep", type=int, metavar="K", help="keep the last K of them, as FILE-EPOCH (default: the last, as FILE)")


def check_options(args):
    """Reject options of stopping and going on that have no effect, before the training."""
    for name in ("every", "keep"):
        if getattr(args, name) is not None:
            Size(f"--{name}", getattr(args, name))
    if args.resume == "":
        raise ValueError("--resume: got no name, expected a file that --save wrote")
    if args.save and is_training(args.save):
        safetensors()  # says so if it is missing
    if args.every and not (args.save and is_training(args.save)):
        raise ValueError(f"--every: got it without a whole training, expected --save FILE{TRAINING} as well")
    if args.keep and not args.every:
        raise ValueError("--keep: got it without --every, expected --every N as well")
    if args.resume and "seed" in args.given:
        raise ValueError("--seed: got it with --resume, which has weights and generator, expected one of them")
    if args.resume and args.sweep:
        raise ValueError("--sweep: got --resume as well, expected one of them: there are many networks")


def is_training(path):
    """Whether a file of this name is a whole training, not weights alone."""
    return Path(path).suffix.lower() == TRAINING


def resumed(backend, args, net, optimizer, n):
    """The history of the training that goes on, with its weights and its optimizer; an empty one without --resume."""
    if args.resume is None:
        return History()
    history = backend.load_training(args.resume, net, optimizer)
    if "lr" in args.given:
        set_lr(optimizer, args.lr)
    try:
        return history_of(history, n, batch_length(args.batch_size, n))
    except ValueError as error:
        raise ValueError(f"{args.resume}: {error}") from None


def ends(args, history):
    """The numbers of epochs after which to write the training; the last is that of all epochs."""
    every = args.every or max(args.epochs, 1)
    yield from (end for end in range(every, args.epochs, every) if end >= history.epochs)
    yield args.epochs


def is_lost(history):
    """Whether the last loss is out of range."""
    return bool(history.losses) and not math.isfinite(history.losses[-1])


def save(backend, args, net, optimizer, history):
    """Write the training if that is asked for and its loss is finite; whether it was."""
    if not (args.save and is_training(args.save)) or is_lost(history):
        return False
    backend.save_training(args.save, net, optimizer, history)
    if args.keep:
        keep_last(Path(args.save), history, args.keep)
    return True


def keep_last(path, history, number):
    """Give the file of this epoch a name of its own, and remove this training's oldest beyond this number."""
    with atomic_write(numbered(path, history.epochs)) as temporary:
        try:
            os.link(path.resolve(), temporary)
        except OSError:  # a file system without links
            shutil.copyfile(path, temporary)
    pattern = re.compile(rf"{re.escape(path.stem)}-([1-9]\d*){re.escape(path.suffix)}")
    found = [match for match in map(pattern.fullmatch, os.listdir(path.parent)) if match]
    epochs = sorted((int(match[1]) for match in found), reverse=True)
    own = (epoch for epoch in epochs if is_part(numbered(path, epoch), epoch, history))
    for old in islice(own, number, None):
        numbered(path, old).unlink(missing_ok=True)


def is_part(file, epoch, history):
    """Whether this file is the same training at this epoch: another one has other losses."""
    if epoch > history.epochs:
        return False
    try:
        with opened(file, "numpy") as saved:
            earlier = saved.history()
    except ValueError:  # another file
        return False
    return earlier.epochs == epoch and earlier.losses == history.losses[: len(earlier.losses)]


def numbered(path, epoch):
    """The name of the file of an epoch."""
    return path.with_name(f"{path.stem}-{epoch}{path.suffix}")
