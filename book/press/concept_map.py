"""The map of the book: a picture whose boxes lead to the chapters.

Its directive says in YAML where each chapter's box stands, as row and column, which chapters it
builds on and what it is about. Where the pointer or the focus is on a box, the style sheet alone
lights up what comes before it and what it leads to.
"""

import textwrap
from functools import partial

import yaml
from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.errors import ExtensionError
from sphinx.util import docname_join
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from press.contents import CHAPTERS, PARTS
from press.outline import number

WIDTH, HEIGHT = 112, 72  # of a box; three stand side by side on a phone
ACROSS, DOWN = 124, 116  # from one box to the next


class concept_map(nodes.General, nodes.Element):
    """A map: `boxes`, by the names of the chapters."""


class ConceptMap(SphinxDirective):
    """Reads a map, and asks that it holds what it needs."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the map; its boxes know where they lead, and their upper left corner."""
        boxes = yaml.safe_load("\n".join(self.content))
        for name, box in boxes.items():
            row, column = box["at"]
            box["document"] = docname_join(self.env.docname, name)
            box["x"], box["y"] = (column - 1) * ACROSS + 1, (row - 1) * DOWN + 1
            for need in box["needs"]:
                if need not in boxes:
                    raise self.error(f"{name} builds on {need}, which has no box")
                if boxes[need]["at"][0] >= row:
                    raise self.error(f"{need} needs to stand above {name}")
        return [concept_map("", boxes=boxes)]


def before(boxes: dict, name: str) -> set[str]:
    """Return all that a chapter builds on, near and far."""
    needs = boxes[name]["needs"]
    return set(needs).union(*(before(boxes, need) for need in needs))


def after(boxes: dict, name: str) -> set[str]:
    """Return all that builds on a chapter."""
    return {other for other in boxes if name in before(boxes, other)}


def arrow(upper: dict, lower: dict) -> str:
    """Return the way from one box down to another, round what stands between them."""
    x, to_x, top, bottom = upper["x"], lower["x"], lower["y"], upper["y"] + HEIGHT
    begin, end = x + WIDTH / 2, to_x + WIDTH / 2
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


def drawn(builder: StandaloneHTMLBuilder, boxes: dict) -> str:
    """Draw the map for a page; on paper nothing lights up."""
    documents = sorted(box["document"] for box in boxes.values())
    if documents != sorted(CHAPTERS):
        raise ExtensionError(f"the map needs {sorted(CHAPTERS)}; got {documents}")
    env = builder.env
    context = {
        "boxes": boxes,
        "size": (WIDTH, HEIGHT),
        "page": [max(box[side] for box in boxes.values()) for side in "xy"],
        "parts": [part["documents"] for part in PARTS if part["numbered"]],
        "titles": {x: env.titles[x].astext().partition(":")[0] for x in documents},
        "numbers": {x: number(env, x) for x in documents},
        "address": partial(builder.get_relative_uri, builder.current_docname),
        "lit": {"before": before, "after": after} if builder.name == "html" else {},
        "arrow": arrow,
        "wrap": partial(textwrap.wrap, break_on_hyphens=False),
    }
    return builder.templates.render("map.svg", context)


def write(self: HTML5Translator, node: concept_map) -> None:
    """Write the picture into a page; e-readers, which show none, get the chapters."""
    if self.builder.name != "epub":
        self.body.append(drawn(self.builder, node["boxes"]))
    raise nodes.SkipNode
