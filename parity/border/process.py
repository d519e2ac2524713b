"""A candidate in a process of its own, with limited time and memory: whatever it does there, the judge goes on."""

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from parity.border import isolation
from parity.border.wire import Malformed, packed, reader, received, write
from parity.text import printable

TICK = 0.05
CALL = 3  # what is not back after a third of the time of a property will not come back
LOADING = 3  # what is imported may be large: it has as much time as three properties
NO_MORE = object()
HERE = str(Path(os.path.realpath(__file__)).parents[2])


class Limits(NamedTuple):
    """What a candidate may use in one property, and which packages it may not import."""

    seconds: float = 10.0
    mebibytes: int = 4096
    forbidden: str = ""

    @property
    def names(self):
        """Of the packages, each."""
        return [name for name in self.forbidden.split(",") if name]

    @classmethod
    def of(cls, option):
        """From the options of the command, each looked up by its name."""
        return cls(option("time-limit"), option("memory-limit"), option("no-import"))


class Stopped(BaseException):
    """The candidate's process is no more; no ``Exception``, so that nobody goes on with another example."""


class Process:
    """Sends requests to a host (``parity.border.host``) in another process; starts it again if it has ended."""

    def __init__(self, spec, limits):
        self.spec = spec
        self.limits = limits
        self.child: Any = None
        self.used = 0.0
        self.start()

    def start(self):
        """Start the process and load the candidate there; a ValueError says why it cannot be loaded."""
        # Without links on the way, which may not be there behind walls.
        path = [os.path.realpath(folder) for folder in (*sys.path, os.getcwd())]
        folder, file = os.path.split(self.spec)
        spec = os.path.join(os.path.realpath(folder), file) if os.path.isabs(folder) else self.spec
        self.child = launch([*path, os.path.dirname(os.path.realpath(spec))], self.limits.names)
        self.requests: Any = queue.SimpleQueue()
        self.answers: Any = queue.SimpleQueue()
        # A thread writes and reads, so that the judge need not wait for it.
        threading.Thread(target=talk, args=(self.child, self.requests, self.answers), daemon=True).start()
        self.stop_at_exit = weakref.finalize(self, end, self.child, self.requests)
        self.used, self.looked = 0.0, time.monotonic()
        try:
            loading = spec, path, self.limits.forbidden, self.limits.mebibytes
            answer = self.ask(loading, seconds=LOADING * self.limits.seconds)
        except Stopped as stopped:
            raise ValueError(f"{self.spec}: its import {stopped}") from None
        self.used = 0.0
        if answer[0] == "unusable":
            self.stop()
            raise ValueError(" ".join(printable(answer[1]).split()))

    def begin(self):
        """A new property: the time counts from here."""
        if self.child is None:
            self.start()
        self.used = 0.0

    def ask(self, request, called=None, seconds=None):
        """The answer, within so many seconds; on the way the candidate may call functions of the judge."""
        if self.child is None:
            raise Stopped("has ended its process")
        started = time.monotonic()
        seconds = seconds or min(self.limits.seconds - self.used, self.limits.seconds / CALL)
        try:
            while True:
                answer = self.exchange(request, started + seconds)
                if answer[0] != "callback":
                    return answer
                request = called(*answer[1:])
        except TimeoutError:
            self.stop()
            raise Stopped(self.too_long(seconds)) from None
        except MemoryError:
            self.stop()
            raise Stopped(f"took more than {self.limits.mebibytes} MiB (--memory-limit)") from None
        except Malformed as error:
            self.stop()
            raise Stopped(f"wrote something into its own connection with the judge: {error}") from None
        except (EOFError, OSError):
            raise Stopped(self.ended()) from None
        finally:
            self.used += time.monotonic() - started

    def exchange(self, request, deadline):
        """One request and its answer before the deadline."""
        self.requests.put(request)
        while True:
            left = deadline - time.monotonic()
            try:
                answer = self.answers.get(timeout=max(min(left, TICK), 0))
            except queue.Empty:
                answer = None
            if time.monotonic() - self.looked >= TICK:
                self.looked = time.monotonic()
                if resident(self.child.pid) > self.limits.mebibytes * 2**20:
                    raise MemoryError
            if isinstance(answer, Exception):
                raise answer
            if answer is not None:
                return formed(answer)
            if left <= 0:
                raise TimeoutError

    def too_long(self, seconds):
        """That there is no answer after so many seconds."""
        if seconds < self.limits.seconds / CALL:
            return f"used up the {self.limits.seconds:g} s that a property may take (--time-limit)"
        return f"took too long: more than {seconds:.2g} s (--time-limit {self.limits.seconds:g})"

    def ended(self):
        """How the process has ended."""
        code = self.stop()
        names = {128 + number: number.name for number in signal.Signals}
        code = 128 - code if code < 0 else code  # as a shell, and bubblewrap, tell of a signal
        how = names.get(code, f"exit code {code}")
        return f"ended its process ({how})"

    def stop(self):
        """End the process and all that it has started; its exit code."""
        code = self.child.poll()
        with suppress(subprocess.TimeoutExpired):
            code = self.child.wait(TICK) if code is None else code
        self.stop_at_exit()
        code = self.child.wait() if code is None else code
        self.child = None
        return code


def launch(folders, forbidden):
    """A process that serves a candidate; behind walls it sees these folders, and nothing of the forbidden packages."""
    judge = os.getpid() if isolation.missing() else None
    # Without the current directory in front: a homework may be called random.py.
    program = f"__import__('sys').path.append({HERE!r}); __import__('parity.border.host').border.host.serve({judge})"
    folder, python = os.path.split(sys.executable)
    command = [os.path.join(os.path.realpath(folder), python), "-P", "-W", "ignore", "-c", program]
    with tempfile.TemporaryFile() as printed:
        return subprocess.Popen(
            isolation.isolated(command, [HERE, *folders], forbidden),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=printed,
            start_new_session=True,
        )


def talk(child, requests, answers):
    """Pass requests and answers on, until there is no request or something goes wrong, which is the last answer."""
    read = reader(child.stdout)
    with suppress(OSError), child.stdin, child.stdout:
        try:
            while (request := requests.get()) is not NO_MORE:
                write(child.stdin, packed(request))
                answers.put(received(read))
        except Exception as error:
            answers.put(error)


def formed(answer):
    """An answer of the form that a host gives; a Malformed otherwise."""
    known = isinstance(answer, tuple) and answer and isinstance(answer[0], str) and answer[0] in FORMS
    if not known or not FORMS[answer[0]](*answer[1:]):
        raise Malformed("no answer")
    return answer


def _is(*kinds):
    return lambda *values: len(values) == len(kinds) and all(map(isinstance, values, kinds))


FORMS = {
    "value": lambda *values: len(values) == 1,
    "unusable": _is(str),
    "changed": lambda *label: _is(str)(*label) or (_is(int)(*label) and label[0] in range(100)),
    "raised": lambda *v: _is(list, str, int | None)(*v) and v[0] and all(isinstance(name, str) for name in v[0]),
    "callback": _is(int, list),
}


def end(child, requests):
    """Nothing is left of it."""
    requests.put(NO_MORE)
    kill(child)
    child.wait()


def kill(child):
    """End a process and all that it has started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError, PermissionError):  # no groups on Windows
        child.kill()


def resident(pid):
    """Bytes of memory, its own and shared, that a process and all below it hold; 0 where /proc does not tell."""
    total, waiting = 0, [str(pid)]
    while waiting:
        folder = Path("/proc") / waiting.pop()
        with suppress(OSError):
            for line in (folder / "status").read_text().splitlines():
                if line.startswith(("RssAnon", "RssShmem")):
                    total += int(line.split()[1]) * 1024
            waiting += " ".join(path.read_text() for path in folder.glob("task/*/children")).split()
    return total
