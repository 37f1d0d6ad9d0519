"""The shift: which constant to subtract before exponentiating, and how, so that no digit is lost.

Any constant leaves softmax as it is, so it is free to choose. Everybody takes the maximum, after
which nothing overflows. It costs digits: ``z - m`` is rounded, and exp turns an error of u in its
argument into a relative error of u in its value, up to 512 units in the last place.
"""

import functools
import math

import numpy as np

NARROW, TALL = 64, 256  # columns and rows; loops over few columns spend their time starting


def largest(z: np.ndarray, axis: int) -> np.ndarray:
    """Find the maximum of a matrix along axis 0 or 1, keeping the axis.

    Gain: of three long columns it takes 0.3 ns an entry, folded on themselves, for 5.
    """
    if axis == 0 and z.shape[1] < NARROW and len(z) >= TALL:
        rows = math.isqrt(len(z))
        even = len(z) // rows * rows
        folds = np.maximum.reduce(z[:even].reshape(-1, rows, z.shape[1]), axis=0)
        z = np.concatenate([folds, z[even:]])
    return np.maximum.reduce(z, axis=axis, keepdims=True)


@functools.cache
def limit(dtype: np.dtype) -> float:
    """Give the largest logit whose exponential is taken as it is: 473 in float64, 59 in float32.

    That is two thirds of the way to overflow: the last third is room for a sum, of e**29 terms in
    float32.
    """
    return 2 / 3 * math.log(2) * np.finfo(dtype).maxexp


@functools.cache
def exp_limit(dtype: np.dtype) -> float:
    """Give the exponential of the limit."""
    return np.exp(dtype.type(limit(dtype)))


def shift(m: np.ndarray) -> np.ndarray | None:
    """Choose the constant to subtract, from the maximum.

    * Nothing, where the maximum lies between -1/2 and the limit. None stands for nothing anywhere.
    * The integer next to it, where it is negative: from logits below it, that subtracts exactly.
    * The maximum, where it is beyond the limit: `exp_shifted` mends the rounding.
    """
    if within(m, -0.5, limit(m.dtype)):
        return None
    c = np.where(m <= limit(m.dtype), np.minimum(np.rint(m), 0), m)
    return np.where(np.isneginf(c), 0, c)  # -inf - -inf has no value


def fits_unshifted(s: np.ndarray, n: int, dtype: np.dtype) -> bool:
    """Tell from sums of n unshifted exponentials that none of their slices needs a shift.

    A sum of n or more has a term of 1 or more, so the maximum is at least 0. Gain: no pass for the
    maximum, a tenth of the time of a softmax.
    """
    return within(s, n, exp_limit(dtype))


def within(x: np.ndarray, low: float, high: float) -> bool:
    """Tell whether all entries lie between two numbers. NaN does not."""
    if x.size == 1:
        return low <= x.item() <= high  # a tenth of the time of the calls below
    return bool(low <= x.min() and x.max() <= high)


def exp_shifted(z: np.ndarray, c: np.ndarray | None, out: np.ndarray) -> np.ndarray:
    """Compute ``exp(z - c)`` for a shift c, as if the difference were not rounded; out may be z."""
    if c is None:
        return np.exp(z, out=out)
    if (c <= 0).all():
        return np.exp(np.subtract(z, c, out=out), out=out)
    # Fast2Sum (Dekker, 1971): where |z| <= c, z - (d + c) is exactly what rounding took from d.
    # Where z < -c, exp(d) is 0 and needs no mending.
    d = z - c
    error = d + c
    np.subtract(z, error, out=error)
    return exp_of_sum(d, error, out)


def difference(z: np.ndarray, m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute ``z - m`` and, by TwoSum (Knuth), exactly what rounding took from it."""
    d = z - m
    b = d - z
    return d, (z - (d - b)) - (m + b)


def exp_of_sum(d: np.ndarray, error: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Compute ``exp(d + error)``, for an error below the last place of d, as exp(d) (1 + error)."""
    error = np.where(np.isfinite(error), error, 0)
    np.exp(d, out=out)
    out += error * out
    return out
