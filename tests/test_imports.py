"""Who may import whom: read from the source files, and seen in fresh interpreters."""

import ast
import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = {package: sorted((ROOT / package).glob("*.py")) for package in ("scratch", "torchref")}
# The rooms of parity, from the ground up; what stands in none is on the ground, but for the command line.
STOREYS = {"border": 1, "judge": 2, "mistakes": 2, "properties": 3, "reports": 3, "commands": 4, "site": 4}
ATTIC = {"cli": 5, "__main__": 5, "notebook": 5}
ROOMS = sorted((ROOT / "parity").glob("**/*.py"))

# Refuses to find the modules named, as if they were not installed.
BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
"""


def imported_by(path):
    """The top-level packages that a source file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            yield (node.module or "").partition(".")[0]


def foreign(path):
    """What it imports beside the standard library."""
    return set(imported_by(path)) - sys.stdlib_module_names


def python(code, *args):
    """Run code in a fresh interpreter at the root of the checkout."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("COV_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-c", code, *args], cwd=ROOT, capture_output=True, text=True, env=env, check=False
    )


def left_out(importing, *modules):
    """Whether a fresh interpreter that ran this import has none of the modules loaded."""
    done = python(f"import sys\n{importing}\nprint(sorted({set(modules)!r} & set(sys.modules)))")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]", f"{importing} loads {done.stdout.strip()}"


@pytest.mark.parametrize("path", FILES["scratch"], ids=lambda path: path.name)
def test_scratch_imports(path):
    """A file of scratch imports NumPy, the standard library, the contract and its own package, and nothing else.

    What is optional is imported by name where it is needed: ``contract.checkpoints.safetensors``.
    """
    assert foreign(path) <= {"numpy", "contract", "scratch"}


@pytest.mark.parametrize("path", FILES["torchref"], ids=lambda path: path.name)
def test_torchref_imports(path):
    """PyTorch, the standard library, the contract and its own package; NumPy only to read what is given."""
    assert foreign(path) <= {"torch", "contract", "torchref"} | ({"numpy"} if path.name == "tensors.py" else set())


@pytest.mark.parametrize("path", sorted((ROOT / "contract").glob("*.py")), ids=lambda path: path.name)
def test_contract_imports(path):
    """The leaf below both trees imports NumPy and the standard library."""
    assert foreign(path) <= {"numpy", "contract"}


def modules(path):
    """The modules of parity that a source file imports anywhere in it, as parts of their names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "parity":
            parts = node.module.split(".")[1:]
            yield from ([*parts, alias.name] for alias in node.names)


def storey(parts):
    """How high up a module stands."""
    return STOREYS.get(parts[0], 0) or ATTIC.get(parts[0], 0)


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_room_imports_from_above(path):
    """What a room needs stands in it, beside it or below it."""
    own = storey(path.relative_to(ROOT / "parity").with_suffix("").parts)
    assert [".".join(parts) for parts in modules(path) if storey(parts) > own] == []


def test_every_room_is_in_the_package():
    """What is installed has all of them."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    packages = setup["options"]["packages"].split()
    assert {".".join(path.parent.relative_to(ROOT).parts) for path in ROOMS} <= set(packages)


def test_same_files():
    """Both backends have the same files, so that the two tests above have seen all of them."""
    assert FILES["scratch"]
    assert [path.name for path in FILES["scratch"]] == [path.name for path in FILES["torchref"]]


def test_scratch_leaves_out():
    """import scratch loads neither PyTorch nor what only tests and pictures need, nor the other packages."""
    left_out("import scratch", "torch", "safetensors", "matplotlib", "hypothesis", "torchref", "parity")


def test_torchref_leaves_out():
    """import torchref loads neither the other backend nor the parity check."""
    left_out("import torchref", "scratch", "parity", "matplotlib", "hypothesis")


def test_parity_leaves_out():
    """The parity check itself loads PyTorch only through a backend, matplotlib only to draw."""
    modules = "parity.border.backend, parity.judge.referee, parity.judge.compare, parity.cli"
    left_out(f"import {modules}", "torch", "matplotlib")


def test_check_without_torch():
    """Checking scratch against scratch works where PyTorch cannot be imported."""
    code = BLOCKER.format(blocked={"torch"}) + "import pytest\nsys.exit(pytest.main(sys.argv[1:]))"
    options = ["--parity-candidate", "scratch", "--parity-reference", "scratch", "--parity-examples", "5"]
    done = python(code, "parity/properties/test_neuron.py", *options, "-p", "no:cacheprovider", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_torch_can_be_blocked():
    """The block above is real: with it torchref cannot be imported."""
    done = python(BLOCKER.format(blocked={"torch"}) + "import torchref")
    assert "ModuleNotFoundError: No module named 'torch'" in done.stderr


@pytest.mark.parametrize("wrong", [0, 1])
def test_hypothesis_is_not_imported_where_it_runs_nothing(tmp_path, wrong):
    """Not by the process that hands out the properties: the others start after it."""
    file = tmp_path / "homework.py"
    file.write_text(f"import numpy as np\ndef sign(z):\n    return np.sign(z) + {wrong}\n", encoding="utf-8")
    checked = ["check", str(file), "--reference", "scratch", "--only", "sign", "--examples", "3"]
    silently = "contextlib.redirect_stdout(io.StringIO())"
    run = f"with {silently}: assert main({checked}) == {wrong}"
    left_out(f"import contextlib, io; from parity.cli import main\n{run}", "hypothesis")


def test_hypothesis_works_after_a_check(tmp_path):
    """In the same process, as in a notebook: it does not take itself for one that is still being set up."""
    (tmp_path / "homework.py").write_text("import numpy as np\nsign = np.sign\n", encoding="utf-8")
    checked = ["check", str(tmp_path / "homework.py"), "--reference", "scratch", "--only", "sign", "--examples", "3"]
    done = python(f"""
import warnings
from parity.cli import main
main({checked})
warnings.simplefilter("error")
from hypothesis import given, strategies
given(strategies.integers())(lambda number: None)()
strategies.integers().validate()
import _hypothesis_globals
print(_hypothesis_globals.in_initialization)
""")
    assert done.stdout.split()[-1] == "0", done.stdout + done.stderr


def test_examples_do_not_depend_on_what_is_imported(tmp_path):
    """No constants of source files, and no plugins of Hypothesis; other tests of the process have both."""
    (tmp_path / "homework.py").write_text("import numpy as np\nsign = np.sign\n", encoding="utf-8")
    (tmp_path / "constants.py").write_text("A = (12345, 6.789, 'rare')\n", encoding="utf-8")
    checked = ["check", str(tmp_path / "homework.py"), "--reference", "scratch", "--only", "sign", "--examples", "3"]
    done = python(f"""
import sys
sys.path.append({str(tmp_path)!r})
import constants
from parity.cli import Parser
from parity.commands import check
parser = Parser()
check.add_arguments(parser)
args = parser.parse_args({checked[1:]})
check.validate(args)
args.candidate = args.candidates[0]
report = check.check(args, quiet=True)
from hypothesis.internal.conjecture import providers
print(report.exit_code(), len(providers._local_constants), "trio" in sys.modules)
print(len(providers._get_local_constants()) > 0)
""")
    assert done.stdout.split() == ["0", "0", "False", "True"], done.stdout + done.stderr
