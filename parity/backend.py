"""A backend is a namespace: a module, a file, or anything with some of the contract's names.

Arrays are NumPy's on this side of the border; on the other side they are what the backend's own ``tensor`` makes.
"""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

EXTRAS = {"torch": "torch", "hypothesis": "parity", "rich": "parity", "matplotlib": "plot"}


class Backend:
    """The functions and classes of a namespace, with NumPy arrays going in and coming out."""

    def __init__(self, name, namespace):
        self.name = name
        self.namespace = namespace

    def defines(self, name):
        """Whether the namespace has it."""
        return hasattr(self.namespace, name)

    def signature(self, name):
        """The parameters of a function or constructor, by name."""
        return inspect.signature(getattr(self.namespace, name)).parameters

    def __getattr__(self, name):
        return Bordered(getattr(self.namespace, name), self)

    def enter(self, value):
        """A value of this side as the backend wants it: every array is a fresh one of the backend's own."""
        if isinstance(value, Bordered):
            return value.inner
        if isinstance(value, np.ndarray):
            tensor = getattr(self.namespace, "tensor", None)
            return tensor(value, value.dtype.name) if tensor and value.dtype.kind == "f" else value.copy()
        if isinstance(value, list | tuple):
            return type(value)(self.enter(item) for item in value)
        if isinstance(value, dict):
            return {key: self.enter(item) for key, item in value.items()}
        if inspect.isfunction(value):
            return lambda *args: value(*(self.leave(arg) for arg in args))
        return value

    def leave(self, value):
        """A value of the backend on this side: NumPy arrays, plain numbers, or an object behind the border."""
        if hasattr(value, "detach"):
            return value.detach().cpu().numpy().copy()
        if isinstance(value, np.ndarray | np.generic):
            return np.array(value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return SimpleNamespace(**{key: self.leave(getattr(value, key)) for key in value._fields})
        if isinstance(value, list | tuple):
            return type(value)(self.leave(item) for item in value)
        if isinstance(value, dict):
            return {key: self.leave(item) for key, item in value.items()}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        return Bordered(value, self)


class Bordered:
    """A function or object of a backend, behind the border."""

    def __init__(self, inner: Any, backend: Backend):
        self.inner = inner
        self.backend = backend

    def __call__(self, *args, **options):
        enter, leave = self.backend.enter, self.backend.leave
        return leave(self.inner(*(enter(arg) for arg in args), **{key: enter(arg) for key, arg in options.items()}))

    def __getattr__(self, name):
        value = getattr(self.inner, name)
        return Bordered(value, self.backend) if callable(value) else self.backend.leave(value)


def load(spec):
    """The backend of a module (``scratch``), a file (``homework.py``), or a name in one (``package.module:name``)."""
    module_name, _, attribute = spec.partition(":") if not spec.endswith(".py") else (spec, "", "")
    namespace: Any = _file(Path(spec)) if spec.endswith(".py") else _module(module_name)
    if attribute:
        if not hasattr(namespace, attribute):
            raise ValueError(f"{spec}: {module_name} has no {attribute}")
        namespace = getattr(namespace, attribute)
    return Backend(Path(spec).name if spec.endswith(".py") else spec, namespace)


def expect_importable(module, needed_by):
    """A library that an extra installs."""
    if importlib.util.find_spec(module) is None:
        raise ValueError(f"{needed_by} needs {module}: pip install 'neuron-parity[{EXTRAS[module]}]'")


def _module(name):
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise ValueError(f"{name}: no such module, expected a module's name or a .py file")
    return _run(name, lambda: importlib.import_module(name))


def _file(path):
    if not path.is_file():
        raise ValueError(f"{path}: no such file, expected a module's name or a .py file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A file may import its neighbours, as it could when run as a script.
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        _run(path, lambda: spec.loader.exec_module(module))
    finally:
        sys.path.pop(0)
    return module


def _run(name, importing) -> ModuleType:
    try:
        return importing()
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(error.name or "")
        advice = f"; pip install 'neuron-parity[{extra}]'" if extra else ""
        raise ValueError(f"{name}: cannot be imported: {error}{advice}") from None
    except SyntaxError as error:
        raise ValueError(f"{name}, line {error.lineno}: {error.msg}: {(error.text or '').strip()}") from None
    except (Exception, SystemExit) as error:
        raise ValueError(f"{name}: cannot be imported: {type(error).__name__}: {error}") from None
