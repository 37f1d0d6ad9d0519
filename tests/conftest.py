"""Fixtures of several tests: the same random examples on every run, types, the built book."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")

FLOATS = [np.float16, np.float32, np.float64, np.longdouble]


@pytest.fixture(params=FLOATS, ids=lambda dtype: dtype.__name__)
def floating(request):
    """Return each floating-point type in turn."""
    return request.param


@pytest.fixture(scope="session")
def html() -> Path:
    """Give the folder of the book's pages, up to date."""
    from built import PAGES, built  # where the library is tested alone there is no book

    return built(PAGES).parent
