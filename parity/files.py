"""Check where a file is to be written; ``contract.files`` writes it completely or not at all."""

from pathlib import Path

from contract.files import atomic_write, folder_beside

__all__ = ["atomic_write", "check_path"]


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
