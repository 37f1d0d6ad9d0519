"""The oracle itself: a sample computed anew from the definitions, and ulp worked out by hand."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from adversarial import FLOATS, families
from numpy.testing import assert_array_equal
from oracle import DIGITS, exact, exact_pairs, exact_softmax, pairs, ulp_errors, ulps

from softmax_lib import softmax

HALF = Fraction(1, 2)


def together(pair):
    """Return the numbers that pairs stand for."""
    high, low, exponent = pair
    return [
        mpmath.ldexp(mpmath.mpf(a) + mpmath.mpf(b), int(k))
        for a, b, k in zip(high, low, exponent, strict=True)
    ]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("T", [1, 7.7])
def test_a_sample_computed_anew(dtype, T):
    """With 400 digits the definitions need no care: 1 + exp(-745) takes 324 to write down."""
    rng = np.random.default_rng(2026)
    vectors = [z for _, z in families(dtype) if z.size <= 300]
    for place in rng.choice(len(vectors), 25, replace=False):
        z = vectors[place]
        with mpmath.workdps(400):
            e = [mpmath.exp(mpmath.mpf(float(x)) / T) for x in z]
            s = mpmath.fsum(e)
            plain = [x / s for x in e], [mpmath.log(x / s) for x in e], [mpmath.log(s)]
            for kept, anew in zip(exact_pairs(z, T), plain, strict=False):
                for a, b in zip(together(kept), anew, strict=True):
                    assert abs(a - b) <= 2.0**-105 * abs(b) + mpmath.mpf(10) ** -390


def test_kept_values_are_given_to_the_same_logits_alone():
    """Two float32 zeros have the bytes of one float64 zero."""
    assert exact_softmax(np.zeros(2, np.float32)) == [0.5, 0.5]
    assert exact_softmax(np.zeros(1)) == [1]
    z = np.array([0.0, 1.0])
    warm = exact_pairs(z)
    assert_array_equal(exact_pairs(z.copy()).softmax, warm.softmax)
    assert ulps(softmax(z), warm.softmax) < 1
    assert ulps(softmax(z / 2), exact_pairs(z, 2).softmax) < 1 < ulps(softmax(z / 2), warm.softmax)
    z[0] = 0.5
    assert ulps(softmax(z), exact_pairs(z).softmax) < 1 < ulps(softmax(z), warm.softmax)


def test_exact_values_by_hand():
    p, log_p, lse, scale = exact(np.array([3.0, -7.0, 3.0, 3.0, 3.0]) * 1000)
    assert p[0] == 0.25 == p[4] and 0 < p[1] < mpmath.mpf(10) ** -4000
    assert abs(log_p[0] + mpmath.log(4)) < 1e-15 and log_p[1] < -9999
    assert lse == scale > 3001.38


@pytest.mark.parametrize(
    ("got", "wanted", "dtype", "error"),
    [
        (1.0, 1, np.float64, 0),
        (1.0, 1 + HALF**54, np.float64, 0.25),
        (1.0, 1 - HALF**54, np.float64, 0.5),  # below 1 the unit is half
        (-1.0, 1, np.float64, 2**53),
        (0.0, HALF**1075, np.float64, 0.5),
        (5e-324, 0, np.float64, 1),
        (0.0, HALF**20_000, np.float64, 0),
        (1.0, 1 + HALF**30, np.float32, 2.0**-7),
        (0.0, HALF**25, np.float16, 0.5),
        (np.inf, 65504, np.float16, np.inf),
        (np.inf, 65519, np.float16, np.inf),
        (np.inf, 65520, np.float16, 0),
        (-np.inf, -65520, np.float16, 0),
        (65504, 65520, np.float16, np.inf),
        (np.inf, 2**1024, np.float64, 0),
        (np.nan, 1, np.float64, np.inf),
        (1e300, HALF**1000, np.float64, np.inf),  # 1e654 units
    ],
)
def test_ulp_by_hand(got, wanted, dtype, error):
    wanted = Fraction(wanted)
    with mpmath.workdps(DIGITS):
        wanted = mpmath.mpf(wanted.numerator) / wanted.denominator
    assert_array_equal(ulp_errors(dtype(got), wanted), [error])


def test_ulp_at_a_scale():
    """The unit of 1 to 2 in place of that of 1/4 to 1/2: a quarter of the error."""
    with mpmath.workdps(DIGITS):
        wanted = [mpmath.mpf(0.25) + mpmath.mpf(2) ** -54] * 2
    got = np.array([0.25, 0.25])
    assert_array_equal(ulp_errors(got, wanted), [1, 1])
    assert_array_equal(ulp_errors(got, wanted, 1.5), [0.25, 0.25])
    assert_array_equal(ulp_errors(got, wanted, [1.5, 0.25]), [0.25, 1])


def test_pairs_hold_106_bits():
    with mpmath.workdps(DIGITS):
        third = 1 / mpmath.mpf(3)
        numbers = [third, -third, mpmath.ldexp(third, -5000), mpmath.mpf(0)]
        for a, b in zip(together(pairs(numbers)), numbers, strict=True):
            assert abs(a - b) <= mpmath.mpf(2) ** -106 * abs(b)
