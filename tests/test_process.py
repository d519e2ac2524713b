"""A candidate's process: every side effect is reported in a sentence, and the other functions are still checked."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import scratch
from parity.border import isolation
from parity.border.backend import ArgumentMutated, Limits, Raised, Stopped, load
from parity.cli import main

# The side effect of each function, and the message.
MISBEHAVIOURS = {
    "identity": ("z += 1; return z", "identity changed its argument z"),
    "identity_backward": ("return None", "identity_backward: result is NoneType, expected an array of numbers"),
    "sigmoid": ("while True: pass", "sigmoid took too long"),
    "sigmoid_backward": ("sys.exit(0)", "sigmoid_backward raised SystemExit in homework.py, line"),
    "tanh": ("os._exit(3)", "tanh ended its process (exit code 3)"),
    "tanh_backward": ("ctypes.string_at(0)", "tanh_backward ended its process (SIGSEGV)"),
    "relu": ("while True: print('x' * 1000)", "relu: homework.py printed more than 1 MiB"),
    "relu_backward": (
        "np.maximum = np.minimum; return grad_output * (z > 0)",
        "relu_backward: homework.py replaced numpy.maximum",
    ),
    "softmax": (
        "return np.nextafter(right.softmax(z), z.dtype.type(np.random.randint(2)))",
        "softmax: homework.py depends on the global random generator",
    ),
    "softmax_backward": (
        "return (n for n in z)",
        "softmax_backward: result is generator, expected an array of numbers",
    ),
    "sign": ("return z + 0j", "sign: result is ndarray of complex128, expected an array of numbers"),
    "predict": ("return Liar(np.zeros(3))", "predict: result has shape (3,), expected"),
    "linear": ("return [[1.0], [2.0, 3.0]]", "linear: result is list, expected an array of numbers"),
    "neuron": ("return np.full((len(x), len(bias)), np.nan)", "neuron: result"),
    "squared_error": ("return bytearray(10**11)", "squared_error raised MemoryError"),
    "squared_error_backward": (
        "return (pred - target).astype('float16')",
        "squared_error_backward: result has dtype float16",
    ),
    "mse_loss": ("return 'a half'", "mse_loss: result is str of str"),
    "mse_loss_backward": ("return input()", "mse_loss_backward raised EOFError in homework.py, line"),
    "binary_cross_entropy": (
        "return os.write(channel(), b'nonsense')",
        "binary_cross_entropy wrote something into its own",
    ),
    "binary_cross_entropy_backward": ("return binary_cross_entropy_backward(pred, target)", "raised RecursionError"),
    "cross_entropy": (
        "seen.append(1); return right.cross_entropy(pred, target) + (len(seen) == 5)",
        "cross_entropy gives different results for the same arguments",
    ),
    "cross_entropy_backward": ("raise NotImplementedError", "not written: cross_entropy_backward"),
}
ARGUMENTS = {
    "linear": "x, weight, bias",
    "predict": "x, weight, bias",
    "neuron": "x, weight, bias",
    "identity": "z",
    "sigmoid": "z",
    "tanh": "z",
    "relu": "z",
    "softmax": "z",
    "sign": "z",
}
HEAD = """
import ctypes, os, sys
import numpy as np
import scratch as right

class Liar(np.ndarray):
    def __new__(cls, values):
        return np.asarray(values).view(cls)
    @property
    def shape(self):
        return (1, 1)

def channel():
    return max(fd for fd in range(3, 64) if os.path.exists(f"/proc/self/fd/{fd}") and fd_is_pipe(fd))

def fd_is_pipe(fd):
    return os.readlink(f"/proc/self/fd/{fd}").startswith("pipe:") and os.get_blocking(fd) and writable(fd)

def writable(fd):
    import fcntl
    return fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY

seen = []
binary_cross_entropy_with_logits = right.binary_cross_entropy_with_logits
"""


BOTH = pytest.mark.parametrize("walls", [True, False], indirect=True)
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
WALLED = pytest.mark.skipif(isolation.missing() is not None, reason=f"{isolation.missing()}")


@pytest.fixture
def walls(request, monkeypatch):
    """Candidates isolated by bubblewrap, or without it."""
    if request.param and isolation.missing():
        pytest.skip(isolation.missing())
    if not request.param:
        monkeypatch.setattr(isolation, "missing", lambda: "not isolated: a test")
    return request.param


def homework(folder, text):
    """A file to check."""
    file = folder / "homework.py"
    file.write_text(text)
    return str(file)


@LINUX
def test_misbehaviour_is_a_sentence_and_the_rest_is_checked(tmp_path, capsys):
    """Every function of one file has another forbidden side effect; one is correct."""
    functions = []
    for name, (body, _) in MISBEHAVIOURS.items():
        backward = "pred, target" if "error" in name or "mse" in name or "entropy" in name else "z, grad_output"
        functions.append(f"def {name}({ARGUMENTS.get(name, backward)}):\n    {body}\n")
    file = homework(tmp_path, HEAD + "\n".join(functions))
    options = ("--examples", "10", "--dtype", "float64", "--time-limit", "3", "--json", str(tmp_path / "out.json"))
    assert main(["check", file, "--reference", "scratch", *options]) == 1
    assert "Traceback" not in "".join(capsys.readouterr())
    rows = {}
    for row in json.loads((tmp_path / "out.json").read_text())["properties"]:
        for function in row["functions"]:
            rows[function] = rows.get(function, "") + row["verdict"] + row["message"] + "\n"
    for name, (_, sentence) in MISBEHAVIOURS.items():
        assert sentence in rows[name], rows[name]
    assert (
        rows["binary_cross_entropy_with_logits"].startswith("rounding")
        or "exact" in rows["binary_cross_entropy_with_logits"]
    )


def test_the_process_is_started_again(tmp_path):
    """After its end the next property starts a new one, with the candidate loaded again."""
    backend = load(homework(tmp_path, "import os\ndef sign(z):\n    os._exit(1) if z[0] else None\n    return z\n"))
    with pytest.raises(Stopped):
        backend.sign(np.ones(1))
    with pytest.raises(Stopped):
        backend.sign(np.zeros(1))
    backend.begin()
    assert backend.sign(np.zeros(1)) == 0
    backend.close()


def test_forbidden_imports(tmp_path, capsys):
    """At the top of the file, or hidden in a function."""
    hidden = homework(tmp_path, "def relu(z):\n    import scratch.activations as a\n    return a.relu(z)\n")
    assert main(["check", hidden, "--reference", "scratch", "--only", "relu", "--no-import", "torch, scratch"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "relu raised ImportError in homework.py, line 2: import of scratch is forbidden here" in out
    top = homework(tmp_path, "from scratch import relu\n")
    assert main(["check", top, "--reference", "scratch", "--no-import", "torch,scratch"]) == 2
    assert "cannot be imported: ImportError: import of scratch is forbidden here" in capsys.readouterr().err


def test_the_time_of_a_property_is_used_up(tmp_path):
    """Call by call: the message names the whole limit, not the remaining time."""
    backend = load(homework(tmp_path, "import time\ndef sign(z):\n    time.sleep(0.1)\n    return z\n"), Limits(0.5))
    with pytest.raises(Stopped, match=r"^used up the 0.5 s that a property may take \(--time-limit\)$"):
        [backend.sign(np.ones(1)) for _ in range(6)]


@pytest.mark.parametrize(
    "text",
    [
        "import sys\nsys.meta_path.clear()\nimport scratch",
        "import importlib\nimportlib.import_module('scratch')",
        "import importlib.util as u\nopen(u.find_spec('scratch').submodule_search_locations[0] + '/neuron.py')",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import scratch'])",
        "import os\nos.system('true')",
        "import sys, multiprocessing.util as m\nm.spawnv_passfds(sys.executable, [b'-c', b'import scratch'], [])",
        "import parity.border.host",
    ],
)
def test_forbidden_imports_by_other_ways(tmp_path, text):
    """Without the import system's finders, by reading the file, in another process, from the judge's own modules."""
    with pytest.raises(ValueError, match="forbidden here"):
        load(homework(tmp_path, text), Limits(forbidden="scratch,parity"))


def test_the_judge_is_not_found_among_the_modules(tmp_path):
    """Changes to parity's functions in the candidate's process affect another copy."""
    text = "import parity.border.host\nparity.border.host.Host.changed = lambda *_: False\n"
    text += "def relu(z):\n    z[:] = 0\n    return z\n"
    backend = load(homework(tmp_path, text))
    with pytest.raises(ArgumentMutated):
        backend.relu(np.ones(2))
    backend.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("while True: pass", "its import took too long"),
        ("import os; os._exit(7)", "its import ended its process (exit code 7)"),
        ("import os; os._exit(200)", "its import ended its process (exit code 200)"),
        ("import os; os.kill(os.getpid(), 40)", "its import ended its process (exit code 168)"),
        ("import numpy as np\nnp.dot = None", "its import replaced numpy.dot"),
        ("\0", "null bytes"),
        ("é = 1".encode("latin-1"), "homework.py"),
    ],
)
def test_imports_that_go_wrong(tmp_path, text, message):
    """One line each, however it ends."""
    file = tmp_path / "homework.py"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=r"homework\.py") as caught:
        load(str(file), Limits(seconds=3))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# Processes that leave the group of their parent and keep its connection with the judge.
LEAVES = """
import os
def sign(z):
    if os.fork(): os._exit(0)
    os.setsid()
    while True: pass
"""
LEAVES_BY_C = """
import ctypes
libc = ctypes.CDLL(None)
def sign(z):
    if libc.fork() == 0:
        libc.setsid()
        while True: pass
    libc._exit(0)
"""


@pytest.fixture
def marked(monkeypatch):
    """All processes started from here, found by a word in their environment; none outlives the test."""
    word = f"test_{os.getpid()}_{time.monotonic_ns()}"
    monkeypatch.setenv("MARKED", word)

    def found():
        return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if word in environment(folder)]

    yield found
    for pid in set(found()) - {os.getpid()}:
        os.kill(pid, signal.SIGKILL)


def environment(folder):
    """The environment of a process, if it is visible; that of this process does not contain the word."""
    try:
        return (folder / "environ").read_text(errors="replace")
    except OSError:
        return ""


def gone(found):
    """Whether all these end soon."""
    for _ in range(100):
        if not found():
            return True
        time.sleep(0.05)
    return False


@LINUX
@BOTH
@pytest.mark.parametrize("text", [LEAVES, LEAVES_BY_C, LEAVES.replace("    os.setsid()\n", "")])
def test_time_is_up_for_a_fork_too(tmp_path, text, walls, marked):
    """The process that was started has ended, another holds the connection and does not answer."""
    backend = load(homework(tmp_path, text), Limits(seconds=1.5))
    with pytest.raises(Stopped):
        backend.sign(np.ones(1))
    backend.close()
    assert not walls or gone(marked)


JUDGE = """
import sys
import scratch
from parity.border import isolation
from parity.border.backend import load
import numpy as np
if sys.argv[2] == "False":
    isolation.missing = lambda: "not isolated: a test"
backend = load(sys.argv[1])
print("loaded", flush=True)
backend.sign(np.ones(1))
"""


@LINUX
@BOTH
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_no_candidate_outlives_its_judge(tmp_path, walls, marked, end):
    """However the judge ends: a candidate in an endless loop ends with it."""
    file = homework(tmp_path, "def sign(z):\n    while True: pass\n")
    judge = subprocess.Popen([sys.executable, "-c", JUDGE, file, str(walls)], stdout=subprocess.PIPE)
    with judge:
        assert judge.stdout.readline() == b"loaded\n"
        assert len(marked()) > 1
        judge.send_signal(end)
    assert gone(marked)


# What a candidate may write into its own connection instead of an answer.
FORGED = {
    "deep": "b'[' * 10**6",
    "many": "b'[' + b'[],' * 10**6 + b'0]'",
    "no answer": "b'{}'",
    "no kind": '\'{"tuple": ["pickle", 0]}\'.encode()',
    "no array": '\'{"tuple": ["value", {"array": ["|O", [1]]}]}\'.encode()',
    "a large array": '\'{"tuple": ["value", {"array": ["<f8", [1000000000000]]}]}\'.encode()',
    "a call": '\'{"tuple": ["callback", -1, []]}\'.encode()',
    "no json": "b'\\xff'",
    "no text": 'b\'{"tuple": ["raised", [1], 2, 3]}\'',
    "no word": "b'{\"tuple\": [[], 1]}'",
    "an address": 'b\'{"tuple": ["value", {"result": {"__array_interface__": {"dict": []}}}]}\'',
}


@LINUX
@pytest.mark.parametrize("name", FORGED)
def test_forged_answers(tmp_path, name):
    """Any data in the connection cost little and are reported in a sentence."""
    text = (
        f"import os, struct\n{HEAD.partition('seen = []')[0]}\ndef sign(z):\n    text = {FORGED[name]}\n"
        "    for part in (struct.pack('<QQ', len(text), len(text)), text):\n"
        "        while part: part = part[os.write(channel(), part):]\n"
    )
    backend = load(homework(tmp_path, text), Limits(seconds=30))
    with pytest.raises(Stopped, match=r"^wrote something into its own connection with the judge: .*"):
        backend.sign(np.ones(1))
    backend.close()


@LINUX
@BOTH
@pytest.mark.parametrize("length", [2**62, 2**27])
def test_half_an_answer(tmp_path, length, walls):
    """A length and nothing after it: too much is refused, the rest is waited for no longer than the time limit."""
    head = f"{HEAD.partition('seen = []')[0]}\nLENGTHS = bytes(8) + ({length}).to_bytes(8, 'little')\n"
    text = f"{head}def sign(z):\n    os.write(channel(), LENGTHS)\n    while True: pass\n"
    backend = load(homework(tmp_path, text), Limits(seconds=1.5))
    with pytest.raises(Stopped, match=r"its own connection|took too long"):
        backend.sign(np.ones(1))
    backend.close()


def test_the_time_of_the_import_is_not_that_of_a_property(tmp_path):
    """A slow import does not reduce the time of the properties."""
    backend = load(homework(tmp_path, "import time\ntime.sleep(2)\ndef sign(z):\n    return z\n"), Limits(seconds=1.5))
    assert backend.sign(np.ones(1)) == 1
    backend.close()


@LINUX
def test_files_in_memory_are_few(tmp_path):
    """They do not count as memory."""
    text = "import os\ndef sign(z):\n    while True: os.memfd_create('a')\n"
    backend = load(homework(tmp_path, text))
    with pytest.raises(Raised, match="Too many open files"):
        backend.sign(np.ones(1))
    backend.close()


@LINUX
def test_a_large_answer(tmp_path):
    """A list that holds itself over and over, or that is deep, is never sent whole."""
    text = "def sign(z):\n    a = []\n    for _ in range(60): a = [a, a]\n    return a\n"
    text += "def tanh(z):\n    a = []\n    for _ in range(10**5): a = [a]\n    return a\n"
    backend = load(homework(tmp_path, text), Limits(seconds=3))
    with pytest.raises(Raised, match="maximum recursion depth"):
        backend.tanh(np.ones(1))
    with pytest.raises(Stopped, match="took too long"):
        backend.sign(np.ones(1))
    backend.close()


@LINUX
@BOTH
def test_shared_memory_counts(tmp_path, walls):
    """As any other memory does."""
    text = "import mmap\nm = mmap.mmap(-1, 2**29)\n"
    text += "def sign(z):\n    while True:\n        for i in range(0, 2**29, 4096): m[i] = 1\n"
    backend = load(homework(tmp_path, text), Limits(6, mebibytes=300))
    text = r"took more than 300 MiB \(--memory-limit\)"
    with pytest.raises((Stopped, Raised), match=text):
        backend.sign(np.ones(1))
    backend.close()


# What a candidate tries, and what it finds behind the walls.
TRIES = {
    "network": "import socket; socket.create_connection(('127.0.0.1', PORT), 1)",
    "disk": "open(HERE + '/written', 'w')",
    "home": "open(os.path.expanduser('~/.parity_was_here'), 'w')",
    "temporary": "open('/tmp/small', 'w').write('x'); open(os.environ['TMPDIR'] + '/small', 'w')",
    "processes": "assert all(int(pid) < 100 for pid in os.listdir('/proc') if pid.isdigit())",
    "parent": "os.kill(os.getppid(), 19)",
    "device": "open('/dev/written', 'w')",
    "kernel": "os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)",  # and nothing is written
}
REFUSED = {
    "network": ["ConnectionRefusedError"],
    "disk": ["OSError"],
    "home": ["OSError", "FileNotFoundError"],  # a home below /tmp is not there
    "device": ["OSError"],
    "kernel": ["OSError"],
}


@WALLED
@pytest.mark.parametrize("name", TRIES)
def test_walls(tmp_path, name):
    """No network, a disk that one can read, a small folder of its own, no process of others."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        head = f"import os\nPORT = {server.getsockname()[1]}\nHERE = {str(tmp_path)!r}\n"
        text = f"{head}def sign(z):\n    {TRIES[name]}\n    return z\n"
        backend = load(homework(tmp_path, text), Limits(seconds=6))
        if name in REFUSED:
            with pytest.raises(Raised) as caught:
                backend.sign(np.ones(1))
            assert caught.value.kind in REFUSED[name]
        else:
            assert backend.sign(np.ones(1)) == 1
        backend.close()
    assert not (tmp_path / "written").exists()
    assert not Path("/tmp/small").exists()


@WALLED
@pytest.mark.parametrize(
    "text",
    [
        "import ctypes\nassert not ctypes.CDLL(None).fopen(os.path.join(FOLDER, 'neuron.py').encode(), b'r')",
        "import ctypes, shlex\nctypes.CDLL(None).system(f'cp -r {shlex.quote(FOLDER)} /tmp/copy'.encode())\n"
        "assert os.listdir('/tmp/copy') == ['__init__.py']\nassert 'forbidden' in open('/tmp/copy/__init__.py').read()",
    ],
)
def test_forbidden_packages_are_not_there(tmp_path, text):
    """Not for C either, which Python's hooks do not see."""
    head = f"import os\nFOLDER = {os.path.dirname(scratch.__file__)!r}\nsign = abs\n"
    load(homework(tmp_path, head + text), Limits(forbidden="scratch")).close()


def test_a_module_that_answers_to_any_name(tmp_path):
    """An error there does not count as a definition."""
    backend = load(homework(tmp_path, "sign = abs\ndef __getattr__(name):\n    raise RuntimeError(name)\n"))
    assert backend.defines("sign")
    assert not backend.defines("relu")
    backend.close()


def test_a_homework_may_have_the_name_of_a_library(tmp_path):
    """random.py beside its neighbour, which it imports."""
    (tmp_path / "neighbour.py").write_text("def helper(z):\n    return z * 2\n")
    (tmp_path / "random.py").write_text("from neighbour import helper\ndef identity(z):\n    return helper(z) / 2\n")
    backend = load(str(tmp_path / "random.py"))
    assert backend.identity(np.ones(2)).tolist() == [1, 1]
    backend.close()


def test_objects_and_functions_pass_the_border(tmp_path):
    """A class of the candidate's, a callback of the judge's, an error with its line."""
    text = (
        "class Linear:\n    def __init__(self):\n        self.groups = [{'lr': 1.0}]\n"
        "    def each(self, f):\n        return [f(n) for n in range(3)]\n"
        "    def fail(self):\n        raise KeyError('k')\n"
    )
    backend = load(homework(tmp_path, text))
    thing = backend.Linear()
    thing.kept.groups[0]["lr"] = 0.5
    assert thing.groups == [{"lr": 0.5}]
    assert thing.each(lambda n: n * n) == [0, 1, 4]
    with pytest.raises(Raised, match="k") as caught:
        thing.fail()
    assert (caught.value.kind, caught.value.place) == ("KeyError", 7)
    assert not hasattr(thing, "nothing")
    backend.close()


def test_no_process_is_left_behind(tmp_path):
    """Not even what the candidate has started itself."""
    marker = f"sleep 300.{np.random.default_rng().integers(10**6)}"
    text = f"import subprocess\nsubprocess.Popen({marker.split()!r})\ndef sign(z):\n    return z\n"
    load(homework(tmp_path, text)).close()
    assert gone(lambda: marker in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout)
