"""Write the table of the formats into ``docs/reports.md``, between its two marks."""

import re

from parity.files import atomic_write
from parity.reports.formats import table
from parity.trees import ROOT

DOCUMENT = ROOT / "docs" / "reports.md"
MARKED = re.compile(r"(?<=<!-- formats -->).*?(?=<!-- end -->)", re.DOTALL)


def main():
    """Replace what is between the marks."""
    text = MARKED.sub(lambda _: f"\n{table()}\n", DOCUMENT.read_text(encoding="utf-8"))
    with atomic_write(DOCUMENT) as path:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
