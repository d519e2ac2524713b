"""The search index: what can be found, what is said of it, the words by which it is found, and where it is."""

import html
import inspect

from parity.site import words
from parity.site.text import plain


def index(course, shown):
    """The search index: every lesson, name, Italian term and figure, and the words of the evidence."""
    found = []
    for lesson in course:
        page = f"{lesson.file}.html"
        terms = " ".join(f"{italian} {english}" for italian, english in lesson.terms.items())
        text = " ".join([lesson.question, *lesson.headings, terms])
        found.append({"name": lesson.file, "about": f"lesson: {lesson.title}", "text": text, "url": page})
        for italian, english in lesson.terms.items():
            found.append({"name": italian, "about": f"{english}, in {lesson.title}", "text": "", "url": page})
        for entry in lesson.public:
            text = plain(" ".join([lesson.file, entry.file, *entry.about]))
            about = plain(entry.sentence)
            found.append({"name": entry.name, "about": about, "text": text, "url": f"{page}#{entry.name}"})
        found += pictured(lesson.file, shown)
    return found + words.entries()


def pictured(name, shown):
    """The entries of the figures of one page."""
    return [
        {
            "name": figure["name"].replace("_", " "),
            "about": f"figure: {figure['caption']}",
            "text": f"{name} {html.unescape(figure['words'])}",
            "url": f"{name}.html#figure-{figure['name']}",
        }
        for figure in shown.get(name, {}).values()
    ]


def caption(draw):
    """The caption and the description from the docstring of a figure."""
    first, _, rest = (inspect.getdoc(draw) or "").partition("\n\n")
    return {"name": draw.__name__, "caption": " ".join(first.split()), "words": html.escape(" ".join(rest.split()))}
