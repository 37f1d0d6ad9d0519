"""Run notebooks and write them back so that running them again changes nothing.

``python tools/notebooks.py``              runs every notebook of the book
``python tools/notebooks.py book/a.ipynb`` runs the ones that are named
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from optional import passed_over, reason

BOOK = Path(__file__).resolve().parent.parent / "book"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Drop what differs from run to run and from machine to machine."""
    notebook = nbformat.from_dict(notebook)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        for key in ("execution", "collapsed", "scrolled", "ExecuteTime"):
            cell.metadata.pop(key, None)
    return notebook


def run(path: Path) -> None:
    """Execute a notebook in its own folder and write it back, normalised."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        coalesce_streams=True,  # how prints are cut into messages is a matter of timing
    )
    client.execute()
    nbformat.write(normalised(notebook), path)


def main() -> None:
    """Run the named notebooks, or all whose packages are installed."""
    lacking = {} if sys.argv[1:] else passed_over(BOOK)
    for each in lacking.items():
        print(reason(*each))
    found = (path for path in sorted(BOOK.glob("*.ipynb")) if path not in lacking)
    for path in map(Path, sys.argv[1:] or found):
        print(f"running {path}", flush=True)
        run(path.resolve())


if __name__ == "__main__":
    main()
