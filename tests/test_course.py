"""The course: every name has its lesson, every lesson teaches, and every notebook runs from top to bottom."""

import re
import subprocess
import sys
from collections import Counter

import pytest

from parity import trees

pytest.importorskip("mdit_py_plugins", reason="mdit-py-plugins is not installed")
pytest.importorskip("nbformat", reason="nbformat is not installed")

from parity.cli import main
from parity.site import chapters, course, figures, notebooks
from parity.site.text import linked, renderer, terms

LESSONS = course.lessons()
TEXTS = [lesson for lesson in LESSONS if not (chapters.SITE / f"{lesson.file}.html").exists()]
each = pytest.mark.parametrize("lesson", TEXTS, ids=lambda lesson: lesson.file)


def test_every_name_has_one_lesson():
    """The names of the contract, the helpers behind them, and what is said of each file."""
    names = [entry.name for lesson in LESSONS for entry in lesson.public]
    assert sorted(names) == sorted(trees.all_names())
    shown = Counter((entry.file, entry.name) for lesson in LESSONS for entry in lesson.entries)
    code = chapters.chapters()
    assert shown == Counter((entry.file, entry.name) for chapter in code for entry in chapter.entries)
    assert sorted(chapter.file for lesson in LESSONS for chapter in lesson.chapters) == sorted(trees.FILES)


def test_every_text_is_a_lesson():
    """No file is forgotten."""
    assert {path.stem for path in course.COURSE.glob("*.md")} == {lesson.file for lesson in TEXTS}


@each
def test_a_lesson_teaches(lesson):
    """A question, a picture, code that runs, and exercises with a hint and a solution that is tested."""
    kinds = Counter(block.kind for block in lesson.blocks)
    assert lesson.question.endswith("?")
    assert lesson.terms
    assert kinds["figure"] + kinds["widget"]
    assert kinds["python"] + kinds["both"]
    exercises = [block for block in lesson.blocks if block.kind == "exercise"]
    assert len(exercises) >= 2
    for block in exercises:
        assert block.of("hint")
        [solution] = block.of("solution")
        assert "assert" in "".join(part.text for part in solution.of("python")) or not solution.of("python")
    assert any(block.of("solution")[0].of("python") for block in exercises)
    assert ":::" not in "".join(block.text for block in lesson.blocks)


@each
def test_pictures_are_where_they_are_listed(lesson):
    """The search leads to them there."""
    shown = [block.title for block in lesson.blocks if block.kind == "figure"]
    assert shown == [draw.__name__ for draw in figures.FIGURES.get(lesson.file, ())]


def test_essentials_are_linked():
    """Each formula that stands beside code has terms; the pieces of code are there, which the build makes sure of."""
    found = [(lesson, block) for lesson in TEXTS for block in lesson.blocks if block.kind == "essential"]
    assert len(found) > 8
    for lesson, block in found:
        formulas, columns = terms(renderer(lesson.file, {}), block)
        assert 'class="term t1"' in formulas
        assert all('class="term t1"' in "".join(line.html or "" for line in column) for column in columns)


A, B = '<span class="n">a</span> <span class="o">+</span> ', '<span class="n">b</span>'
LINE = A + B


def columns(*lines):
    """NumPy's and PyTorch's line of code."""
    return [[chapters.Line(line, True)] for line in lines]


def test_a_term_lights_its_code():
    """One in another too."""
    formulas, [[numpy], _] = linked(
        '<mrow class="x"/><mrow class="y"/>', columns(LINE, LINE), {"x": ("b", "b"), "y": ("a + b", "a + b")}, "f"
    )
    assert formulas.count("term") == 2
    assert numpy.html == f'<span class="term t2">{A}<span class="term t1">{B}</span></span>'


@pytest.mark.parametrize(
    ("formula", "codes", "message"),
    [
        ('<mrow class="x"/>', {"x": ("c", "b")}, "f: got no 'c' in the code, expected what the term x is"),
        ("<mrow/>", {"x": ("a", "a")}, r"f: got no term x in the formulas, expected \class{x}{...}"),
        ('<mrow class="x"/>', {}, "f: the term x has no code, expected a line x: ... in its terms"),
    ],
)
def test_terms_that_do_not_fit(formula, codes, message):
    """One line for whoever writes a lesson."""
    with pytest.raises(ValueError, match=re.escape(message)):
        linked(formula, columns(LINE, LINE), codes, "f")


def test_cells_print_as_in_a_notebook():
    """What is printed, then the value of the last line, but not of others; a name stays for the next cell."""
    names = {}
    assert course.printed("a = 2\na + 1\nprint(a)\na * 3", names, "f") == "2\n6"
    assert course.printed("a", names, "f") == "2"
    assert course.printed("for i in range(2):\n    i", names, "f") == ""


def test_parts_of_a_text():
    """Exercises have parts, pieces of text in a row are one."""
    text = ":::: exercise How?\nThis.\n\nThat.\n\n::: solution\n```python\n1\n```\n:::\n::::\n\n## End\n\nLast.\n"
    exercise, end = course.parsed(text)
    assert (exercise.kind, exercise.title) == ("exercise", "How?")
    assert [part.kind for part in exercise.parts] == ["text", "solution"]
    assert exercise.of("text")[0].text == "This.\n\nThat."
    assert exercise.of("solution")[0].of("python")[0].text == "1"
    assert end.text == "## End\n\nLast."


@pytest.fixture(scope="module")
def drawn():
    """A letter in the place of each picture."""
    return {draw.__name__: "A" for draws in figures.FIGURES.values() for draw in draws}


@each
def test_notebooks_stand_alone(lesson, drawn):
    """The first cell says what to install; exercises have an empty cell; outputs are saved; no mark of ours is left."""
    book = notebooks.notebook(lesson, drawn)
    sources = [cell.source for cell in book.cells]
    assert sources[1] == notebooks.FIRST
    assert sources.count("") == sum(block.kind == "exercise" for block in lesson.blocks)
    for block in lesson.blocks:
        if block.output:
            [cell] = [cell for cell in book.cells if cell.source == block.text]
            assert cell.outputs[0].text == block.output + "\n"
    assert not any(mark in source for source in sources for mark in (":::", r"\class{", ".md)"))
    assert notebooks.as_text(book) == notebooks.as_text(notebooks.notebook(lesson, drawn))


def test_what_to_install():
    """Where the project is not installed."""
    run = subprocess.run([sys.executable, "-S", "-I", "-c", notebooks.FIRST], capture_output=True, text=True)
    assert (
        run.stdout
        == "No module named 'parity'. In the folder of neuron-parity: pip install -c constraints.txt -e '.[all]'\n"
    )


@pytest.mark.slow
@each
def test_runs_from_top_to_bottom(lesson, drawn, tmp_path):
    """With the solutions in the place of the empty cells; it prints what is saved, and the homework file is there."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    book = notebooks.notebook(lesson, drawn, solved=True)
    saved = {cell.id: said(cell) for cell in book.cells if cell.cell_type == "code"}
    nbclient.execute(book, cwd=tmp_path, timeout=120, kernel_name="python3")
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    for cell in cells:
        assert not [output for output in cell.outputs if output.output_type == "error"]
        assert saved[cell.id] in ("", said(cell))
    pictures = [cell for cell in cells if "figures." in cell.source]
    assert all(any("image/png" in output.get("data", {}) for output in cell.outputs) for cell in pictures)
    if lesson.homework:
        assert (tmp_path / f"{lesson.file}_homework.py").is_file()


def said(cell):
    """What a cell prints, and the value of its last line, but no picture."""
    outputs = [output for output in cell.outputs if "image/png" not in output.get("data", {})]
    texts = [output.get("text") or output["data"]["text/plain"] + "\n" for output in outputs]
    return "".join(text for text, output in zip(texts, outputs, strict=True) if output.get("name") != "stderr")


def test_homework_is_never_overwritten(tmp_path, monkeypatch, capsys):
    """The cell may be run again."""
    monkeypatch.chdir(tmp_path)
    [lesson] = [lesson for lesson in LESSONS if lesson.file == "perceptron"]
    cell = notebooks.HOMEWORK.format(file=lesson.file, names=lesson.homework)
    exec(cell, {})
    homework = tmp_path / "perceptron_homework.py"
    assert "def perceptron_step" in homework.read_text()
    homework.write_text("mine\n")
    exec(cell, {})
    assert homework.read_text() == "mine\n"


def test_an_error_in_a_lesson(tmp_path, monkeypatch, capsys):
    """A cell that fails, named in one line."""
    (tmp_path / "course.toml").write_text((course.COURSE / "course.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "neuron.md").write_text("Text.\n\n```python\n1 / 0\n```\n")
    monkeypatch.setattr(course, "COURSE", tmp_path)
    assert main(["page", "-o", str(tmp_path / "site")]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line == "parity page: course/neuron.md, cell 1: ZeroDivisionError: division by zero"
