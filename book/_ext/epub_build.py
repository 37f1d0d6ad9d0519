"""The book for e-readers: Sphinx writes its pages, this module packs them.

Sphinx's own ePub carries the scripts and style sheets of every extension, does not say
which pages hold MathML, and is not valid. Here the package is made of the pages, of
what these show, and of nothing else.
"""

import posixpath
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote
from xml.dom.minidom import Document, parse
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import cover
import edition
from docutils import nodes
from epub_pages import elements, tidy
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder
from sphinxcontrib import katex

TEMPLATES = Path(__file__).resolve().parent.parent / "_epub"
FRONT = ("cover", "titlepage", "nav")
FONT = "_static/STIXTwoMath.woff2"
MEDIA_TYPES = {
    ".css": "text/css",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
}


class Entry(NamedTuple):
    """A line of the contents, and the lines below it."""

    text: str
    href: str = ""
    below: tuple["Entry", ...] = ()


class Item(NamedTuple):
    """A file of the package, and what the package must say of it."""

    href: str
    properties: str = ""

    @property
    def media_type(self) -> str:
        """Tell the type from the name."""
        return MEDIA_TYPES[PurePosixPath(self.href).suffix]


class EpubBuilder(Epub3Builder):
    """Write the book as one EPUB 3 file, with mathematics as MathML."""

    def init(self) -> None:
        """Leave out what is for browsers, and take from KaTeX MathML alone."""
        self.events.listeners["html-page-context"].clear()
        # One extension that names this builder would hide the writers of all others.
        self.app.registry.translation_handlers.pop(self.name, None)
        self.config.version = edition.version()
        self.config.templates_path = [str(TEMPLATES)]
        self.config.html_additional_pages = {}
        self.config.html_domain_indices = False
        self.config.viewcode_enable_epub = True
        katex.KATEX_DEFAULT_OPTIONS["output"] = "mathml"
        super().init()

    def handle_finish(self) -> None:
        """Write the front pages, tidy all, and pack them with what they show."""
        out = Path(self.outdir)
        contents = self.contents()
        title, _, subtitle = self.config.html_title.partition(": ")
        about = {
            "book": self.config.html_title,
            "title": title,
            "subtitle": subtitle,
            "author": self.config.author,
            "description": self.config.epub_description,
            "identifier": self.config.epub_identifier,
            "rights": self.config.epub_copyright,
            "version": self.config.version,
            "date": edition.day(),
            "contents": contents,
            "cover_alt": cover.ALT,
        }
        for kind in FRONT:
            page = self.templates.render("front.xhtml", {**about, "kind": kind})
            (out / f"{kind}.xhtml").write_text(page, encoding="utf-8")
        cover.draw(out / "cover.png", title, subtitle, self.config.author)
        (out / FONT).write_bytes((TEMPLATES / PurePosixPath(FONT).name).read_bytes())

        entries = [entry for part in contents for entry in (part, *part.below)]
        pages = [f"{kind}.xhtml" for kind in FRONT]
        pages += [entry.href for entry in entries if entry.href]
        sources = sorted(out.glob("_modules/*/*.xhtml"))
        pages += [source.relative_to(out).as_posix() for source in sources]
        items, shown = [], {FONT}
        for name in pages:
            page = parse(str(out / name))
            tidy(page)
            (out / name).write_bytes(page.toxml(encoding="utf-8"))
            shown.update(shown_on(page, name))
            has_math = "mathml" if elements(page, "math") else ""
            items.append(Item(name, "nav" if name == "nav.xhtml" else has_math))
        for name in sorted(shown):
            items.append(Item(name, "cover-image" if name == "cover.png" else ""))
        package = self.templates.render("content.opf", {**about, "items": items})
        (out / "content.opf").write_text(package, encoding="utf-8")
        self.build_container()
        names = ["META-INF/container.xml", "content.opf", *(i.href for i in items)]
        pack(out, names, out / f"{self.config.epub_basename}.epub")

    def contents(self) -> list[Entry]:
        """List the preface, the parts with their chapters, and the index."""
        root = self.config.root_doc
        parts = [
            Entry(tree["caption"], below=tuple(map(self.chapter, tree["includefiles"])))
            for tree in self.env.get_doctree(root).findall(addnodes.toctree)
        ]
        preface = self.chapter(root)._replace(below=())
        return [preface, *parts, Entry("Index", "genindex.xhtml")]

    def chapter(self, name: str) -> Entry:
        """List a document and its sections, each with its number."""
        numbers = self.env.toc_secnumbers.get(name, {})

        def entry(title: str, anchor: str, below: tuple[Entry, ...] = ()) -> Entry:
            number = ".".join(map(str, numbers.get(anchor) or ()))
            href = self.get_target_uri(name) + anchor
            return Entry(f"{number} {title}".strip(), href, below)

        _, *lists = self.env.tocs[name][0]  # after the title, the list of its sections
        items = [item for below in lists for item in below]
        links = [item[0][0] for item in items if isinstance(item, nodes.list_item)]
        sections = tuple(entry(link.astext(), link["anchorname"]) for link in links)
        return entry(self.env.titles[name].astext(), "", sections)


def shown_on(page: Document, name: str) -> list[str]:
    """List the files that a page shows or is styled by: pictures and style sheets."""
    shown = [image.getAttribute("src") for image in elements(page, "img")]
    shown += [sheet.getAttribute("href") for sheet in elements(page, "link")]
    here = posixpath.dirname(name)
    return [posixpath.normpath(posixpath.join(here, unquote(file))) for file in shown]


def pack(folder: Path, names: list[str], target: Path) -> None:
    """Zip files, their type before all; the same files give the same bytes."""
    with ZipFile(target, "w") as package:
        package.writestr(ZipInfo("mimetype"), "application/epub+zip", ZIP_STORED)
        for name in names:
            package.writestr(ZipInfo(name), (folder / name).read_bytes(), ZIP_DEFLATED)


def setup(app: Sphinx) -> dict:
    """Put this builder in the place of Sphinx's own."""
    app.setup_extension("sphinx.builders.epub3")
    app.add_builder(EpubBuilder, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
