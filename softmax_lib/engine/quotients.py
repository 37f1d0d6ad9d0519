"""Logits over a temperature, with what the roundings took.

An exponential turns a small error of its argument into a relative error of its value, and a low
temperature makes arguments large: so the quotient is kept in two parts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.engine.arrays import as_temperature
from softmax_lib.engine.shift import difference


class Quotients(NamedTuple):
    """Logits beside the largest of their slice, over a temperature; the class axes are kept."""

    z: np.ndarray  # in float64 or wider, -inf where masked
    m: np.ndarray  # the largest
    T: np.ndarray
    q: np.ndarray  # (z - m) / T, rounded
    error: np.ndarray  # what rounding took from it


def over_temperature(
    z: np.ndarray, T: ArrayLike, axes: tuple[int, ...], where: np.ndarray
) -> Quotients:
    """Check a temperature, and divide by it what the classes that count lie below the largest."""
    T = as_temperature(T, z.shape, axes)
    z = np.where(where, z.astype(np.promote_types(z.dtype, np.float64)), -np.inf)
    m = z.max(axis=axes, keepdims=True, initial=-np.inf)
    q, error = difference_quotient(z, np.where(np.isneginf(m), 0, m), T)  # -inf - -inf is NaN
    return Quotients(z, m, T, q, error)


def difference_quotient(
    z: np.ndarray, m: np.ndarray, T: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute ``(z - m) / T`` as a rounded quotient, and what the roundings took from it.

    Neither step overflows where the quotient does not: large temperatures divide before the
    subtraction, small ones after it. The error of the quotient comes from Dekker's
    exact product (1971).
    """
    t, k = np.frexp(T)  # T = t 2**k, 1/2 <= t < 1; scaling by powers of two is exact
    t, k = np.where(np.isinf(T), 0.5, t), np.where(np.isinf(T), 2**15, k)
    before, after = np.maximum(k, 0), np.minimum(k, 0)
    z, m = np.ldexp(z, -before), np.ldexp(m, -before)
    d, lost = difference(z, m)
    d, lost = np.ldexp(d, -after), np.ldexp(lost, -after)
    q = d / t
    q_high, t_high = high_half(q), high_half(t)
    q_low, t_low = q - q_high, t - t_high
    product = q * t
    short = ((q_high * t_high - product) + q_high * t_low + q_low * t_high) + q_low * t_low
    return q, ((d - product) - short + lost) / t


def high_half(x: np.ndarray) -> np.ndarray:
    """Round to the upper half of the digits, so that products of halves are exact (Veltkamp)."""
    c = (2.0 ** ((np.finfo(x.dtype).nmant + 2) // 2) + 1) * x
    return c - (c - x)


def summed(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Add over the class axes, with more digits than the terms have where the machine has them."""
    return x.sum(axis=axes, keepdims=True, dtype=np.longdouble)
