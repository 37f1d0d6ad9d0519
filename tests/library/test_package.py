"""The wheel: it builds, is typed, and needs NumPy alone."""

import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from press.contents import ROOT


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build from a copy, since a build leaves its files beside the sources."""
    copy = tmp_path_factory.mktemp("package")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "softmax_lib", copy / "softmax_lib")
    build = [
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir=dist",
        ".",
    ]
    run(sys.executable, "-m", *build, cwd=copy)
    (path,) = copy.glob("dist/*.whl")
    return path


def test_the_wheel_holds_the_modules_and_the_mark_of_a_typed_package(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "softmax_lib").rglob("*.py")}
    assert held == modules | {"softmax_lib/py.typed"}


def test_numpy_is_the_only_dependency(wheel):
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    needed = message_from_bytes(archive.read(name)).get_all("Requires-Dist")
    assert [need for need in needed if "extra ==" not in need] == ["numpy>=2.1"]


def test_the_wheel_alone_computes_and_imports_no_more_than_numpy(wheel, tmp_path):
    code = f"""
import sys
import numpy
before = set(sys.modules)
sys.path.insert(0, {str(wheel)!r})
import softmax_lib
assert softmax_lib.__file__.startswith({str(wheel)!r})
new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
assert new <= {{"softmax_lib", "numpy"}} | sys.stdlib_module_names, new
print(softmax_lib.softmax([0, 0]))
"""
    assert run(sys.executable, "-I", "-c", code, cwd=tmp_path) == "[0.5 0.5]\n"
