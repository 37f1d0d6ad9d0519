"""One number that makes a distribution sharper or flatter, and the measure of that."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.engine.arrays import (
    Axis,
    as_axes,
    as_distribution,
    as_mask,
    as_real,
    like,
    widened,
)
from softmax_lib.engine.shift import difference, exp_of_sum


@np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
def softmax_with_temperature(
    z: ArrayLike, T: ArrayLike, axis: Axis = -1, *, where: ArrayLike = True
) -> np.ndarray:
    r"""Compute softmax of the logits divided by a temperature.

    .. math:: p_i = \frac{e^{z_i / T}}{\sum_{k=1}^{K} e^{z_k / T}}

    Low temperature sharpens towards `hardmax`, high temperature flattens towards equal
    probabilities, which ``T = inf`` gives exactly.

    Parameters
    ----------
    z : array_like
        logits, any shape.
    T : array_like
        temperature, positive, in the unit of the logits; a number, or one for each slice, as an
        array that broadcasts to z (and not beyond) with length 1 along the class axes.
    axis : int, tuple of int or None
        the axes over which the classes lie; ``None`` for all.
    where : array_like of bool
        boolean, broadcasts to z; the classes that count.

    Returns
    -------
    ndarray
        The shape of z; nonnegative, summing to 1 along the axis up to rounding. In float64 each
        entry is within 4 units in the last place on the test set of ``tests/adversarial.py``, for T
        from 1e-300 up.

    Raises
    ------
    TypeError
        z or T is not real, or is not a plain array; where is not boolean.
    ValueError
        T is not positive, or is not constant over the classes; an axis is repeated or out of range;
        where does not broadcast to z.

    References
    ----------
    Ackley, Hinton & Sejnowski (1985) for units that turn on with a temperature; Hinton, Vinyals &
    Dean (2015), arXiv 1503.02531, for the softmax with one.

    Examples
    --------
    >>> print(softmax_with_temperature([4, 2, -1], T=3).round(4))
    [0.5874 0.3016 0.111 ]
    >>> print(softmax_with_temperature([4, 2, -1], T=float("inf")).round(4))
    [0.3333 0.3333 0.3333]
    """
    z = as_real(z)
    axes = as_axes(axis, z.ndim)
    where = as_mask(where, z.shape)
    x = over_temperature(z, T, axes, where)
    e = exp_of_sum(x.q, x.error, out=x.z)
    return like(np.where(where, e / summed(e, axes), 0), z)


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


def summed(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Add over the class axes, with more digits than the terms have where the machine has them."""
    return x.sum(axis=axes, keepdims=True, dtype=np.longdouble)


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


def as_temperature(T: ArrayLike, shape: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    """Check a temperature: positive, and one for all the classes of a slice.

    At least float64, whatever the logits are: 1e-300 is 0 in float32.
    """
    T = as_real(T, "temperatures")
    T = T.astype(np.promote_types(T.dtype, np.float64))
    if not (T > 0).all():
        raise ValueError(
            f"temperatures need to be positive; got {T[~(T > 0)][0]} "
            "(hardmax is the limit as T falls to 0)"
        )
    slices = tuple(1 if i in axes else n for i, n in enumerate(shape))
    try:
        np.broadcast_to(T, slices)
    except ValueError:
        raise ValueError(
            f"temperatures need a shape that broadcasts to {slices}, one for each slice; "
            f"got {T.shape}"
        ) from None
    return T


@np.errstate(all="ignore")
def entropy(p: ArrayLike, axis: Axis = -1) -> np.ndarray:
    r"""Compute the entropy of a distribution: how undecided it is.

    .. math:: H(p) = -\sum_{k=1}^{K} p_k \log p_k, \qquad 0 \log 0 = 0

    Parameters
    ----------
    p : array_like
        probabilities, any shape.
    axis : int, tuple of int or None
        the axes over which the classes lie; ``None`` for all.

    Returns
    -------
    ndarray
        The shape of p without the class axes, in nats: 0 for a certain outcome, ``log K`` for K
        equal ones.

    Raises
    ------
    TypeError
        p is not real, or is not a plain array.
    ValueError
        p has a negative entry, or does not sum to 1 along the axis; an axis is repeated or out of
        range.

    References
    ----------
    Shannon (1948), doi 10.1002/j.1538-7305.1948.tb01338.x.

    Examples
    --------
    >>> print(entropy([0.5, 0.5]).round(4), entropy([1, 0, 0]))
    0.6931 0.0
    """
    p = as_distribution(p, axis, "probabilities")
    wide = widened(p)
    terms = np.where(wide == 0, 0, -wide * np.log(wide))
    return like(terms.sum(axis=as_axes(axis, p.ndim)), p)
