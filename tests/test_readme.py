"""Every code block of the README runs, and prints the text below it."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
# The commands that make runs after it has set up the environment of this test.
MADE = {"make parity": "parity check", "make test": "make -n test"}
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A directory like the clone, but without files that the commands write."""
    folder = tmp_path_factory.mktemp("readme")
    for path in ROOT.iterdir():
        if path.name not in (".git", "build", "site", "evidence.json"):
            (folder / path.name).symlink_to(path)
    return folder


def printed(folder, *command):
    """The output of a command."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "160",
        "PYTHONIOENCODING": "utf-8",  # as the page; not every locale has the letters of a formula
    }
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=1800)
    assert "Traceback" not in run.stderr, run.stderr
    assert run.returncode in (0, 1), run.stderr
    return run.stdout


def expect(wanted, got):
    """Compare except for blanks and figures of the machine; ``...`` matches anything, also at the end of a line."""
    texts = [of_the_seed(text) + "\n" for text in (wanted, got.rstrip())]
    assert doctest.OutputChecker().check_output(*texts, SAME), got


def test_every_block_is_of_a_kind_that_runs():
    """No block is indented, none is of another language."""
    assert {language for language, _ in BLOCKS} == {"python", "text", "console", "sh"}
    assert not re.search(r"^ {4}\S", re.sub(r"^```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)


# What belongs to the machine follows from the last digits that the kernels of BLAS, NumPy and PyTorch compute: how
# large a gap is, in ulp and as a share of what is allowed; and, where a run goes on from what was computed, which
# examples are ties or ill-conditioned, and so how many are left for "rounding". Everything else follows from the
# seed: how many examples there are, which are exact (a certificate on the inputs), epochs, updates, losses in as many
# digits as shown.
OF_THE_MACHINE = [
    (r"\b[\d,]*\d (within their|ties|ill-conditioned)\b", "N"),  # in the last line
    (r",? ?\b(rounding|ties|ill-conditioned)\b( [\d,]+\b)?", ""),  # in a row; none is not mentioned
    (r"[\d.]+ +[\d.]+%$", "N N%"),  # worst ulp, of bound
    (r"[\d.]+%(?= of (it|what is allowed))", "N%"),
    (r" \(not isolated: [^)]*\)", ""),  # where there is no bubblewrap
]


def of_the_seed(text):
    """The output of a command, without the figures that depend on the machine."""
    for pattern, blank in OF_THE_MACHINE:
        text = re.sub(pattern, blank, text, flags=re.MULTILINE)
    return text


ROW = "neuron: linear   100  exact 50, rounding 47, ill-conditioned 3   12.5   26%"
SUM = "in 8,144 examples (seed 0): 57 bit for bit, 73 within their rounding bound (at most 85% of it), 10 ties"


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        (ROW, ROW.replace("12.5   26%", "1   7%"), True),
        (ROW, ROW.replace("rounding 47, ill-conditioned 3", "rounding 50"), True),
        (ROW, ROW.replace("exact 50", "exact 51"), False),
        (ROW, ROW.replace("100", "99"), False),
        (ROW.replace("exact 50, ", ""), "neuron: linear   100  rounding   12.5   26%", True),
        (SUM, SUM.replace("73", "1,073").replace("85%", "2%").replace("10 ties", "0 ties"), True),
        (SUM, SUM.replace("57", "58"), False),
        ("the largest gap is 6.2% of what is allowed", "the largest gap is 0.82% of what is allowed", True),
        ("accuracy 8 of 8 (100.0%)", "accuracy 7 of 8 (87.5%)", False),
    ],
)
def test_what_belongs_to_the_machine_is_not_asserted(text, other, same):
    """Figures that follow from the seed are asserted."""
    assert (of_the_seed(text).split() == of_the_seed(other).split()) == same


def followed():
    """Each block of Python with the text below it."""
    pairs = zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True)
    return [
        (text, after if kind == "text" else "") for (language, text), (kind, after) in pairs if language == "python"
    ]


@pytest.mark.parametrize(("program", "output"), followed())
def test_python(program, output, folder):
    """Prints what the next block says."""
    expect(output, printed(folder, sys.executable, "-c", program))


def commands():
    """Each command with the output below it."""
    shown = [text for language, text in BLOCKS if language == "console"]
    found = [part.partition("\n") for text in shown for part in re.split(r"^\$ ", text, flags=re.MULTILINE) if part]
    found += [(line, "", "...\n") for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
    return [(command, output) for command, _, output in found]


@pytest.mark.parametrize(("command", "output"), commands())
def test_commands(command, output, folder):
    """In the order of the page, in one directory."""
    expect(output, printed(folder, "bash", "-c", MADE.get(command, command)))


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_links(path):
    """Each link leads to a file."""
    assert (ROOT / path).exists()
