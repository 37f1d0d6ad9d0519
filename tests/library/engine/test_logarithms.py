"""Logarithms of sums: precise where one class outweighs the others, and where many are equal."""

import tracemalloc

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lib.engine.exponentials import exponentials
from softmax_lib.engine.logarithms import (
    digits_last,
    in_float64,
    log_of_small_sum,
    log_over_largest,
)
from softmax_lib.engine.scratch import BLOCK


@pytest.fixture(autouse=True)
def quiet():
    """Kernels overflow on purpose; the functions that readers call see to it that nobody hears."""
    with np.errstate(all="ignore"):
        yield


def exact_log(z):
    with mpmath.workdps(60):
        x = sorted(mpmath.mpf(float(v)) for v in z)
        return mpmath.log1p(mpmath.fsum(mpmath.exp(v - x[-1]) for v in x[:-1]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gap", [0, 1e-5, 0.3, 1, 3, 7, 20, 36, 40, 80])
@pytest.mark.parametrize("top", [-3.3, 0, 12.7, 900.1])
@pytest.mark.parametrize("n", [2, 5, 70, 600])
def test_the_log_over_the_largest(dtype, gap, top, n):
    z = np.full((n, 2), top - gap, dtype)
    z[n // 2] = top
    e = exponentials(z, None, 0)
    m = z.max(axis=0, keepdims=True)
    expected = [float(exact_log(z[:, 0]))] * 2
    for f in (lambda z, m, axis: log_over_largest(z, m, e, axis), log_of_small_sum):
        assert_allclose(f(z, m, 0)[0], expected, rtol=8 * np.finfo(dtype).eps)


def test_slices_that_are_mended_leave_the_others_alone():
    z = np.random.default_rng(0).normal(size=(3, 500))
    z[1, ::7] += 30
    e = exponentials(z, None, 0)
    log_s = log_over_largest(z, z.max(axis=0, keepdims=True), e, 0)
    expected = [float(exact_log(column)) for column in z.T]
    assert_allclose(log_s[0], expected, rtol=1e-15)
    z = z.T.copy()
    rows = log_over_largest(z, z.max(axis=1)[:, None], exponentials(z, None, 1), 1)
    assert_allclose(rows[:, 0], expected, rtol=1e-15)


def test_ties_for_the_largest_are_counted():
    z = np.array([[2.5, 2.5, 2.5, -40.0]])
    assert_allclose(log_of_small_sum(z, z[:, :1], 1), np.log(3), rtol=1e-16)


def test_nothing_but_masked_classes_has_no_logarithm():
    z = np.full((2, 3), -np.inf)
    with np.errstate(divide="ignore"):
        log_s = log_over_largest(z, z[:, :1], exponentials(z, None, 1), 1)
    assert_array_equal(log_s, -np.inf)


@pytest.mark.parametrize(
    ("whole", "smallest", "last"),
    [
        (1.5, 1.2, True),
        (7.9, 2.0, True),
        (1.9, 3.9, True),
        (8.1, 2.0, False),
        (1.5, 0.99, False),
        (np.nan, 2, False),
    ],
)
def test_digits_last_where_the_units_are_alike(whole, smallest, last):
    x = np.array([[whole, 5.0]]), np.array([[smallest, 4.0]])
    assert digits_last(*x, np.dtype(np.float64)) is last
    assert digits_last(*x, np.dtype(np.float32)) is last


def test_logarithms_are_taken_in_float64_or_wider():
    s = np.array([1.0], np.longdouble)
    assert in_float64(s, np.dtype(np.float32)).dtype == np.float64
    assert in_float64(s, np.dtype(np.longdouble)).dtype == np.longdouble


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("n", [40_000, 65_536, 140_000])
def test_slices_as_long_as_blocks_are_mended(n, axis):
    """The three that need it are done three, two or one at a time, in float64."""
    gaps = np.array([30.0, 1.0, 40.0, 35.0])
    z = np.zeros((4, n) if axis == 1 else (n, 4), np.float32)
    np.moveaxis(z, axis, 1)[:, 7] = gaps
    log_s = log_over_largest(z, z.max(axis, keepdims=True), exponentials(z, None, axis), axis)
    expected = np.log1p((n - 1) * np.exp(-gaps))
    assert_allclose(log_s.ravel()[[0, 2, 3]], expected[[0, 2, 3]], rtol=1e-12)
    assert_allclose(log_s.ravel()[1], expected[1], rtol=1e-6)


def test_many_slices_are_mended_within_a_few_blocks_of_memory():
    z = np.zeros((700, 8192))
    z[7] = 40
    e = exponentials(z, None, 0)
    tracemalloc.start()
    log_s = log_over_largest(z, z[7:8], e, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert_allclose(log_s, np.log1p(699 * np.exp(-40)).repeat(8192)[None], rtol=1e-15)
    assert peak < 8 * BLOCK
