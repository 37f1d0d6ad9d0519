"""What is closed at first: solutions, long tables, code that draws.

In browsers it folds without a script: it opens by keyboard and from disk. E-readers and paper show
it: searches and voices pass over what is closed.
"""

from collections.abc import Callable
from html import escape

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator
from sphinx_design.dropdown import dropdown_main
from sphinx_exercise.nodes import is_exercise_node, solution_node


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
            if isinstance(content[0], nodes.section):
                content = content[0].children
            folded = fold("", fold_summary("", title.astext()), ids=solution["ids"])
            back = nodes.paragraph("", "", *title.findall(nodes.reference))
            folded += [back, *content]
            solution.replace_self(folded)


class Unfold(SphinxPostTransform):
    """Open what nobody can open, and let exercises lead to their solutions."""

    default_priority = 900
    builders = ("epub", "paper")

    def run(self, **_options) -> None:
        for box in list(self.document.findall(dropdown_main)):
            title, *content = box.children
            line = nodes.paragraph("", "", *title, classes=["admonition-title"])
            box.replace_self(nodes.container("", line, *content, classes=box["classes"]))
        exercises = {e["label"]: e for e in self.document.findall(is_exercise_node)}
        for solution in self.document.findall(solution_node):
            link = nodes.reference("", "Solution", internal=True, refid=solution["ids"][0])
            link["classes"].append("to-solution")
            exercises[solution["target_label"]] += nodes.paragraph("", "", link)


def written_as(tag: str, classes: str) -> tuple[Callable, Callable]:
    """Return what begins and ends an element of HTML around what a node holds."""

    def visit(self: HTML5Translator, node: nodes.Element) -> None:
        self.body.append(self.starttag(node, tag, "", CLASS=classes))

    def depart(self: HTML5Translator, _node: nodes.Element) -> None:
        self.body.append(f"</{tag}>\n")

    return visit, depart


def visit_hidden(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Fold code, under a summary without a label that says less than its text."""
    self.body.append(self.starttag(node, "details", CLASS="admonition hide"))
    strict = self.builder.name == "epub"  # it cannot choose by state either
    tag, states = ("span", ["collapsed"]) if strict else ("p", ["collapsed", "expanded"])
    said = {"collapsed": escape(node["prompt_show"]), "expanded": escape(node["prompt_hide"])}
    lines = [f'<{tag} class="{x} admonition-title">{said[x]}</{tag}>' for x in states]
    self.body.append(f"<summary>{''.join(lines)}</summary>\n")


FOLD = written_as("details", "admonition solution")
SUMMARY = written_as("summary", "admonition-title")
HIDDEN = (visit_hidden, FOLD[1])
