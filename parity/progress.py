"""A bar for what takes a while, on a terminal alone."""

import sys
from contextlib import contextmanager
from importlib.util import find_spec


@contextmanager
def bar(name, total=None):
    """Yield what to call with the number done, and a note: it moves a bar on stderr, which vanishes at the end.

    Without a total, which may be given later, the bar only shows that something goes on. A notebook is no terminal.
    """
    console = None
    if sys.stderr.isatty() and find_spec("rich"):
        from rich.console import Console

        console = Console(stderr=True)
    if console is None or console.is_jupyter:
        yield lambda done, note="", total=None: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    note = TextColumn("{task.fields[note]}", markup=False)
    with Progress(*columns, note, console=console, transient=True) as shown:
        task = shown.add_task(name, total=total, note="")
        yield lambda done, note="", total=total: shown.update(task, completed=done, note=note, total=total)
