"""One number that makes a distribution sharper or flatter, and the measure of that."""

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
from softmax_lib.engine.quotients import over_temperature, summed
from softmax_lib.engine.shift import exp_of_sum


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
