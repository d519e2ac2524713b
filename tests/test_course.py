"""The notebooks of the course run from top to bottom."""

from pathlib import Path

import pytest

from parity import trees
from parity.site.chapters import TITLES

jupytext = pytest.importorskip("jupytext", reason="jupytext is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")

COURSE = sorted((Path(__file__).parents[1] / "course").glob("*.md"))


def test_every_chapter_has_a_notebook():
    """In study order, and then the deck's exercises."""
    names = [*trees.FILES, "exercises"]
    assert [path.stem for path in COURSE] == [f"{number:02}_{name}" for number, name in enumerate(names, start=1)]


def test_headings_are_those_of_the_site():
    """What one learns, and the name of the file."""
    headings = [next(line for line in path.read_text().splitlines() if line.startswith("# ")) for path in COURSE[:-1]]
    named = enumerate(TITLES.items(), start=1)
    assert headings == [f"# {number}. {title}: {name}" for number, (name, title) in named]


@pytest.mark.slow
@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(path, tmp_path):
    """Its assertions hold, no cell is empty; there is a figure, and correct homework that passes a check."""
    notebook = jupytext.read(path)
    assert notebook.metadata.kernelspec.name == "python3"
    nbclient.execute(notebook, cwd=tmp_path, timeout=120, kernel_name="python3")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) > 2
    assert all(cell.source.strip() for cell in cells)
    said = [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert not said
    assert any("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs)
    assert any("check" in cell.source and "homework.py" in cell.source and "== 0" in cell.source for cell in cells)
