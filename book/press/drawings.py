"""Figures for paper: with the book's letters, and hatched with lines.

Their letters are in them, since a drawing sees no other fonts. Hatched areas become lines, since
Chromium prints a pattern as a bitmap. Matplotlib's SVG is text here, of which a few strings change.
"""

import math
import re
from base64 import b64encode
from itertools import count, product
from pathlib import Path

LETTERS = {"Roman": "regular.woff2", "Signs": "signs.woff2"}

PATTERN = re.compile(r'<pattern (id="\w+")[^>]* width="(\d+)" height="(\d+)">(.*?)</pattern>', re.S)
HATCHED = re.compile(r'<path d="([^"]+)"([^>]*?) style="fill: url\(#(\w+)\)([^"]*)"/>')
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def tiles(low: float, high: float, size: int) -> list[int]:
    """List where the tiles begin that cover an interval."""
    return [size * k for k in range(math.floor(low / size), math.ceil(high / size))]


def as_lines(svg: str) -> str:
    """Draw what fills each hatched area tile by tile, clipped to the area."""
    sizes = {p[1][4:-1]: (int(p[2]), int(p[3])) for p in PATTERN.finditer(svg)}
    numbers = count()

    def area(path: re.Match) -> str:
        outline, clip, pattern, style = path.groups()
        if pattern not in sizes:
            return path[0]
        points = [float(number) for number in NUMBER.findall(outline)]
        columns, rows = (
            tiles(min(along), max(along), size)
            for along, size in zip((points[::2], points[1::2]), sizes[pattern], strict=True)
        )
        drawn = "".join(
            f'<use xlink:href="#{pattern}" x="{x}" y="{y}"/>' for y, x in product(rows, columns)
        )
        name = f"{pattern}-{next(numbers)}"
        opacity = re.search(r"\bopacity: [\d.]+", style)
        return (
            f'<g{clip} style="{opacity[0] if opacity else ""}">'
            f'<clipPath id="{name}"><path d="{outline}"/></clipPath>'
            f'<g clip-path="url(#{name})">{drawn}</g>'
            f'<path d="{outline}" style="fill: none{style}"/></g>'
        )

    return PATTERN.sub(r"<g \1>\4</g>", HATCHED.sub(area, svg))


def lettered(svg: str, fonts: Path) -> str:
    """Give the text of a drawing the book's letters."""
    if "<text" not in svg:
        return svg
    faces = ""
    for family, file in LETTERS.items():
        source = f"data:font/woff2;base64,{b64encode((fonts / file).read_bytes()).decode()}"
        faces += f'@font-face {{ font-family: {family}; src: url("{source}") }} '
    svg = svg.replace("<g ", f"<style>{faces}</style><g ", 1)
    return svg.replace('"sans-serif"', f'"{", ".join(LETTERS)}"')


def adapt(figure: Path, fonts: Path) -> None:
    """Adapt a drawing to paper."""
    svg = as_lines(figure.read_text(encoding="utf-8"))
    figure.write_text(lettered(svg, fonts), encoding="utf-8")
