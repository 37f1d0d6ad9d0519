"""The shift: nothing where nothing is needed, exact where it can be, mended where it cannot."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from oracle import ulps

from softmax_lib.engine.shift import (
    difference,
    exp_of_sum,
    exp_shifted,
    fits_unshifted,
    largest,
    limit,
    shift,
    within,
)

inf, nan = np.inf, np.nan


@pytest.mark.parametrize("columns", [1, 63, 64, 200])
def test_largest(columns):
    z = np.random.default_rng(0).normal(size=(370, columns))
    for axis in (0, 1):
        assert_array_equal(largest(z, axis), z.max(axis=axis, keepdims=True))
    z[5] = nan
    assert np.isnan(largest(z, 0)).all()


@pytest.mark.parametrize(("dtype", "least"), [(np.float32, 59), (np.float64, 473)])
def test_the_limit_is_two_thirds_of_the_range(dtype, least):
    assert least <= limit(np.dtype(dtype)) < least + 1
    assert np.isfinite(np.exp(dtype(limit(np.dtype(dtype)))) ** dtype(1.49))


@pytest.mark.parametrize(
    ("m", "c"),
    [
        ([0.0, 3.7, 400], None),
        ([-0.5], None),
        ([-0.51, 3.7], [-1, 0]),
        ([-1000.3], [-1000]),
        ([473.5, 2], [473.5, 0]),
        ([limit(np.dtype(float)), 1000.3], [0, 1000.3]),
        ([-inf, 1], [0, 0]),
        ([nan, inf], [nan, inf]),
    ],
)
def test_shift(m, c):
    result = shift(np.array(m))
    assert (result is None) if c is None else np.array_equal(result, c, equal_nan=True)


def test_within_needs_all_and_takes_the_ends():
    for x in ([1], [1.5], [2], [1, 2]):
        assert within(np.array(x), 1, 2)
    for x in ([nan], [0.9], [2.1], [1, nan], [0.9, 1], [1, 2.1]):
        assert not within(np.array(x), 1, 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_sums_of_n_roots_of_1_over_e_or_more_need_no_shift(dtype):
    """5 terms with a sum of 3.0327 or more have one of exp(-1/2), 0.60653, or more."""
    top = np.exp(dtype(limit(np.dtype(dtype))))
    assert fits_unshifted(np.array([3.033, top], dtype), 5, np.dtype(dtype))
    assert not fits_unshifted(np.array([3.032, 6], dtype), 5, np.dtype(dtype))
    assert not fits_unshifted(np.array([5, 1.01 * top], dtype), 5, np.dtype(dtype))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_the_lost_part_of_a_difference_is_exact(z, m):
    d, lost = difference(np.array([z]), np.array([m]))
    assert Fraction(d[0]) + Fraction(lost[0]) == Fraction(z) - Fraction(m)


def exact_exp(z, c):
    with mpmath.workdps(60):
        return [mpmath.exp(mpmath.mpf(x) - (0 if c is None else float(c[0]))) for x in z]


@given(st.floats(-2000, 2000), st.floats(0, 700))
def test_exp_shifted_is_as_good_as_exp(m, spread):
    """The plain exponential of the rounded difference is off by up to 256 ulp here."""
    z = np.array([m, m - spread])
    c = shift(z[:1])
    exact = exact_exp(z, c)
    for out in (np.empty(2), z):
        assert ulps(exp_shifted(z.copy() if out is not z else z, c, out), exact) <= 1.2


def test_exp_of_sum_of_infinities():
    d = np.array([-inf, nan, inf, 0.0])
    with np.errstate(invalid="ignore"):
        assert_array_equal(exp_of_sum(d, np.full(4, nan), np.empty(4)), [0, nan, nan, 1])


@pytest.mark.parametrize("m", [-1999.7, -0.7, 0.7, 473.4, 600.7, 900.1, 1999.3])
def test_exp_shifted_mends_what_rounding_took(m):
    """Logits beyond half the maximum are subtracted exactly, and those of 1999.3 are all there."""
    z = m - np.linspace(0, 700, 57) - 0.0123
    c = shift(np.array([m]))
    exact = exact_exp(z, c)
    assert ulps(exp_shifted(z, c, np.empty_like(z)), exact) <= 1.2
    if 473 < m < 1000:
        assert ulps(np.exp(z - c), exact) > 50
