"""The layout of ``parity check`` on a terminal or in a pipe: columns, without cutting words."""

import io
import os
import sys
import textwrap
from contextlib import suppress

from rich.console import Console

LEAST, PIPE, MEDIUM, WIDE = 60, 100, 100, 120  # widths: the narrowest table, a pipe, and those that show more
NAME, LEAST_NAME, EXAMPLES, ULP, SHARE = 66, 20, 8, 9, 8
VERDICT, WIDE_VERDICT = 29, 40
FAILURE = "bold red"
PAPER = "equal on paper"


class PlainConsole(Console):
    """A broken pipe, as with ``head``, counts as a check that could not be run."""

    def on_broken_pipe(self):
        """Exit as Rich does, but with 2, because 1 means a difference."""
        with suppress(SystemExit):
            super().on_broken_pipe()
        raise SystemExit(2)


class Page:
    """Lines of text, with colours on a terminal; a notebook is not a terminal."""

    def __init__(self, quiet=False):
        terminal = False if "ipykernel" in sys.modules else None
        if isinstance(sys.stdout, io.TextIOWrapper):  # not every terminal has the characters of a formula
            sys.stdout.reconfigure(errors="backslashreplace")
        # The real stream: the output of pytest is redirected.
        self.console = PlainConsole(
            file=sys.stdout, quiet=quiet, force_jupyter=False, force_terminal=terminal, emoji=False, highlight=False
        )
        self.terminal = self.console.is_terminal
        if not self.terminal and "COLUMNS" not in os.environ:
            self.console.width = PIPE
        self.width = self.console.width = max(self.console.width, LEAST)

    def line(self, text, style=None):
        """Print a line unchanged."""
        self.console.print(text, style=style, markup=False, soft_wrap=True)

    def paragraph(self, text, head="    ", style=None):
        """Print text wrapped between words after ``head``; further lines are indented to its end."""
        lines = [part for line in text.split("\n") for part in wrapped(line, self.width - len(head))]
        self.line("\n".join([head + lines[0], *(" " * len(head) + line for line in lines[1:])]), style)

    def summary(self, text, style=None):
        """Print the summary; in a pipe it is one line, for programs."""
        self.line("\n".join(wrapped(text, self.width)) if self.terminal else text, style)


class Table(Page):
    """One row per property: its figures, or the difference. The first failure is explained in full, or all are."""

    def __init__(self, quiet=False, explain_all=False):
        super().__init__(quiet)
        self.explain_all = explain_all
        self.explained: set[str] = set()
        self.full = self.brief = 0
        self.taught = False
        # In a narrow table the number of examples is part of the verdict.
        self.all_columns = self.width >= MEDIUM
        self.verdict_width = VERDICT if self.width < WIDE else WIDE_VERDICT
        figures = 2 + self.verdict_width + 1 + SHARE + (1 + EXAMPLES + 1 + ULP) * self.all_columns
        self.name_width = min(NAME, self.width - figures)

    def columns(self, name, examples, verdict, ulp, share, style=None):
        """Print columns of fixed width, because rows are printed one by one; a long name continues below."""
        between = f" {examples:>{EXAMPLES}}" * self.all_columns
        figures = f"{between}  {verdict:<{self.verdict_width}}{f' {ulp:>{ULP}}' * self.all_columns} {share:>{SHARE}}"
        self.named(name, self.name_width, figures, style)

    def named(self, name, width, text, style=None):
        """Print a name in this many columns, followed by the text."""
        first, *rest = wrapped(name, width)
        self.line("\n".join([f"{first:<{width}}{text}".rstrip(), *(f"  {more}" for more in rest)]), style)

    def row(self, row):
        """Print a finished property."""
        if row.absent:
            return
        if row.outcomes["failed"] and not self.fills_the_screen(row):
            self.word(row)
            return
        if row.outcomes["failed"]:
            self.lesson(row)
        else:
            ulp = f"{row.ulp:.3g}" if row.ulp else "0" if row.verdicts["exact"] + row.verdicts["rounding"] else "-"
            share = f"{row.share:.0%}" if row.share else "-"
            self.columns(row.name, str(row.verdicts.total()), self.verdict(row), ulp, share)
        if row.outcomes["unjudged"] and row.message:
            self.paragraph(row.message.replace("\n", "; "))
        if row.left_out and not row.outcomes["failed"]:
            self.paragraph(", ".join(sorted(row.left_out)), "    left out: ", "dim")
        if row.verdict.startswith(PAPER):
            count = f"in {row.verdicts[PAPER]:,} of {row.verdicts.total():,} examples"
            self.paragraph(f"{row.verdict.removeprefix(f'{PAPER}, ')} {count}", style="dim")
        if row.not_tried:
            self.paragraph(", ".join(sorted(row.not_tried)), "    not tried: ", "dim")
        if row.accepted:
            more = f" (and {len(row.accepted) - 1} more)" if row.accepted[1:] else ""
            self.paragraph(row.accepted[0] + more, style="dim")

    def verdict(self, row):
        """The verdict that fits the column: shortened, or without its numbers, if it is too long."""
        if row.outcomes["unjudged"]:
            return row.verdict
        if row.verdict.startswith(PAPER):
            return PAPER
        counts = row.counts or {"holds": row.verdicts.total()}
        counted = ", ".join(f"{name} {count}" for name, count in counts.items())
        full = row.verdict if self.all_columns else counted
        short = [full, full.replace("ill-conditioned", "ill"), ", ".join(counts).replace("ill-conditioned", "ill")]
        return next((text for text in short if len(text) <= self.verdict_width), short[-1])

    def fills_the_screen(self, row):
        """Whether a failure is explained in full: the first, and the first that has an explanation."""
        return self.explain_all or not self.full or bool(row.lessons and not self.taught)

    def lesson(self, row):
        """Print a failure in full; a mistake that has already been explained is only named."""
        headline, facts, mistakes = explanation(row)
        if mistakes and self.explained.issuperset(mistakes):
            facts["mistake"] = f"{' or '.join(mistakes)}, as above"
        self.columns(row.name, "", "DIFFERENT", "", "", FAILURE)
        self.paragraph(headline)
        width = max(map(len, facts), default=0)
        for key, text in facts.items():
            self.paragraph(text, f"      {key:<{width}}  ")
        self.full += 1
        self.taught = self.taught or bool(row.lessons)
        self.explained |= set(mistakes)

    def word(self, row):
        """Print a failure in one line: the name of its mistake, or the beginning of the message."""
        headline, _, mistakes = explanation(row)
        before = self.name_width + (1 + EXAMPLES) * self.all_columns
        room = self.width - before - 2
        text = f"DIFFERENT: {' or '.join(mistakes)}"
        if not mistakes:
            text = textwrap.shorten(text + headline, room, placeholder=" ...")
        elif self.explained.issuperset(mistakes) and len(text) + len(AGAIN) <= room:
            text += AGAIN
        width = max(LEAST_NAME, min(before, self.width - len(text) - 2))
        self.named(row.name, width, f"  {text}", FAILURE)
        self.brief += 1


AGAIN = ", as above"


def explanation(row):
    """The headline, the facts, and the names of the known mistakes that give these numbers."""
    if not row.lessons:
        return row.message, {}, []
    lesson = row.lessons[0]
    return lesson["headline"], dict(lesson["facts"]), [mistake["name"] for mistake in lesson["mistakes"]]


def wrapped(text, width):
    """Wrapped lines, at least one; a long word such as a path is not cut."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
