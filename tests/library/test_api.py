"""The reference page: every public function stands there once, with all that its docstring says."""

import builtins
import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from press.contents import DOCUMENTS, ROOT

import softmax_lib

PAGE = (ROOT / "book" / "api.md").read_text()
SECTIONS = ["Parameters", "Attributes", "Returns", "Raises", "Source"]
CLASSES = {name: f for name in softmax_lib.__all__ if inspect.isclass(f := vars(softmax_lib)[name])}
METHODS = {
    f"{name}.{method}": f
    for name, owner in CLASSES.items()
    for method, f in vars(owner).items()
    if not method.startswith("_")
}
DOCUMENTED = {name: vars(softmax_lib)[name] for name in softmax_lib.__all__} | METHODS

every = pytest.mark.parametrize("name", DOCUMENTED)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


as_fields = load(ROOT / "book" / "_ext" / "docstrings.py").as_fields


def rendered(documented: object) -> nodes.document:
    """Give a docstring as the page shows it; anything that is not understood is an error."""
    text = as_fields(inspect.getdoc(documented))
    return publish_doctree(text, settings_overrides={"report_level": 1, "halt_level": 1})


def fields(name: str) -> dict[str, nodes.field_body]:
    tree = rendered(DOCUMENTED[name])
    found = [field.children for field in tree.findall(nodes.field)]
    return {title.astext(): body for title, body in found}


def entries(body: nodes.field_body) -> list[str]:
    """Give the names that stand in front of the entries of a section."""
    names = [next(item.findall(nodes.strong)) for item in body.findall(nodes.list_item)]
    return ", ".join(name.astext() for name in names).split(", ")


def test_the_page_is_in_the_contents():
    assert "book/api" in DOCUMENTS


def test_every_public_name_is_on_the_page_once_and_nothing_else_is():
    shown = re.findall(r"^\.\. (\w+):: (\S+)$", PAGE, re.MULTILINE)
    kinds = {name: "class" if name in CLASSES else "function" for name in softmax_lib.__all__}
    names = [(f"auto{kind}", f"softmax_lib.{name}") for name, kind in kinds.items()]
    assert sorted(shown) == sorted([*names, ("automodule", "softmax_lib")])
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
    titles = list(fields(name))
    assert titles == [title for title in SECTIONS if title in titles]
    gives = "Attributes" if name in CLASSES else "Returns"
    assert {"Parameters", gives, "Raises"} <= set(titles)
    headings = re.findall(r"^(.*)\n---", inspect.getdoc(DOCUMENTED[name]), re.MULTILINE)
    assert titles == headings


@every
def test_the_parameters_are_those_of_the_signature(name):
    """In their order, unless several that are as elsewhere share an entry."""
    listed = entries(fields(name)["Parameters"])
    signature = [p for p in inspect.signature(DOCUMENTED[name]).parameters if p != "self"]
    assert sorted(listed) == sorted(signature)
    if name != "cross_entropy_grad":
        assert listed == signature


@every
def test_what_is_raised_are_exceptions(name):
    for error in entries(fields(name)["Raises"]):
        assert issubclass(getattr(builtins, error), Exception)


@every
def test_a_docstring_renders_whole(name):
    """Text and lists, formulas and an example at the end; nothing is quoted by a wrong indent."""
    tree = rendered(DOCUMENTED[name])
    assert not list(tree.findall(nodes.block_quote)) + list(tree.findall(nodes.definition_list))
    assert isinstance(tree[-1], nodes.doctest_block) or name in METHODS
    said = set(re.findall(r"\w+", inspect.getdoc(DOCUMENTED[name])))
    assert said - set(re.findall(r"\w+", tree.astext())) <= {"math"}


@pytest.mark.parametrize("name", [None, *DOCUMENTED])
def test_what_single_backticks_name_is_on_the_page(name):
    documented = DOCUMENTED[name] if name else softmax_lib
    for link in rendered(documented).findall(nodes.title_reference):
        assert link.astext() in softmax_lib.__all__
