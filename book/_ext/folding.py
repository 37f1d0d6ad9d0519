"""Solutions that fold without a script: they open by keyboard and from disk."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import solution_node


class fold(nodes.General, nodes.Element):
    """A part of a page that is closed at first."""


class fold_summary(nodes.General, nodes.TextElement):
    """The line that is always shown."""


class FoldSolutions(SphinxPostTransform):
    """Put solutions into folds, after their titles have got their numbers."""

    default_priority = 900
    builders = ("html",)

    def run(self, **_options) -> None:
        for solution in list(self.document.findall(solution_node)):
            title, *content = solution.children
            if isinstance(
                content[0], nodes.section
            ):  # whose id is the same in every solution
                content = content[0].children
            folded = fold("", fold_summary("", title.astext()), ids=solution["ids"])
            back = nodes.paragraph("", "", *title.findall(nodes.reference))
            folded += [back, *content]
            solution.replace_self(folded)


def visit_fold(self: HTML5Translator, node: fold) -> None:
    self.body.append(self.starttag(node, "details", CLASS="admonition solution"))


def depart_fold(self: HTML5Translator, _node: fold) -> None:
    self.body.append("</details>\n")


def visit_summary(self: HTML5Translator, node: fold_summary) -> None:
    self.body.append(self.starttag(node, "summary", "", CLASS="admonition-title"))


def depart_summary(self: HTML5Translator, _node: fold_summary) -> None:
    self.body.append("</summary>\n")


def setup(app: Sphinx) -> dict:
    """Fold solutions in HTML."""
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_node(fold_summary, html=(visit_summary, depart_summary))
    app.add_post_transform(FoldSolutions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
