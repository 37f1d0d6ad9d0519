"""The Boltzmann operator and mellowmax: values, limits, order, extremes and errors."""

import mpmath
import numpy as np
import pytest
from adversarial import families
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracle import DIGITS, central_difference, logits, ulps

from softmax_lib import logsumexp, softmax
from softmax_lib.three_softmaxes import boltzmann_operator, mellowmax

inf, nan = np.inf, np.nan
TEMPERATURES = st.floats(1e-3, 1e3)
both = pytest.mark.parametrize("f", [boltzmann_operator, mellowmax])
doubles = [z for _, z in families(np.float64) if z.size <= 300 and abs(z).max() < 1e300]


def exact(f, z, T):
    """Return what a soft maximum is of finite logits; below the maximum, nothing cancels."""
    with mpmath.workdps(DIGITS):
        m = mpmath.mpf(float(z.max()))
        d = [mpmath.mpf(float(x)) - m for x in z]
        if f is mellowmax:
            return m + T * mpmath.log1p(mpmath.fsum(mpmath.expm1(x / T) for x in d) / len(d))
        e = [mpmath.exp(x / T) for x in d]
        return m + mpmath.fdot(d, e) / mpmath.fsum(e)


def error(f, z, T):
    """Return the error in units of the last place of the scale that the docstrings name."""
    with mpmath.workdps(DIGITS):
        wanted, m = exact(f, z, T), float(z.max())
        return ulps(f(z, T), wanted, max(abs(m), float(m - wanted)))


def test_by_hand():
    """Weights 1/8, 2/8, 5/8 for the first; a mean of 8/3 for the second."""
    z = np.log([1, 2, 5])
    assert_allclose(boltzmann_operator(z), (2 * np.log(2) + 5 * np.log(5)) / 8, rtol=1e-15)
    assert_allclose(mellowmax(z), np.log(8 / 3), rtol=1e-15)
    assert_allclose(mellowmax(3 * z, 3), 3 * np.log(8 / 3), rtol=1e-15)


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize("T", [1e-310, 1e-300, 0.01, 1, 30, 1e16, 1e60, 1e300])
@both
def test_the_published_bound(f, T):
    assert max(error(f, z, T) for z in doubles) <= 2


@both
@pytest.mark.parametrize(
    ("z", "T", "value"),
    [
        ([4, 2, -1], 1e-300, 4),
        ([4, 2, -1], 1e308, 5 / 3),
        ([4, 2, -1], inf, 5 / 3),
        ([7, 7, 7], 2, 7),
        ([1.5e308, -1.5e308], 1e-300, 1.5e308),
        ([1.5e308, -1.5e308], inf, 0),
        ([-1.5e308, -1.5e308], 5e-324, -1.5e308),
        ([-inf, -inf], 1, -inf),
        ([-inf, 3], 1e-300, 3),
        ([inf, 0], 1, nan),
        ([inf, 0], inf, nan),
        ([nan, 0], 1, nan),
        ([nan, -inf], inf, nan),
        ([True, True], 1, 1),
        (np.float16([6e4, 6e4]), 1, 6e4),
        (np.float32([3e38, -3e38]), 1e-300, np.float32(3e38)),
        (3.0, 2, 3),
    ],
)
def test_at_the_ends(f, z, T, value):
    result = f(z, T)
    assert_allclose(result, value, rtol=2 * np.finfo(result.dtype).eps)


def test_a_masked_class_counts_in_the_mean_only_where_the_logit_says_so():
    """What is not there has no weight; ``-inf`` in mellowmax is still one of K."""
    z, there = [1.0, 3.0, -inf], [True, True, False]
    assert boltzmann_operator(z) == boltzmann_operator(z[:2])
    assert_allclose(mellowmax(z), mellowmax([1.0, 3.0]) - np.log(3 / 2), rtol=1e-15)
    assert mellowmax(z, inf) == -inf
    for f in (boltzmann_operator, mellowmax):
        assert f([1.0, 3.0, 9.0], where=there) == f([1.0, 3.0])
        assert f([1.0, 3.0, nan], where=there) == f([1.0, 3.0])
        assert f([1.0, 3.0, 9.0], inf, where=there) == 2
        assert f([1.0, 3.0], where=False) == -inf
        assert f(np.empty((2, 0)), 3).tolist() == [-inf, -inf]


@both
def test_shapes_and_types(f):
    z = np.random.default_rng(0).normal(size=(2, 3, 4))
    T = np.array([1.0, 2.0])[:, None, None]
    rows = [[f(z[i, j], T[i, 0, 0]) for j in range(3)] for i in range(2)]
    assert_array_equal(f(z, T), rows)
    assert_array_equal(f(z, T, keepdims=True), np.array(rows)[..., None])
    assert_array_equal(f(z, T, axis=(1, -1)), f(z.reshape(2, 12), T[:, :, 0]))
    assert f(z, axis=None).shape == ()
    for dtype in (np.float16, np.float32, np.float64):
        assert f(z.astype(dtype)).dtype == dtype
        assert_allclose(f(z.astype(dtype)), f(z), atol=20 * np.finfo(dtype).eps)


@both
@given(logits(), TEMPERATURES, st.floats(-20, 20))
def test_between_the_mean_and_the_maximum_and_moved_with_the_logits(f, z, T, c):
    soft, tiny = f(z, T), 1e-13
    assert z.mean() - tiny <= soft <= z.max() + tiny
    assert_allclose(f(z + c, T), soft + c, atol=1e-12)
    assert_allclose(f(2 * z, 2 * T), 2 * soft, rtol=0, atol=1e-300)  # a change of unit


@given(logits(), TEMPERATURES)
def test_their_order_and_their_distances_from_the_maximum(z, T):
    """``mm <= B <= max <= T LSE(z / T)``; the last two are T log K apart from the first."""
    mm, B, LSE = mellowmax(z, T), boltzmann_operator(z, T), T * logsumexp(z / T)
    gap = T * np.log(z.size)
    tiny = 1e-12 * (1 + gap)
    assert mm <= B + tiny
    assert B <= z.max() + tiny
    assert z.max() <= LSE + tiny
    assert_allclose(LSE - mm, gap, atol=tiny)
    assert z.max() - mm <= gap + tiny


@given(logits(), TEMPERATURES)
def test_the_boltzmann_operator_is_weighted_with_softmax_probabilities(z, T):
    p = softmax(z / T)
    assert_allclose(boltzmann_operator(z, T), p @ z, atol=1e-11)
    entropy = -np.sum(p * np.log(np.where(p > 0, p, 1)))
    assert_allclose(T * logsumexp(z / T) - T * entropy, p @ z, atol=1e-9)


@given(logits(), logits(), TEMPERATURES)
def test_mellowmax_is_monotone_and_brings_nothing_further_apart(z, other, T):
    K = min(z.size, other.size)
    z, other = z[:K], other[:K]
    assert abs(mellowmax(z, T) - mellowmax(other, T)) <= abs(z - other).max() + 1e-12
    assert mellowmax(np.minimum(z, other), T) <= mellowmax(z, T) + 1e-12


def test_the_boltzmann_operator_may_fall_when_a_logit_rises_and_may_stretch():
    """Its derivatives ``p_i (1 + z_i - B)`` are negative more than 1 below B, and may exceed 1."""
    assert boltzmann_operator([0.0, 10.0, 7.0]) > boltzmann_operator([0.0, 10.0, 8.0])
    z, other = np.array([4.0, 0.0]), np.array([2.0, 0.0])
    apart = boltzmann_operator(z) - boltzmann_operator(other)
    assert apart > 1.02 * abs(z - other).max()


@given(logits(limit=5), st.floats(0.5, 5))
def test_their_gradients(z, T):
    p = softmax(z / T)
    B = boltzmann_operator(z, T)
    assert_allclose(central_difference(lambda x: mellowmax(x, T), z), p, atol=1e-8)
    slope = p * (1 + (z - B) / T)
    assert_allclose(central_difference(lambda x: boltzmann_operator(x, T), z), slope, atol=1e-7)


@both
@pytest.mark.parametrize(
    ("arguments", "named", "fault", "message"),
    [
        ((["a"],), {}, TypeError, "logits need real numbers"),
        (([1, 2], 0), {}, ValueError, "temperatures need to be positive; got 0"),
        (([1, 2], [1, 2]), {}, ValueError, "broadcasts to"),
        (([1, 2],), {"axis": 1}, ValueError, "out of bounds"),
        (([1, 2],), {"where": [1, 0]}, TypeError, "booleans"),
        (([1, 2],), {"where": [True] * 3}, ValueError, "broadcasts"),
    ],
)
def test_what_is_refused(f, arguments, named, fault, message):
    with pytest.raises(fault, match=message):
        f(*arguments, **named)
