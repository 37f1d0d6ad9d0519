"""logsumexp and log_softmax: values, bounds, oracles, and the ends of the range."""

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracle import central_difference, exact_log_softmax, exact_logsumexp, logits, ulps

from softmax_lib import log_softmax, logsumexp, softmax

MAX = np.finfo(np.float64).max


@pytest.mark.parametrize(
    ("z", "lse"),
    [
        (np.log([1, 2, 5]), np.log(8)),
        ([1000, 1000], 1000 + np.log(2)),
        ([-1000, -1000], np.log(2) - 1000),
        ([7], 7),
        ([0] * 5, np.log(5)),
        ([1.7e308, -1.7e308], 1.7e308),
        ([MAX, MAX], MAX),
        ([-MAX, -MAX], -MAX),
        ([0, -np.inf], 0),
        ([], -np.inf),
        (np.uint8([1, 1]), 1 + np.log(2)),
        (np.zeros(70_000, np.float16), np.float16(np.log(70_000))),
        (np.full(70_000, 65504, np.float16), np.float16(65504)),
    ],
)
def test_logsumexp_by_hand(z, lse):
    assert_allclose(logsumexp(z), lse, rtol=2e-16)


@pytest.mark.parametrize(
    ("z", "log_p"),
    [
        (np.log([1, 2, 5]), np.log([1 / 8, 2 / 8, 5 / 8])),
        ([0, -800], [0, -800]),
        ([1.7e308, -1.7e308], [0, -np.inf]),
        ([MAX, 0], [0, -MAX]),
        ([0, 0, -np.inf], [-np.log(2), -np.log(2), -np.inf]),
        ([5], [0]),
        (np.zeros(70_000, np.float16), np.full(70_000, np.float16(-np.log(70_000)))),
        (np.float16([60_000, -5_000]), np.float16([0, -65_000])),
        (np.float16([60_000, -60_000]), [0, -np.inf]),
    ],
)
def test_log_softmax_by_hand(z, log_p):
    assert_allclose(log_softmax(z), log_p, rtol=4e-16)


@pytest.mark.parametrize("gap", [10, 40, 300, 690, 740])
def test_log_softmax_of_a_dominant_class_is_not_zero(gap):
    """``log(1 + exp(-gap))`` rounds to 0 from 37 on; log1p does not."""
    assert_allclose(log_softmax([0, -gap])[0], -np.log1p(np.exp(-gap)), rtol=1e-15)
    assert ulps(log_softmax([0.0, -40.0]), exact_log_softmax([0, -40])) < 4


def test_log_softmax_is_finite_where_softmax_is_zero():
    z = [0.0, -800.0, -1e5, -1e300]
    assert_array_equal(softmax(z)[1:], 0)
    assert_array_equal(log_softmax(z), z)


@given(logits(limit=300))
def test_log_softmax_against_mpmath(z):
    """Both parts of ``d - log(...)`` have one sign: nothing cancels, and softmax's bound holds."""
    assert ulps(log_softmax(z), exact_log_softmax(z)) <= np.ptp(z) + z.size + 4


@given(logits(limit=60))
def test_log_softmax_against_mpmath_in_float32(z):
    z = z.astype(np.float32)
    assert ulps(log_softmax(z), exact_log_softmax(z)) <= np.ptp(z) + z.size + 8


@given(logits(limit=300))
def test_logsumexp_against_mpmath(z):
    """Near a result of 0 the parts cancel: the error is measured at the larger of them."""
    exact = exact_logsumexp(z)
    scale = max(abs(z.max()), abs(float(exact)), np.log(2))
    assert ulps(logsumexp(z), exact, scale) <= z.size + 4


@given(logits(limit=700, shape=(3, 5)), st.sampled_from([0, 1, None]))
def test_against_scipy(z, axis):
    assert_allclose(logsumexp(z, axis), scipy.special.logsumexp(z, axis=axis), rtol=1e-14)
    assert_allclose(
        log_softmax(z, axis), scipy.special.log_softmax(z, axis=axis), rtol=1e-13, atol=1e-15
    )


@given(logits(limit=10**6))
def test_logsumexp_lies_between_max_and_max_plus_log_K(z):
    m, lse = z.max(), logsumexp(z)
    assert m <= lse <= (m + np.log(z.size)) + 4 * np.spacing(abs(m) + 3)


@given(logits(limit=1000, integers=True), st.integers(-(2**40), 2**40))
def test_shifted_logits_shift_logsumexp_alone(z, c):
    assert_allclose(logsumexp(z + c), logsumexp(z) + c, rtol=4e-16, atol=1e-12)
    assert_allclose(log_softmax(z + c), log_softmax(z), rtol=4e-16, atol=0)


@given(logits(limit=700))
def test_log_softmax_exponentiates_to_softmax(z):
    assert_allclose(np.exp(log_softmax(z)), softmax(z), rtol=1e-12, atol=5e-324)
    assert (log_softmax(z) <= 0).all()


@given(logits(limit=100, shape=4), logits(limit=100, shape=4))
def test_logsumexp_is_convex(a, b):
    assert logsumexp((a + b) / 2) <= (logsumexp(a) + logsumexp(b)) / 2 + 1e-12


@given(logits(limit=100, shape=6))
def test_logsumexp_of_groups_is_logsumexp_of_all(z):
    assert_allclose(logsumexp(logsumexp(z.reshape(2, 3))), logsumexp(z), rtol=1e-14, atol=1e-14)


@given(logits(limit=20))
def test_gradient_of_logsumexp_is_softmax(z):
    assert_allclose(central_difference(logsumexp, z), softmax(z), atol=1e-7)


def test_logsumexp_over_temperature_tends_to_the_maximum():
    z = np.array([4.0, 2.0, -1.0])
    assert_allclose([T * logsumexp(z / T) for T in (1e-1, 1e-2, 1e-300)], 4, rtol=1e-9)


@pytest.mark.parametrize(
    ("axis", "shape"), [(1, (2, 1, 4)), ((0, -1), (1, 3, 1)), (None, (1, 1, 1)), ((), (2, 3, 4))]
)
def test_keepdims(axis, shape):
    z = np.random.default_rng(0).normal(size=(2, 3, 4))
    kept = logsumexp(z, axis, keepdims=True)
    assert kept.shape == shape
    assert_array_equal(kept.squeeze(), np.squeeze(logsumexp(z, axis)))
    assert_allclose(log_softmax(z, axis), z - kept, atol=1e-14)
