"""Files that are written whole or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


def check_path(path, suffixes):
    """Refuse what cannot become a file of one of these kinds, before the work is done that it is to hold."""
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"{path}: got the suffix {path.suffix!r}, expected {' or '.join(suffixes)}")
    if not path.parent.is_dir():
        raise ValueError(f"{path}: got a directory that does not exist, expected {path.parent} to be there")
    if path.is_dir():
        raise ValueError(f"{path}: got a directory, expected the name of a file")


@contextmanager
def written_whole(path):
    """Yield a temporary path of the same suffix; what is written there becomes ``path`` if nothing goes wrong."""
    path = Path(path)
    try:
        # Beside the target, because a file is replaced in one step only within one file system.
        with TemporaryDirectory(prefix=".parity-", dir=path.parent) as folder:
            temporary = Path(folder) / path.name
            yield temporary
            os.replace(temporary, path)
    except OSError as error:
        raise ValueError(f"{path}: cannot be written: {error.strerror or error}") from None
