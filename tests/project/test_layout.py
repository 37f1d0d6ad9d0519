"""The layout: imports run one way, every module has its tests, every name stands in the table."""

import ast
import inspect
import re
from pathlib import Path

from press.contents import ROOT

import softmax_lib

LIBRARY = ROOT / "softmax_lib"
TESTS = ROOT / "tests" / "library"


def modules() -> dict[str, Path]:
    """Give the modules of the library, those of the engine as ``engine.sums``."""
    paths = (path.relative_to(LIBRARY) for path in LIBRARY.rglob("*.py"))
    names = {".".join(path.with_suffix("").parts): LIBRARY / path for path in paths}
    return {name: path for name, path in names.items() if not name.endswith("__init__")}


def imported_modules(path: Path) -> set[str]:
    """Give the modules of the library that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name.removeprefix("softmax_lib.") for name in names if name.startswith("softmax_lib")}


def drawn(docstring: str, below: set[str], prefix: str = "") -> set[str]:
    """Check that a package's modules import what stands before them in its drawing alone."""
    drawing = " ".join(re.findall(r"^ +([\w, ]*  <-  .*)$", docstring, re.M))
    files = modules()
    seen: set[str] = set()
    for layer in re.split(r"\s+<-\s+", drawing):
        names = {prefix + name for name in re.split(r",\s*", layer)}
        for name in names:
            assert imported_modules(files[name]) <= below | seen, name
        seen |= names
    return seen


def test_imports_run_downward_as_the_packages_draw_them():
    engine = drawn(softmax_lib.engine.__doc__, set(), "engine.")
    concepts = drawn(softmax_lib.__doc__, engine)
    assert engine | concepts == set(modules())


def test_every_module_has_its_tests():
    for name in modules():
        *folder, module = name.split(".")
        assert (TESTS.joinpath(*folder) / f"test_{module}.py").exists(), name


def test_the_table_of_names_has_every_argument():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    table = text[text.index("| name | meaning |") :].split("\n\n")[0]
    named = re.findall(r"\| `(\w+)` \|", table)
    assert len(named) == len(set(named))
    model = softmax_lib.SoftmaxRegression
    public = [f for name in softmax_lib.__all__ if (f := getattr(softmax_lib, name)) is not model]
    public += [model, *(f for name, f in vars(model).items() if not name.startswith("_"))]
    for f in public:
        assert set(inspect.signature(f).parameters) - {"self"} <= set(named), f.__name__
