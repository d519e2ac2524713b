"""A candidate in a process of its own, with limited time and memory: whatever it does there, the judge goes on."""

import contextlib
import io
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from typing import Any, NamedTuple

from parity.host import Receiver, packed

TICK = 0.05
CALL = 3  # what is not back after a third of the time of a property will not come back
LOADING = 3  # what is imported may be large: it has as much time as three properties
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Limits(NamedTuple):
    """What a candidate may use in one property, and which packages it may not import."""

    seconds: float = 10.0
    mebibytes: int = 4096
    forbidden: str = ""

    @classmethod
    def of(cls, option):
        """From the options of the command, each looked up by its name."""
        return cls(option("--time-limit"), option("--memory-limit"), option("--no-import"))


class Stopped(BaseException):
    """The candidate's process is no more; no ``Exception``, so that nobody goes on with another example."""


class Process:
    """Sends requests to a host (``parity.host``) in another process; starts it again if it has ended."""

    def __init__(self, spec, limits):
        self.spec = spec
        self.limits = limits
        self.child: Any = None
        self.used = 0.0
        self.deadline = float("inf")
        self.start()

    def start(self):
        """Start the process and load the candidate there; a ValueError says why it cannot be loaded."""
        # Without the current directory in front: a homework may be called random.py.
        program = f"__import__('sys').path.append({HERE!r}); __import__('parity.host').host.serve()"
        command = [sys.executable, "-P", "-W", "ignore", "-c", program]
        with tempfile.TemporaryFile() as printed:
            self.child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=printed, start_new_session=True
            )
        self.stop_at_exit = weakref.finalize(self, end, self.child)
        threading.Thread(target=watch, args=(weakref.ref(self), self.child), daemon=True).start()
        self.used = 0.0
        path = [*sys.path, os.getcwd()]
        try:
            loading = self.spec, path, self.limits.forbidden, self.limits.mebibytes
            answer = self.ask(loading, seconds=LOADING * self.limits.seconds)
        except Stopped as stopped:
            raise ValueError(f"{self.spec}: its import {stopped}") from None
        if answer[0] == "unusable":
            self.stop()
            raise ValueError(answer[1])

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
        self.deadline = started + seconds
        try:
            while True:
                self.child.stdin.write(packed(request))
                self.child.stdin.flush()
                answer = Plain(self.child.stdout).load()
                if answer[0] != "callback":
                    return answer
                request = called(*answer[1:])
        except (EOFError, OSError):
            raise Stopped(self.end(seconds)) from None
        except pickle.UnpicklingError:
            self.stop()
            raise Stopped("wrote something into its own connection with the judge") from None
        finally:
            self.used += time.monotonic() - started
            self.deadline = float("inf")

    def end(self, seconds):
        """Why there is no answer after so many seconds at most."""
        late = time.monotonic() >= self.deadline
        code = self.stop()
        if late and seconds < self.limits.seconds / CALL:
            return f"used up the {self.limits.seconds:g} s that a property may take (--time-limit)"
        if late:
            return f"took too long: more than {seconds:.2g} s (--time-limit {self.limits.seconds:g})"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"ended its process ({how})"

    def stop(self):
        """End the process and all that it has started; its exit code."""
        code = self.child.poll()
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.child.wait(TICK) if code is None else code
        self.stop_at_exit()
        code = self.child.wait() if code is None else code
        self.child = None
        return code


def watch(reference, child):
    """End a process that has not answered in time, and what it has started: that may hold the connection."""
    while (process := reference()) is not None and process.child is child:
        if time.monotonic() > process.deadline:
            kill(child)
        del process
        time.sleep(TICK)


def end(child):
    """Nothing is left of it."""
    kill(child)
    for stream in (child.stdin, child.stdout):
        with contextlib.suppress(OSError):
            stream.close()
    child.wait()


def kill(child):
    """End a process and all that it has started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError, PermissionError):  # no groups on Windows
        child.kill()


class Plain(Receiver):
    """Reads arrays, numbers and tickets, and builds no other object."""

    KNOWN = frozenset(
        {
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy._core.numeric", "_frombuffer"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("types", "SimpleNamespace"),
        }
    )

    def __init__(self, stream: io.BufferedIOBase):
        super().__init__(stream)

    def find_class(self, module, name):
        """Only what the host sends."""
        if (module, name) not in self.KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)
