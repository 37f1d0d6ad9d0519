"""Pass over notebooks whose packages are missing, with a word; or fail if told to."""

import os
from pathlib import Path

import pytest
from optional import passed_over, reason

LACKING = passed_over(Path(__file__).parent)
collect_ignore = [path.name for path in LACKING]


def pytest_configure() -> None:
    if LACKING and os.environ.get("SOFTMAX_FRAMEWORKS") == "required":
        reasons = "; ".join(reason(*each) for each in LACKING.items())
        raise pytest.UsageError(f"SOFTMAX_FRAMEWORKS=required, but {reasons}")


def pytest_passed_over() -> list[str]:
    return [reason(*each) for each in LACKING.items()]
