"""Ends of a command before its time: one signal ends all of it, and is not lost on the way."""

import signal
import threading
from contextlib import contextmanager

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
GRACE = 5  # seconds after which a command that has not ended by itself is ended by the operating system


class Interrupted(KeyboardInterrupt):
    """A signal has asked for the end; a KeyboardInterrupt, which pytest and Hypothesis let pass."""

    def __init__(self, number):
        super().__init__("stopped")
        self.exit_code = 128 + number


@contextmanager
def interruptible():
    """Meanwhile the first signal that asks for an end raises ``Interrupted``, and those after it change nothing.

    ``timeout`` sends two, and an impatient reader more: what is being put away is put away. A signal that is ignored
    already, as by ``nohup``, stays so.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are the business of the main thread alone
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
    """In a process that ends with another one: signals to the whole group of processes are for that one."""
    for number in SIGNALS:
        signal.signal(number, nothing)  # unlike SIG_IGN not passed on to the processes that are started here


def nothing(*_):
    """Handle a signal by going on."""
