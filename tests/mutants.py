"""Mutates scratch and the contract with mutmut against the parity properties and the tests of the border.

Prints the score and every survivor that is not explained.

Run from the root of the repository; ``tests/equivalent_mutants.toml`` has the explained ones. Arguments go to
``mutmut run``: ``"scratch.losses.*" --max-children 1``.
"""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

BUILD = Path("build/mutants")
MUTATED = ("contract", "scratch")
EXPLAINED = Path("tests/equivalent_mutants.toml")
SURVIVED = (0, 33)  # mutmut's codes: all properties passed, or none calls it

# mutmut mutates neither decorated functions nor lambdas of a module, and decorates once, at import, before it mutates.
LATE = """
import functools


def _late(function, decorate):  # pragma: no mutate block
    @functools.wraps(function)
    def late(*args, **kwargs):
        return decorate(function)(*args, **kwargs)

    return late
"""


def main():
    lay_out()
    mutmut = Path(sys.executable).with_name("mutmut").resolve()
    subprocess.run([mutmut, "run", *sys.argv[1:]], cwd=BUILD, check=True)
    codes = {}
    for meta in sorted(path for tree in MUTATED for path in BUILD.glob(f"mutants/{tree}/*.meta")):
        found = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        codes |= {name: code for name, code in found.items() if code is not None}
    reasons = explained()
    alive = [name for name, code in codes.items() if code in SURVIVED]
    changes = {name: change(mutmut, name) for name in alive}
    unexplained = [name for name in alive if changes[name] not in reasons and not only_unstrict(*changes[name][1:])]
    for name in unexplained:
        print(f"{changes[name][0]}\n  - {changes[name][1]}\n  + {changes[name][2]}\n")
    killed, equivalent = len(codes) - len(alive), len(alive) - len(unexplained)
    print(f"{len(codes)} mutants: {killed} killed, {equivalent} equivalent, {len(unexplained)} unexplained")
    return bool(unexplained)


def lay_out():
    """A copy in which what is mutated reads as mutmut needs it; what it has found stays, so that a run can go on."""
    for folder in (*MUTATED, "torchref", "parity", "data", "tests"):
        for path in Path(folder).rglob("*"):
            if path.suffix in (".py", ".csv", ".toml") and path.name != "ruff.toml":
                text = path.read_text(encoding="utf-8")
                write(BUILD / path, plain(text) if folder in MUTATED else text)
    write(BUILD / "setup.cfg", Path("setup.cfg").read_text(encoding="utf-8"))


def write(path, text):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def plain(source):
    """Decorators as calls after the function, applied at every call; lambdas in a module's tables as functions."""
    lines = source.splitlines(keepends=True)
    late = False
    for node in reversed(ast.parse(source).body):
        decorated = list(decorators(node))
        for name, decorator in decorated:
            lines[decorator.lineno - 1] = ""
            decorate = ast.unparse(decorator)
            # A kind of argument is an object that calls its function; others decorate at every call.
            call = (
                f"Argument({name})"
                if decorate == "Argument"
                else f"_late({name}, lambda function: {decorate}(function))"
            )
            lines[node.end_lineno - 1] += f"\n\n{name} = {call}\n"
        late |= any(ast.unparse(decorator) != "Argument" for _, decorator in decorated)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            before = ""
            table = ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])
            lambdas = [child for child in ast.walk(node) if isinstance(child, ast.Lambda)]
            for number, child in enumerate(lambdas):
                name, at = f"_{table}_{number}", child.lineno - 1
                first, last = lines[at].encode(), lines[child.end_lineno - 1].encode()
                lines[at : child.end_lineno] = [""] * (child.end_lineno - at)
                lines[at] = (first[: child.col_offset] + name.encode() + last[child.end_col_offset :]).decode()
                before += f"def {name}({ast.unparse(child.args)}):\n    return {ast.unparse(child.body)}\n\n\n"
            lines[node.lineno - 1] = before + lines[node.lineno - 1]
    if late:
        first = next(node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef))
        at = min(part.lineno for part in (first, *first.decorator_list)) - 1
        lines[at] = LATE.lstrip() + "\n\n" + lines[at]
    return "".join(lines)


def decorators(node):
    """The decorators of a function, or of the methods of a class, that can be applied later."""
    if isinstance(node, ast.FunctionDef):
        yield from ((node.name, decorator) for decorator in node.decorator_list)
    for method in node.body if isinstance(node, ast.ClassDef) else ():
        for name, decorator in decorators(method):
            if ast.unparse(decorator) not in ("property", "staticmethod", "classmethod"):
                yield f"{node.name}.{name}", decorator


def change(mutmut, name):
    """The function, and the lines that a mutant removes and adds."""
    shown = subprocess.run([mutmut, "show", name], cwd=BUILD, capture_output=True, text=True, check=True).stdout
    lines = [line for line in shown.splitlines() if re.match(r"[-+](?!(--|\+\+) )", line)]
    was, now = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    function = re.sub(r"^scratch\.|x_|__mutmut_\d+$|xǁ", "", name).replace("ǁ", ".")
    return function, was, now


def only_unstrict(was, now):
    """Whether only ``strict`` of a ``zip`` is less: the lengths are equal, or one says that they are not."""
    given = r", strict=(True|False|None)|, (?=\))"
    return "zip(" in was and was != now and re.sub(given, "", was) == re.sub(given, "", now)


def explained():
    """The mutants that are equivalent, by function and change."""
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("mutant", []) if EXPLAINED.exists() else []
    return {(entry["function"], entry["was"], entry["now"]): entry["because"] for entry in entries}


if __name__ == "__main__":
    sys.exit(main())
