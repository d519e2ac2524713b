"""A progress bar, shown only on a terminal."""

import sys
from contextlib import contextmanager
from importlib.util import find_spec


@contextmanager
def bar(name, total=None):
    """Yield a function of the number done and a note: it moves a bar on stderr, which disappears at the end.

    Without a total, which may be passed later, the bar only shows activity. A notebook is not a terminal.
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
