"""Build the course as one offline site: every formula, its code in both trees, figures, and the evidence.

parity check --json evidence.json
parity page -o site/
"""

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path

from parity.files import atomic_write
from parity.progress import bar
from parity.site.evidence import Evidence, found_evidence
from parity.trees import ROOT, TREES, digest

MANIFEST = "parity-page.json"


def add_arguments(parser):
    """The options of ``parity page``."""
    add = parser.add_argument
    add("-o", "--output", metavar="DIR", default="site", help="directory to write the site to (default: %(default)s)")
    text = "report of parity check --json (default: the newest one in the current directory)"
    add("--evidence", metavar="FILE", help=text)
    add("--force", action="store_true", help="write into a directory that has other files; none is deleted")


def run(args):
    """Write the site; other files in the directory are not changed."""
    code = digest()
    evidence = Evidence(code, *found_evidence(args.evidence))
    output = Path(args.output)
    try:
        with bar("reading the course"):
            from parity.site import figures
            from parity.site.course import lessons
            from parity.site.notebooks import as_text, notebook, saved_pictures
            from parity.site.pages import pages

            course = lessons()
            files = pages(course, evidence, code)
    except ModuleNotFoundError as error:
        raise ImportError(f"{error}; parity page needs pip install 'neuron-parity[all]'") from None
    notebooks = [f"notebooks/{lesson.file}.ipynb" for lesson in course if lesson.blocks]
    drawings = {f"figures/{name}.svg": draw for name, draw in figures.all_figures().items()}
    ours, drawn_from = expect_ours(output, [*files, *drawings, *notebooks, MANIFEST], args.force)
    made_from = figures_made_from()
    fresh = drawn_from == made_from and all((output / name).is_file() for name in (*drawings, *notebooks))
    try:
        for folder in ("figures", "widgets", "notebooks", *(f"source/{tree}" for tree in TREES)):
            (output / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{output}: cannot be written: {error.strerror or error}") from None
    # The manifest is written first, with the files of earlier builds, so that an interrupted build can be repeated.
    names = sorted({*files, *drawings, *notebooks, MANIFEST, *ours})
    write(output / MANIFEST, json.dumps({"files": names, "figures": ""}))
    for name, text in files.items():
        write(output / name, text)
    pictures = saved_pictures(output / "notebooks") if fresh else draw_all(output, drawings)
    for lesson in course:
        if lesson.blocks:
            write(output / "notebooks" / f"{lesson.file}.ipynb", as_text(notebook(lesson, pictures)))
    write(output / MANIFEST, json.dumps({"files": names, "figures": made_from}))
    print(f"{output / 'index.html'}: {len(course)} lessons; {evidence.sentence}")
    return 0


def draw_all(output, drawings):
    """Draw the figures, which takes most of the time, and return them as pictures for the notebooks."""
    from parity.site import figures

    pictures = {}
    with bar("drawing", len(drawings)) as move_bar:
        for done, (name, draw) in enumerate(drawings.items(), start=1):
            figure = draw()
            with atomic_write(output / name) as temporary:
                figures.save(figure, temporary)
            pictures[Path(name).stem] = figures.as_png(figure)
            move_bar(done, name)
    return pictures


def write(path, text):
    """Write a whole file; a file with the same content is not changed."""
    content = text.encode(errors="backslashreplace")
    if path.is_file() and path.read_bytes() == content:
        return
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def expect_ours(output, needed, force):
    """The files of earlier builds and the fingerprint of their figures; other files are rejected."""
    if not output.exists():
        return set(), None
    if not output.is_dir():
        raise ValueError(f"{output}: got a file, expected a directory")
    ours, drawn_from = built_before(output / MANIFEST)
    taken = [name for name in needed if name not in ours and os.path.lexists(output / name)]
    if taken:
        raise ValueError(
            f"{output / taken[0]}: got a file that parity page has not written, expected this name to be free"
        )
    other = None if force else next((name for name in names_below(output) if name not in ours), None)
    if other:
        raise ValueError(
            f"{output}: got {other}, which parity page has not written, expected an empty directory, or --force, "
            "which writes beside other files and deletes nothing"
        )
    return ours, drawn_from


def names_below(folder):
    """The files in a directory and below it, one by one, because there may be very many."""
    for path, folders, files in os.walk(folder):
        folders.sort()
        yield from (str(Path(path, name).relative_to(folder)) for name in sorted(files))


def built_before(manifest):
    """The manifest of the last build; empty if there is none."""
    try:
        before = json.loads(manifest.read_text(encoding="utf-8"))
        return {str(name) for name in before["files"]}, before["figures"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return set(), None


def figures_made_from():
    """A fingerprint of everything that the figures depend on: the code, the data sets, and the libraries."""
    texts = [path.read_bytes() for path in sorted((ROOT / "data").glob("*.csv"))]
    versions = [f"{name} {version(name)}" for name in ("matplotlib", "numpy", "torch")]
    return hashlib.sha256(b"\0".join([digest().encode(), *texts, *map(str.encode, versions)])).hexdigest()
