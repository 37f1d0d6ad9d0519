"""Temperature and entropy: values, limits, extremes, bounds and errors."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracle import central_difference, exact_softmax, logits, ulps

from softmax_lib import entropy, hardmax, logsumexp, softmax, softmax_with_temperature

inf, nan = np.inf, np.nan
TEMPERATURES = st.floats(1e-3, 1e3)
needs_wide_longdouble = pytest.mark.skipif(
    np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="longdouble is float64 here"
)


def test_temperature_by_hand():
    """``z / T`` is log 1, log 2, log 5."""
    z = 3 * np.log([1, 2, 5])
    assert_allclose(softmax_with_temperature(z, 3), [1 / 8, 2 / 8, 5 / 8], rtol=1e-15)


@pytest.mark.parametrize(
    ("z", "T", "p"),
    [
        ([4, 2, -1], 1e-300, [1, 0, 0]),
        ([4, 4, -1], 5e-324, [0.5, 0.5, 0]),
        ([4, 2, -1], 1e308, [1 / 3] * 3),
        ([4, 2, -1], inf, [1 / 3] * 3),
        ([4, -inf, -1], inf, [0.5, 0, 0.5]),
        ([4, -inf, -1], 1e-300, [1, 0, 0]),
        ([-inf, -inf], inf, [nan, nan]),
        ([inf, 0], inf, [nan, nan]),
        ([inf, 0], 1, [nan, nan]),
        ([nan, 0], inf, [nan, nan]),
        ([5e-324, 0], 5e-324, scipy.special.softmax([1, 0])),
        ([1.5e308, -1.5e308], 1e308, scipy.special.softmax([1.5, -1.5])),
        ([1.5e308, 0, -1.5e308], 1e308, scipy.special.softmax([1.5, 0, -1.5])),
        ([1.5e308, -1.5e308], 5e-324, [1, 0]),
        ([1.5e308, -1.5e308], inf, [0.5, 0.5]),
        (np.float32([1, 2]), 1e-300, [0, 1]),
        (np.float32([3, 3]), 1e-300, [0.5, 0.5]),
        (np.float32([3e38, -3e38]), 3e38, np.float32(scipy.special.softmax([1, -1]))),
        (np.float32([3e38, -3e38]), 1e308, [0.5, 0.5]),
        (np.float16([6e4, -6e4]), 6e4, np.float16(scipy.special.softmax([1, -1]))),
        ([True, False], True, scipy.special.softmax([1, 0])),
        (3.0, 2, 1),
    ],
)
def test_temperature_at_the_ends(z, T, p):
    result = softmax_with_temperature(z, T)
    assert_allclose(result, p, rtol=4 * np.finfo(result.dtype).eps)


@needs_wide_longdouble
@pytest.mark.parametrize("unit", ["1e-4000", "1", "1e4000"])
def test_temperature_in_longdouble(unit):
    unit = np.longdouble(unit)
    p = softmax_with_temperature(np.arange(3) * unit, unit)
    assert_allclose(p, softmax(np.arange(3, dtype=np.longdouble)), rtol=1e-18)


@given(logits(limit=700))
def test_temperature_one_is_softmax(z):
    assert_allclose(softmax_with_temperature(z, 1), softmax(z), rtol=2e-15, atol=5e-324)


@given(logits(), st.integers(-40, 40))
def test_temperature_is_a_change_of_unit(z, k):
    """Bit by bit for powers of two, above the subnormal numbers."""
    z = np.round(z, 3)
    scaled = softmax_with_temperature(z * 2.0**k, 2.0**k)
    assert_array_equal(scaled, softmax_with_temperature(z, 1))


@given(logits(), TEMPERATURES)
def test_temperature_against_mpmath(z, T):
    """The division rounds again where softmax alone rounds once: twice the spread, in ulp."""
    exact = exact_softmax(z, T)
    assert ulps(softmax_with_temperature(z, T), exact) <= 2 * np.ptp(z) / T + z.size + 6


@given(logits(limit=9, integers=True))
def test_cold_limit_is_hardmax(z):
    assert_allclose(softmax_with_temperature(z, 1e-3), hardmax(z), rtol=1e-15)


@given(logits())
def test_hot_limit_is_uniform_and_the_first_correction_is_linear(z):
    """``p = (1 + (z - mean) / T) / K + O(1 / T^2)``."""
    T = 1e6
    linear = (1 + (z - z.mean()) / T) / z.size
    assert_allclose(softmax_with_temperature(z, T), linear, atol=1e-8)


@pytest.mark.parametrize(
    ("T", "axis"),
    [
        (np.array([[1.0], [2.0]]), -1),
        (np.array([1.0, 2.0, 3.0]), 0),
        (np.array([[1.0, 2.0, 3.0]]), 0),
        (np.array([[2.0]]), None),
        (np.array([2.0]), (0, 1)),
        (np.array(2), 1),
        ([[1], [inf]], 1),
    ],
)
def test_temperature_of_each_slice(T, axis):
    z = np.random.default_rng(0).normal(size=(2, 3))
    expected = scipy.special.softmax(z / np.asarray(T), axis=(0, 1) if axis is None else axis)
    assert_allclose(softmax_with_temperature(z, T, axis), expected, rtol=1e-14)


def test_temperature_and_mask():
    z, keep = [[1, nan, 3], [nan, nan, nan]], [[True, False, True], [False] * 3]
    for T in (1, 1e-300, inf):
        p = softmax_with_temperature(z, T, where=keep)
        assert_allclose(p[0, ::2], softmax_with_temperature([1, 3], T))
        assert_array_equal(p[[0, 1, 1, 1], [1, 0, 1, 2]], 0)


@pytest.mark.parametrize("T", [0, -0.0, -1, -inf, nan, [1.0, 0.0], False])
def test_temperature_needs_to_be_positive(T):
    with pytest.raises(
        ValueError, match=r"temperatures need to be positive; got (0|-0|-1|-inf|nan)"
    ):
        softmax_with_temperature(np.zeros((2, 2)), T, axis=0)


@pytest.mark.parametrize(
    ("T", "axis", "slices"),
    [
        ([1, 2, 3], -1, r"\(2, 1\)"),
        ([1, 1, 1], -1, r"\(2, 1\)"),
        ([[1], [2]], 0, r"\(1, 3\)"),
        ([[1], [2]], None, r"\(1, 1\)"),
        ([[[1]]], -1, r"\(2, 1\)"),
        ([], -1, r"\(2, 1\)"),
    ],
)
def test_temperature_needs_to_be_constant_over_the_classes(T, axis, slices):
    with pytest.raises(ValueError, match=rf"shape that broadcasts to {slices}, one for each slice"):
        softmax_with_temperature(np.zeros((2, 3)), T, axis)


@pytest.mark.parametrize("T", ["1", None, 1j, np.timedelta64(1, "s")])
def test_temperature_needs_a_real_number(T):
    with pytest.raises(TypeError, match="temperatures need real numbers"):
        softmax_with_temperature([1.0, 2.0], T)


@pytest.mark.parametrize(
    ("p", "H"),
    [
        ([1, 0, 0], 0),
        ([0.5, 0.5], np.log(2)),
        ([0.5, 0.25, 0.25], 1.5 * np.log(2)),
        ([1 / 8, 2 / 8, 5 / 8], np.log(8) - np.log(2) / 4 - 5 * np.log(5) / 8),
        (np.full(1000, 1e-3), np.log(1000)),
        ([True, False], 0),
        (1.0, 0),
        ([nan, 1], nan),
        ([1 - 1e-300, 1e-300], 300e-300 * np.log(10)),
    ],
)
def test_entropy_by_hand(p, H):
    assert_allclose(entropy(p), H, rtol=1e-14)


@pytest.mark.parametrize(
    ("p", "axis"), [(1.0, -1), ([1.0, 0.0], -1), ([[1.0]], ()), ([[1.0]], None)]
)
def test_certainty_has_entropy_zero_without_a_minus(p, axis):
    assert not np.signbit(entropy(p, axis)).any()


@given(logits(limit=700, shape=(3, 4)), st.sampled_from([0, 1, None]))
def test_entropy_against_scipy(z, axis):
    p = softmax(z, axis)
    assert_allclose(entropy(p, axis), scipy.stats.entropy(p, axis=axis), rtol=1e-12, atol=1e-15)


@given(logits())
def test_entropy_is_logsumexp_minus_the_mean_logit(z):
    p = softmax(z)
    assert_allclose(entropy(p), logsumexp(z) - p @ z, atol=1e-12)


@given(logits(limit=1000))
def test_entropy_lies_between_zero_and_log_K(z):
    assert 0 <= entropy(softmax(z)) <= np.log(z.size) + 1e-14


@given(logits(), TEMPERATURES, TEMPERATURES)
def test_entropy_grows_with_temperature(z, a, b):
    cold, hot = sorted((a, b))
    H = [entropy(softmax_with_temperature(z, T)) for T in (cold, hot)]
    assert H[0] <= H[1] + 1e-13


@given(logits(limit=10), st.floats(0.5, 10))
def test_entropy_grows_by_the_variance_over_T_cubed(z, T):
    """``dH/dT = Var_p(z) / T^3``: the heat capacity over T."""
    p = softmax_with_temperature(z, T)
    slope = central_difference(lambda T: entropy(softmax_with_temperature(z, T)), np.array([T]))
    assert_allclose(slope, p @ (z - p @ z) ** 2 / T**3, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("K", [2, 3000, 60_000, 200_000])
def test_entropy_takes_what_softmax_gives_in_every_type(K, floating):
    z = np.linspace(-3, 3, K)
    H = entropy(softmax(z))
    tolerance = max(20 * float(np.finfo(floating).eps), 1e-13)
    H_of_type = entropy(softmax(z.astype(floating))).astype(np.float64)
    assert_allclose(H_of_type, H, rtol=tolerance, atol=tolerance)


def test_entropy_of_many_classes_in_float16_along_the_first_axis():
    """A running sum in float16 would stall at 1/16 and find no distribution."""
    p = softmax(np.zeros((60_000, 2), np.float16), axis=0)
    assert_allclose(entropy(p, axis=0), np.log(60_000), rtol=1e-2)


@pytest.mark.parametrize(
    ("p", "message"),
    [
        ([0.5, 0.6], "sum to 1 along axis -1; got a sum of 1.1"),
        ([0.3, 0.3], "sum to 1 along axis -1; got a sum of 0.6"),
        ([-0.5, 1.5], "nonnegative; got -0.5"),
        ([inf, 0], "sum to 1 along axis -1; got a sum of inf"),
        ([inf, -inf], "nonnegative; got -inf"),
        ([[0.5, 0.5], [1, 1]], "sum to 1 along axis -1; got a sum of 2.0"),
        ([[nan, 1], [1, 1]], "sum to 1 along axis -1; got a sum of 2.0"),
        ([], "sum to 1 along axis -1; got a sum of 0.0"),
        (0.5, "sum to 1 along axis -1; got a sum of 0.5"),
    ],
)
def test_entropy_needs_a_distribution(p, message):
    with pytest.raises(ValueError, match=f"probabilities need to (be )?{message}"):
        entropy(p)


def test_the_first_temperature_that_is_not_positive_is_named():
    with pytest.raises(ValueError, match=r"need to be positive; got -2\.0 \(hardmax"):
        softmax_with_temperature(np.zeros(4), [[1.0], [-2.0], [0.0]])
