"""The notebooks for Colab: the same, behind a cell that brings what they stand on."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from optional import NEEDS
from press.contents import ROOT

TOOL = ROOT / "tools" / "colab.py"
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("colab")
    subprocess.run([sys.executable, TOOL, "someone/book", "trunk", folder], check=True)
    return folder / "book"


def test_all_notebooks_are_made(made):
    assert [path.name for path in sorted(made.iterdir())] == [path.name for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_one_cell_is_new_and_comes_before_all_code(made, path):
    before = nbformat.read(path, as_version=4).cells
    after = nbformat.read(made / path.name, as_version=4)
    nbformat.validate(after)
    (new,) = [cell for cell in after.cells if cell not in before]
    after.cells.remove(new)
    assert after.cells == before
    assert new.source.startswith("#")
    assert "--branch trunk https://github.com/someone/book" in new.source
    assert all(f" {package}" in new.source for package in NEEDS.get(path.name, ()))


def test_the_cell_brings_the_book_and_its_library(made, tmp_path):
    """It runs as on Colab, except that pip does not install into this environment."""
    cell = next(c for c in nbformat.read(made / "definition.ipynb", 4).cells if c.id == "setup")
    source = cell.source.replace("https://github.com/someone/book", ROOT.as_uri())
    source = source.replace("--branch trunk ", "").replace("/content", str(tmp_path))
    source = source.replace("pip install", "pip install --dry-run --no-deps --no-build-isolation")
    notebook = nbformat.v4.new_notebook()
    check = "import figures, live; print(os.getcwd())"
    notebook.cells = [nbformat.v4.new_code_cell(text) for text in (source, check)]
    nbformat.write(notebook, tmp_path / "a.ipynb")
    jupyter = Path(sys.executable).with_name("jupyter")
    command = [jupyter, "execute", "--inplace", tmp_path / "a.ipynb"]
    subprocess.run(command, check=True, capture_output=True)
    _, last = nbformat.read(tmp_path / "a.ipynb", as_version=4).cells
    assert last.outputs[0].text.strip() == str(tmp_path / "softmax" / "book")


def test_a_wrong_call_says_what_is_needed():
    done = subprocess.run([sys.executable, TOOL], capture_output=True, text=True)
    assert done.returncode == 1
    assert "someone/book" in done.stderr
