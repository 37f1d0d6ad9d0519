"""The book for e-readers: Sphinx writes its pages, this module packs them.

Sphinx's own ePub carries the scripts and style sheets of every extension, does not say which pages
hold MathML, and is not valid. Here the package is made of the pages, of what these show, and of
nothing else.
"""

from pathlib import Path
from shutil import copy
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from docutils import nodes
from sphinx.builders.epub3 import Epub3Builder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_proof.nodes import proof_node

from press import edition
from press.contents import BOOK, DOCUMENTS
from press.outline import outline
from press.writing import Translator

TEMPLATES = BOOK / "_epub"
FRONT = ("cover", "titlepage", "nav")
COVER = "cover.png"  # drawn by tools/cover.py
FONT = "_static/STIXTwoMath.woff2"
STYLES = ("_static/epub.css", "_static/pygments.css")
COLUMNS = 44  # of code on a phone
ADDRESS = "!#$%&'()*+,/:;=?@[]~"  # what may stand in one, beside letters and digits


class EpubTranslator(Translator):
    """Writes for e-readers."""

    def visit_table(self, node: nodes.table) -> None:
        """Put a table, which may be wider than a phone, into a box."""
        self.body.append('<div class="wide">')
        super().visit_table(node)

    def depart_table(self, node: nodes.table) -> None:
        """Close the box."""
        super().depart_table(node)
        self.body.append("</div>")

    def fit(self, node: nodes.literal_block, lines: list[str]) -> str:
        """Mark an output that a phone has no room for."""
        wide = max(map(len, lines), default=0) > COLUMNS
        return ' class="dense"' if wide and "output" in node["classes"] else ""


class EmphasizeProof(SphinxPostTransform):
    """Set the word that opens a proof apart, and write addresses as is prescribed."""

    default_priority = 850
    builders = ("epub",)

    def run(self, **_options) -> None:
        for proof in self.document.findall(proof_node):
            paragraph = next(proof.findall(nodes.paragraph))
            if isinstance(paragraph[0], nodes.Text):
                word, stop, rest = paragraph[0].partition(".")
                paragraph[:1] = [nodes.emphasis("", word + stop), nodes.Text(rest)]
        for link in self.document.findall(nodes.reference):
            if "refuri" in link:
                link["refuri"] = quote(link["refuri"], safe=ADDRESS)


class EpubBuilder(Epub3Builder):
    """Write the book as one EPUB 3 file, with mathematics as MathML."""

    default_translator_class = EpubTranslator

    def init(self) -> None:
        """Use templates of its own, and leave out what is for browsers."""
        self.config.templates_path = [str(TEMPLATES)]
        self.config.html_additional_pages = {}
        self.config.html_domain_indices = False
        super().init()

    def get_outdated_docs(self) -> list[str]:
        """Write all documents, always: the package needs to know what they show."""
        return sorted(self.env.found_docs)

    def handle_page(self, pagename: str, addctx: dict, *args, **options) -> None:
        """Write a page; in source code, which is preformatted, no block may stand."""
        if pagename.startswith("_modules/"):
            before, pre, code = addctx["body"].partition("<pre>")
            code, end, after = code.partition("</pre>")
            code = code.replace("<div ", "<span ").replace("</div>", "</span>")
            addctx = {**addctx, "body": before + pre + code + end + after}
        super().handle_page(pagename, addctx, *args, **options)

    def handle_finish(self) -> None:
        """Write the front pages, and pack all pages with what they show."""
        out = Path(self.outdir)
        about = {"config": self.config, "date": edition.day()}
        about |= {"outline": outline(self.env), "address": self.get_target_uri}
        for kind in FRONT:
            page = self.templates.render("front.xhtml", {**about, "kind": kind})
            (out / f"{kind}.xhtml").write_text(page, encoding="utf-8")
        for name in (COVER, FONT):
            copy(TEMPLATES / Path(name).name, out / name)

        pages = [out / f"{name}.xhtml" for name in (*FRONT, *DOCUMENTS, "genindex")]
        items = []
        for page in [*pages, *sorted(out.glob("_modules/*/*.xhtml"))]:
            mathml = "<math " in page.read_text(encoding="utf-8")
            properties = "nav" if page.stem == "nav" else "mathml" * mathml
            items.append((page.relative_to(out).as_posix(), properties))
        items.append((COVER, "cover-image"))
        shown = {FONT, *STYLES, *(f"_images/{name}" for name in self.images.values())}
        items += ((name, "") for name in sorted(shown))
        package = self.templates.render("content.opf", {**about, "items": items})
        (out / "content.opf").write_text(package, encoding="utf-8")
        self.build_container()
        names = ["META-INF/container.xml", "content.opf", *(name for name, _ in items)]
        pack(out, names, out / f"{self.config.epub_basename}.epub")


def pack(folder: Path, names: list[str], target: Path) -> None:
    """Zip files, their type before all; the same files give the same bytes."""
    with ZipFile(target, "w") as package:
        package.writestr(ZipInfo("mimetype"), "application/epub+zip", ZIP_STORED)
        for name in names:
            package.writestr(ZipInfo(name), (folder / name).read_bytes(), ZIP_DEFLATED)
