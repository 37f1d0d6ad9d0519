"""The book as the tests look at it: pages, print, e-book, built when older than their sources."""

import subprocess
import sys
from pathlib import Path

from filelock import FileLock
from press.contents import ROOT

FOLDER = Path("_build/tested/_build")
PAGES = FOLDER / "html" / "index.html"
PAPER = FOLDER / "paper" / "index.html"
PDF = FOLDER / "pdf" / "softmax.pdf"
EPUB = FOLDER / "epub" / "softmax.epub"


MADE_OF = {PAPER: (PAGES,), EPUB: (PAGES,), PDF: (PAGES, PAPER)}


def built(target: Path) -> Path:
    """Let the Makefile bring a file up to date, once for all workers, and return its path.

    All builders read what the first has read of the sources, so the pages come first.
    """
    for each in (*MADE_OF.get(target, ()), target):
        (ROOT / FOLDER).mkdir(parents=True, exist_ok=True)
        with FileLock(ROOT / FOLDER / f"{each.parent.name}.lock"):
            command = ["make", "--silent", f"BIN={Path(sys.executable).parent}", "READY=", each]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / target
