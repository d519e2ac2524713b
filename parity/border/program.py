"""A candidate in any language: a program that answers each line of its standard input by a line of its standard output.

A line is a JSON object; ``docs/programs.md`` has the format and examples in JavaScript and C.
"""

import json
import subprocess
from inspect import Parameter, Signature
from types import SimpleNamespace
from typing import Any

import numpy as np

ANSWERS = ("result", "results", "names", "error")


class Program:
    """The functions of a program, as attributes."""

    def __init__(self, path):
        if not path.is_file():
            raise ValueError(f"{path}: no such file, expected a .py file or a program")
        try:
            self._process: Any = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise ValueError(f"{path}: cannot be run: {error.strerror}") from None
        try:
            answer = self._ask("names")
            names, self.PARITY = answer["names"], answer.get("PARITY")
            self._signatures = {str(name): signature(parameters) for name, parameters in names.items()}
        except (RuntimeError, KeyError, AttributeError, TypeError, ValueError) as error:
            self._process.kill()
            reason = error if isinstance(error, RuntimeError) else "it does not answer the question for its names"
            raise ValueError(f"{path}: {reason}, expected a program that answers as docs/programs.md says") from None

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._signatures:
            raise AttributeError(name)
        return self._function(name, self._signatures[name])

    def _function(self, name, parameters):
        def function(*args, **options):
            given = parameters.bind(*args, **options).arguments
            answer = self._ask(name, dtype_of(given), {key: outward(value) for key, value in given.items()})
            if "results" in answer:
                return results(answer["results"], dtype_of(given))
            return inward(answer.get("result"), dtype_of(given))

        vars(function)["__signature__"] = parameters
        return function

    def _ask(self, name, dtype="float64", arguments=None):
        """The answer to a call; a ValueError if the program refuses the arguments."""
        request = json.dumps({"call": name, "dtype": dtype, "arguments": arguments or {}})
        try:
            self._process.stdin.write(request.encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it has ended: there is no answer to read
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise RuntimeError(f"the program has ended (exit code {self._process.wait()})")
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not any(key in answer for key in ANSWERS):
            raise RuntimeError(f"the program answered {line[:60].decode(errors='replace').strip()!r}, expected JSON")
        if "error" in answer:
            raise ValueError(str(answer["error"]))
        return answer


def signature(names):
    """The signature of these parameters; one whose name ends in ? is optional."""
    kind = Parameter.POSITIONAL_OR_KEYWORD
    return Signature(
        [Parameter(name.rstrip("?"), kind, default=None if name.endswith("?") else Parameter.empty) for name in names]
    )


def dtype_of(arguments):
    """float32 if an array has it, otherwise float64."""
    return "float32" if any(getattr(value, "dtype", None) == "float32" for value in arguments.values()) else "float64"


def outward(value):
    """A value as JSON: arrays as lists of lists, numbers that JSON does not have as text."""
    if isinstance(value, np.ndarray | np.generic):
        return outward(value.tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    if isinstance(value, list | tuple):
        return [outward(item) for item in value]
    if isinstance(value, dict):
        return {key: outward(item) for key, item in value.items()}
    return value


def inward(value, dtype):
    """A value from JSON: lists and numbers as arrays, an object as a dictionary."""
    if isinstance(value, dict):
        return {key: inward(item, dtype) for key, item in value.items()}
    if isinstance(value, bool | None):
        return value
    try:
        return np.array(value, dtype="float64").astype(dtype)  # text is converted too: nan, inf and -inf
    except (ValueError, TypeError):
        raise RuntimeError(f"the program answered {json.dumps(value)[:60]}, expected numbers") from None


def results(values, dtype):
    """Several results, or named ones as an object."""
    if isinstance(values, dict):
        return SimpleNamespace(**inward(values, dtype))
    return tuple(inward(value, dtype) for value in values)
