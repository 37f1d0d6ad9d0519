"""The book as its readers get it: every cell run, every figure described, every chapter whole."""

import ast
import re
import subprocess
import sys
from collections import Counter
from copy import deepcopy
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from press import contents
from press.contents import BOOK, DOCUMENTS, PARTS, ROOT

NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
CHAPTERS = [ROOT / f"{name}.ipynb" for name in contents.CHAPTERS]


def by_name(path: Path) -> str:
    return path.stem


@cache
def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[NotebookNode]:
    return [c for c in read(path).cells if c.cell_type == "code" and c.source.strip()]


def figure_cells(path: Path) -> list[NotebookNode]:
    def drawn(cell: NotebookNode) -> bool:
        return any(mime.startswith("image/") for o in cell.outputs for mime in o.get("data", {}))

    return [cell for cell in code_cells(path) if drawn(cell)]


def prose(path: Path) -> str:
    if path.suffix == ".md":
        return path.read_text()
    return "\n\n".join(c.source for c in read(path).cells if c.cell_type == "markdown")


notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
chapter = pytest.mark.parametrize("path", CHAPTERS, ids=by_name)


def test_every_notebook_is_in_the_contents_and_the_core_is_there():
    listed = {ROOT / f"{name}.ipynb" for name in DOCUMENTS}
    core = {"definition", "overflow", "jacobian", "temperature", "cross_entropy"}
    assert set(NOTEBOOKS) <= listed
    assert core <= {path.stem for path in CHAPTERS}


def test_a_chapter_of_softmax_at_work_is_referred_to_before_it_comes():
    [part] = [part for part in PARTS if part["caption"] == "Softmax at work"]
    names = [path.stem for path in CHAPTERS]
    for name in (Path(name).name for name in part["documents"]):
        before = CHAPTERS[: names.index(name)]
        assert any(f"{{doc}}`{name}`" in prose(path) for path in before), name


@notebook
def test_every_code_cell_was_run_from_a_fresh_kernel(path):
    # A cell that was never run is not compared, so nothing would test it.
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


def shows(cell: NotebookNode) -> bool:
    """Tell whether a cell prints or draws outside of a function that it defines."""
    run = [n for n in ast.parse(cell.source).body if not isinstance(n, ast.FunctionDef)]
    calls = (n for statement in run for n in ast.walk(statement) if isinstance(n, ast.Call))
    return any(ast.unparse(call.func) in ("print", "plt.show", "live.show") for call in calls)


@notebook
def test_what_a_cell_displays_is_stored(path):
    assert not [cell.source for cell in code_cells(path) if shows(cell) and not cell.outputs]


@notebook
def test_outputs_are_compared_and_quiet(path):
    for cell in code_cells(path):
        assert not re.search(r"^#\s*NBVAL|^%", cell.source, re.MULTILINE), cell.source
        assert not {"nbval-ignore-output", "nbval-skip", "raises-exception", "skip"} & set(
            cell.metadata.get("tags", [])
        )
        for output in cell.outputs:
            assert output.output_type in ("stream", "display_data", "execute_result")
            assert output.get("name") != "stderr", output.text
            # Bitmaps are passed over in the comparison; SVG is compared as text, and holds none.
            data = output.get("data", {})
            assert not {"image/png", "image/jpeg"} & set(data)
            assert "<image" not in data.get("image/svg+xml", ""), cell.source


@notebook
def test_notebooks_are_normalised(path):
    book = read(path)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    assert book.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert not any("execution" in cell.metadata for cell in book.cells)


@notebook
def test_the_first_code_cell_holds_the_imports_alone(path):
    for line in code_cells(path)[0].source.splitlines():
        assert re.match(r"(import|from) |[ )\w,]*$", line), line


@notebook
def test_every_figure_has_caption_name_and_alternative_text(path):
    for cell in figure_cells(path):
        mystnb = cell.metadata.get("mystnb", {})
        assert len(mystnb.get("image", {}).get("alt", "")) > 40, cell.source
        assert len(mystnb.get("figure", {}).get("caption", "")) > 40, cell.source
        assert re.match(r"fig-[a-z_]+-", mystnb["figure"].get("name", "")), cell.source


@chapter
def test_a_chapter_has_all_its_parts_in_order(path):
    text = prose(path)
    parts = ["Before you start", "## A puzzle", "{prf:definition}", "{prf:theorem}", "{prf:proof}"]
    parts += ["{literalinclude}", "## Misconceptions", "## Exercises", "## Takeaways"]
    parts += ["## Further reading", "## Solutions"]
    assert not [part for part in parts if part not in text]
    sections = [text.index(f"\n{part}") for part in parts[-5:]]
    assert sections == sorted(sections)
    for promise in ("You will be able to", "You need", "Time"):
        assert f"**{promise}" in text


def letter(symbol: str) -> re.Pattern:
    """Return what finds the first letter, or the first named sign, of a formula."""
    (sign,) = re.match(r"\$(?:\\operatorname\{)?(\\?[A-Za-z]+)", symbol).groups()
    sign = sign.replace("var", "")  # an epsilon of either shape
    return re.compile(rf"(?<![A-Za-z]){re.escape(sign)}(?![A-Za-z])")


def test_what_one_chapter_calls_its_own_is_found_there():
    page = (ROOT / "book" / "notation.md").read_text()
    table = page[page.index("## In one chapter only") :].partition("|---|")[2]
    rows = [line.split("|", 3)[1:] for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) > 50
    for symbol, code, meaning in rows:
        paths = [ROOT / "book" / f"{name}.ipynb" for name in re.findall(r"<(\w+)>`", meaning)]
        assert paths
        assert set(paths) <= set(CHAPTERS)
        for path in paths if symbol.strip() else ():
            text = prose(path).replace("var", "")
            formulas = " ".join(re.findall(r"\$\$[^$]+\$\$|\$[^$]+\$", text))
            assert letter(symbol.strip()).search(formulas), (symbol, path.stem)
        source = "".join(cell.source for path in paths for cell in code_cells(path))
        for name in re.findall(r"`([\w.]+)", code):
            assert re.search(rf"\b{name}\b", source), name


@chapter
def test_a_chapter_has_at_least_four_figures(path):
    assert len(figure_cells(path)) >= 4


@chapter
def test_every_exercise_has_a_solution_whose_code_is_tested(path):
    cells = read(path).cells
    text = prose(path)
    exercises = re.findall(r"\{exercise\}.*\n:label: (\S+)", text)
    solutions = re.findall(r"\{solution-start\} (\S+)", text)
    assert len(exercises) >= 8
    assert solutions == exercises
    assert text.count("{solution-start}") == text.count(":class: dropdown\n:::")
    inside, asserts = None, dict.fromkeys(exercises, 0)
    for cell in cells:
        if cell.cell_type == "code" and inside:
            asserts[inside] += "assert" in cell.source
            continue
        for start, end in re.findall(r"\{solution-start\} (\S+)|(\{solution-end\})", cell.source):
            inside = None if end else start
    assert not [exercise for exercise, count in asserts.items() if not count]


@pytest.mark.parametrize("path", [*NOTEBOOKS, *sorted(BOOK.glob("*.md"))], ids=by_name)
def test_the_house_style_keeps_its_words(path):
    banned = r"\b(simply|obviously|clearly|just|trivially|of course|note that|let's|let us)\b"
    assert not re.findall(banned, re.sub(r"`[^`]*`", "", prose(path)), re.IGNORECASE)


def first_output(cells: list[NotebookNode], mime: str) -> NotebookNode:
    return next(o for cell in cells for o in cell.outputs if mime in o.get("data", {}))


def changed_number(notebook: NotebookNode) -> None:
    output = next(o for cell in notebook.cells for o in cell.get("outputs", []) if "text" in o)
    output.text = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), output.text, count=1)


def changed_figure(notebook: NotebookNode) -> None:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    data = first_output(cells, "image/svg+xml").data
    data["image/svg+xml"] = re.sub(
        r"d=\"M (\d)", lambda m: f'd="M {(int(m[1]) + 1) % 10}', data["image/svg+xml"], count=1
    )


CHANGES = {"nothing": lambda notebook: None, "number": changed_number, "figure": changed_figure}


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> str:
    """Compare copies of a chapter that are changed; return what pytest says of them."""
    folder = tmp_path_factory.mktemp("changed")
    for module in ("figures.py", "live.py"):
        (folder / module).write_text((BOOK / module).read_text())
    for name, change in CHANGES.items():
        copy = deepcopy(read(BOOK / "definition.ipynb"))
        copy.cells = copy.cells[:9]  # up to the first figure: enough, and quick
        change(copy)
        nbformat.write(copy, folder / f"{name}.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-v"]
    command += ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", folder, folder]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(("change", "failed"), [("nothing", 0), ("number", 1), ("figure", 1)])
def test_the_comparison_bites(change, failed, compared):
    results = re.findall(rf"\b{change}\W+ipynb::Cell \d+ (PASSED|FAILED)", compared)
    assert Counter(results) == Counter(PASSED=5 - failed, FAILED=failed), compared
