"""How nodes become HTML, for all builders: Sphinx's own way, where it is right."""

import re
from pathlib import Path

from docutils import nodes
from pygments.formatters import HtmlFormatter
from pygments.token import Token
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge
from sphinx.writers.html5 import HTML5Translator

SIZE = re.compile(r'<svg[^>]* width="([\d.]+)(pt)?" height="([\d.]+)')
NARROW = 40  # letters of a line of code that fit on a phone

# Names, signs and spaces of code, coloured as all code is: up to a third of a page's
# elements in places.
PLAIN = {Token.Name, Token.Punctuation, Token.Text.Whitespace}


class Translator(HTML5Translator):
    """Writes without roles that are given up, or that say what is not so."""

    def visit_title(self, node: nodes.title) -> None:
        """Write the caption of a part of the contents, which is no heading."""
        if node.parent.get("toctree"):
            self.body.append('<p class="caption"><span class="caption-text">')
            self.context.append("</span></p>\n")
        else:
            super().visit_title(node)

    def visit_citation(self, node: nodes.citation) -> None:
        """Write a work, with none of the roles of a list or an entry."""
        if not isinstance(node.previous_sibling(), nodes.citation):
            self.body.append('<div class="citation-list">\n')
        self.body.append(self.starttag(node, "div", CLASS="citation"))

    def visit_entry(self, node: nodes.entry) -> None:
        """Write a field of a table; one without text heads nothing."""
        super().visit_entry(node)
        if self.context[-1].startswith("</th") and not node.astext().strip():
            self.body[-1], self.context[-1] = "<td>", "</td>\n"
            raise nodes.SkipChildren

    def visit_literal_block(self, node: nodes.literal_block) -> None:
        """Write code, and what a builder must know of its lines."""
        try:
            super().visit_literal_block(node)
        except nodes.SkipNode:
            fit = self.fit(node, node.astext().rstrip().splitlines())
            self.body[-1] = self.body[-1].replace("<pre>", f"<pre{fit}>", 1)
            raise

    def fit(self, node: nodes.literal_block, lines: list[str]) -> str:
        """Return the attributes of code, by its lines."""
        return ""


class PageTranslator(Translator):
    """Writes for browsers: what scrolls takes the focus, pictures have their size."""

    def starttag(self, node, tagname: str, *args, **attributes) -> str:
        """Let a table that may have to scroll take the focus."""
        if "table-wrapper" in node.get("classes", ()):
            attributes["tabindex"] = "0"
        return super().starttag(node, tagname, *args, **attributes)

    def visit_image(self, node: nodes.image) -> None:
        """Give a drawing its size: nothing moves when it arrives."""
        drawing = Path(self.builder.srcdir, node["uri"])
        super().visit_image(node)
        if drawing.suffix == ".svg":
            self.body[-1] = self.body[-1].replace("<img ", f"<img {sized(drawing)} ", 1)

    def fit(self, node: nodes.literal_block, lines: list[str]) -> str:
        """Let code that may have to scroll take the focus."""
        return ' tabindex="0"' if any(len(line) > NARROW for line in lines) else ""


def sized(drawing: Path) -> str:
    """Give a picture the pixels that it will take, and let it load when in sight."""
    width, points, height = SIZE.search(drawing.read_text()[:2000]).groups()
    scale = 4 / 3 if points else 1
    width, height = (round(float(x) * scale) for x in (width, height))
    return f'width="{width}" height="{height}" loading="lazy" decoding="async"'


class PlainFormatter(HtmlFormatter):
    """Writes no element around code that has no colour of its own."""

    def format_unencoded(self, tokensource, outfile) -> None:
        """Take what is plain for mere text."""
        tokens = ((Token.Text if k in PLAIN else k, text) for k, text in tokensource)
        super().format_unencoded(tokens, outfile)


class PlainBridge(PygmentsBridge):
    """Highlights with it."""

    html_formatter = PlainFormatter


def choose_code_styles(app: Sphinx) -> None:
    """Colour code lightly, and dark code by a setting that the theme alone knows."""
    app.config.pygments_dark_style = "a11y-high-contrast-dark"
    if app.builder.name in ("html", "paper"):  # e-readers have a colour for plain code
        app.builder.highlighter = PlainBridge("html", app.config.pygments_style)
