"""Tests whose lines are not counted."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture
def uncounted() -> Iterator[None]:
    """Count no lines: it doubles the time of what mpmath computes.

    The mark of pytest-cov 7.1 stops one of the two counters that a distributed test has.
    """
    counter = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(counter)
