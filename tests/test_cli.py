"""The command line as a whole: its help, and its behaviour in any environment."""

import os
import re
import resource
import shlex
import subprocess
import sys

import pytest

from parity import cli

BACKQUOTES = re.compile(r"``|:\w+:`|\*\*|\.\. \w+::")


def parsers(parser):
    """A parser and those of its commands."""
    yield parser
    for action in parser._actions:
        for below in action.choices.values() if action.nargs == "A..." else ():
            yield from parsers(below)


PARSERS = {parser.prog: parser for parser in parsers(cli.command_line())}


# Help


def test_parity_alone_shows_what_it_can_do(capsys):
    """Every command and the first steps are listed; because nothing has been done, the exit code is 2."""
    assert cli.main([]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert all(re.search(rf"^ +{name} +\w", out, re.MULTILINE) for name in cli.COMMANDS)
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    assert capsys.readouterr().out == out


@pytest.mark.parametrize("line", re.findall(r"^  (parity .*?)  ", cli.FIRST_STEPS, re.MULTILINE))
def test_first_steps_are_commands(line):
    """The first steps can be run unchanged."""
    assert cli.command_line().parse_args(shlex.split(line)[1:]).command


@pytest.mark.parametrize("prog", PARSERS)
def test_help_is_plain_english(prog):
    """No markup; a sentence for each command and words for each option."""
    parser = PARSERS[prog]
    assert parser.description
    assert not BACKQUOTES.search(parser.format_help())
    assert all(action.help for action in parser._actions if action.nargs != "A...")


@pytest.mark.parametrize("prog", PARSERS)
def test_every_line_of_the_help_fits_the_terminal(prog, monkeypatch):
    """The terminal has 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, PARSERS[prog].format_help().splitlines())) <= 80


# Any environment


def shell(command, folder, **environment):
    """Run a line of bash with parity in it; its exit code, what it printed, and its lines on stderr."""
    line = command.replace("parity", f"{shlex.quote(sys.executable)} -m parity", 1)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.fspath(cli.page.ROOT), "PYTHONUNBUFFERED": ""} | environment,
        capture_output=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode().splitlines()


@pytest.mark.parametrize("level", ["1", "2"])
def test_python_without_asserts_or_docstrings_is_refused(tmp_path, level):
    """Properties need asserts, and templates need docstrings."""
    code, out, err = shell("parity template sign", tmp_path, PYTHONOPTIMIZE=level)
    assert (code, out, len(err)) == (2, "", 1)
    assert "PYTHONOPTIMIZE" in err[0]
    assert list(tmp_path.iterdir()) == []


def test_an_encoding_without_the_characters(tmp_path):
    """Characters are escaped; the file has the given name."""
    code, out, err = shell("parity template sign -o σ∂.py", tmp_path, PYTHONIOENCODING="ascii")
    assert (code, err) == (0, [])
    assert out.startswith(r"wrote \u03c3\u2202.py, ")
    assert [path.name for path in tmp_path.iterdir()] == ["σ∂.py"]


def test_a_name_that_is_no_text(tmp_path):
    """Bytes that cannot be decoded, line breaks, quotes and backslashes: the written file is valid Python."""
    for name in (r"$'\xff.py'", r"$'a\nb.py'", '\'a"""b.py\'', r"'a\N.py'", r"'\\\".py'"):
        code, _, err = shell(f"parity template sign -o {name}", tmp_path)
        assert (code, err) == (0, [])
    for path in tmp_path.iterdir():
        compile(path.read_bytes(), "homework", "exec")
    assert len(list(tmp_path.iterdir())) == 5


def test_a_message_is_one_line(capsys):
    """Even if a name in it contains line breaks or terminal control characters."""
    assert cli.main(["train", "perceptron", "--data", "a\nb\x1b[2J.csv"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert line.endswith(".csv: no such file, expected a CSV file")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams(tmp_path, closed):
    """Nothing is printed to them, nor to the files written meanwhile."""
    code, out, err = shell(f"parity train perceptron --save net.npz {closed}", tmp_path)
    assert (code, err) == (0, [])
    assert ("wrote net.npz" in out) is (closed == "2>&-")
    assert (tmp_path / "net.npz").read_bytes().startswith(b"PK")
    code, out, err = shell(f"parity train perceptron --save net.xyz {closed}", tmp_path)
    assert (code, out, len(err)) == (2, "", "2>" not in closed)


CHECK = "check --only sign --reference scratch --examples 1 --dtype float64"


@pytest.mark.parametrize("arguments", ["train perceptron", "--help", CHECK])
def test_a_reader_that_has_seen_enough(tmp_path, arguments):
    """No message; the exit code says that the output was not read."""
    assert shell(f"parity {arguments} | true", tmp_path) == (2, "", [])


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_is_full(tmp_path, unbuffered):
    """One line reports it."""
    code, _, err = shell("parity train perceptron > /dev/full", tmp_path, PYTHONUNBUFFERED=unbuffered)
    assert (code, len(err)) == (2, 1)
    assert err[0].endswith("No space left on device")


def test_messages_that_cannot_be_printed(tmp_path):
    """The exit code reports the error."""
    assert shell("parity train perceptron --save a.xyz 2> /dev/full", tmp_path) == (2, "", [])
    assert shell("parity train perceptrom 2> /dev/full", tmp_path) == (2, "", [])


@pytest.mark.parametrize(
    "arguments",
    [
        "template -o {}.py",
        "train perceptron --save {}.npz",
        "train perceptron --epochs 1 --plot {}.png",
        "train perceptron --epochs 1 --plot {}.svg",
        "train perceptron --epochs 1 --plot {}.pdf",
        "train perceptron --epochs 1 --animate {}.gif",
    ],
)
def test_a_full_disk(tmp_path, monkeypatch, capsys, arguments):
    """One line; the old file is unchanged, and no part of the new one remains."""
    monkeypatch.chdir(tmp_path)
    name = arguments.rpartition(" ")[2].format("a")
    old = b"" if name.endswith(".py") else b"old"
    if old:
        (tmp_path / name).write_bytes(old)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        code = cli.main(arguments.format("a").split())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert code == 2
    assert capsys.readouterr().err == f"parity {arguments.split()[0]}: {name}: cannot be written: File too large\n"
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, old)] * bool(old)


# Odd targets


def test_a_link_stays_a_link(tmp_path, monkeypatch, capsys):
    """Its target is replaced with the same permissions; the suffix of the given name counts."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "blob").write_bytes(b"old")
    (tmp_path / "store" / "blob").chmod(0o600)
    (tmp_path / "a.png").symlink_to("store/blob")
    (tmp_path / "a.npz").symlink_to("store/new")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", "perceptron", "--epochs", "1", "--plot", "a.png", "--save", "a.npz"]) == 0
    assert (tmp_path / "a.png").readlink().name == "blob"
    assert (tmp_path / "store" / "blob").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "store" / "blob").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a.npz").readlink().name == "new"
    assert (tmp_path / "store" / "new").read_bytes().startswith(b"PK")
    assert len(list(tmp_path.rglob("*"))) == 5


def refused_before_the_training(capsys, path):
    """The reason."""
    assert cli.main(["train", "perceptron", "--save", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    return err.removeprefix(f"parity train: {path}: ").rstrip()


def test_links_that_lead_nowhere(tmp_path, capsys):
    """To themselves, or below a directory that is missing."""
    (tmp_path / "loop.npz").symlink_to("loop.npz")
    assert refused_before_the_training(capsys, tmp_path / "loop.npz").startswith("cannot be written: Too many levels")
    (tmp_path / "lost.npz").symlink_to("missing/a.npz")
    assert refused_before_the_training(capsys, tmp_path / "lost.npz").startswith("cannot be written: No such file")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loop.npz", "lost.npz"]


def test_what_is_no_file_stays(tmp_path, capsys):
    """A pipe with a reader is not replaced."""
    os.mkfifo(tmp_path / "a.npz")
    reason = "got a device, a pipe or a socket, expected a file name"
    assert refused_before_the_training(capsys, tmp_path / "a.npz") == reason
    assert (tmp_path / "a.npz").is_fifo()


def test_a_directory_that_takes_no_file(capsys):
    """Rejected before the training, even for a user who may write everywhere else."""
    assert refused_before_the_training(capsys, "/proc/a.npz").startswith("cannot be written: ")


def test_a_file_that_is_read_only(tmp_path, monkeypatch, capsys):
    """A read-only file is not replaced."""
    path = tmp_path / "a.npz"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # to root every file is open
    assert refused_before_the_training(capsys, path) == "cannot be written: it is read-only"
    assert path.read_bytes() == b"old"
