"""Isolation by bubblewrap (https://github.com/containers/bubblewrap), if it is installed and may run.

Inside, a candidate sees a disk that it can read and not write, a small temporary folder, no network, and no process but
its own; all of them end with the judge. ``docs/isolation.md`` says what this guarantees and what not.
"""

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

TEMPORARY = 64 * 2**20
# Locations of sockets and shared memory, where other programs listen.
HIDDEN = ("/tmp", "/var/tmp", "/run", "/dev/shm")
SUFFIXES = (".py", ".pyc", ".so", ".pyd")
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REFUSAL = os.path.join(HERE, "border", "forbidden.py")
# The modules that serve a candidate stay visible, even if it may not import parity.
SERVING = ("__init__.py", "border/__init__.py", "border/host.py", "border/program.py", "border/wire.py")
BORDER = {file: os.path.join(HERE, file) for file in SERVING}


@functools.cache
def missing():
    """Why candidates are not isolated, in a few words; None if they are."""
    if not sys.platform.startswith("linux"):
        return "not isolated: bubblewrap needs Linux"
    if not shutil.which("bwrap"):
        return "not isolated: install bubblewrap"
    try:
        tried = subprocess.run([*walls([]), "true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "not isolated: bubblewrap does not run here"
    return "not isolated: bubblewrap may not run here" if tried.returncode else None


def isolated(command, path, forbidden):
    """The command inside bubblewrap; unchanged if that is missing.

    ``path`` lists the folders of the Python path; the packages of ``forbidden`` are hidden.
    """
    if missing():
        return command
    shown = [sys.prefix, sys.base_prefix, os.getcwd(), *path]
    return [*walls(shown), *masks(forbidden, path), "--", *command]


def walls(shown):
    """The options of bubblewrap; these folders are visible even inside a hidden one."""
    options = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    options += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    shown = sorted(real(shown))
    hidden = [place for place in real(HIDDEN) if place not in shown]
    for place in hidden:
        options += ["--size", str(TEMPORARY), "--tmpfs", place]
    below: list[str] = []
    for folder in shown:
        if inside(folder, hidden) and not inside(folder, below):
            below.append(folder)
            options += ["--ro-bind", folder, folder]
    # If the judge runs as root, the files of /proc/sys would be writable.
    return [*options, "--remount-ro", "/proc", "--remount-ro", "/dev", "--setenv", "TMPDIR", "/dev/shm"]


def inside(path, folders):
    """Whether a path lies in one of these folders."""
    return any(path.startswith(f"{folder}{os.sep}") for folder in folders)


def masks(names, path):
    """Options that replace these packages, wherever on the path, by a module that raises ImportError."""
    options = []
    strangers = [name for name in names if name not in sys.stdlib_module_names]
    for place in real(place for name in strangers for place in places(name, path)):
        if not os.path.isdir(place):
            options += ["--ro-bind", REFUSAL, place]
            continue
        kept = BORDER if os.path.samefile(place, HERE) else {"__init__.py": REFUSAL}
        options += ["--tmpfs", place]
        for file, source in kept.items():
            options += ["--ro-bind", source, os.path.join(place, file)]
        options += ["--remount-ro", place]
    return options


def places(name, path):
    """The folders and files of a package."""
    spec = importlib.util.find_spec(name)
    found = [Path(place) for place in spec.submodule_search_locations or [spec.origin or ""]] if spec else []
    for folder in map(Path, path):
        found += [folder / name, *(file for file in folder.glob(f"{name}.*") if file.suffix in SUFFIXES)]
    return found


def real(paths):
    """The resolved paths that exist, each once."""
    return dict.fromkeys(os.path.realpath(path) for path in paths if os.path.exists(path))
