"""A link to the glossary where a chapter uses a term for the first time."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

# What is a name, a formula or code, or leads somewhere else already.
CLOSED = (
    nodes.reference,
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.caption,
    nodes.raw,
    nodes.table,
)


class LinkTerms(SphinxPostTransform):
    """Link the first use of each term in the paragraphs of a chapter."""

    default_priority = 700  # after references have been resolved
    formats = ("html",)

    def run(self, **_options) -> None:
        if self.env.docname not in self.env.toc_secnumbers:
            return
        self.places = self.env.domaindata["std"]["terms"]
        names = sorted(
            self.places, key=len, reverse=True
        )  # cross-entropy, then entropy
        words = "|".join(re.escape(name).replace("\\ ", r"\s+") for name in names)
        self.term = re.compile(rf"(?<![\w-])({words})s?(?![\w-])", re.IGNORECASE)
        self.linked = set()
        for paragraph in self.document.findall(nodes.paragraph):
            for text in list(paragraph.findall(nodes.Text)):
                if not is_closed(text):
                    self.link(text)

    def link(self, text: nodes.Text) -> None:
        """Replace a text by pieces, of which those that are new terms are links."""
        pieces, done = [], 0
        for match in self.term.finditer(text):
            name = " ".join(match[1].lower().split())
            if name not in self.linked:
                self.linked.add(name)
                pieces += [nodes.Text(text[done : match.start()])]
                pieces += [self.reference(name, match[0])]
                done = match.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(text[done:])])

    def reference(self, name: str, shown: str) -> nodes.reference:
        """Return a link to a term."""
        document, label = self.places[name]
        link = make_refnode(
            self.app.builder, self.env.docname, document, label, nodes.Text(shown)
        )
        link["classes"].append("term-link")
        return link


def is_closed(node: nodes.Node) -> bool:
    """Tell whether a text lies within something that takes no link."""
    while node := node.parent:
        if isinstance(node, CLOSED) or "output" in node.get("classes", []):
            return True
    return False


def setup(app: Sphinx) -> dict:
    """Link terms in every builder that makes HTML."""
    app.add_post_transform(LinkTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
