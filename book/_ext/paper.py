"""The whole book as one page, from which `make pdf` prints: the builder *paper*.

It writes every document as the HTML builder does, so that all numbers are the same, and
joins them: addresses become anchors, solutions move to the end, and contents and index
come with room for page numbers. Sphinx's own builder of one page cannot serve: the
anchors of its documents collide.
"""

import html
import re
from base64 import b64encode
from itertools import chain

import edition
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from docutils.io import StringOutput
from hatching import as_lines
from myst_nb.core.render import base_render_priority
from sphinx.addnodes import toctree
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.config import Config
from sphinx.environment.adapters.indexentries import IndexEntries
from sphinx.util import logging

logger = logging.getLogger(__name__)

# What only a screen can use, and code that draws a figure.
NOT_ON_PAPER = (
    "script, style, button, input, .headerlink, a:has(> .viewcode-link), summary svg, "
    ".cell:has(img) details.hide, details.hide > summary"
)
FITTING = 86  # letters that a line of code holds
UNBROKEN = 24  # lines of code that stay on one page

# What a live figure is written with.
LETTERS = {"Roman": "regular.woff2", "Signs": "signs.woff2"}

FRAME = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<title>{title}</title>
<meta name="author" content="{author}">
<meta name="description" content="{description}">
<link rel="stylesheet" href="_static/katex/katex.min.css">
<style>{code_colours}</style>
<link rel="stylesheet" href="_static/paper.css">
<style>{heads}</style>
{body}
</html>
"""

TITLE_PAGE = """<header class="title-page">
<h1>{name}<small>{subtitle}</small></h1>
<svg viewBox="0 0 300 90" role="img" aria-label="{picture}">
<g class="z"><path d="M5 79h30v1H5zM40 45h30v35H40zM75 0h30v80H75z"/></g>
<path class="arrow" d="M128 45h42m-8-6 8 6-8 6"/>
<g class="p"><path d="M195 64h30v16h-30zM230 48h30v32h-30zM265 0h30v80h-30z"/></g>
</svg>
<p class="author">{author}</p>
<p>Version {version}<br>{date}</p>
</header>
<section class="colophon">
<p>Text and figures are under the licence CC BY 4.0, the code is under the MIT
licence.</p>
<p>The book is made of notebooks, which run: every number and every figure here is what
their cells computed. On paper the solutions stand together at the end, each exercise
says on which page, and cells that draw a figure are left to the notebooks. Figures
with sliders move in a browser; here they stand as at first, and a line below them says
where the sliders are. Blue words lead to other places, terms to the glossary.</p>
</section>
"""
PICTURE = "Three bars of logits, and bars of their probabilities 1/8, 2/8 and 5/8"


def to_page(anchor: str, text: str, kind: str) -> str:
    """Write a link that ends in a page number, filled in when the pages are known."""
    return (
        f'<a class="{kind}" href="#{anchor}"><span>{text}</span>'
        f'<span class="page-number" data-page-of="{anchor}">000</span></a>'
    )


class PaperBuilder(StandaloneHTMLBuilder):
    """Writes every document of the book into one page, made for printing."""

    name = "paper"
    epilog = "The page to print is %(outdir)s/index.html"
    copysource = False
    search = False

    def init(self) -> None:
        """Start without documents."""
        super().init()
        self.documents: dict[str, Tag] = {}

    def get_outdated_docs(self) -> str:
        """Write all documents, always: they share their anchors."""
        return "all documents"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Give the anchor of a document, whose own anchors follow a second sign."""
        return f"#{docname}"

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        """Give the same: there is but one page."""
        return self.get_target_uri(to, typ)

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write images beside the one page, whatever the folder of the document."""
        self.current_docname, self.imgpath, self.dlpath = (
            docname,
            "_images",
            "_downloads",
        )
        self.secnumbers = self.env.toc_secnumbers.get(docname, {})
        self.fignumbers = self.env.toc_fignumbers.get(docname, {})
        doctree.settings = self.docsettings
        self.docwriter.write(doctree, StringOutput(encoding="utf-8"))
        self.docwriter.assemble_parts()
        self.documents[docname] = self.adapted(
            docname, self.docwriter.parts["fragment"]
        )

    def adapted(self, docname: str, body: str) -> Tag:
        """Take what is for the screen away, and make the anchors the book's."""
        soup = BeautifulSoup(f"<section>{body}</section>", "html.parser")
        chapter = soup.section
        chapter["id"] = anchor(docname)
        for tag in chapter.select(NOT_ON_PAPER):
            tag.decompose()
        for details in chapter.select("details"):
            details["open"] = ""
        for code in chapter.find_all("pre"):
            fit(code)
        for formula in chapter.find_all(class_="katex"):
            formula["role"] = "img"
            formula["aria-label"] = formula.math.annotation.string.strip()
            formula.find(class_="katex-mathml").decompose()
            del formula.find(class_="katex-html")["aria-hidden"]
            keep_punctuation(formula, soup)
        known = set()
        for tag in chapter.find_all(id=True)[1:]:
            if tag["id"] in known:
                del tag["id"]
            else:
                known.add(tag["id"])
                tag["id"] = anchor(docname, tag["id"])
        for link in chapter.find_all("a", href=True):
            if link["href"].startswith("#"):
                to, _, target = link["href"][1:].rpartition("#")
                if not to and target in self.env.found_docs:
                    to, target = target, ""
                link["href"] = f"#{anchor(to or docname, target)}"
                if to and not target and docname != self.config.root_doc:
                    name_page(link, soup)
        return chapter

    def finish(self) -> None:
        """Join the documents."""
        self.copy_image_files()
        self.copy_html_static_files({})
        for figure in (self.outdir / "_images").glob("*.svg"):
            svg = as_lines(figure.read_text(encoding="utf-8"))
            figure.write_text(self.lettered(svg), encoding="utf-8")
        parts = self.parts()
        chapters = [
            self.documents[doc]
            for doc in chain.from_iterable(docs for _, docs in parts)
        ]
        pages = [*chapters, solutions(chapters), self.index()]
        body = "".join(map(str, pages))
        for lost in missing(body):
            logger.warning("the printed book has no place for the link %s", lost)
        name, _, subtitle = self.config.html_title.partition(": ")
        version, date = edition.version(), edition.day().isoformat()
        author = html.escape(self.config.author)
        title_page = TITLE_PAGE.format(
            name=name,
            subtitle=subtitle,
            picture=PICTURE,
            author=author,
            version=version,
            date=date,
        )
        page = FRAME.format(
            language=self.config.language,
            title=html.escape(self.config.html_title),
            author=author,
            description=f"Version {version}, {date}",
            code_colours=self.highlighter.get_stylesheet(),
            heads="\n".join(map(running_head, pages)),
            body=title_page + contents(parts, self.documents, pages) + body,
        )
        (self.outdir / "index.html").write_text(page, encoding="utf-8")

    def lettered(self, svg: str) -> str:
        """Give the text of a drawing the book's letters: it sees no others."""
        if "<text" not in svg:
            return svg
        faces = ""
        for family, file in LETTERS.items():
            font = (self.outdir / "_static" / "paper" / file).read_bytes()
            source = f"data:font/woff2;base64,{b64encode(font).decode()}"
            faces += f'@font-face {{ font-family: {family}; src: url("{source}") }} '
        svg = svg.replace("<g ", f"<style>{faces}</style><g ", 1)
        return svg.replace('"sans-serif"', f'"{", ".join(LETTERS)}"')

    def parts(self) -> list[tuple[str, list[str]]]:
        """List the parts of the book: caption, documents."""
        trees = self.env.get_doctree(self.config.root_doc).findall(toctree)
        listed = [(tree["caption"] or "", list(tree["includefiles"])) for tree in trees]
        return [("", [self.config.root_doc]), *listed]

    def index(self) -> Tag:
        """Write the general index, with the pages of each entry."""
        rows = []
        for letter, entries in IndexEntries(self.env).create_index(self):
            rows.append(f"<h2>{letter}</h2>")
            for word, (links, below, _) in entries:
                rows.append(index_row(word, links, "word"))
                rows.extend(
                    index_row(sub, sublinks, "below") for sub, sublinks in below
                )
        return as_chapter("index", "Index", "".join(rows))


def fit(code: Tag) -> None:
    """Set code smaller that has long lines, and keep short code on one page."""
    lines = code.get_text().rstrip().splitlines()
    longest = max(map(len, lines), default=0)
    if longest > FITTING:
        code["style"] = f"--fit: {max(0.85, FITTING / longest):.3f}"
    if len(lines) <= UNBROKEN:
        code["class"] = "unbroken"


def keep_punctuation(formula: Tag, soup: BeautifulSoup) -> None:
    """Let no line begin with the sign that follows a formula."""
    after = formula.next_sibling
    if isinstance(after, str) and (sign := re.match(r"[.,;:!?)’”]+", after)):
        after.replace_with(after[sign.end() :])
        formula.wrap(soup.new_tag("span", attrs={"class": "together"})).append(sign[0])


def name_page(link: Tag, soup: BeautifulSoup) -> None:
    """Name another chapter in short, and its page."""
    link.string = link.get_text().partition(":")[0]
    number = soup.new_tag("span", attrs={"data-page-of": link["href"][1:]})
    number.string = "000"
    link.extend([", p.\u00a0", number])


def anchor(docname: str, target: str = "") -> str:
    """Name a place in the book by its document and its anchor there."""
    return ":".join(filter(None, (docname.rpartition("/")[2], target)))


def as_chapter(name: str, title: str, inside: str) -> Tag:
    """Make a chapter that is no document."""
    text = f'<section id="{name}"><h1>{title}</h1>{inside}</section>'
    return BeautifulSoup(text, "html.parser").section


def index_row(word: str, links: list[tuple[str, str]], kind: str) -> str:
    places = [place(uri) for _, uri in links]
    pages = "".join(f'<a href="#{to}" data-page-of="{to}">000</a>' for to in places)
    return (
        f'<p class="{kind}">{html.escape(word)} <span class="pages">{pages}</span></p>'
    )


def place(uri: str) -> str:
    """Name the place of an address such as #book/glossary#term-softmax."""
    docname, _, target = uri[1:].partition("#")
    return anchor(docname, target)


def solutions(chapters: list[Tag]) -> Tag:
    """Move the solutions to a chapter of their own; each exercise leads there."""
    moved = as_chapter("solutions", "Solutions", "")
    for chapter in chapters:
        places = {tag["id"]: tag for tag in chapter.find_all(id=True)}
        section = places.get(f"{chapter['id']}:solutions")
        if not section:
            continue
        section.h2.string = chapter.h1.get_text()
        for solution in section.find_all(class_="solution"):
            to = to_page(solution["id"], "Solution on page", "to-solution")
            places[solution.a["href"][1:]].append(BeautifulSoup(to, "html.parser"))
        moved.append(section.extract())
    return moved


def contents(parts: list, documents: dict[str, Tag], pages: list[Tag]) -> str:
    """Write the table of contents: parts, chapters, sections."""
    rows = ['<nav class="contents"><h1>Contents</h1>']
    captions = {anchor(docs[0]): caption for caption, docs in parts}
    captions["solutions"] = "Solutions and index"
    for page in pages:
        if captions.get(page["id"]):
            rows.append(f'<p class="part">{captions[page["id"]]}</p>')
        rows.append(to_page(page["id"], page.h1.decode_contents(), "chapter"))
        if page["id"] in ("index", "preface"):
            continue
        for heading in page.find_all("h2"):
            rows.append(
                to_page(heading.parent["id"], heading.decode_contents(), "section")
            )
    return "".join([*rows, "</nav>"])


def running_head(page: Tag) -> str:
    """Write the rule that names a chapter at the head of its pages."""
    name, title = page["id"], page.h1.get_text().replace('"', r"\"")
    head = f'@page {name} {{ @top-right {{ content: "{title}" }} }}'
    return f"#{name} {{ page: {name} }} {head}"


def missing(body: str) -> list[str]:
    """List the links within the book that lead nowhere."""
    return sorted(
        set(re.findall(r' href="#([^"]+)"', body))
        - set(re.findall(r' id="([^"]+)"', body))
    )


def show_what_html_shows(app: Sphinx, config: Config) -> None:
    """Let outputs of cells be chosen as for the HTML builder."""
    chosen = [("paper", *rule) for rule in base_render_priority()["html"].items()]
    chosen += [
        ("paper", *rule[1:])
        for rule in config.nb_mime_priority_overrides
        if rule[0] == "html"
    ]
    config.nb_mime_priority_overrides = [*chosen, *config.nb_mime_priority_overrides]


def setup(app: Sphinx) -> dict:
    """Add the builder."""
    app.add_builder(PaperBuilder)
    app.connect("config-inited", show_what_html_shows)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
