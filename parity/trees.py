"""The two trees of the contract: which files and names they have, and a fingerprint of what has been checked."""

import hashlib
from importlib import import_module
from pathlib import Path

from contract.names import FILES

ROOT = Path(__file__).parents[1]
TREES = ("scratch", "torchref")


def names(package="scratch"):
    """The public names of each file, in study order."""
    return {file: list(import_module(f"{package}.{file}").__all__) for file in FILES}


def all_names():
    """All public names in study order."""
    return [name for file in names().values() for name in file]


def digest():
    """A fingerprint of both trees and of the check itself: evidence belongs to the code that it was found on."""
    texts = [path.read_bytes() for package in ("contract", *TREES, "parity") for path in sources(package)]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def sources(package):
    """Its files, in all its rooms; what an installed tree has of the data sets is no part of it."""
    root = ROOT / package
    return sorted(path for path in root.glob("**/*.py") if "data" not in path.relative_to(root).parts)
