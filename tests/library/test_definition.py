"""softmax and hardmax: values, invariances, oracles, and hardmax as a limit."""

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracle import exact_softmax, logits, ulps

from softmax_lib import hardmax, softmax

MAX = np.finfo(np.float64).max


@pytest.mark.parametrize(
    ("z", "p"),
    [
        (np.log([1, 2, 5]), [1 / 8, 2 / 8, 5 / 8]),
        ([0, 0, 0, 0], [1 / 4] * 4),
        ([7], [1]),
        ([0, np.log(3)], [1 / 4, 3 / 4]),
    ],
)
def test_softmax_by_hand(z, p):
    assert_allclose(softmax(z), p, rtol=1e-15)


@pytest.mark.parametrize(
    ("z", "p"),
    [
        ([1000, 1000, -1000], [0.5, 0.5, 0]),
        ([1.7e308, -1.7e308], [1, 0]),
        ([MAX, MAX], [0.5, 0.5]),
        ([-MAX, -MAX], [0.5, 0.5]),
        ([5e-324, 0], [0.5, 0.5]),
        ([-np.inf, 3, 3], [0, 0.5, 0.5]),
        (np.uint8([1, 1]), [0.5, 0.5]),
    ],
)
def test_softmax_at_the_ends_of_the_range(z, p):
    assert_array_equal(softmax(z), p)


def test_softmax_of_two_classes_is_the_logistic_function():
    x = np.linspace(-700, 700, 1401)
    assert_allclose(softmax(np.stack([x, 0 * x], -1))[:, 0], scipy.special.expit(x), rtol=1e-15)


def test_smallest_probabilities_are_subnormal_not_zero():
    assert softmax([0, -745])[1] == 5e-324
    assert softmax([0, -746])[1] == 0


@given(logits(limit=300))
def test_softmax_against_mpmath(z):
    """Rounding z - m costs 2**-53 of it: up to the spread in ulp, and a few for the rest."""
    assert ulps(softmax(z), exact_softmax(z)) <= np.ptp(z) + z.size + 4


@given(logits(limit=60))
def test_softmax_against_mpmath_in_float32(z):
    z = z.astype(np.float32)
    assert ulps(softmax(z), exact_softmax(z)) <= np.ptp(z) + z.size + 8


@given(logits(limit=10))
def test_softmax_in_float16_is_rounded_once(z):
    """A second rounding, after the float32 one, adds a thousandth of an ulp to the half."""
    z = z.astype(np.float16)
    assert ulps(softmax(z), exact_softmax(z)) <= 0.51


@given(logits(limit=700, shape=(3, 5)), st.sampled_from([0, 1, None]))
def test_softmax_against_scipy(z, axis):
    """SciPy rounds z - max, at 2**-53 for each unit of up to 1400."""
    assert_allclose(softmax(z, axis), scipy.special.softmax(z, axis=axis), rtol=1e-13, atol=5e-324)


@given(logits(limit=1000))
def test_softmax_is_a_distribution(z):
    p = softmax(z)
    assert ((0 <= p) & (p <= 1)).all()
    assert_allclose(p.sum(), 1, rtol=1e-15 * z.size)


@given(logits(limit=1000, integers=True), st.integers(-(2**50), 2**50))
def test_softmax_ignores_a_shift(z, c):
    """Integers are shifted without rounding; what is subtracted again may differ, and does."""
    assert_allclose(softmax(z + c), softmax(z), rtol=2e-15, atol=5e-324)


@given(logits(limit=1000))
def test_softmax_keeps_the_order(z):
    p = softmax(z)
    assert (np.diff(p[np.argsort(z)]) >= 0).all()
    assert p[z.argmax()] == p.max()


@pytest.mark.parametrize("f", [softmax, hardmax])
@given(z=logits(), rng=st.randoms())
def test_permuted_logits_give_permuted_probabilities(f, z, rng):
    order = rng.sample(range(z.size), z.size)
    assert_allclose(f(z[order]), f(z)[order], rtol=1e-14)


@given(logits(limit=20))
def test_ratios_are_exponentials_of_differences(z):
    p = softmax(z)
    assert_allclose(p / p[0], np.exp(z - z[0]), rtol=1e-13)


@given(logits(limit=20, shape=5))
def test_removing_a_class_leaves_the_other_ratios(z):
    """Luce's choice axiom: the masked distribution is the full one, conditioned."""
    keep = np.array([True, False, True, True, False])
    p = softmax(z)
    assert_allclose(softmax(z, where=keep), np.where(keep, p / p[keep].sum(), 0), rtol=1e-13)


@pytest.mark.parametrize(
    ("z", "p"),
    [
        ([4, 2, -1], [1, 0, 0]),
        ([3, 3, 1], [0.5, 0.5, 0]),
        ([[0, 1], [2, 2]], [[0, 1], [0.5, 0.5]]),
        ([1.7e308, -1.7e308], [1, 0]),
        ([-np.inf, -MAX], [0, 1]),
        ([0.0, -0.0], [0.5, 0.5]),
        ([0, 5e-324], [0, 1]),
        ([1, 1 + 2**-52], [0, 1]),
    ],
)
def test_hardmax_by_hand(z, p):
    assert_array_equal(hardmax(z), p)


@given(logits(limit=9, shape=(3, 4), integers=True), st.sampled_from([0, 1, None]))
def test_hardmax_is_the_limit_of_softmax(z, axis):
    """Distinct integers times 1000 are at least 1000 apart, so the others underflow."""
    assert_allclose(hardmax(z, axis), softmax(1000 * z, axis), rtol=1e-15)


@given(logits(limit=3, integers=True))
def test_hardmax_of_itself_is_itself(z):
    assert_array_equal(hardmax(hardmax(z)), hardmax(z))


@pytest.mark.parametrize("f", [softmax, hardmax])
def test_equal_classes_share_equally_in_every_type(f, floating):
    assert_array_equal(f(np.zeros(3, floating)), np.full(3, 1, floating) / floating(3))


@pytest.mark.parametrize("f", [softmax, hardmax])
def test_many_classes_in_float16(f):
    """70,000 is beyond float16, and so is the sum of as many ones."""
    assert_array_equal(f(np.zeros(70_000, np.float16)), np.float16(1 / 70_000))
