"""The text of every file of the site but the figures and the notebooks."""

import json
from functools import partial
from importlib import import_module

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from parity.site import chapters, figures, words
from parity.site.chapters import SITE
from parity.site.course import columns
from parity.site.search import caption, index
from parity.site.text import renderer, slug, terms
from parity.trees import FILES, TREES
from scratch import load_data

FIGURES = {name: {draw.__name__: caption(draw) for draw in draws} for name, draws in figures.FIGURES.items()}


def pages(course, evidence, digest):
    """Every file by its name."""
    templates = environment(course, evidence, digest)
    own = [path for path in (*SITE.iterdir(), *(SITE / "widgets").iterdir()) if path.suffix in (".css", ".js")]
    return {
        **{path.relative_to(SITE).as_posix(): path.read_text(encoding="utf-8") for path in own},
        "widgets/data.js": f"const DATA = {json.dumps(points())};\n",
        "search.js": f"const INDEX = {json.dumps(index(course, FIGURES), ensure_ascii=False)};\n",
        "index.html": templates.get_template("index.html").render(after=course[0], figures=FIGURES["training"]),
        **dict(lessons(templates, course)),
        **dict(sources(templates)),
    }


def environment(course, evidence, digest):
    """The templates; their texts are HTML already."""
    templates = Environment(
        loader=FileSystemLoader(SITE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    templates.filters |= {"linked": words.linked, "slug": slug, "columns": columns}
    templates.filters["python"] = partial(chapters.coloured, language="python")
    templates.globals |= {"course": course, "evidence": evidence, "digest": digest}
    templates.globals |= {"root": "", "here": None, "before": None, "after": None}
    return templates


def lessons(templates, course):
    """A page for each lesson, by the template of its name where it has one."""
    places = {entry.name: f"{lesson.file}.html#{entry.name}" for lesson in course for entry in lesson.public}
    for before, lesson, after in zip([None, *course], course, [*course[1:], None], strict=False):
        markdown = renderer(lesson.file, places)
        templates.filters |= {"markdown": markdown, "terms": partial(terms, markdown)}
        alone = (SITE / f"{lesson.file}.html").is_file()
        page = templates.get_template(f"{lesson.file}.html" if alone else "lesson.html")
        numbers = import_module(f"parity.site.{lesson.file}").numbers() if alone else {}
        about = {"here": lesson, "before": before, "after": after, "lesson": lesson}
        yield f"{lesson.file}.html", page.render(**about, **numbers, figures=FIGURES.get(lesson.file, {}))


def sources(templates):
    """A page for each file of the two trees, to which every listing leads."""
    page = templates.get_template("source.html")
    for tree in TREES:
        for file in FILES:
            lines = chapters.coloured(chapters.source(tree, file), "python").split("\n")
            yield f"source/{tree}/{file}.html", page.render(root="../../", name=f"{tree}/{file}.py", lines=lines)


def points():
    """The points and classes of the data sets of the moving pictures."""
    sets = ("toy", "toy_flipped", "xor", "moons")
    return {name: dict(zip("xy", (values.tolist() for values in load_data(name)), strict=True)) for name in sets}
