"""A candidate in its own process, with limited time and memory: whatever it does there, the judge continues."""

import io
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from parity.border import isolation
from parity.border.clock import SLOW, Clock, kind_of
from parity.border.wire import Malformed, message, packed, reader, unpacked, write
from parity.text import printable

TICK = 0.05
NO_MORE = object()
MOST_SAID = 2**24  # bytes of a conversation that is recorded
HERE = str(Path(os.path.realpath(__file__)).parents[2])


class Limits(NamedTuple):
    """The resources of a candidate in one property, and the packages that it may not import."""

    seconds: float = 10.0
    mebibytes: int = 4096
    forbidden: str = ""

    @property
    def names(self):
        """The names of the forbidden packages."""
        return [name for name in self.forbidden.split(",") if name]

    @classmethod
    def of(cls, option):
        """The limits from the options of the command, looked up by name."""
        return cls(option("time-limit"), option("memory-limit"), option("no-import"))


class Exchange(NamedTuple):
    """A request and its answer, or an error; if the answer is a call, the next request has the result of that."""

    request: bytes
    answer: Any
    is_call: bool
    seconds: float
    kind: Any  # of the call


class Stopped(BaseException):
    """The candidate's process has ended; not an ``Exception``, so that no further example is run."""


class OutOfTime(Stopped):
    """The candidate's process was ended because its time was up: nothing is known about its answer."""


class Process:
    """Sends requests to a host (``parity.border.host``) in another process; starts it again if it has ended."""

    def __init__(self, spec, limits):
        self.spec = spec
        self.limits = limits
        self.child: Any = None
        self.clock = Clock(limits.seconds)
        self.said: list[Exchange] | None = None
        self.length = 0  # of what was said, in bytes
        self.given: deque[Exchange] = deque()
        self.start()

    def start(self):
        """Start the process and load the candidate there; a ValueError says why it cannot be loaded."""
        # Without symbolic links, which may be missing in isolation.
        path = [os.path.realpath(folder) for folder in (*sys.path, os.getcwd())]
        folder, file = os.path.split(self.spec)
        spec = os.path.join(os.path.realpath(folder), file) if os.path.isabs(folder) else self.spec
        self.child = launch([*path, os.path.dirname(os.path.realpath(spec))], self.limits.names)
        self.requests: Any = queue.SimpleQueue()
        self.answers: Any = queue.SimpleQueue()
        # A thread writes and reads, so that the judge need not wait.
        threading.Thread(target=talk, args=(self.child, self.requests, self.answers), daemon=True).start()
        self.stop_at_exit = weakref.finalize(self, end, self.child, self.requests)
        self.looked = time.monotonic()
        self.clock.called.clear()  # what was compiled is lost
        try:
            loading = spec, path, self.limits.forbidden, self.limits.mebibytes
            answer = self.ask(loading, seconds=SLOW * self.limits.seconds)
        except Stopped as stopped:
            raise ValueError(f"{self.spec}: its import {stopped}") from None
        self.clock.begin()
        if answer[0] == "unusable":
            self.stop()
            raise ValueError(" ".join(printable(answer[1]).split()))

    def begin(self):
        """Start a new property and its time limit."""
        if self.child is None:
            self.start()
        self.clock.begin()
        self.said, self.given = None, deque()

    def listen(self):
        """Record what is said from here on in this property, unless it is very long."""
        self.said, self.length = [], 0

    def repeat(self, conversations):
        """The number of the conversation, among these, whose answers the candidate gives again, or None.

        All of them begin with the same request. If none is repeated, ``ask`` does not ask again for the answers so far.
        """
        given: list[Exchange] = []
        before, fitting = self.clock.copy(), dict(enumerate(conversations))
        while fitting:
            known = next(iter(fitting.values()))[len(given) :]
            if not known:
                return next(iter(fitting))
            again = self.attempt(known)
            of = slice(len(given), len(given) + len(again))
            fitting = {number: each for number, each in fitting.items() if answers(each[of]) == answers(again)}
            given += again
        self.clock, self.given = before, deque(given)
        return None

    def attempt(self, known):
        """The requests of these exchanges again, with the answers of now, up to the first other one."""
        again: list[Exchange] = []
        before: list[tuple[bytes, float]] = []  # the last answer; the thread appends to it
        now = deadline = time.monotonic()
        self.requests.put((known, before))
        last = None
        while last is None:
            if not again or not again[-1].is_call:
                deadline = now + self.clock.allowed(known[len(again)].kind)
            try:
                last = self.last(deadline)
                if last is None and time.monotonic() > deadline and len(before) == len(again):
                    raise TimeoutError
            except Exception as error:
                last = error, time.monotonic()
            for answer, at in [*before[len(again) :], *[last] * (last is not None)]:
                exchange = known[len(again)]
                again.append(Exchange(exchange.request, answer, exchange.is_call, at - now, exchange.kind))
                self.clock.add(at - now, exchange.kind)
                now = at
        return again

    def ask(self, request, called=None, seconds=None):
        """The answer within a number of seconds; meanwhile the candidate may call functions of the judge."""
        if self.child is None:
            raise Stopped("has ended its process")
        kind = None if seconds else kind_of(request)
        seconds = seconds or self.clock.allowed(kind)
        deadline = time.monotonic() + seconds
        try:
            with self.clock.measure(kind):
                while True:
                    answer = self.exchange(packed(request), deadline, kind)
                    if answer[0] != "callback":
                        return answer
                    request = called(*answer[1:])
        except TimeoutError:
            self.stop()
            raise OutOfTime(self.clock.stopped(kind, seconds)) from None
        except MemoryError:
            self.stop()
            raise Stopped(f"took more than {self.limits.mebibytes} MiB (--memory-limit)") from None
        except Malformed as error:
            self.stop()
            raise Stopped(f"wrote something into its own connection with the judge: {error}") from None
        except (EOFError, OSError):
            raise Stopped(self.ended()) from None

    def exchange(self, request, deadline, kind):
        """One request and its answer before the deadline, recorded."""
        content = self.was_given(request) if self.given else self.send(request, deadline)
        answer = formed(unpacked(content))
        if time.monotonic() > deadline:
            raise TimeoutError
        if self.said is not None:
            self.said.append(Exchange(request, content, answer[0] == "callback", 0.0, kind))
            self.length += len(request) + len(content)
            self.said = self.said if self.length <= MOST_SAID else None
        return answer

    def was_given(self, request):
        """The answer that the candidate has already given."""
        known = self.given.popleft()
        assert known.request == request, "the same answers must lead to the same requests"
        self.clock.add(known.seconds, known.kind)
        if isinstance(known.answer, Exception):
            raise known.answer
        return known.answer

    def send(self, request, deadline):
        """Send a request; the bytes of its answer before the deadline."""
        self.requests.put(([Exchange(request, None, False, 0.0, None)], []))
        while (last := self.last(deadline)) is None:
            if time.monotonic() > deadline:
                raise TimeoutError
        return last[0]

    def last(self, deadline):
        """The last answer to what was sent, and its time; None if it is not there in a moment, or by the deadline."""
        left = deadline - time.monotonic()
        try:
            last = self.answers.get(timeout=max(min(left, TICK), 0))
        except queue.Empty:
            last = None
        if time.monotonic() - self.looked >= TICK:
            self.looked = time.monotonic()
            if resident(self.child.pid) > self.limits.mebibytes * 2**20:
                raise MemoryError
        if isinstance(last, Exception):
            raise last
        return last

    def ended(self):
        """How the process has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.child.wait(TICK)
        code = self.stop()
        names = {128 + number: number.name for number in signal.Signals}
        code = 128 - code if code < 0 else code  # as a shell and bubblewrap report a signal
        how = names.get(code, f"exit code {code}")
        return f"ended its process ({how})"

    def stop(self):
        """End the process and all that it has started; return its exit code."""
        code = self.child.poll()
        self.stop_at_exit()
        code = self.child.wait() if code is None else code
        self.child = None
        return code


def launch(folders, forbidden):
    """A process that serves a candidate; in isolation it sees these folders, and none of the forbidden packages."""
    judge = os.getpid() if isolation.missing() else None
    # Without the current directory in front, because homework may be called random.py.
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
            env={"OPENBLAS_NUM_THREADS": "1", **os.environ},  # its threads would double the time of the import
            start_new_session=True,
        )


def talk(child, requests, answers):
    """Pass on requests and answers until there are no more requests or an error, which is the last answer.

    Of several requests, up to the first other answer than the known one, only the last answer wakes the judge.
    """
    read = reader(io.BufferedReader(child.stdout))
    with suppress(OSError), child.stdin, child.stdout:
        try:
            while (sent := requests.get()) is not NO_MORE:
                exchanges, before = sent
                for number, exchange in enumerate(exchanges, 1):
                    write(child.stdin, exchange.request)
                    answer = message(read), time.monotonic()
                    if answer[0] != exchange.answer or number == len(exchanges):
                        answers.put(answer)
                        break
                    before.append(answer)
        except Exception as error:
            answers.put(error)


def answers(exchanges):
    """What was answered in each of these."""
    return [exchange.answer for exchange in exchanges]


def formed(answer):
    """Check that an answer has the form of a host's answer; raise Malformed otherwise."""
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
    """End the thread and the process."""
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
    """Bytes of private and shared memory of a process and its descendants; 0 if /proc has no information."""
    total, waiting = 0, [str(pid)]
    while waiting:
        folder = Path("/proc") / waiting.pop()
        with suppress(OSError):
            for line in (folder / "status").read_text().splitlines():
                if line.startswith(("RssAnon", "RssShmem")):
                    total += int(line.split()[1]) * 1024
            waiting += " ".join(path.read_text() for path in folder.glob("task/*/children")).split()
    return total
