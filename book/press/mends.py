"""Nodes that are mended before any builder sees them."""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_design.dropdown import dropdown_title


class Mend(SphinxPostTransform):
    """Mend ids, fields, links and folds."""

    default_priority = 850  # after the theme has wrapped tables and equations
    formats = ("html",)

    def run(self, **_options) -> None:
        for part in self.document.findall(nodes.Element):
            ids = part.get("ids")
            wraps = ids and isinstance(part, nodes.container) and part[0].get("ids") == ids
            # What is no place has none: parts of exercises, boxes around a place.
            if ids and (wraps or ids[0] == "proof" or ids[0].endswith("-content")):
                part["ids"] = []
        for paragraph in list(self.document.findall(nodes.paragraph)):
            if any(isinstance(part, nodes.paragraph) for part in paragraph):
                paragraph.replace_self(paragraph.children)  # a field that has several
        for link in self.document.findall(nodes.reference):
            first = next(iter(link), "")
            if isinstance(first, nodes.Text) and first.startswith(" "):
                link[0] = nodes.Text(first.lstrip())  # the space would be underlined
                link.parent.insert(link.parent.index(link), nodes.Text(" "))
        for title in self.document.findall(dropdown_title):
            for part in list(title):
                if "sd-summary-state-marker" in part["classes"]:
                    title.remove(part)  # browsers draw an arrow of their own
