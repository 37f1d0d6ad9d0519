"""What the library is measured against: mpmath, complex steps, logits drawn by hypothesis."""

import mpmath
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

DIGITS = 400  # 1 + exp(-745) takes 324 to write down; 60 and more remain
STEP = 1e-20  # a complex step has no cancellation, so it can be this small


def exact_logsumexp(z, T=1):
    """Return log sum exp of the logits over a temperature."""
    with mpmath.workdps(DIGITS):
        return mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(float(x)) / T) for x in z))


def exact_log_softmax(z, T=1):
    """Return the logarithms of the probabilities."""
    with mpmath.workdps(DIGITS):
        lse = exact_logsumexp(z, T)
        return [mpmath.mpf(float(x)) / T - lse for x in z]


def exact_softmax(z, T=1):
    """Return the probabilities."""
    with mpmath.workdps(DIGITS):
        return [mpmath.exp(x) for x in exact_log_softmax(z, T)]


def ulps(got, exact, scale=None):
    """Return the worst error of an array in units of the spacing of its type at the exact value.

    The scale, where it is given, replaces the exact value as what the spacing is taken at.
    """
    worst = 0.0
    with mpmath.workdps(DIGITS):
        for x, wanted in zip(np.atleast_1d(got), np.atleast_1d(exact), strict=True):
            at = np.abs(x.dtype.type(float(wanted if scale is None else scale)))
            worst = max(worst, float(abs(mpmath.mpf(float(x)) - wanted) / float(np.spacing(at))))
    return worst


def naive_softmax(z):
    """Return exp(z) / sum(exp(z)) along the last axis, which also takes complex logits."""
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def complex_step(f, z):
    """Return the derivatives ``d f_i / d z_j`` of a map of one vector, to the last digits."""
    steps = z + 1j * STEP * np.eye(z.size)
    return np.stack([f(row) for row in steps], axis=-1).imag / STEP


def central_difference(f, z, h=1e-6):
    """Return the gradient of a scalar function of one vector, to about ten digits."""
    return np.array([(f(z + step) - f(z - step)) / (2 * h) for step in h * np.eye(z.size)])


def logits(limit=50, shape=None, integers=False):
    """Draw float64 logits between -limit and limit, one vector of 1 to 8 unless told a shape."""
    shape = array_shapes(max_dims=1, max_side=8) if shape is None else shape
    numbers = st.integers(-limit, limit) if integers else st.floats(-limit, limit)
    return arrays(np.float64, shape, elements=numbers)
