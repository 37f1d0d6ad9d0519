"""Notebooks that need packages which the rest of the book does without."""

from importlib.util import find_spec
from pathlib import Path

NEEDS = {"frameworks.ipynb": ("jax", "torch")}


def missing(name: str) -> list[str]:
    """Return the packages that a notebook needs and that are not installed."""
    return [package for package in NEEDS.get(name, ()) if find_spec(package) is None]


def passed_over(folder: Path) -> dict[Path, list[str]]:
    """Return the notebooks of a folder that cannot be run, each with what it lacks."""
    return {folder / name: lacking for name in NEEDS if (lacking := missing(name))}


def reason(path: Path, lacking: list[str]) -> str:
    """Say why a notebook is passed over, and what to do about it."""
    return f"{path.name} is passed over, without {' and '.join(lacking)}: make frameworks"
