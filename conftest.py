"""What every run of the tests can do: take one chapter alone, and tell what was passed over."""

import re
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest


class Hooks:
    """What a conftest further down may know."""

    def pytest_passed_over(self) -> list[str]:
        """Say what is not even collected, and why."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chapter", metavar="NAME", help="run what belongs to this chapter alone")


def belongs(item: pytest.Item, chapter: str) -> bool:
    """Tell whether a test is a cell of a chapter, or is given its page, notebook or figure."""
    given = item.callspec.params.values() if hasattr(item, "callspec") else ()
    names = [Path(value).stem for value in (*given, item.path) if isinstance(value, str | Path)]
    return any(name == chapter or re.match(f"fig-{chapter}-", name) for name in names)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of one chapter, where one is asked for."""
    chapter = config.getoption("chapter")
    if chapter is not None:
        kept = [item for item in items if belongs(item, chapter)]
        if not kept:
            raise pytest.UsageError(f"--chapter needs the name of a chapter; got {chapter}")
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how to repeat what failed, and what was passed over and why."""
    failed = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
    for name in dict.fromkeys(report.nodeid.partition("@")[0] for report in failed):
        terminalreporter.write_line(f'To repeat it: .venv/bin/python -m pytest "{name}"')
    skipped = terminalreporter.getreports("skipped")
    counted = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    lines = [f"{count} skipped ({reason})" for reason, count in counted.items()]
    lines += chain(*terminalreporter.config.hook.pytest_passed_over())
    said = "; ".join(lines) or "nothing"
    terminalreporter.write_line(f"Passed over: {said}", yellow=bool(lines))
