"""The sum: exact where it can be, along either axis, for any number of terms."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lib.sums import add_parts, halved, total

LENGTHS = [1, 2, 7, 8, 9, 16, 63, 127, 128, 129, 250, 251, 1000, 1021]


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("columns", [1, 3, 64, 100])
def test_whole_numbers_are_summed_exactly(n, columns, floating):
    e = np.arange(n * columns).reshape(n, columns) % 7
    for axis, expected in ((0, e.sum(axis=0, keepdims=True)), (1, e.sum(axis=1, keepdims=True))):
        assert_array_equal(total(e.astype(floating), axis).astype(np.float64), expected)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("axis", [0, 1])
def test_sums_do_not_read_beyond_their_slice(n, axis):
    e = np.full((5, n) if axis else (n, 5), 0.1)
    padded = np.full((7, n + 2) if axis else (n + 2, 7), np.nan)
    padded[1:-1, 1:-1] = e
    assert_allclose(total(padded[1:-1, 1:-1], axis), math.fsum([0.1] * n), rtol=4e-16)


@pytest.mark.parametrize("term", [0.1, 1 / 3, np.pi, 1.1])
@pytest.mark.parametrize("columns", [2, 100])
def test_rounding_does_not_drift(term, columns):
    """It does in numpy.sum along axis 0, which adds one term after another."""
    exact = math.fsum([term] * 100_000)
    e = np.full((100_000, columns), term)
    assert (abs(e.sum(axis=0) - exact) > 1e-13 * exact).all()
    assert_allclose(total(e, 0), exact, rtol=1e-15)
    assert_allclose(total(e.T.copy(), 1).astype(np.float64), exact, rtol=1e-15)
    exact = math.fsum([np.float32(term)] * 100_000)
    assert_allclose(total(e.astype(np.float32), 0), exact, rtol=2e-7)


@pytest.mark.parametrize("n", range(1, 10))
def test_halved_reduces_like_its_operation(n):
    x = np.arange(n * 2.0).reshape(n, 2) ** 2
    before = x.copy()
    for operation in (np.add, np.maximum):
        assert_array_equal(halved(operation, x), operation.reduce(x, axis=0, keepdims=True))
    assert_array_equal(x, before)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_add_parts(n):
    parts = [np.array([[i, 1.0]]) for i in range(n)]
    assert_array_equal(add_parts(parts), [[n * (n - 1) / 2, n]])


@pytest.mark.parametrize("n", [100, 500, 3000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gaps_between_the_terms_do_not_change_a_sum(n, dtype):
    e = np.random.default_rng(0).uniform(size=(70, n)).astype(dtype)
    for gaps in (np.asfortranarray(e), np.repeat(e, 2, axis=1)[:, ::2], e[:, ::-1].copy()[:, ::-1]):
        assert_array_equal(total(gaps, 1), total(e, 1))
