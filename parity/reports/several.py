"""The JSON file of several candidates: its head, then a report a line, so that nobody needs to hold all of them."""

import json

from parity.files import atomic_write

END = "]}"


def write(path, head, reports):
    """Write the head and the reports, which may be an iterator."""
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(json.dumps({**head, "submissions": []}).removesuffix(END))
        separator = "\n"
        for report in reports:
            file.write(separator + json.dumps(report))
            separator = ",\n"
        file.write(f"\n{END}\n")


KEYS = ("candidate", "exit_code", "summary", "properties", "content")


def complete(report):
    """The report of one candidate, if it has what a row and ``--resume`` need; else a LookupError or a TypeError."""
    for key in KEYS:
        report[key]
    return report


def read(path):
    """Yield the head of such a file, then its reports; a ValueError or a LookupError if it is another file, or cut."""
    with open(path, encoding="utf-8") as file:
        first = file.readline().rstrip("\n")
        head = json.loads(first if first.endswith("}") else first + END)
        reports = head.pop("submissions")
        yield head
        yield from reports  # of a file that another program has written, in one line
        while not first.endswith("}"):
            line = file.readline().rstrip(",\n")
            if line == END:
                break
            yield json.loads(line)
