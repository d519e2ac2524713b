"""The file of a training: what is in it, and what does not fit.

It is a safetensors file. Its arrays are ``model.NAME`` for every weight,
``optimizer.NAME.KEY`` for every entry of its state, and ``history.losses``; everything
else is JSON in its metadata, under ``neuron-parity``: one key, because the library
writes several in any order. So the same training is the same bytes, whoever writes it.
"""

import json
import os
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from contract.arguments import Count, Flag, choice
from contract.files import atomic_write, remove_leftovers
from contract.messages import (
    expect_dictionary,
    expect_no,
    invalid,
    key_faults,
    label,
    shape,
    shown,
)
from contract.training import History

KEY, VERSION = "neuron-parity", 1
KINDS = {"F": "float", "I": "int", "U": "uint", "BF": "bfloat"}
MOST = 3  # faults in one line: a net of another depth has hundreds


def safetensors(part=""):
    """The library, which only those need who save or load, or a part of it."""
    try:
        return import_module(f"safetensors{part}")
    except ModuleNotFoundError as error:
        if error.name != "safetensors":
            raise
        needed = "safetensors is missing: pip install 'neuron-parity[safetensors]'"
        raise ValueError(needed) from None


def packed(weights, model, optimizer, history, optimizers, library):
    """The arrays of a training by name, and its metadata."""
    history = History() if history is None else history
    if not isinstance(history, History):
        raise invalid("history", shown(history), "one that fit returned")
    kind = choice("optimizer", type(optimizer).__name__, optimizers)
    rule, groups = optimizers[kind].rule, []
    arrays = {f"model.{name}": value for name, value in weights.items()}
    for group, names in grouped(model, optimizer):
        form = {**group, "params": []}
        expect_no([f"group{f}" for f in rule.group_faults(kind, form)], "optimizer")
        groups.append({**rule.checked(group), "params": names})
        for name, parameter in zip(names, group["params"], strict=True):
            state = optimizer.state.get(parameter, {})
            faults = rule.state.faults(state, parameter, group, library)
            expect_no([f"{name}: {fault}" for fault in faults], "optimizer")
            for key, value in state.items():
                value = float(value) if key == "step" else value
                arrays[f"optimizer.{name}.{key}"] = value
    arrays["history.losses"] = history.losses
    header = {
        "version": VERSION,
        "epochs": history.epochs,
        "steps": len(history.losses),
        "samples": history.samples,
        "converged": history.converged,
        "generator": history.generator,
        "optimizer": kind,
        "groups": groups,
        "activations": activations(model),
    }
    # Some generators have an array in their state.
    text = json.dumps(header, sort_keys=True, default=lambda array: array.tolist())
    return arrays, {KEY: text}


def dtype_name(text):
    """``float64`` for the file's ``F64``, as both libraries say it."""
    kind = text.rstrip("0123456789")
    return KINDS.get(kind, kind.lower()) + text.removeprefix(kind)


def activations(model):
    """The names of the activations of an MLP, which its weights do not show."""
    names = getattr(model, "activations", None)
    return names if isinstance(names, list) else None


def grouped(model, optimizer):
    """Each group of an optimizer, with the names of its parameters."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = optimizer.param_groups
    if any(id(p) not in names for group in groups for p in group["params"]):
        raise invalid("optimizer", "one made over other parameters", "the model's own")
    return [(group, [names[id(p)] for p in group["params"]]) for group in groups]


@contextmanager
def written(file):
    """A temporary path; the file there becomes ``file`` at the end, or nothing does."""
    failed = safetensors().SafetensorError
    try:
        with atomic_write(file) as temporary:
            temporary.touch()
            mode = temporary.stat().st_mode
            yield temporary
            temporary.chmod(mode)  # the library makes every file private
    except failed as error:
        raise ValueError(f"{file}: cannot be written: {error}") from None
    remove_leftovers(file)


@contextmanager
def opened(file, framework):
    """A file that was saved, open for reading; ``framework`` as in ``safe_open``."""
    library = safetensors()
    if not os.path.isfile(file):
        raise ValueError(f"{file}: no such file, expected a safetensors file")
    try:
        # Not mapped into memory: a file that is cut meanwhile would end the program.
        with library.safe_open(file, framework, backend="pread") as content:
            yield Saved(file, content)
    except library.SafetensorError as error:
        got = f"{os.path.getsize(file)} bytes that are cut, or of another kind"
        raise invalid(file, f"{got} ({error})", "a whole safetensors file") from None
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"{file}: cannot be read: {reason}") from None


class Saved:
    """The content of a file: a training, or weights alone, without a header."""

    def __init__(self, file, content):
        self.file, self.content, self.names = file, content, content.keys()
        text = (content.metadata() or {}).get(KEY)
        self.header: Any = None if text is None else self.parsed(text)

    def parsed(self, text):
        """The metadata of a training; its version decides what can be in it."""
        try:
            header = json.loads(text)
            version = Count("version", header["version"])
        except (ValueError, TypeError, KeyError, RecursionError):
            raise self.unlike(text) from None
        if version > VERSION:
            wanted = f"{VERSION} or less: a newer neuron-parity has written it"
            raise invalid(self.file, f"version {version} of the format", wanted)
        return header

    def unlike(self, got):
        """The error about metadata that is not a training's."""
        return invalid(self.file, shown(got), "the metadata of a training")

    def expect_no(self, faults):
        """Raise one error that names the first faults."""
        more = [f"and {len(faults) - MOST} more"] * (len(faults) > MOST)
        expect_no([*faults[:MOST], *more], self.file)

    def named(self, prefix):
        """The names of arrays that begin so, without the beginning."""
        return [n.removeprefix(prefix) for n in self.names if n.startswith(prefix)]

    def fault(self, name, wanted, dtype):
        """What is wrong with the shape or the dtype of an array, or None."""
        if name not in self.names:
            return f"{name} is missing"
        part = self.content.get_slice(name)
        if tuple(part.get_shape()) != wanted:
            return f"{name} has shape {tuple(part.get_shape())}, expected {wanted}"
        got = dtype_name(part.get_dtype())
        return None if got == dtype else f"{name} is {got}, expected {dtype}"

    def weights(self, model, own, library):
        """The weights by name; they have the names, shapes and dtypes of these."""
        prefix = "" if self.header is None else "model."
        self.expect_no(key_faults(self.named(prefix), own))
        faults = [
            self.fault(prefix + name, shape(value), library.dtype_name(value))
            for name, value in own.items()
        ]
        self.expect_no([fault for fault in faults if fault])
        got = (self.header or {}).get("activations")
        if got and (wanted := activations(model)) and got != wanted:
            raise invalid(self.file, f"a net with {shown(got)}", shown(wanted))
        return {name: self.content.get_tensor(prefix + name) for name in own}

    def optimizer(self, model, optimizer, optimizers, library):
        """The state_dict for an optimizer of the same class with the same groups."""
        kind = choice("optimizer", type(optimizer).__name__, optimizers)
        if (saved := self.header.get("optimizer")) != kind:
            raise invalid(self.file, f"the state of {shown(saved)}", f"that of {kind}")
        rule, own = optimizers[kind].rule, grouped(model, optimizer)
        names = [name for _, members in own for name in members]
        groups = self.groups([members for _, members in own])
        number, parameters = names.index, dict(model.named_parameters())
        merged = [
            {**group, **saved, "params": [*map(number, saved["params"])]}
            for (group, _), saved in zip(own, groups, strict=True)
        ]
        states = self.states({name: parameters[name] for name in names}, library)
        state_dict = {
            "state": {number(name): state for name, state in states.items()},
            "param_groups": merged,
        }
        try:
            rule.expect_state_dict(kind, state_dict, optimizer.param_groups, library)
        except ValueError as error:
            raise ValueError(f"{self.file}: {error}") from None
        for group in merged:
            group.update(rule.checked(group))  # JSON has pairs as lists
        return state_dict

    def groups(self, wanted):
        """The options of each group, whose parameters are these."""
        try:
            groups = self.header["groups"]
            members = [group["params"] for group in groups]
        except (TypeError, KeyError):
            raise self.unlike(self.header) from None
        if members != wanted:
            raise invalid(self.file, f"the groups {shown(members)}", shown(wanted))
        return groups

    def states(self, parameters, library):
        """The state of each parameter that has one, by its name."""
        found: dict[str, dict] = {}
        for entry in self.named("optimizer."):
            name, _, key = entry.rpartition(".")
            if name not in parameters:
                self.expect_no([f"optimizer.{label(entry)} is unknown"])
            like = (shape(parameters[name]), library.dtype_name(parameters[name]))
            wanted = ((), "float64") if key == "step" else like
            fault = self.fault(f"optimizer.{entry}", *wanted)
            self.expect_no([fault] if fault else [])
            tensor = self.content.get_tensor(f"optimizer.{entry}")
            found.setdefault(name, {})[key] = tensor
        return {name: found[name] for name in parameters if name in found}

    def history(self):
        """Where the training stopped; the beginning, if there are weights alone."""
        if self.header is None:
            return History()
        try:
            counts = {
                n: Count(n, self.header[n]) for n in ("steps", "epochs", "samples")
            }
            steps = counts.pop("steps")
            history = History(
                **counts,
                converged=Flag("converged", self.header["converged"]),
                generator=self.header["generator"],
            )
            if history.generator is not None:
                expect_dictionary("generator", history.generator)
        except (KeyError, ValueError):
            raise self.unlike(self.header) from None
        fault = self.fault("history.losses", (steps,), "float64")
        self.expect_no([fault] if fault else [])
        history.losses = self.content.get_tensor("history.losses").tolist()
        return history
