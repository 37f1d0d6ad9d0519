"""Terms of the glossary: linked where a chapter first uses them, and in the index."""

import re
from collections.abc import Iterable, Iterator

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

# What is a formula or code, or is for looking things up, or leads somewhere else already.
CLOSED = (
    nodes.math,
    nodes.literal,
    nodes.FixedTextElement,
    nodes.table,
    nodes.reference,
    pending_xref,
)
ABOVE = (nodes.section, nodes.document)
# What has a title that readers look for.
STATEMENTS = ("corollary", "definition", "lemma", "theorem")


def pattern(names: Iterable[str]) -> re.Pattern:
    """Return what finds the terms in a text: cross-entropy before entropy."""
    words = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    words = words.replace("\\ ", r"\s+")
    return re.compile(rf"(?<![\w-])({words})s?(?![\w-])", re.IGNORECASE)


def name(match: re.Match) -> str:
    """Return the name of a term that has been found."""
    return " ".join(match[1].lower().split())


def texts(document: nodes.document) -> Iterator[nodes.Text]:
    """Give the texts of the paragraphs in which terms are looked for."""
    for paragraph in document.findall(nodes.paragraph):
        yield from (x for x in list(paragraph.findall(nodes.Text)) if not is_closed(x))


class LinkTerms(SphinxPostTransform):
    """Link the first use of each term in the paragraphs of a chapter."""

    default_priority = 700  # after references have been resolved
    formats = ("html",)

    def run(self, **_options) -> None:
        if self.env.docname not in self.env.toc_secnumbers:
            return
        places = self.env.domaindata["std"]["terms"]
        term, linked = pattern(places), set()
        for text in texts(self.document):
            pieces, done = [], 0
            for match in term.finditer(text):
                if name(match) not in linked:
                    linked.add(name(match))
                    shown, place = nodes.Text(match[0]), places[name(match)]
                    link = make_refnode(self.app.builder, self.env.docname, *place, shown)
                    link["classes"].append("term-link")
                    pieces += [nodes.Text(text[done : match.start()]), link]
                    done = match.end()
            if pieces:
                text.parent.replace(text, [*pieces, nodes.Text(text[done:])])


def index(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Let the index lead to the chapters: to terms, definitions and theorems."""
    term = pattern(env.domaindata["std"]["terms"])
    listed = env.domaindata["index"]["entries"]
    spelling = {entry[1].lower(): entry[1] for each in listed.values() for entry in each}
    for document, entries in listed.items():
        # There is one module, which need not be named at every function.
        kept = [
            (kind, text.replace(" (in module softmax_lib)", ""), *place)
            for kind, text, *place in entries
            if not text.startswith("module; ")
        ]
        if document in env.toc_secnumbers:
            chapter = env.get_doctree(document)
            found = [(spelling[name], at) for name, at in uses(chapter, term).items()]
            found += statements(chapter)
            new = [("single", text, at, "", None) for text, at in found]
            kept += [entry for entry in new if entry not in kept]
        entries[:] = kept
    return []


def statements(chapter: nodes.document) -> Iterator[tuple[str, str]]:
    """Give what a chapter defines and proves, each with its anchor."""
    for node in chapter.findall(nodes.Admonition):
        title = node.get("title", "").strip(" ()")
        if title and node.get("realtype") in STATEMENTS:
            yield f"{node['realtype']}; {title}", node["ids"][0]


def uses(chapter: nodes.document, term: re.Pattern) -> dict[str, str]:
    """Return the section in which each term is used for the first time."""
    found = {}
    for text in texts(chapter):
        section = text.parent
        # One inside of an exercise is no section of the chapter.
        while not isinstance(section, nodes.section) or not isinstance(section.parent, ABOVE):
            section = section.parent
        top = section.parent is chapter
        for match in term.finditer(text):
            found.setdefault(name(match), "" if top else section["ids"][0])
    return found


def is_closed(node: nodes.Node) -> bool:
    """Tell whether a text lies within something that takes no link."""
    while node := node.parent:
        if isinstance(node, CLOSED) or "output" in node.get("classes", []):
            return True
    return False
