"""Fixtures of several tests: the same random examples on every run, types, the built book."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")

FLOATS = [np.float16, np.float32, np.float64, np.longdouble]


@pytest.fixture(params=FLOATS, ids=lambda dtype: dtype.__name__)
def floating(request):
    """Return each floating-point type in turn."""
    return request.param


@pytest.fixture(scope="session")
def html(tmp_path_factory, worker_id) -> Path:
    """Build the book anew, once for all workers; or take the one that ``SOFTMAX_HTML`` names."""
    if "SOFTMAX_HTML" in os.environ:
        return Path(os.environ["SOFTMAX_HTML"])
    from browser import build

    if worker_id == "master":
        return build(tmp_path_factory.mktemp("book"))
    folder = tmp_path_factory.getbasetemp().parent / "book"
    with FileLock(f"{folder}.lock"):
        built = folder / "_build" / "html"
        return built if built.exists() else build(folder)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let one chapter be tested alone."""
    parser.addoption("--chapter", metavar="NAME", help="run what is parametrised by this chapter")


def belongs(item: pytest.Item, chapter: str) -> bool:
    """Tell whether a test is given the page, the notebook or a figure of a chapter."""
    values = item.callspec.params.values() if hasattr(item, "callspec") else ()
    names = [Path(value).stem for value in values if isinstance(value, str | Path)]
    return any(name == chapter or re.match(f"fig-{chapter}-", name) for name in names)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of one chapter, where one is asked for."""
    wanted = config.getoption("chapter")
    if wanted is not None:
        kept = [item for item in items if belongs(item, wanted)]
        if not kept:
            raise pytest.UsageError(f"--chapter needs the name of a chapter; got {wanted}")
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def pytest_terminal_summary(terminalreporter) -> None:
    """Say for each test that failed how to repeat it."""
    failed = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
    for name in dict.fromkeys(report.nodeid.partition("@")[0] for report in failed):
        terminalreporter.write_line(f'To repeat it: .venv/bin/python -m pytest "{name}"')
