"""Both sides of the line of ``parity/judge/paper.py``: forms that round otherwise, and the known mistakes.

    python tests/on_paper.py [--examples N] [--seed S] [NAME ...]

For each form and each known mistake, judged as anybody's code, and each property of its function in each precision: the
number of examples beyond the bound, how many of these are equal on paper and how many differ, and how many times the
bound it loses on paper. A mistake that is beyond the bound in some examples of a property but differs in none is listed
at the end, and so is a form that differs; then the exit code is 1.
"""

import argparse
import functools
import importlib
import inspect
import sys
from collections import Counter
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import Phase, settings

from parity import trees
from parity.border.backend import Stranger, load
from parity.border.host import find
from parity.judge import paper, strategies
from parity.judge.compare import Check, Evidence, Mismatch
from parity.mistakes import MISTAKES

FORMS = (
    "mse_fraction_of_the_sum",
    "mse_mean_of_means",
    "squared_error_by_norm",
    "decay_of_the_weight",
    "tanh_slope_by_cosh",
    "cross_entropy_by_logsumexp",
    "logits_gradient_by_logsigmoid",
)
FAR = "differs"


def properties():
    """The Hypothesis properties of the chapters, with the functions that each is about."""
    for file in trees.FILES:
        module = importlib.import_module(f"parity.properties.test_{file}")
        for name, test in vars(module).items():
            marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "checks"]
            if name.startswith("test_") and marks and hasattr(test, "hypothesis"):
                yield name.removeprefix("test_"), test, marks[0].args


def verdicts(test, check, examples, seed):
    """How the examples of a property end."""
    inner, found = test.hypothesis.inner_test, Counter()
    check.evidence = Evidence()

    def one(*args, **options):
        for side in (check.candidate, check.reference):
            side.fresh()
        before = check.evidence.verdicts.copy()
        try:
            with check.evidence.example():
                paper.examine(inner, check, args, options)
        except Mismatch as mismatch:
            found[FAR if mismatch.value is not None else "fails otherwise"] += 1
        except Exception:
            found["fails otherwise"] += 1
        found.update(check.evidence.verdicts - before)

    test.hypothesis.inner_test = functools.wraps(inner)(one)
    test._hypothesis_internal_use_seed = seed
    usual = test._hypothesis_internal_use_settings
    try:
        usually = [(strategies.USUAL, strategies.shares(examples)[strategies.USUAL])]
        for scope, count in chain(usually, strategies.further(examples, check.evidence)):
            test._hypothesis_internal_use_settings = settings(
                usual, max_examples=count, phases=[Phase.generate, Phase.target], database=None, deadline=None
            )
            with strategies.within(scope), TemporaryDirectory() as folder:
                fixtures = {"check": check, "side": "candidate", "file": Path(folder) / "run.safetensors"}
                test(**{name: value for name, value in fixtures.items() if name in inspect.signature(inner).parameters})
    finally:
        test.hypothesis.inner_test, test._hypothesis_internal_use_settings = inner, usual
    return found


def rows(name, namespace, functions, options):
    """The properties about these functions in which something is beyond the bound."""
    reference = load("scratch")
    for title, test, about in properties():
        if not functions.intersection(about):
            continue
        for dtype in ("float64", "float32"):
            check = Check(Stranger(name, namespace), reference, dtype)
            if not all(map(check.candidate.defines, about)):
                continue
            found = verdicts(test, check, options.examples, options.seed)
            if found[FAR] or found["equal on paper"]:
                yield title, dtype, found, check.evidence.times


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder, wrong = trees.ROOT / "tests" / "solutions" / "right", []
    print(f"{'form or mistake':<44} {'property':<44} {'dtype':<8} beyond B on paper  differs  times B")
    for name in [*FORMS, *MISTAKES]:
        if options.names and name not in options.names:
            continue
        form = name in FORMS
        namespace = find(str(folder / f"{name}.py")) if form else MISTAKES[name]
        functions = set(trees.all_names()) if form else {namespace.replaced.partition(".")[0]}
        for title, dtype, found, times in rows(name, namespace, functions, options):
            near, far = found["equal on paper"], found[FAR]
            counts = f"{near + far:>8} {near:>8} {far:>8} {times:>8.3g}"
            print(f"{name:<44} {title:<44} {dtype:<8} {counts}", flush=True)
            if far if form else not far:
                wrong.append(f"{name} in {title} ({dtype})")
    print("\n".join(["on the wrong side:", *wrong] if wrong else ["all are on their side of the line"]))
    return bool(wrong)


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main())
