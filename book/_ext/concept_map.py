"""The map of the book: a picture whose boxes lead to the chapters.

Its directive says in YAML where each chapter's box stands, as row and column, which
chapters it builds on and what it is about. Where the pointer or the focus is on a box,
the style sheet alone lights up what comes before it and what it leads to.
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path

import yaml
from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxTranslator

WIDTH, HEIGHT = 112, 72  # of a box; three stand side by side on a phone
ACROSS, DOWN = 124, 116  # from one box to the next
LETTERS = 14, 18  # in a line of a title, and of what a box is about


class concept_map(nodes.General, nodes.Element):
    """A map: `boxes`, by the name of the document that each leads to."""


class ConceptMap(SphinxDirective):
    """Reads a map, and asks that it holds what it needs."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the map, its documents named from the root."""
        folder = self.env.docname.rpartition("/")[0]
        boxes = yaml.safe_load("\n".join(self.content))
        for name, box in boxes.items():
            for need in box["needs"]:
                if need not in boxes:
                    raise self.error(f"{name} builds on {need}, which has no box")
                if boxes[need]["at"][0] >= box["at"][0]:
                    raise self.error(f"{need} needs to stand above {name}")
            box["needs"] = [f"{folder}/{need}" for need in box["needs"]]
        named = {f"{folder}/{name}": box for name, box in boxes.items()}
        return [concept_map("", boxes=named)]


def before(boxes: dict, name: str) -> set[str]:
    """Return all that a chapter builds on, near and far."""
    needs = boxes[name]["needs"]
    return set(needs).union(*(before(boxes, need) for need in needs))


def after(boxes: dict, name: str) -> set[str]:
    """Return all that builds on a chapter."""
    return {other for other in boxes if name in before(boxes, other)}


def place(box: dict) -> tuple[float, float]:
    """Return the upper left corner of a box."""
    row, column = box["at"]
    return (column - 1) * ACROSS + 1, (row - 1) * DOWN + 1


def arrow(upper: dict, lower: dict) -> str:
    """Return the way from one box down to another, round what stands between them."""
    (x, y), (to_x, top) = place(upper), place(lower)
    begin, end, bottom = x + WIDTH / 2, to_x + WIDTH / 2, y + HEIGHT
    if lower["at"][0] - upper["at"][0] == 1:
        end += (begin - end) / 8  # side by side where several end
        bend = (bottom + top) / 2
        way = f"M{begin} {bottom}C{begin} {bend} {end} {bend} {end} {top - 1}"
    else:
        side = ACROSS - WIDTH
        gap = x + WIDTH + side / 2 if to_x > x else x - side / 2
        begin, end = begin + (gap - begin) / 2, end + (gap - end) / 2
        down = (DOWN - HEIGHT) / 2
        way = f"M{begin} {bottom}C{begin} {bottom + down} {gap} {bottom + down / 2} "
        way += f"{gap} {bottom + 1.5 * down}V{top - 1.5 * down}"
        way += f"C{gap} {top - down / 2} {end} {top - down} {end} {top - 1}"
    return f"{way}M{end - 4} {top - 8}L{end} {top - 1}L{end + 4} {top - 8}"


def rules(boxes: dict) -> Iterator[str]:
    """Give what lights up, for each box."""
    keys = {name: name.rpartition("/")[2] for name in boxes}
    for name, key in keys.items():
        for relation, others in (("before", before), ("after", after)):
            related = {name, *others(boxes, name)}
            boxes_lit = ", ".join(f".map-{keys[other]}" for other in sorted(related))
            arrows = [
                f".map-{keys[need]}-{keys[other]}"
                for other in sorted(related)
                for need in boxes[other]["needs"]
                if need in related
            ]
            lit = f"a:is({boxes_lit})" + "".join(f", path:is({a})" for a in arrows)
            yield (
                f".map:has(.map-{key}:is(:hover, :focus-visible)) :is({lit}) "
                f"{{ opacity: 1; --map-line: var(--map-{relation}) }}"
            )


def lines(text: str, letters: int) -> list[str]:
    """Break a text into lines that fit into a box."""
    return textwrap.wrap(text, letters, break_on_hyphens=False)


def drawn(translator: SphinxTranslator, boxes: dict) -> Iterator[str]:
    """Give the map's picture, piece by piece."""
    builder, env = translator.builder, translator.builder.env
    toc = yaml.safe_load(Path(env.srcdir, "_toc.yml").read_text(encoding="utf-8"))
    parts = [part for part in toc["parts"] if part.get("numbered")]
    part_of = {e["file"]: k for k, part in enumerate(parts) for e in part["chapters"]}
    if set(boxes) != set(part_of):
        raise ExtensionError(f"the map needs {sorted(part_of)}; got {sorted(boxes)}")
    titles = {name: env.titles[name].astext().partition(":")[0] for name in boxes}
    width = max(place(box)[0] for box in boxes.values()) + WIDTH + 1
    height = max(place(box)[1] for box in boxes.values()) + HEIGHT + 1
    yield f'<svg class="map" viewBox="0 0 {width} {height}" role="group" '
    yield 'xmlns="http://www.w3.org/2000/svg" '
    yield 'xmlns:xlink="http://www.w3.org/1999/xlink" aria-label="Map of the chapters">'
    if builder.name == "html":
        yield f"<style>{' '.join(rules(boxes))}</style>"
    for name, box in boxes.items():
        for need in box["needs"]:
            way = f"{need.rpartition('/')[2]}-{name.rpartition('/')[2]}"
            yield f'<path class="map-{way}" d="{arrow(boxes[need], box)}"/>'
    link = "xlink:href" if builder.name == "epub" else "href"
    for name, box in boxes.items():
        number = ".".join(map(str, env.toc_secnumbers[name][""]))
        address = builder.get_relative_uri(builder.current_docname, name)
        needs = ", ".join(titles[need] for need in box["needs"])
        says = f"{number} {titles[name]}: {box['about']}."
        says += f" Builds on {needs}." if needs else ""
        key = name.rpartition("/")[2]
        yield Markup('<a class="map-{} map-part-{}" {}="{}" aria-label="{}">').format(
            key, part_of[name], Markup(link), address, says
        )
        x, y = place(box)
        yield f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="3"/>'
        yield f'<text class="map-number" x="{x + 6}" y="{y + 14}">{number}</text>'
        title = lines(titles[name], LETTERS[0])
        about = lines(box["about"], LETTERS[1])
        down = y + HEIGHT / 2 - 7.5 * len(title) - 6.5 * len(about) - 1
        for text, step, kind in [(t, 15, "title") for t in title] + [
            (t, 13, "about") for t in about
        ]:
            down += step
            yield Markup('<text class="map-{}" x="{}" y="{}">{}</text>').format(
                kind, x + WIDTH / 2, down, text
            )
        yield "</a>"
    yield "</svg>"


def write(translator: SphinxTranslator, node: concept_map) -> None:
    """Write the picture into the page."""
    translator.body.append("".join(drawn(translator, node["boxes"])))
    raise nodes.SkipNode


def skip(*_) -> None:
    """Leave the map out where there are no pictures."""
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    """Register the directive and how its map is written."""
    app.add_directive("concept-map", ConceptMap)
    app.add_node(
        concept_map,
        html=(write, None),
        epub=(write, None),
        **{name: (skip, None) for name in ("latex", "text", "man", "texinfo")},
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
