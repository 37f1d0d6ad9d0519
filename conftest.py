"""What every run of the tests says at its end: what was passed over, and why."""

from collections import Counter
from itertools import chain

import pytest


class Hooks:
    """What a conftest further down may know."""

    def pytest_passed_over(self) -> list[str]:
        """Say what is not even collected, and why."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    counted = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    lines = [f"{count} skipped ({reason})" for reason, count in counted.items()]
    lines += chain(*terminalreporter.config.hook.pytest_passed_over())
    said = "; ".join(lines) or "nothing"
    terminalreporter.write_line(f"Passed over: {said}", yellow=bool(lines))
