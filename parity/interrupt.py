"""Interrupting a command: one signal ends all of its processes."""

import signal
import threading
from contextlib import contextmanager

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
GRACE = 5  # seconds after which the operating system ends a command that has not ended by itself


class Interrupted(KeyboardInterrupt):
    """A signal requests the end; a KeyboardInterrupt, which pytest and Hypothesis do not catch."""

    def __init__(self, number):
        super().__init__("stopped")
        self.exit_code = 128 + number


@contextmanager
def interruptible():
    """In this context the first signal that requests the end raises ``Interrupted``, and later ones are ignored.

    ``timeout`` sends two signals, and an impatient user more; the cleanup must finish. An ignored signal,
    as by ``nohup``, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():  # only the main thread can handle signals
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    replaced = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}

    def interrupt(number, _):
        for each in replaced:
            signal.signal(each, nothing)
        if hasattr(signal, "setitimer"):  # not on Windows
            signal.setitimer(signal.ITIMER_REAL, GRACE)
        raise Interrupted(number)

    try:
        for number in replaced:
            signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)


def ignore():
    """Ignore signals in a process that ends with another one, which receives the signals to the process group."""
    for number in SIGNALS:
        signal.signal(number, nothing)  # unlike SIG_IGN, not inherited by child processes


def nothing(*_):
    """Ignore a signal."""
