"""The whole book as one page, from which `make pdf` prints: the builder *paper*.

It writes every document as the HTML builder does, so that all numbers are the same, and joins them:
addresses become anchors, solutions move to the end, and contents and index come with room for page
numbers. Sphinx's own builder of one page cannot serve: the anchors of its documents collide.
"""

import re

from docutils import nodes
from myst_nb.core.render import base_render_priority
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.config import Config
from sphinx.environment.adapters.indexentries import IndexEntries
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from press import drawings, edition
from press.contents import DOCUMENTS
from press.outline import number, outline
from press.writing import Translator

logger = logging.getLogger(__name__)

FITTING = 86  # letters that a line of code holds
UNBROKEN = 24  # lines of code that stay on one page


def anchor(docname: str, target: str = "") -> str:
    """Name a place in the book by its document and its anchor there."""
    return ":".join(filter(None, (docname.rpartition("/")[2], target)))


def place(uri: str) -> str:
    """Name the place of an address such as #glossary#term-softmax."""
    return uri.strip("#").replace("#", ":")


class AdaptToPaper(SphinxPostTransform):
    """Take away what only a screen can use, and lead to pages."""

    default_priority = 950
    builders = ("paper",)

    def run(self, **_options) -> None:
        for hidden in list(self.document.findall(HideCodeCellNode)):
            cell = hidden.parent
            if next(cell.findall(nodes.image), None):  # code that draws a figure
                cell.remove(hidden)
            else:
                kind = ["admonition", "hide", *hidden["classes"]]
                hidden.replace_self(nodes.container("", *hidden.children, classes=kind))
        for link in list(self.document.findall(nodes.reference)):
            self.adapt(link)

    def adapt(self, link: nodes.reference) -> None:
        """Let a link lead to its anchor, to another chapter by name and page."""
        uri = link.get("refuri", "")
        if "to-solution" in link["classes"]:
            target = anchor(self.env.docname, link["refid"])
            page = {"anchor": target, "text": "Solution on page", "kind": "to-solution"}
            html = self.app.builder.templates.render("to-page.html", page)
            link.parent.replace_self(nodes.raw("", html, format="html"))
        elif any("viewcode-link" in x["classes"] for x in link.findall(nodes.inline)):
            link.parent.remove(link)
        elif "refid" in link:
            link["refid"] = anchor(self.env.docname, link["refid"])
        elif uri.startswith("#"):
            link["refuri"] = f"#{place(uri)}"
            if "#" not in uri[1:] and self.env.docname != self.config.root_doc:
                page = f'<span data-page-of="{place(uri)}">000</span>'
                name = f"{link.astext().partition(':')[0]}, p.\u00a0"
                link[:] = [nodes.Text(name), nodes.raw("", page, format="html")]


class PaperTranslator(Translator):
    """Writes for paper: anchors of the whole book, solutions apart."""

    def starttag(self, node, tagname: str, *args, **attributes) -> str:
        """Begin an element whose ids name its document too."""
        if ids := node.get("ids"):
            node = node.copy()
            node["ids"] = [anchor(self.builder.current_docname, name) for name in ids]
        return super().starttag(node, tagname, *args, **attributes)

    def visit_section(self, node: nodes.section) -> None:
        """Note where the solutions begin."""
        if node["ids"] == ["solutions"]:
            self.solutions = len(self.body)
        super().visit_section(node)

    def depart_section(self, node: nodes.section) -> None:
        """Take them out."""
        super().depart_section(node)
        if node["ids"] == ["solutions"]:
            name = self.builder.current_docname
            self.builder.solutions[name] = "".join(self.body[self.solutions :])
            del self.body[self.solutions :]

    def visit_title(self, node: nodes.title) -> None:
        """Give the solutions the title of their chapter."""
        if node.parent["ids"] == ["solutions"]:
            title = self.builder.title(self.builder.current_docname)
            self.body.append(f"<h2>{self.encode(title)}</h2>\n")
            raise nodes.SkipNode
        super().visit_title(node)

    def fit(self, node: nodes.literal_block, lines: list[str]) -> str:
        """Set code smaller that has long lines, and keep short code on one page."""
        longest = max(map(len, lines), default=0)
        attributes = ' class="unbroken"' if len(lines) <= UNBROKEN else ""
        if longest > FITTING:
            attributes += f' style="--fit: {max(0.85, FITTING / longest):.3f}"'
        return attributes


class PaperBuilder(StandaloneHTMLBuilder):
    """Writes every document of the book into one page, made for printing."""

    name = "paper"
    epilog = "The page to print is %(outdir)s/index.html"
    default_translator_class = PaperTranslator
    add_permalinks = False
    copysource = False
    search = False

    def init(self) -> None:
        """Start without documents."""
        super().init()
        self.documents: dict[str, str] = {}
        self.solutions: dict[str, str] = {}

    def get_outdated_docs(self) -> list[str]:
        """Write all documents, always: they share their anchors."""
        return DOCUMENTS

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Give the anchor of a document, whose own anchors follow a second sign."""
        return f"#{anchor(docname)}"

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        """Give the same: there is but one page."""
        return self.get_target_uri(to, typ)

    def title(self, docname: str) -> str:
        """Return the title of a chapter, with its number."""
        parts = number(self.env, docname), self.env.titles[docname].astext()
        return ". ".join(filter(None, parts))

    def handle_page(self, pagename: str, addctx: dict, *args, **options) -> None:
        """Keep a document for the one page."""
        self.documents[pagename] = addctx["body"]

    def finish(self) -> None:
        """Join the documents."""
        self.copy_image_files()
        self.copy_html_static_files({})
        letters = self.outdir / "_static" / "paper"
        for figure in (self.outdir / "_images").glob("*.svg"):
            drawings.adapt(figure, letters)
        context = {
            "config": self.config,
            "date": edition.day().isoformat(),
            "code_colours": self.highlighter.get_stylesheet(),
            "outline": outline(self.env),
            "anchor": anchor,
            "place": place,
            "title": self.title,
            "order": DOCUMENTS,
            "documents": self.documents,
            "solutions": self.solutions,
            "index": IndexEntries(self.env).create_index(self),
        }
        page = self.templates.render("paper.html", context)
        # Regular expressions, since it is the finished page that is checked.
        links = set(re.findall(r' href="#([^"]+)"', page))
        for lost in sorted(links - set(re.findall(r' id="([^"]+)"', page))):
            logger.warning("the printed book has no place for the link %s", lost)
        (self.outdir / "index.html").write_text(page, encoding="utf-8")


def show_what_html_shows(app: Sphinx, config: Config) -> None:
    """Let outputs of cells be chosen as for the HTML builder."""
    chosen = [("paper", *rule) for rule in base_render_priority()["html"].items()]
    config.nb_mime_priority_overrides = [*chosen, *config.nb_mime_priority_overrides]
