"""The sum: exact where it can be, along either axis, for any number of terms."""

import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lib.engine.sums import (
    add_totals,
    mended,
    outweighed,
    plain_total,
    power_above,
    precise_total,
    sums_of_parts,
    total,
)

LENGTHS = [1, 2, 7, 8, 9, 16, 63, 127, 128, 129, 250, 251, 1000, 1021]


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("columns", [1, 3, 64, 100])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_whole_numbers_are_summed_exactly(n, columns, dtype):
    e = np.arange(n * columns).reshape(n, columns) % 7
    for axis, expected in ((0, e.sum(axis=0, keepdims=True)), (1, e.sum(axis=1, keepdims=True))):
        s, lost = total(e.astype(dtype), axis)
        assert_array_equal(s, expected)
        assert not np.any(lost)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("axis", [0, 1])
def test_sums_do_not_read_beyond_their_slice(n, axis):
    e = np.full((5, n) if axis else (n, 5), 0.1)
    padded = np.full((7, n + 2) if axis else (n + 2, 7), np.nan)
    padded[1:-1, 1:-1] = e
    assert_allclose(total(padded[1:-1, 1:-1], axis)[0], math.fsum([0.1] * n), rtol=4e-16)


@pytest.mark.parametrize("term", [0.1, 1 / 3, np.pi, 1.1])
@pytest.mark.parametrize("columns", [2, 100])
def test_rounding_does_not_drift(term, columns):
    """It does in numpy.sum along axis 0, which adds one term after another."""
    exact = math.fsum([term] * 100_000)
    e = np.full((100_000, columns), term)
    assert (abs(e.sum(axis=0) - exact) > 1e-13 * exact).all()
    assert_allclose(total(e, 0)[0], exact, rtol=5e-16)
    assert_allclose(total(e.T.copy(), 1)[0], exact, rtol=5e-16)
    exact = math.fsum([np.float32(term)] * 100_000)
    assert_allclose(total(e.astype(np.float32), 0)[0], exact, rtol=2e-7)


@pytest.mark.parametrize(("n", "count"), [(8, 1), (9, 2), (40, 5), (47, 12)])
def test_the_parts_of_columns_are_eighths_and_the_rows_left_over(n, count):
    e = np.arange(n * 3.0).reshape(n, 3)
    before = e.copy()
    parts = sums_of_parts(e, 0)
    assert parts.shape == (count, 3)
    assert_array_equal(parts.sum(axis=0), e.sum(axis=0))
    assert_array_equal(e, before)


def cancelling(n, columns):
    """Terms of many sizes, the largest so that what rounding takes from the sum shows."""
    e = np.exp(np.random.default_rng(n).uniform(-40, 0, (n, columns)))
    e[n // 2] = 1
    return e


@pytest.mark.parametrize("n", [2, 7, 63, 200, 5000])
@pytest.mark.parametrize("columns", [1, 5, 2000])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_precise_total_and_what_it_lost_are_the_sum(n, columns, axis):
    e = cancelling(n, columns)[:, : 10**6 // n]
    s, lost = precise_total(e if axis == 0 else e.T.copy(), axis)
    s, lost = np.ravel(s), np.broadcast_to(lost, s.shape).ravel()
    for j in range(0, e.shape[1], 97):
        exact = sum(map(Fraction, e[:, j]))
        assert abs(Fraction(float(s[j])) - exact) <= Fraction(math.ulp(s[j])) / 2 * (1 + 2**-20)
        rest = sum(map(Fraction, [float(s[j]), float(s[j] - float(s[j])), float(lost[j])]))
        assert abs(rest - exact) <= exact * Fraction(2) ** -62


@pytest.mark.parametrize("shape", [(5000, 70), (70, 5000), (65, 64), (17, 3000)])
@pytest.mark.parametrize("axis", [0, 1])
def test_one_large_term_among_ties_is_not_rounded_many_times(shape, axis):
    """Each of the plain sum's roundings goes the same way: it is off by many units."""
    e = np.full(shape, 0.0123)
    e[3, :] = e[:, 3] = 19.7
    s, _ = total(e, axis)
    exact = [math.fsum(row) for row in (e.T if axis == 0 else e)]
    assert_allclose(np.ravel(s), exact, rtol=2**-51)


def test_the_plain_total_is_worse():
    e = np.repeat(np.linspace(1e-5, 1e-4, 50)[:, None], 1887, axis=1)
    e[:, 3] = 1
    exact = [math.fsum(row) for row in e]
    errors = [abs(s.ravel() / exact - 1).max() for s in (plain_total(e, 1), total(e, 1)[0])]
    assert errors[0] > 2 * errors[1]
    assert errors[1] <= 2**-52


def test_a_power_of_two_lies_above_every_sum():
    for s in ([1.0, 0.3], [0.3, 0.2], [5e-300, 4e-300], [1.0, 1e-9], [0.0, 0.0], [1e300]):
        s = np.array([s])
        power = np.broadcast_to(power_above(s), s.shape)
        assert_array_equal(np.frexp(power)[0], 0.5)
        assert (s < power).all() and (power <= 4 * s.max() + 2 * (s == 0)).all()
    assert np.ndim(power_above(np.array([[1.0, 0.3]]))) == 0
    assert np.ndim(power_above(np.array([[1.0, 2.0**-26]]))) == 0
    assert np.ndim(power_above(np.array([[1.0, 2.0**-27]]))) == 2


@pytest.mark.parametrize("k", [1, 2, 3, 100])
def test_add_totals(k):
    s, lost = add_totals([(np.array([[1.0, i]]), 2.0**-60) for i in range(k)], 0)
    assert_array_equal(s, [[k, k * (k - 1) / 2]])
    assert (lost * np.ones(2) == pytest.approx(k * 2.0**-60)) if k > 1 else lost == 2.0**-60


@pytest.mark.parametrize("n", [100, 500, 3000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gaps_between_the_terms_do_not_change_a_sum(n, dtype):
    e = np.random.default_rng(0).uniform(size=(70, n)).astype(dtype)
    for gaps in (np.asfortranarray(e), np.repeat(e, 2, axis=1)[:, ::2], e[:, ::-1].copy()[:, ::-1]):
        assert_array_equal(total(gaps, 1)[0], total(e, 1)[0])


@pytest.mark.parametrize(
    ("n", "parts"),
    [(34, 2), (48, 2), (50, 2), (64, 2), (1000, 40), (31, 1), (592, 18 + 16), (251, 7 + 27)],
)
def test_rows_are_cut_into_equal_chunks_of_17_to_32_terms_or_into_32_and_a_rest(n, parts):
    """592 is 37 chunks of 16, which is too few terms; 251 is prime."""
    e = np.arange(2.0 * n).reshape(2, n)
    result = sums_of_parts(e, 1)
    assert result.shape == (2, parts)
    assert_array_equal(result.sum(axis=1), e.sum(axis=1))


@pytest.mark.parametrize(
    ("slices", "outweighing"),
    [(1, [0]), (2, [1]), (3, [0]), (3, [0, 2]), (4, [0, 2, 3]), (6, [1, 2, 4]), (3, [0, 1, 2])],
)
@pytest.mark.parametrize("axis", [0, 1])
def test_slices_of_which_a_part_is_more_than_half_are_found(slices, outweighing, axis):
    """They are named one by one where they are at most half of all."""
    parts = np.full((3, slices), 1.0)  # a third of each sum
    parts[:, ::2] = np.array([[1.5], [1.5], [0]])  # exactly half
    parts = parts if axis == 0 else parts.T.copy()
    assert outweighed(parts, (parts.sum(axis=axis, keepdims=True), 0), axis) is None
    np.moveaxis(parts, axis, 0)[1, outweighing] = 2.25
    found = outweighed(parts, (parts.sum(axis=axis, keepdims=True), 0), axis)
    assert found[axis] == slice(None)
    if 2 * len(outweighing) > slices:
        assert found[1 - axis] == slice(None)
    else:
        assert_array_equal(found[1 - axis], outweighing)


def test_float32_is_summed_in_float64():
    s, lost = precise_total(np.float32([[1, 2**-30, 2**-31]]), 1)
    assert s.dtype == np.float64
    assert s == 1 + 2**-30 + 2**-31
    assert lost == 0


@pytest.mark.parametrize("axis", [0, 1])
def test_the_plain_total_does_not_drift_either(axis):
    """Adding one after another is off by 1e-12 of the sum along axis 0, einsum by 1e-13."""
    e = np.full((100_000, 2), 0.1)
    s = plain_total(e if axis == 0 else e.T.copy(), axis)
    assert_allclose(s.ravel(), math.fsum([0.1] * 100_000), rtol=5e-15)


def test_precise_totals_take_the_place_of_some_with_what_is_lost():
    """A total in extended precision, where there is any, is rounded, and the rest is not lost."""
    precise = np.array([[7 - np.longdouble(2) ** -60]])
    rest = float(precise[0, 0] - 7) + 2**-62
    for axis in (0, 1):
        at = (slice(None), np.array([1])) if axis == 0 else (np.array([1]), slice(None))
        whole = [np.moveaxis(np.array([x]), 1, 1 - axis) for x in ([2.0, 9.0], [0.25, 0.125])]
        s, lost = mended(tuple(whole), at, (precise, 2.0**-62))
        assert_array_equal(s.ravel(), [2, 7])
        assert_array_equal(lost.ravel(), [0.25, rest])


def test_a_small_sum_is_taken_in_extended_precision_where_there_is_any():
    extended = np.finfo(np.longdouble).nmant > 60
    s, lost = precise_total(np.full((10, 1), 0.1), 0)
    assert s.dtype == (np.longdouble if extended else np.float64)
    assert abs(s.astype(np.longdouble) + lost - 10 * np.longdouble(0.1)) <= 2.0**-60
