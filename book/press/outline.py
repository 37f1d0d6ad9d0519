"""What the book consists of, with numbers, for contents that no theme makes."""

from typing import NamedTuple

from docutils import nodes
from sphinx.environment import BuildEnvironment

from press.contents import FIRST, PARTS


class Entry(NamedTuple):
    """A line of the contents, and the lines below it."""

    text: str
    number: str = ""
    document: str = ""
    anchor: str = ""
    below: tuple["Entry", ...] = ()


def outline(env: BuildEnvironment) -> list[Entry]:
    """List the preface, without its sections, and the parts with their chapters."""
    parts = [
        Entry(part["caption"], below=tuple(chapter(env, x) for x in part["documents"]))
        for part in PARTS
    ]
    return [chapter(env, FIRST)._replace(below=()), *parts]


def chapter(env: BuildEnvironment, name: str) -> Entry:
    """List a document and its sections."""
    numbers = env.toc_secnumbers.get(name, {})

    def entry(title: str, anchor: str, below: tuple[Entry, ...] = ()) -> Entry:
        number = ".".join(map(str, numbers.get(anchor) or ()))
        return Entry(title, number, name, anchor.removeprefix("#"), below)

    _, *lists = env.tocs[name][0]  # after the title, the list of its sections
    items = [item for below in lists for item in below]
    links = [item[0][0] for item in items if isinstance(item, nodes.list_item)]
    sections = tuple(entry(link.astext(), link["anchorname"]) for link in links)
    return entry(env.titles[name].astext(), "", sections)
