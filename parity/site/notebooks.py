"""The lessons as notebooks that stand alone: exercises are empty cells, hints and solutions are folded."""

import re

import nbformat
from nbformat import v4

from parity.site.course import Block, without_terms

FIRST = """try:
    import parity, scratch, torchref
except ModuleNotFoundError as error:
    print(f"{error}. In the folder of neuron-parity: pip install -c constraints.txt -e '.[all]'")"""
HOMEWORK = """from pathlib import Path

from parity.cli import main

homework = Path("{file}_homework.py")
if not homework.exists():  # what you have written stays
    main(["template", *{names}, "-o", str(homework)])"""
WRITE = "The first cell writes the file, if it is not there. Open it and write {names}. Then run the second cell."
IN_PLACE = (
    "Or write a function here: after `%load_ext parity.notebook`, a cell that begins with `%%parity` is checked where "
    "it stands."
)
CHECK = 'main(["check", str(homework)]);'


def notebook(lesson, pictures, solved=False):
    """One lesson, with the pictures of its figures. ``solved``: solutions in the place of empty cells."""
    head = f"# {lesson.title}\n\n**{lesson.question}**"
    cells = [text(head), code(FIRST), *(cell for block in lesson.blocks for cell in shown(block, pictures, solved))]
    if lesson.homework:
        names = ", ".join(f"`{name}`" for name in lesson.homework)
        what = f"{WRITE.format(names=names)}\n\n{IN_PLACE}"
        first = HOMEWORK.format(file=lesson.file, names=lesson.homework)
        cells += [text(f"## Write your own\n\n{what}"), code(first), code(CHECK)]
    for number, cell in enumerate(cells):
        cell["id"] = f"{lesson.file}-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def as_text(book):
    """The text of a file; the same notebook gives the same text."""
    nbformat.validate(book)
    return nbformat.writes(book) + "\n"


def saved_pictures(folder):
    """The pictures in the notebooks of a folder, by their names."""
    found = {}
    for path in folder.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            name = re.search(r"figures\.(\w+)\(\)$", cell.source)
            if name and cell.get("outputs"):
                found[name[1]] = cell.outputs[0].data["image/png"]
    return found


def shown(block, pictures, solved):
    """The cells of one block."""
    if block.kind == "text":
        return [text(block.text)]
    if block.kind in ("python", "numpy", "torch"):
        return [code(block.text, *([v4.new_output("stream", text=block.output + "\n")] if block.output else []))]
    if block.kind == "both":
        return [cell for part in block.parts for cell in shown(part, pictures, solved)]
    if block.kind == "figure":
        source = f"%matplotlib inline\nfrom parity.site import figures\n\nfigures.{block.title}()"
        return [code(source, v4.new_output("display_data", {"image/png": pictures[block.title]}))]
    if block.kind == "essential":
        tree = {"numpy": "NumPy", "torch": "PyTorch"}
        sides = [f"In {tree[part.kind]}:\n\n```python\n{part.text}\n```" for part in block.parts if part.kind in tree]
        return [text("\n\n".join([*(part.text for part in block.of("text")), *sides]))]
    if block.kind == "exercise":
        return exercise(block, solved)
    return []  # what moves needs the page; hints and solutions are folded


def exercise(block, solved):
    """What to do, with its hints, an empty cell, and the solution below it."""
    asked = [Block("text", text=f"### {block.title}"), *block.parts]
    cells = [cell for part in asked for cell in shown(part, {}, solved)]
    cells += [text(folded("Hint", hint)) for hint in block.of("hint")]
    answers = [part.text for solution in block.of("solution") for part in solution.of("python")]
    cells += [code(answer) for answer in answers] if solved else [code("")]
    return cells + [text(folded("Solution", solution)) for solution in block.of("solution")]


def folded(title, block):
    """Text and code that a click unfolds."""
    inner = [part.text if part.kind == "text" else f"```python\n{part.text}\n```" for part in block.parts]
    return "\n\n".join([f"<details><summary>{title}</summary>", *inner, "</details>"])


def text(source):
    """A cell of text, in which lessons are notebooks and terms have no marks."""
    return v4.new_markdown_cell(re.sub(r"(\]\(\w+)\.md\b", r"\1.ipynb", without_terms(source)))


def code(source, *outputs):
    """A cell of code with its saved output."""
    return v4.new_code_cell(source, outputs=list(outputs))
