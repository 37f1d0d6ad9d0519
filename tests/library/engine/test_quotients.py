"""Quotients: what they and their errors say together is exact, and nothing overflows on the way."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from softmax_lib.engine.quotients import difference_quotient, high_half, over_temperature, summed


@pytest.mark.parametrize("T", [1e-300, 0.3, 1, 1.5, 7.7, 1e200])
def test_a_quotient_and_what_the_roundings_took_from_it_are_exact(T):
    """Together they have the digits of two float64, near 106 bits."""
    scale = min(T, 1e4)
    z = scale * np.random.default_rng(0).uniform(-500, 0, 50) - 1.1 * scale
    m = np.array([1.3 * scale])
    for x, q, error in zip(z, *difference_quotient(z, m, np.array([T])), strict=True):
        exact = (Fraction(x) - Fraction(m[0])) / Fraction(T)
        assert abs(Fraction(q) + Fraction(error) - exact) <= abs(exact) * Fraction(2) ** -100


def test_products_of_halves_are_exact():
    x, y = np.random.default_rng(0).uniform(1, 2, (2, 50))
    for a in (high_half(x), x - high_half(x)):
        for b in (high_half(y), y - high_half(y)):
            for factors in zip(a, b, strict=True):
                assert Fraction(factors[0]) * Fraction(factors[1]) == Fraction(np.prod(factors))


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_logits_over_a_temperature(axes):
    """Each lies below the largest of its slice that counts; what does not count is -inf."""
    z, where = np.array([[1.0, 5, 3], [8, 2, 9]], np.float32), np.array([True, True, False])
    where = np.broadcast_to(where, z.shape)
    with np.errstate(invalid="ignore"):
        x = over_temperature(z, 2, axes, where)
    m = np.where(where, z, -np.inf).max(axis=axes, keepdims=True)
    assert x.z.dtype == np.float64
    expected = np.where(where, z / 2, -np.inf) - np.maximum(m, -9) / 2
    assert_array_equal(x.m, m)
    assert_array_equal(x.q, expected)
    assert_array_equal(x.error[where], 0)


def test_a_sum_keeps_its_axes():
    assert_array_equal(summed(np.ones((2, 3, 4)), (0, 2)), np.full((1, 3, 1), 8))
