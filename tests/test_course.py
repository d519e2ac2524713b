"""The notebooks of the course run from top to bottom."""

from pathlib import Path

import pytest

from parity import contract

jupytext = pytest.importorskip("jupytext", reason="jupytext is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")

COURSE = sorted((Path(__file__).parents[1] / "course").glob("*.md"))


def test_every_chapter_has_a_notebook():
    """In study order, and then the deck's exercises."""
    names = [*contract.FILES, "exercises"]
    assert [path.stem for path in COURSE] == [f"{number:02}_{name}" for number, name in enumerate(names, start=1)]


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(path, tmp_path):
    """Its assertions hold, and no cell is empty."""
    notebook = jupytext.read(path)
    nbclient.execute(notebook, cwd=tmp_path, timeout=120, kernel_name="python3")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) > 2
    assert all(cell.source.strip() for cell in cells)
    said = [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert not said
