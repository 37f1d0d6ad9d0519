"""Make hypothesis repeat itself, the same examples on every run; give the floating-point types."""

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
