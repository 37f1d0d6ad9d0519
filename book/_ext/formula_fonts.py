"""The fonts of formulas, with the letters of the pages alone: half of their size."""

from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx


def shrink(path: Path, letters: set[int]) -> None:
    """Leave in a font what stands for some letters, by their Unicode."""
    options = Options(flavor="woff2", notdef_outline=True, recalc_timestamp=False)
    font: TTFont = load_font(path, options)
    cutter = Subsetter(options)
    cutter.populate(unicodes=letters)
    cutter.subset(font)
    save_font(font, path, options)


def shrink_all(app: Sphinx, exception: Exception | None) -> None:
    """Shrink the copies that are published with the pages."""
    if exception or app.builder.name != "html":
        return
    pages = Path(app.outdir).rglob("*.html")
    letters = {ord(x) for page in pages for x in page.read_text(encoding="utf-8")}
    for path in Path(app.outdir, "_static", "katex", "fonts").glob("*.woff2"):
        shrink(path, letters)


def setup(app: Sphinx) -> dict:
    """Do it when all pages are written."""
    app.connect("build-finished", shrink_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
