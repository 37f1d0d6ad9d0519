"""The reference page: every public function stands there once, with all that its docstring says."""

import builtins
import inspect
import re

import pytest
import yaml
from docutils import nodes
from docutils.core import publish_doctree
from press.contents import DOCUMENTS, ROOT
from sphinx.ext.napoleon import Config, NumpyDocstring

import softmax_lib

PAGE = (ROOT / "book" / "api.md").read_text()
SETTINGS = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]
NAPOLEON = Config(**{name: SETTINGS[name] for name in SETTINGS if name.startswith("napoleon_")})
SECTIONS = ["Parameters", "Attributes", "Returns", "Raises", "References", "Examples"]
CLASSES = {name: f for name in softmax_lib.__all__ if inspect.isclass(f := vars(softmax_lib)[name])}
METHODS = {
    f"{name}.{method}": f
    for name, owner in CLASSES.items()
    for method, f in vars(owner).items()
    if not method.startswith("_")
}
DOCUMENTED = {name: vars(softmax_lib)[name] for name in softmax_lib.__all__} | METHODS

every = pytest.mark.parametrize("name", DOCUMENTED)


def rendered(documented: object) -> nodes.document:
    """Give a docstring as the page shows it; anything that is not understood is an error."""
    text = str(NumpyDocstring(inspect.getdoc(documented), NAPOLEON))
    return publish_doctree(text, settings_overrides={"report_level": 1, "halt_level": 1})


def sections(name: str) -> dict[str, list[nodes.Element]]:
    """Give what stands under each heading; an exception has a field of its own."""
    found: dict[str, list[nodes.Element]] = {}
    for node in rendered(DOCUMENTED[name]).findall(nodes.Element):
        if isinstance(node, nodes.field | nodes.rubric):
            title = node.next_node(nodes.Text).split()[0].capitalize()
            found.setdefault(title, []).append(node)
    return found


def entries(fields: list[nodes.Element]) -> list[str]:
    """Give the names that stand in front of the entries of a section."""
    names = [name.astext() for field in fields for name in field.findall(nodes.strong)]
    return ", ".join(names).split(", ")


def test_the_page_is_in_the_contents():
    assert "book/api" in DOCUMENTS


def test_every_public_name_is_on_the_page_once_and_nothing_else_is():
    shown = re.findall(r"^\.\. (\w+):: (\S+)$", PAGE, re.MULTILINE)
    kinds = {name: "class" if name in CLASSES else "function" for name in softmax_lib.__all__}
    names = [(f"auto{kind}", f"softmax_lib.{name}") for name, kind in kinds.items()]
    wanted = sorted([*names, ("automodule", "softmax_lib")])
    assert sorted(shown) == wanted, "book/api.md, on the left, and __all__ name the same"
    assert PAGE.count("auto") == len(shown)


def test_a_class_is_shown_with_its_methods():
    assert PAGE.count(":members:") == len(CLASSES)


def test_every_function_stands_under_a_question_whose_chapter_is_named():
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        question, text = section.split("\n", 1)
        assert question.endswith("?")
        names = re.findall(r"auto\w+:: softmax_lib\.(\w+)", text)
        modules = {getattr(softmax_lib, name).__module__.split(".")[1] for name in names}
        chapters = ["cross_entropy" if module == "losses" else module for module in modules]
        assert re.findall(r"\{doc\}`(\w+)`", text) == chapters


@every
def test_the_sections_become_fields_in_their_order(name):
    titles = list(sections(name))
    assert titles == [title for title in SECTIONS if title in titles]
    gives = "Attributes" if name in CLASSES else "Returns"
    assert {"Parameters", gives, "Raises"} <= set(titles)
    headings = re.findall(r"^(.*)\n---", inspect.getdoc(DOCUMENTED[name]), re.MULTILINE)
    assert titles == headings


@every
def test_the_parameters_are_those_of_the_signature(name):
    """In their order, unless several that are as elsewhere share an entry."""
    listed = entries(sections(name)["Parameters"])
    signature = [p for p in inspect.signature(DOCUMENTED[name]).parameters if p != "self"]
    assert sorted(listed) == sorted(signature)
    if name != "cross_entropy_grad":
        assert listed == signature


@every
def test_what_is_raised_are_exceptions(name):
    for field in sections(name)["Raises"]:
        _, error = field[0].astext().split()
        assert issubclass(getattr(builtins, error), Exception)


@every
def test_a_docstring_renders_whole(name):
    """Text and lists, formulas and an example at the end; nothing is quoted by a wrong indent."""
    tree = rendered(DOCUMENTED[name])
    assert not list(tree.findall(nodes.block_quote)) + list(tree.findall(nodes.definition_list))
    assert isinstance(tree[-1], nodes.doctest_block) or name in METHODS
    said = set(re.findall(r"\w+", inspect.getdoc(DOCUMENTED[name])))
    assert said - set(re.findall(r"\w+", tree.astext())) <= {"math", "Returns", "Raises"}


@pytest.mark.parametrize("name", [None, *DOCUMENTED])
def test_what_single_backticks_name_is_on_the_page(name):
    documented = DOCUMENTED[name] if name else softmax_lib
    for link in rendered(documented).findall(nodes.title_reference):
        assert link.astext() in softmax_lib.__all__
