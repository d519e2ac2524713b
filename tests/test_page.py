"""The content of the page: every name has a row, every formula converts, evidence belongs to the named run."""

import functools
import html
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from parity import trees
from parity.cli import main
from parity.judge.compare import VERDICTS
from parity.plots import array
from parity.site import chapters, course, figures, page, search, words
from parity.site.evidence import Evidence
from parity.site.figures import drawing, equality, networks
from parity.site.mathml import to_mathml

ROW = {
    "property": "activations: sigmoid",
    "functions": ["sigmoid"],
    "verdict": "exact 3, rounding 1,234",
    "examples": 1237,
    "verdicts": {"exact": 3, "rounding": 1234},
    "worst_gap_ulp": 2.5,
    "worst_gap_share": 0.25,
}


LESSONS = functools.cache(course.lessons)
NAMES = [draw.__name__ for draws in figures.FIGURES.values() for draw in draws]


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """Replace each figure by a line, and read the course once: both take seconds, and the browser tests do it."""

    def draw():
        figure, (ax,) = drawing.grid(1, 1)
        ax.plot([0, 1])
        return figure

    monkeypatch.setattr(figures, "all_figures", lambda: dict.fromkeys(NAMES, draw))
    monkeypatch.setattr(course, "lessons", LESSONS)


@pytest.fixture
def evidence(tmp_path):
    """Writes a report; by default of the code as it is."""

    def write(name="evidence.json", **changed):
        report = {
            "candidate": "scratch",
            "reference": "torchref",
            "seed": 7,
            "time": "2026-01-02T03:04:05+00:00",
            "summary": "1,237 examples.",
            "sources": trees.digest(),
            "properties": [ROW],
        }
        (tmp_path / name).write_text(json.dumps(report | changed), encoding="utf-8")
        return tmp_path / name

    return write


def build(tmp_path, *arguments):
    """The exit code of ``parity page``."""
    return main(["page", "-o", str(tmp_path / "site"), *map(str, arguments)])


def text_of(tmp_path, name):
    """A page of the site."""
    return (tmp_path / "site" / f"{name}.html").read_text(encoding="utf-8")


def test_every_public_function_has_a_row():
    """In its chapter, in study order, with code on both sides."""
    found = {chapter.file: [entry.name for entry in chapter.public] for chapter in chapters.chapters()}
    assert found == trees.names() == trees.names("torchref")
    for chapter in chapters.chapters():
        for entry in chapter.public:
            assert entry.sentence
            assert all(any(line.html for line in column) for column in entry.columns), entry.name


def test_nothing_of_the_code_is_lost():
    """The lines of both columns are those of the two files, without the docstring."""
    for chapter in chapters.chapters():
        for tree, column in zip(trees.TREES, (0, 1), strict=True):
            lines = {line.strip() for line in chapters.source(tree, chapter.file).splitlines()}
            for entry in chapter.entries:
                shown = [re.sub("<.*?>", "", line.html) for line in entry.columns[column] if line.html]
                assert {html.unescape(line).strip() for line in shown} <= lines
    both = next(e for c in chapters.chapters() for e in c.entries if e.name == "sigmoid")
    assert "".join(line.html or "" for line in both.columns[0]) != "".join(line.html or "" for line in both.columns[1])


def test_equal_lines_stand_beside_each_other():
    """Only equal lines count as equal."""
    left, right = chapters.aligned(["a = 1", "b = 2", "c = 3"], ["a = 1", "c = 3", "d = 4"])
    assert [(a.html is None, b.html is None, a.same) for a, b in zip(left, right, strict=True)] == [
        (False, False, True),
        (False, True, False),
        (False, False, True),
        (True, False, False),
    ]


def test_a_word_alone_is_equal_by_chance():
    """Between lines that differ; next to other equal lines it is aligned."""
    left, right = chapters.aligned(["f(", "param,", ")"], ["g(1)", "param,", "h(2)"])
    assert not any(line.same for line in (*left, *right))
    assert len(left) == len(right) == 3
    left, right = chapters.aligned(["x = 1", "param,", ")"], ["x = 1", "param,", "h(2)"])
    assert [line.same for line in left] == [True, True, False]


def test_what_one_tree_says_bears_its_name():
    """Where the docstrings of both differ, the differing sentences are labelled."""
    code = {chapter.file: chapter for chapter in chapters.chapters()}
    [said] = code["training"].about
    ours, theirs = said.split(" <em>torchref</em>: ")
    assert ours.startswith("<em>scratch</em>: ")
    assert ours.endswith("which here calls every layer's own.")
    assert "torch.autograd" in theirs
    assert code["losses"].about[0].count("the gradient with respect to <code>pred</code>") == 1
    assert code["gradients"].about[0].count("half the squared error") == 1
    assert "<em>" not in code["perceptron"].sentence


def test_every_formula_converts():
    """All of the docstrings; some chapter has many."""
    formulas = [formula for chapter in chapters.chapters() for entry in chapter.entries for formula in entry.formulas]
    assert len(formulas) > 30
    assert all(formula.startswith("<math") for formula in formulas)


@pytest.mark.parametrize(
    "latex", [r"\nosuchcommand x", r"\frac{1", r"\left( x", r"\begin{foo} a \end{foo}", "x^^2", "$x$", "a & b"]
)
def test_a_formula_that_does_not_convert_is_named(latex):
    """File, function and formula."""
    with pytest.raises(ValueError, match=r"losses\.py, mse_loss: the formula .* does not convert") as caught:
        to_mathml(latex, "losses.py, mse_loss")
    assert latex in str(caught.value)


def test_parts_of_a_formula_can_stand_below_each_other():
    """Each part is a separate formula."""
    [found] = [entry.formulas for c in chapters.chapters() for entry in c.entries if entry.name == "gradient_step"]
    assert [formula.count("</math> <math") for formula in found] == [1]


def test_a_logarithm_stands_apart():
    """A space separates it from its argument, unless that has brackets."""
    assert '<mi>log</mi><mspace width="0.167em" /><msub>' in to_mathml(r"\log p_i", "here")
    assert "<mspace" not in to_mathml(r"\log(p)", "here")


def test_evidence_is_that_of_the_run_it_names(tmp_path, evidence):
    """Its figures are in the table of the function, and nowhere else."""
    assert build(tmp_path, "--evidence", evidence()) == 0
    shown = text_of(tmp_path, "activations")
    assert "From evidence.json, 2026-01-02 03:04:05 UTC: 1,237 examples." in shown
    row = re.search(r'<details id="sigmoid".*?</details>', shown, re.DOTALL)[0]
    for figure in ("exact 3, rounding 1,234", "1,237", "2.5", "25%"):
        assert f"<td>{figure}</td>" in re.sub("</?a.*?>", "", row)
    other = re.search(r'<details id="tanh".*?</details>', shown, re.DOTALL)[0]
    assert "not checked" in other
    assert "1,237" not in other
    assert "has changed" not in shown


def test_evidence_of_other_code_says_so(tmp_path, evidence):
    """Evidence of an earlier version is not presented as evidence of this one."""
    assert build(tmp_path, "--evidence", evidence(sources="earlier")) == 0
    assert "The code has changed since." in text_of(tmp_path, "activations")


def test_the_newest_evidence_is_taken(tmp_path, evidence, monkeypatch):
    """Of the files in this directory; other JSON files are ignored."""
    monkeypatch.chdir(tmp_path)
    evidence("b.json", time="2026-03-01T00:00:00+00:00")
    evidence("a.json", time="2026-01-01T00:00:00+00:00")
    evidence("c.json", candidate="homework.py", time="2026-04-01T00:00:00+00:00")
    (tmp_path / "d.json").write_text("[]")
    assert build(tmp_path) == 0
    assert "From b.json" in text_of(tmp_path, "index")


def test_what_the_page_lets_you_try(tmp_path, evidence, monkeypatch):
    """Its two commands do what it says of them, once the body is written."""
    assert build(tmp_path, "--evidence", evidence()) == 0
    [commands] = re.findall(r'aria-label="Commands"><code>(.*?)</code>', text_of(tmp_path, "index"), re.DOTALL)
    template, check = (line.split()[1:] for line in commands.splitlines())
    monkeypatch.chdir(tmp_path)
    assert main(template) == 0
    homework = tmp_path / "homework.py"
    body = (
        "if x.ndim != 1 or y.shape != bias.shape or weight.shape != (*y.shape, *x.shape) or set(abs(y)) != {1}:\n"
        "        raise ValueError('the shapes do not fit, or a label is none')\n"
        "    delta = (y - np.sign(weight @ x + bias)) / 2\n"
        "    return weight + np.outer(delta, x), bias + delta"
    )
    homework.write_text(homework.read_text(encoding="utf-8").replace("raise NotImplementedError", body, 1))
    assert main([*check, "--examples", "5"]) == 0


def test_without_evidence_nothing_counts_as_checked(tmp_path, monkeypatch):
    """And the page says how to get it."""
    monkeypatch.chdir(tmp_path)
    assert build(tmp_path) == 0
    assert "Nothing here has been checked yet" in text_of(tmp_path, "index")
    names = trees.names()["optimizers"]
    assert text_of(tmp_path, "optimizers").count("not checked") == len(names) - 1  # SGD has a lesson of its own


def test_a_difference_is_shown(tmp_path, evidence):
    """A property that failed is no evidence of equality."""
    row = ROW | {"verdict": "DIFFERENT", "examples": 3}
    assert build(tmp_path, "--evidence", evidence(properties=[row])) == 0
    assert '<tr class="different">' in text_of(tmp_path, "activations")


def test_evidence_is_shown_as_it_stands(tmp_path, evidence):
    """HTML in it is escaped."""
    given = evidence(summary="1 < 2", properties=[ROW | {"property": "<b>"}])
    assert build(tmp_path, "--evidence", given) == 0
    shown = text_of(tmp_path, "activations")
    assert "1 &lt; 2" in shown
    assert "&lt;b&gt;" in shown


def test_a_second_build_draws_nothing(tmp_path, evidence, monkeypatch):
    """When nothing has changed; a picture that is missing is drawn again."""
    drawn = []
    save = figures.save
    monkeypatch.setattr(figures, "save", lambda figure, path: (drawn.append(path.name), save(figure, path)))
    given = evidence()
    assert build(tmp_path, "--evidence", given) == 0
    assert drawn == [f"{name}.svg" for name in NAMES]
    assert build(tmp_path, "--evidence", given) == 0
    assert len(drawn) == len(NAMES)
    (tmp_path / "site/figures/neuron.svg").unlink()
    assert build(tmp_path, "--evidence", given) == 0
    assert len(drawn) == 2 * len(NAMES)


def test_other_peoples_files_are_left_alone(tmp_path, evidence, capsys):
    """Refused without --force; with it nothing is deleted."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    assert build(tmp_path, "--evidence", evidence()) == 2
    assert "thesis.txt" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    assert build(tmp_path, "--evidence", evidence(), "--force") == 0
    assert (folder / "thesis.txt").read_text() == "years of work"
    assert build(tmp_path, "--evidence", evidence()) == 2, "it still holds a file of somebody else"


def test_a_directory_is_not_searched_to_its_end(tmp_path, evidence, capsys, monkeypatch):
    """The first other file is enough, because the directory may be huge. With --force there is no search."""
    (tmp_path / "site" / "a" / "b").mkdir(parents=True)
    (tmp_path / "site" / "mine.txt").write_text("")
    looked_at = []
    walk = os.walk

    def watched(folder):
        for found in walk(folder):
            looked_at.append(found[0])
            yield found

    monkeypatch.setattr(os, "walk", watched)
    monkeypatch.setattr(Path, "rglob", None)
    assert build(tmp_path, "--evidence", evidence()) == 2
    assert "got mine.txt, which parity page has not written" in capsys.readouterr().err
    assert looked_at == [str(tmp_path / "site")]
    assert build(tmp_path, "--evidence", evidence(), "--force") == 0
    assert len(looked_at) == 1


def test_progress_on_a_terminal(tmp_path, evidence, capsys, monkeypatch):
    """While the course is read and while the pictures are drawn; without a terminal there is none."""
    assert build(tmp_path, "--evidence", evidence()) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    (tmp_path / "site" / "figures" / "paths.svg").unlink()
    assert build(tmp_path, "--evidence", evidence()) == 0
    err = capsys.readouterr().err
    assert "reading the course" in err
    assert re.search(r"drawing.*100%", err)


def test_a_page_of_ours_that_was_spoiled_is_written_anew(tmp_path, evidence):
    """Even if it is no longer text."""
    assert build(tmp_path, "--evidence", evidence()) == 0
    (tmp_path / "site" / "index.html").write_bytes(b"\xff")
    assert build(tmp_path, "--evidence", evidence()) == 0
    assert "<html" in text_of(tmp_path, "index")


@pytest.mark.parametrize("name", ["index.html", "figures/paths.svg", page.MANIFEST])
def test_a_file_of_somebody_else_is_never_overwritten(name, tmp_path, evidence, capsys):
    """If it has a name that the page needs, nothing is written, even with --force."""
    mine = tmp_path / "site" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    for force in ([], ["--force"]):
        assert build(tmp_path, "--evidence", evidence(), *force) == 2
        said = capsys.readouterr().err
        assert str(mine) in said
        assert len(said.splitlines()) == 1
    assert mine.read_text() == "mine"
    assert [path for path in (tmp_path / "site").rglob("*") if path.is_file()] == [mine]


def without(key):
    """A row that lacks this."""
    return {"properties": [{name: value for name, value in ROW.items() if name != key}]}


BROKEN: list[dict] = [
    *(
        {"properties": [ROW | changed]}
        for changed in (
            {"worst_gap_ulp": None},
            {"verdicts": []},
            {"verdicts": {"exact": "3"}},
            {"examples": "40"},
            {"functions": 1},
        )
    ),
    without("worst_gap_ulp"),
    without("functions"),
    *({"properties": value} for value in (None, "abc", [1, 2])),
    {"time": None},
    {"time": 5},
    {"candidate": ["scratch"]},
]


@pytest.mark.parametrize("changed", BROKEN, ids=repr)
def test_broken_evidence(changed, tmp_path, evidence, capsys, monkeypatch):
    """One line with its name; passed over where a good file lies beside it."""
    monkeypatch.chdir(tmp_path)
    assert build(tmp_path, "--evidence", evidence("broken.json", **changed)) == 2
    said = capsys.readouterr().err
    assert "broken.json" in said
    assert len(said.splitlines()) == 1
    evidence("good.json")
    assert build(tmp_path) == 0
    assert "From good.json" in text_of(tmp_path, "index")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_text("{"), "cannot be read as evidence"),
        (lambda path: path.write_text("[" * 100_000), "cannot be read as evidence"),
        (lambda path: path.write_text("{}"), "got a file without evidence"),
        (lambda path: path.mkdir(), "cannot be read as evidence"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "cannot be read as evidence"),
    ],
)
def test_evidence_that_is_none(prepare, message, tmp_path, capsys):
    """One line, exit code 2, nothing written."""
    prepare(tmp_path / "given.json")
    assert build(tmp_path, "--evidence", tmp_path / "given.json") == 2
    said = capsys.readouterr().err
    assert message.lower() in said.lower()
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "site").exists()


def test_evidence_of_a_homework_is_refused(tmp_path, evidence, capsys):
    """The page is about the two backends."""
    assert build(tmp_path, "--evidence", evidence(candidate="homework.py")) == 2
    assert "homework.py against torchref" in capsys.readouterr().err


def test_an_output_that_cannot_be(tmp_path, evidence, capsys):
    """A file in its place; a directory below a file."""
    (tmp_path / "site").write_text("")
    assert build(tmp_path, "--evidence", evidence()) == 2
    assert "got a file, expected a directory" in capsys.readouterr().err
    assert main(["page", "-o", str(tmp_path / "site" / "below"), "--evidence", str(evidence())]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_every_figure_says_what_can_be_seen():
    """A caption and alternative text for each."""
    for draw in (draw for draws in figures.FIGURES.values() for draw in draws):
        shown = search.caption(draw)
        assert shown["caption"].endswith(".")
        assert len(shown["words"]) > 60


@pytest.mark.parametrize("draw", [figures.activations, figures.losses])
def test_a_picture_shows_the_whole_chapter(draw):
    """A panel for each function that has a derivative."""
    titles = " ".join(ax.get_title().replace("\n", "_") for ax in draw().axes).split()
    names = [name for name in trees.names()[draw.__name__] if not name.endswith("_backward")]
    assert [name for name in names if name not in titles] == []


@pytest.mark.parametrize("name", networks.SETS)
def test_borders_lie_on_each_other(name):
    """Without a hidden layer too, where the weights shrink: the gap is small beside them."""
    ours, theirs = (networks.trained(backend, name, []).state_dict() for backend in drawing.BACKENDS)
    for key, weight in ours.items():
        assert abs(weight - array(theirs[key])).max() <= 1e-9 * abs(weight).max()


def test_the_search_knows_the_terms():
    """The deck's words of every lesson."""
    lessons = LESSONS()
    names = {item["name"] for item in search.index(lessons, {})}
    assert all(lesson.terms.keys() <= names for lesson in lessons)


@pytest.mark.parametrize("size", [2, 64, 4096])
def test_the_picture_of_the_gap(size):
    """Below what is allowed for both backends, far above it for the mistake."""
    gap, allowed, mistake = equality.gaps(size)
    assert gap <= allowed < 1e-6 * mistake


def test_every_word_has_its_place(tmp_path, evidence):
    """Once, on the page about equality; the search finds it there."""
    assert build(tmp_path, "--evidence", evidence()) == 0
    shown = text_of(tmp_path, "equal")
    found = {item["url"]: item["name"] for item in search.index([], {})}
    for place, word in words.WORDS.items():
        assert shown.count(f'id="{place}"') == 1
        assert found[f"equal.html#{place}"] == word.name


def test_every_word_of_the_evidence_leads_to_its_place(tmp_path, evidence):
    """All verdicts and both column heads in the tables; the summary above them and on the first page."""
    summary = "1 bit for bit, 2 within their rounding bound, 0 ties, 0 ill-conditioned, 3 cases and laws that hold."
    rows = [ROW | {"verdicts": dict.fromkeys(VERDICTS, 1)}, ROW | {"verdict": "DIFFERENT"}]
    assert build(tmp_path, "--evidence", evidence("exact.json", properties=rows, summary=summary)) == 0
    shown = text_of(tmp_path, "activations")
    table = re.search(r'<table class="evidence">.*?</table>', shown, re.DOTALL)[0]
    for word in (*VERDICTS, "DIFFERENT"):
        assert f'<a href="equal.html#{word.lower().replace(" ", "-")}">{word}</a>' in table
    assert 'worst gap, <a href="equal.html#ulp">ulp</a></th>' in table
    assert '<a href="equal.html#bound">of the bound</a></th>' in table
    for name in ("activations", "index"):
        [sentence] = re.findall("From exact.json, .*? laws that .*?</a>", text_of(tmp_path, name))
        assert re.findall('#(.*?)"', sentence) == ["exact", "bound", "ties", "ill-conditioned", "holds"]


@pytest.mark.parametrize("text", ["exactly", "rounding.py", "inexact", "threshold", "re-exact", "is different"])
def test_a_part_of_a_word_is_no_link(text):
    """Nor the name of a file."""
    assert words.linked(text) == text


ENTRIES = [SimpleNamespace(name="sigmoid"), SimpleNamespace(name="tanh")]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([ROW], "Equal to PyTorch in 1,237 of 1,237 examples"),
        ([ROW, {**ROW, "functions": ["relu"]}], "Equal to PyTorch in 1,237 of 1,237 examples"),
        (
            [ROW, {**ROW, "functions": ["tanh", "sigmoid"], "verdicts": {"ties": 2, "ill-conditioned": 3, "holds": 9}}],
            "Equal to PyTorch in 1,237 of 1,242 examples, 2 ties, 3 ill-conditioned, which prove nothing",
        ),
        ([{**ROW, "verdicts": {"holds": 4}}], "Equal to PyTorch in 4 cases"),
        ([ROW, {**ROW, "verdict": "DIFFERENT"}], "DIFFERENT from PyTorch in 1 of 2 properties"),
    ],
)
def test_a_chapter_says_how_equal_it_is(rows, line):
    """In one line, each property once; ties and examples that prove nothing are not called equal."""
    report = {"time": "", "summary": "", "sources": "now", "properties": rows}
    assert Evidence("now", report, "evidence.json").line(ENTRIES) == line
    assert Evidence("later", report, "evidence.json").line(ENTRIES).endswith("since") == ("DIFF" not in line)
