"""Notebooks that need more packages than the rest: passed over with a word, or required."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import optional
import pytest
from press.contents import ROOT

PINS = ROOT / "requirements-frameworks.txt"


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """Make a project with the book's rule, and two notebooks, one of which lacks a package."""
    (tmp_path / "book").mkdir()
    for name in ("conftest.py", "book/conftest.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    rule = (ROOT / "tools" / "optional.py").read_text()
    needs = 'NEEDS = {"frameworks.ipynb": ("math", "no_such_package")}'
    rule, changed = re.subn(r"^NEEDS = .*$", needs, rule, flags=re.MULTILINE)
    assert changed == 1
    (tmp_path / "optional.py").write_text(rule)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    for name in ("definition", "frameworks"):
        cell = nbformat.v4.new_code_cell("1 + 1", id="sum")
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "book" / f"{name}.ipynb")
    return tmp_path


def collect(folder: Path, monkeypatch, setting: str | None) -> subprocess.CompletedProcess:
    monkeypatch.delenv("SOFTMAX_FRAMEWORKS", raising=False)
    if setting:
        monkeypatch.setenv("SOFTMAX_FRAMEWORKS", setting)
    command = [sys.executable, "-m", "pytest", "--nbval", "--collect-only", "-q", "book"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_notebook_whose_packages_are_missing_is_passed_over_with_a_word(elsewhere, monkeypatch):
    done = collect(elsewhere, monkeypatch, None)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "book/definition.ipynb" in done.stdout
    assert "book/frameworks.ipynb" not in done.stdout
    said = "frameworks.ipynb is passed over, without no_such_package: make frameworks"
    assert done.stdout.count(said) == 1


def test_where_it_is_required_nothing_is_passed_over(elsewhere, monkeypatch):
    done = collect(elsewhere, monkeypatch, "required")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "SOFTMAX_FRAMEWORKS=required, but frameworks.ipynb" in done.stderr


@pytest.mark.parametrize("setting", [None, "required"])
def test_what_is_there_is_run(elsewhere, monkeypatch, setting):
    rule = elsewhere / "optional.py"
    rule.write_text(rule.read_text().replace("no_such_package", "json"))
    done = collect(elsewhere, monkeypatch, setting)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "book/frameworks.ipynb" in done.stdout and "Passed over: nothing" in done.stdout


def test_what_a_notebook_needs_is_what_it_imports_and_what_is_pinned():
    pinned = re.findall(r"^(\w+)==", PINS.read_text(), re.MULTILINE)
    for name, packages in optional.NEEDS.items():
        book = nbformat.read(ROOT / "book" / name, as_version=4)
        imports = next(cell.source for cell in book.cells if cell.cell_type == "code")
        for package in packages:
            assert re.search(rf"^import {package}$", imports, re.MULTILINE)
            assert package in pinned


def test_the_pins_agree_with_the_extra_and_leave_the_others_alone():
    text = PINS.read_text()
    assert re.search(r"^-c requirements\.txt$", text, re.MULTILINE) and "://" not in text
    extra = re.search(r"^frameworks = \[.*?^\]", (ROOT / "pyproject.toml").read_text(), re.M | re.S)
    for pin in re.findall(r'"(\w+==[^"]+)"', extra[0]):
        assert re.search(rf"^{re.escape(pin)}$", text, re.MULTILINE)


def test_continuous_integration_requires_it():
    lines = (ROOT / ".ci" / "run").read_text()
    assert "export SOFTMAX_FRAMEWORKS=required" in lines
    assert lines.index("make frameworks") < lines.index("make portable") < lines.index("make test")
