"""Make the fonts of the PDF from those of the distribution, for book/_static/paper.

    python tools/paper_fonts.py /usr/share/texmf/fonts/opentype/public/lm \
        /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

Chromium embeds TrueType outlines as they are and draws all others as fonts of type 3, which few
programs can search or hint: so the outlines become quadratic. Latin Modern keeps Latin letters and
signs, the others what else the book uses: run this again when a text brings new letters. Debian
has the two as fonts-lmodern and fonts-noto-cjk; woff2 needs the package brotli.
"""

import sys
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable
from matplotlib import get_data_path

BOOK = Path(__file__).parent.parent / "book"
LATIN = {*range(0x20, 0x180), *range(0x2010, 0x2045), 0x20AC, 0x2122, 0x2190, 0x2192, 0x2212}
FACES = {
    "regular": "lmroman10-regular",
    "italic": "lmroman10-italic",
    "bold": "lmroman10-bold",
    "bolditalic": "lmroman10-bolditalic",
    "mono": "lmmono10-regular",
    "mono-italic": "lmmono10-italic",
    "mono-bold": "lmmonolt10-bold",
}


def with_quadratic_outlines(font: TTFont) -> None:
    """Replace the cubic outlines of a font, to a thousandth of its size."""
    glyphs, names = font.getGlyphSet(), font.getGlyphOrder()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    outlines = {}
    for name in names:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, font["head"].unitsPerEm / 1000, reverse_direction=True))
        outlines[name] = pen.glyph()
    font["glyf"].glyphOrder, font["glyf"].glyphs = names, outlines
    for table in ("CFF ", "VORG"):
        if table in font:
            del font[table]
    maxp = font["maxp"]
    maxp.tableVersion, maxp.maxZones = 0x00010000, 1
    for limit in (
        *("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs"),
        *("maxStackElements", "maxSizeOfInstructions", "maxComponentElements"),
    ):
        setattr(maxp, limit, 0)
    font["post"].formatType, font["post"].extraNames, font["post"].mapping = 2.0, [], {}
    font.sfntVersion = "\x00\x01\x00\x00"


def write(source: Path, characters: set[int], name: str) -> set[int]:
    """Write the named font with those characters of the source alone, and say which it has."""
    font = TTFont(source, fontNumber=2 if source.suffix == ".ttc" else 0)  # 2: simplified Chinese
    subsetter = Subsetter(Options(hinting=False, notdef_outline=True, desubroutinize=True))
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    if "CFF " in font:
        with_quadratic_outlines(font)
    for record in font["name"].names:  # a changed font has a name of its own
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = f"SoftmaxBook-{name}"
    font.flavor = "woff2"
    font.save(BOOK / "_static" / "paper" / f"{name}.woff2")
    return set(font.getBestCmap())


if __name__ == "__main__":
    latin, chinese = map(Path, sys.argv[1:])
    shipped = Path(get_data_path()) / "fonts" / "ttf"  # by Matplotlib
    for name, face in FACES.items():
        write(latin / f"{face}.otf", LATIN, name)
    texts = [path.read_text() for kind in ("md", "bib", "ipynb") for path in BOOK.glob(f"*.{kind}")]
    used = set(map(ord, "".join(texts))) - LATIN
    for name, source in (
        ("signs", shipped / "STIXGeneral.ttf"),
        ("more-signs", shipped / "DejaVuSerif.ttf"),
        ("chinese", chinese),
    ):
        used -= write(source, used, name)
    print("in none of the fonts:", "".join(map(chr, sorted(used))))
