"""Two soft maxima beside logsumexp: the mean that softmax weights, and a mean of exponentials."""

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.engine.arrays import Axis, as_axes, as_mask, as_real, like
from softmax_lib.engine.quotients import over_temperature, summed
from softmax_lib.engine.shift import exp_of_sum


@np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
def boltzmann_operator(
    z: ArrayLike,
    T: ArrayLike = 1,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike = True,
) -> np.ndarray:
    r"""Compute the mean of the logits, each weighted by its softmax probability.

    .. math:: B_T(z) = \sum_{i=1}^{K} p_i z_i, \qquad p = \operatorname{softmax}(z / T)

    It tends to the maximum as T falls to 0 and, as T grows, to the mean of the logits above
    ``-inf``. Of the soft maxima it is the one that may fall when a logit rises.

    Parameters
    ----------
    z : array_like
        logits, any shape.
    T : array_like
        temperature, positive, in the unit of the logits; a number, or one for each slice, as an
        array that broadcasts to z (and not beyond) with length 1 along the class axes.
    axis : int, tuple of int or None
        the axes over which the classes lie; ``None`` for all.
    keepdims : bool
        keep the reduced axes with length 1.
    where : array_like of bool
        boolean, broadcasts to z; the classes that count.

    Returns
    -------
    ndarray
        The shape of z without the class axes, in the unit of the logits. Between the mean and the
        maximum of z up to rounding; ``-inf`` where no class is left. In float64 the error is at
        most 2 units in the last place of the larger of ``|m|`` and ``m - B``, with ``m = max(z)``,
        on the logits of ``tests/adversarial.py`` that are at most 300 and below 1e300 in size.

    Raises
    ------
    TypeError
        z or T is not real, or is not a plain array; where is not boolean.
    ValueError
        T is not positive, or is not constant over the classes; an axis is repeated or out of range;
        where does not broadcast to z.

    References
    ----------
    Asadi & Littman (2017), arXiv 1612.05628, for the name, and for what it does wrong.

    Examples
    --------
    >>> import numpy as np
    >>> print(boltzmann_operator(np.log([1, 2, 5])).round(4), np.log(5).round(4))
    1.1792 1.6094
    """
    z = as_real(z)
    axes = as_axes(axis, z.ndim)
    x = over_temperature(z, T, axes, as_mask(where, z.shape))
    e = exp_of_sum(x.q, x.error, out=np.empty_like(x.q))
    half = x.z / 2 - x.m / 2  # of the difference, which may overflow
    terms = np.where(e == 0, 0, e * half)  # 0 times -inf would be NaN
    below = summed(terms, axes) / summed(e, axes)
    return like(added_to_largest(x.m, below, axes, keepdims), z)


@np.errstate(all="ignore")
def mellowmax(
    z: ArrayLike,
    T: ArrayLike = 1,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike = True,
) -> np.ndarray:
    r"""Compute the logarithm of the mean of the exponentials.

    .. math:: \operatorname{mm}_T(z) = T \log \Bigl(\frac{1}{K} \sum_{k=1}^{K} e^{z_k / T}\Bigr)

    It is `logsumexp` at a temperature, ``T log K`` lower: as monotone, as convex, and of equal
    logits it gives back the one value. It tends to the maximum as T falls to 0 and to the mean
    as T grows.

    Parameters
    ----------
    z : array_like
        logits, any shape.
    T : array_like
        temperature, positive, in the unit of the logits; a number, or one for each slice, as an
        array that broadcasts to z (and not beyond) with length 1 along the class axes. Asadi &
        Littman call its inverse omega.
    axis : int, tuple of int or None
        the axes over which the classes lie; ``None`` for all.
    keepdims : bool
        keep the reduced axes with length 1.
    where : array_like of bool
        boolean, broadcasts to z; the classes that count, and are counted in K. A logit of ``-inf``
        is counted.

    Returns
    -------
    ndarray
        The shape of z without the class axes, in the unit of the logits. Between the mean and the
        maximum of z up to rounding; ``-inf`` where no class is left. In float64 the error is at
        most 2 units in the last place of the larger of ``|m|`` and ``m - mm``, with ``m = max(z)``,
        on the logits of ``tests/adversarial.py`` that are at most 300 and below 1e300 in size.

    Raises
    ------
    TypeError
        z or T is not real, or is not a plain array; where is not boolean.
    ValueError
        T is not positive, or is not constant over the classes; an axis is repeated or out of range;
        where does not broadcast to z.

    References
    ----------
    Asadi & Littman (2017), arXiv 1612.05628.

    Examples
    --------
    >>> import numpy as np
    >>> print(mellowmax(np.log([1, 2, 5])).round(4), np.log(8 / 3).round(4))
    0.9808 0.9808
    """
    z = as_real(z)
    axes = as_axes(axis, z.ndim)
    where = as_mask(where, z.shape)
    x = over_temperature(z, T, axes, where)
    e = exp_of_sum(x.q, x.error.copy(), out=np.empty_like(x.q))  # overwrites the copy
    less_one = np.where(e == 0, -1, np.expm1(x.q) + x.error * e)  # e - 1, with all its digits
    K = np.count_nonzero(where, axis=axes, keepdims=True)
    mean = summed(e, axes) / K
    log_mean = np.log1p(summed(np.where(where, less_one, 0), axes) / K)
    log_mean = np.where(mean < 1 / 2, np.log(mean), log_mean)
    # The mean of z is the limit as T grows, reached where no exponential differs from 1.
    level = ((x.q > -(2.0**-60)) | ~where).all(axis=axes, keepdims=True)
    half_mean = summed(np.where(where, x.z / 2 - x.m / 2, 0), axes) / K
    below = np.where(level, half_mean, log_mean / 2 * x.T)  # T / 2 may lose a digit
    return like(added_to_largest(x.m, below, axes, keepdims), z)


def added_to_largest(
    m: np.ndarray, below: np.ndarray, axes: tuple[int, ...], keepdims: bool
) -> np.ndarray:
    """Add twice a number to the maximum, unless that is -inf: no class is left."""
    value = np.where(np.isneginf(m), m, 2 * (m / 2 + below)).astype(m.dtype)
    return value if keepdims else value.squeeze(axis=axes)
