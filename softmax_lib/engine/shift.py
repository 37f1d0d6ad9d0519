"""The shift: which constant to subtract before exponentiating, and how, so that no digit is lost.

Any constant leaves softmax as it is, so it is free to choose. Everybody takes the maximum, after
which nothing overflows. It costs digits: ``z - m`` is rounded, and exp turns an error of u in its
argument into a relative error of u in its value, up to 512 units in the last place.
"""

import functools
import math

import numpy as np

from softmax_lib.engine.scratch import workspace

# Below and from these a matrix is folded: loops over few columns spend their time starting.
FOLDED_COLUMNS, FOLDED_ROWS = 64, 256
MIN_UNSHIFTED_LOGIT = -0.5  # the smallest maximum that needs no shift


def largest(z: np.ndarray, axis: int) -> np.ndarray:
    """Find the maximum of a matrix along axis 0 or 1, keeping the axis.

    Gain: of three long columns it takes 0.3 ns an entry, folded on themselves, for 5.
    """
    if axis == 0 and z.shape[1] < FOLDED_COLUMNS and len(z) >= FOLDED_ROWS:
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
    if within(m, MIN_UNSHIFTED_LOGIT, limit(m.dtype)):
        return None
    c = np.where(m <= limit(m.dtype), np.minimum(np.rint(m), 0), m)
    return np.where(np.isneginf(c), 0, c)  # -inf - -inf has no value


def fits_unshifted(s: np.ndarray, n: int, dtype: np.dtype) -> bool:
    """Tell from sums of n unshifted exponentials that none of their slices needs a shift.

    A sum of n exp(-1/2) or more has a term of exp(-1/2) or more, so the maximum is at least -1/2.
    Gain: no pass for the maximum, a tenth of the time of a softmax.
    """
    return within(s, n * math.exp(MIN_UNSHIFTED_LOGIT), exp_limit(dtype))


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
    d = np.subtract(z, c, out=workspace.like(z, "differences"))
    error = np.add(d, c, out=workspace.like(z, "errors"))
    return exp_of_sum(d, np.subtract(z, error, out=error), out)


def difference(z: np.ndarray, m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute ``z - m`` and, by TwoSum (Knuth), exactly what rounding took from it.

    Both are scratch. Gain: of 7 ns a float64 in fresh memory, 5.
    """
    d = np.subtract(z, m, out=workspace.like(z, "differences"))
    b = np.subtract(d, z, out=workspace.like(z, "exponentials"))
    lost = np.subtract(d, b, out=workspace.like(z, "errors"))
    np.subtract(z, lost, out=lost)
    return d, np.subtract(lost, np.add(m, b, out=b), out=lost)


def exp_of_sum(d: np.ndarray, error: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Compute ``exp(d + error)``, for an error below the last place of d, as exp(d) (1 + error).

    Overwrites the error.
    """
    if not np.isfinite(error.sum()):
        error = np.where(np.isfinite(error), error, 0)  # infinities have none
    np.exp(d, out=out)
    error *= out
    out += error
    return out
