"""Files that are written completely or not at all."""

import errno
import os
import shutil
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def atomic_write(path):
    """Yield a temporary path; the file written there becomes ``path`` at the end.

    An error, or the end of the program, leaves ``path`` as it was.
    """
    with folder_beside(path) as (folder, target):
        temporary = folder / Path(path).name
        yield temporary
        if target.exists():
            shutil.copymode(target, temporary)  # private files stay private
        flush(temporary)
        os.replace(temporary, target)
        with suppress(OSError):  # some file systems cannot do this for directories
            flush(target.parent)


def flush(path):
    """Wait until a file, or the names in a directory, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def folder_beside(path):
    """A temporary directory beside the file that ``path`` names, and that file.

    A symbolic link is followed.
    """
    try:
        target = Path(os.path.realpath(path))
        with suppress(FileNotFoundError):
            os.stat(target)  # a link to itself is an error
            if not os.access(target, os.W_OK):
                raise PermissionError(errno.EACCES, "it is read-only")
        # A file can be replaced atomically only within one file system.
        with TemporaryDirectory(prefix=prefix(target), dir=target.parent) as folder:
            yield Path(folder), target
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"{path}: cannot be written: {reason}") from None


def prefix(target):
    """How the temporary directories of this file begin, however long its name is."""
    return f".parity-{zlib.crc32(os.fsencode(target.name)):08x}-"


def remove_leftovers(path):
    """Remove what killed programs have left that were writing this file."""
    target = Path(os.path.realpath(path))
    for folder in target.parent.glob(f"{prefix(target)}*"):
        shutil.rmtree(folder, ignore_errors=True)
