"""The text of a lesson as HTML: Markdown with formulas, names that lead to their code, terms that light up in it."""

import html
import re
from itertools import accumulate

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from parity.site import chapters
from parity.site.course import columns
from parity.site.mathml import to_mathml

# The coloured words of a line, and the letters between them.
TOKEN = re.compile(r"<span[^>]*>.*?</span>|&#?\w+;|.")


def renderer(file, places):
    """What turns the Markdown of one lesson into HTML; ``places`` has the address of each name."""
    markdown = MarkdownIt("commonmark")
    markdown.enable("table")

    def formula(latex, options):
        if not options["display_mode"]:
            return to_mathml(latex, f"course/{file}.md", display="inline")
        parts = chapters.formula(latex, f"course/{file}.md")
        return f'<span class="formula" tabindex="0" role="group" aria-label="Formula">{parts}</span>'

    def code(self, tokens, index, options, env):
        name = html.escape(tokens[index].content)
        return f'<a href="{places[name]}"><code>{name}</code></a>' if name in places else f"<code>{name}</code>"

    def block(self, tokens, index, options, env):
        text, language = tokens[index].content, tokens[index].info
        shown = chapters.coloured(text, "python") if language == "python" else html.escape(text.rstrip("\n"))
        return f'<pre class="cell" tabindex="0" role="group" aria-label="Code"><code>{shown}</code></pre>\n'

    def link(self, tokens, index, options, env):
        token = tokens[index]
        token.attrSet("href", re.sub(r"\.md(?=#|$)", ".html", token.attrGet("href")))
        return self.renderToken(tokens, index, options, env)

    def heading(self, tokens, index, options, env):
        tokens[index].attrSet("id", slug(tokens[index + 1].content))
        return self.renderToken(tokens, index, options, env)

    dollarmath_plugin(markdown, renderer=formula, allow_labels=False)
    for token, rule in {"code_inline": code, "fence": block, "link_open": link, "heading_open": heading}.items():
        markdown.add_render_rule(token, rule)
    return markdown.render


def slug(heading):
    """The address of a heading on its page.

    >>> slug("When does it stop?")
    'when-does-it-stop'
    """
    return "-".join(re.findall(r"\w+", heading.lower()))


def terms(markdown, block):
    """The formulas and the code of an essential block, as ``linked`` has them."""
    formulas = "".join(markdown(part.text) for part in block.of("text"))
    codes = {}
    for line in "\n".join(part.text for part in block.of("terms")).splitlines():
        name, _, code = line.partition(": ")
        numpy, _, torch = code.partition(" | ")
        codes[name] = (numpy, torch or numpy)
    return linked(formulas, columns(block), codes, block.title)


def linked(formulas, columns, terms, where):
    """Formulas and both columns of code, in which each term has the class of its number."""
    for number, (name, codes) in enumerate(terms.items(), start=1):
        if f'class="{name}"' not in formulas:
            raise ValueError(f"{where}: got no term {name} in the formulas, expected \\class{{{name}}}{{...}}")
        formulas = formulas.replace(f'class="{name}"', f'class="term t{number}" tabindex="0"')
        for code, column in zip(codes, columns, strict=True):
            if not any(line.html and code in plain(line.html) for line in column):
                raise ValueError(f"{where}: got no {code!r} in the code, expected what the term {name} is")
    unknown = re.findall(r'class="(?!term |math |formula)(.*?)"', formulas)
    if unknown:
        raise ValueError(f"{where}: the term {unknown[0]} has no code, expected a line {unknown[0]}: ... in its terms")
    return formulas, [
        [line._replace(html=line.html and lit(line.html, [codes[side] for codes in terms.values()])) for line in column]
        for side, column in enumerate(columns)
    ]


def lit(line, codes):
    """A coloured line in which each of these pieces of code is marked with its number."""
    tokens = TOKEN.findall(line)
    ends = list(accumulate(len(plain(token)) for token in tokens))
    starts = [0, *ends[:-1]]
    opened, closed = ([""] * len(tokens) for _ in range(2))
    # Longer ones first: they are outside.
    for number, code in sorted(enumerate(codes, start=1), key=lambda item: -len(item[1])):
        for place in re.finditer(rf"(?<!\w){re.escape(code)}(?!\w)", plain(line)):
            opened[starts.index(place.start())] += f'<span class="term t{number}">'
            closed[ends.index(place.end())] += "</span>"
    return "".join(map("".join, zip(opened, tokens, closed, strict=True)))


def plain(text):
    """HTML as plain text."""
    return html.unescape(re.sub(r"<.*?>", "", text))
