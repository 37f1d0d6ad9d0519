"""Nodes that are mended before any builder sees them."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


class KeepIdsUnique(SphinxPostTransform):
    """Take ids from what is no place: boxes around places, and parts of exercises."""

    default_priority = 850  # after the theme has wrapped tables and equations
    formats = ("html",)

    def run(self, **_options) -> None:
        for part in self.document.findall(nodes.Element):
            ids = part.get("ids")
            if not ids:
                continue
            if isinstance(part, nodes.container) and part[0].get("ids") == ids:
                part["ids"] = []
            elif ids == ["proof"] or ids[0].endswith("-content"):
                part["ids"] = []


class StripLinks(SphinxPostTransform):
    """Let no link begin with a space, which would be underlined."""

    default_priority = 850
    formats = ("html",)

    def run(self, **_options) -> None:
        for link in self.document.findall(nodes.reference):
            first = next(iter(link), "")
            if isinstance(first, nodes.Text) and first.startswith(" "):
                link[0] = nodes.Text(first.lstrip())
                link.parent.insert(link.parent.index(link), nodes.Text(" "))


def setup(app: Sphinx) -> None:
    """Mend what every builder of pages reads."""
    app.add_post_transform(KeepIdsUnique)
    app.add_post_transform(StripLinks)
