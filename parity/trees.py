"""The two trees of the contract: their files and names, and a fingerprint of the sources."""

import hashlib
from importlib import import_module, metadata
from pathlib import Path

from contract.names import FILES

ROOT = Path(__file__).parents[1]
TREES = ("scratch", "torchref")
# The functions of a whole net, whatever its classes: docs/nets.md.
NET = ("step", "make", "get_weights", "set_weights")


def names(package="scratch"):
    """The public names of each file, in study order."""
    return {file: list(import_module(f"{package}.{file}").__all__) for file in FILES}


def all_names():
    """All public names in study order."""
    return [name for file in names().values() for name in file]


def checkable():
    """The names that a candidate may define."""
    return [*all_names(), *NET]


def digest():
    """A fingerprint of both trees and of the check itself, because evidence applies only to the code checked."""
    texts = [path.read_bytes() for package in ("contract", *TREES, "parity") for path in sources(package)]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def version():
    """The version of this project, with the beginning of its fingerprint: both change what a check finds."""
    try:
        number = metadata.version("neuron-parity")
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        number = "not installed"
    return f"{number} (sources {digest()[:12]})"


def sources(package):
    """The Python files of a package, without the data sets of an installed tree."""
    root = ROOT / package
    return sorted(path for path in root.glob("**/*.py") if "data" not in path.relative_to(root).parts)
