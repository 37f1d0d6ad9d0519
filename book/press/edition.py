"""Which edition of the book this is: its version and its date.

The environment variables BOOK_VERSION and BOOK_DATE (2026-11-30) decide. Without them the last
commit does, so that the same sources give the same book.
"""

import os
import subprocess
import tomllib
from datetime import date

from press.contents import ROOT


def git(*command: str) -> str:
    """Ask git about this repository; the answer is empty where there is none."""
    try:
        return subprocess.check_output(
            ["git", *command], cwd=ROOT, text=True, stderr=subprocess.DEVNULL
        ).strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def version() -> str:
    """Name the version: that of the library, unless there is a tag or a variable."""
    library = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return os.environ.get("BOOK_VERSION") or git("describe", "--tags") or library


def day() -> date:
    """Give the date of the edition."""
    asked = os.environ.get("BOOK_DATE")
    commit = git("log", "-1", "--format=%cs")
    try:
        return date.fromisoformat(asked or commit or str(date.today()))
    except ValueError:
        wanted = "BOOK_DATE needs a date such as 2026-11-30"
        raise ValueError(f"{wanted}; got {asked!r}") from None
