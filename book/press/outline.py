"""What the book consists of, with numbers, for contents that no theme makes."""

from docutils import nodes
from sphinx.environment import BuildEnvironment

from press.contents import FIRST, PARTS


def number(env: BuildEnvironment, document: str, anchor: str = "") -> str:
    """Return the number of a document or of a section of it: 2, 2.1, or nothing."""
    return ".".join(map(str, env.toc_secnumbers.get(document, {}).get(anchor) or ()))


def outline(env: BuildEnvironment) -> list[dict]:
    """List the preface, without its sections, and the parts with their chapters.

    Each is a line of the contents, with its number and its place, and the lines below it.
    """
    parts = [
        {"text": part["caption"], "below": [chapter(env, name) for name in part["documents"]]}
        for part in PARTS
    ]
    return [{**chapter(env, FIRST), "below": []}, *parts]


def chapter(env: BuildEnvironment, document: str) -> dict:
    """List a document and its sections."""

    def line(text: str, anchor: str, below: list[dict]) -> dict:
        place = {"document": document, "anchor": anchor.removeprefix("#")}
        return {"text": text, "number": number(env, document, anchor), **place, "below": below}

    _, *lists = env.tocs[document][0]  # after the title, the list of its sections
    items = [item for below in lists for item in below if isinstance(item, nodes.list_item)]
    sections = [line(item[0].astext(), item[0][0]["anchorname"], []) for item in items]
    return line(env.titles[document].astext(), "", sections)
