"""Files that are written completely or not at all."""

import errno
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory


def check_path(path, suffixes):
    """Reject a path that cannot become a file of one of these kinds, before the work that it is to store."""
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"{path}: got the suffix {path.suffix!r}, expected {' or '.join(suffixes)}")
    if not path.parent.is_dir():
        raise ValueError(f"{path}: got a directory that does not exist, expected {path.parent} to exist")
    if path.is_dir():
        raise ValueError(f"{path}: got a directory, expected a file name")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path}: got a device, a pipe or a socket, expected a file name")
    with folder_beside(path):
        pass  # a directory without write permission, a full disk, a read-only file


@contextmanager
def atomic_write(path):
    """Yield a temporary path with the same suffix; the file written there becomes ``path`` if there is no error."""
    with folder_beside(path) as (folder, target):
        temporary = folder / Path(path).name
        yield temporary
        if target.exists():
            shutil.copymode(target, temporary)  # private files stay private
        os.replace(temporary, target)


@contextmanager
def folder_beside(path):
    """A temporary directory beside the file that ``path`` names, or that a symbolic link points to."""
    try:
        target = Path(os.path.realpath(path))
        with suppress(FileNotFoundError):
            os.stat(target)  # a link to itself is an error
            if not os.access(target, os.W_OK):
                raise PermissionError(errno.EACCES, "it is read-only")
        # Beside the target, because a file can be replaced atomically only within one file system.
        with TemporaryDirectory(prefix=".parity-", dir=target.parent) as folder:
            yield Path(folder), target
    except OSError as error:
        raise ValueError(f"{path}: cannot be written: {error.strerror or error}") from None
