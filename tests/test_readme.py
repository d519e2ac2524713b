"""Every code block of the README runs, and prints what stands below it."""

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
# What make does after it has set up the environment that this test runs in.
MADE = {"make parity": "parity check", "make test": "make -n test"}
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A directory that looks like the clone, but for what the commands write."""
    folder = tmp_path_factory.mktemp("readme")
    for path in ROOT.iterdir():
        if path.name not in (".git", "build", "site", "evidence.json"):
            (folder / path.name).symlink_to(path)
    return folder


def printed(folder, *command, **options):
    """What a command prints."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "160",
    }
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, **options)
    assert "Traceback" not in run.stderr, run.stderr
    assert run.returncode in (0, 1), run.stderr
    return run.stdout


def expect(wanted, got):
    """The same but for blanks; ``...`` stands for anything, also at the end of a line."""
    assert doctest.OutputChecker().check_output(wanted + "\n", got.rstrip() + "\n", SAME), got


def test_every_block_is_of_a_kind_that_runs():
    """No block is indented, none is of another language."""
    assert {language for language, _ in BLOCKS} == {"python", "text", "console", "sh"}
    assert not re.search(r"^ {4}\S", re.sub(r"^```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)


def blurred(text):
    """Without how many of the examples got which verdict: that may differ from machine to machine."""
    return re.sub(r"(exact|rounding|ill-conditioned|ties) [\d,]+|[\d,]+( bit| within| ties| ill)|\d+%", "N", text)


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
    got = printed(folder, "bash", "-c", MADE.get(command, command))
    expect(*map(blurred, (output, got)) if command in MADE else (output, got))


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_links(path):
    """Lead to a file."""
    assert (ROOT / path).exists()
