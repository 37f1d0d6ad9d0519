"""Write the notebooks for Colab, each with a cell that fetches the book and installs its library.

    python tools/colab.py someone/book main _build/colab

The workflow that publishes the book keeps what this writes in the branch *colab*.
"""

import sys
from pathlib import Path

import nbformat
from optional import NEEDS

BOOK = Path(__file__).resolve().parent.parent / "book"
SETUP = """\
# Colab runs this notebook alone: fetch what it stands on, and install the library.
import os
import sys
from importlib.metadata import version

![ -d /content/softmax ] || git clone --quiet --depth 1 --branch {branch} {address} /content/softmax
%pip install --quiet /content/softmax altair mpmath scikit-learn scipy sympy{more}
%cd /content/softmax/book
if "numpy" in sys.modules and sys.modules["numpy"].__version__ != version("numpy"):
    print("A newer NumPy is installed now. When the session has restarted, choose Run all again.")
    os.kill(os.getpid(), 9)
"""


def main(repository: str, branch: str, target: str) -> None:
    """Write all notebooks below a folder."""
    folder = Path(target) / "book"
    folder.mkdir(parents=True, exist_ok=True)
    address = f"https://github.com/{repository}"
    for path in sorted(BOOK.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        more = "".join(f" {package}" for package in NEEDS.get(path.name, ()))
        source = SETUP.format(address=address, branch=branch, more=more)
        first = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        notebook.cells.insert(first, nbformat.v4.new_code_cell(source, id="setup"))
        nbformat.write(notebook, folder / path.name)
    print(f"Written to {folder}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("needed: a repository as someone/book, its branch, a folder to write to")
    main(*sys.argv[1:])
