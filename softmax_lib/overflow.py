"""Exponentials that cannot overflow, and the logarithms built on them."""

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.arrays import Axis, as_axes, as_mask, as_real, like, widened


def shift_by_max(
    z: np.ndarray, axes: tuple[int, ...], where: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(z - m, m)``, m the maximum over the axes, masked entries counted as -inf.

    All of ``z - m`` is at most 0, so no exponential of it overflows. Where every entry is -inf the
    shift is 0, since ``-inf - -inf`` has no value.
    """
    z = np.where(where, widened(z), -np.inf)
    m = z.max(axis=axes, keepdims=True, initial=-np.inf)
    m = np.where(np.isneginf(m), 0, m)
    return z - m, m


def log_sum_exp_shifted(d: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Return the log of the sum of ``exp(d)`` over the axes, for d whose maximum is 0.

    The maximum contributes exactly 1, which is left out of the sum and handed to log1p: others as
    small as 1e-300 still count, where ``log(1 + 1e-300)`` is 0.
    """
    at_max = d == 0
    ties = at_max.sum(axis=axes, keepdims=True, dtype=d.dtype)
    others = np.where(at_max, 0, np.exp(d)).sum(axis=axes, keepdims=True)
    return np.log1p((ties - 1) + others)


@np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
def logsumexp(
    z: ArrayLike, axis: Axis = -1, *, keepdims: bool = False, where: ArrayLike = True
) -> np.ndarray:
    r"""Compute the logarithm of the sum of exponentials.

    .. math:: \operatorname{LSE}(z) = \log \sum_{k=1}^{K} e^{z_k} = m + \log \sum_k e^{z_k - m}

    Parameters
    ----------
    z : logits, any shape.
    axis : the axes over which the classes lie; ``None`` for all.
    keepdims : keep the reduced axes with length 1.
    where : boolean, broadcasts to z; the classes that count.

    Returns
    -------
    The shape of z without the class axes. Between ``m`` and ``m + log K`` for finite z, with
    ``m = max(z)``; ``-inf`` where no class is left.

    Raises
    ------
    TypeError : z is not real, or is a masked array; where is not boolean.
    ValueError : an axis is repeated or out of range, or where does not broadcast to z.

    Source
    ------
    Blanchard, Higham & Higham (2021), doi 10.1093/imanum/draa038, for the shift and log1p.

    >>> import numpy as np
    >>> print(logsumexp(np.log([1, 2, 5])).round(12), np.log(8).round(12))
    2.07944154168 2.07944154168
    >>> print(logsumexp([1000.0, 1000.0]).round(3))
    1000.693
    """
    z = as_real(z)
    axes = as_axes(axis, z.ndim)
    d, m = shift_by_max(z, axes, as_mask(where, z.shape))
    lse = m + log_sum_exp_shifted(d, axes)
    return like(lse if keepdims else lse.squeeze(axis=axes), z)


@np.errstate(all="ignore")
def log_softmax(z: ArrayLike, axis: Axis = -1, *, where: ArrayLike = True) -> np.ndarray:
    r"""Compute the logarithms of the softmax probabilities, without the probabilities.

    .. math:: \log p_i = (z_i - m) - \log \sum_{k=1}^{K} e^{z_k - m}, \qquad m = \max_k z_k

    Parameters
    ----------
    z : logits, any shape.
    axis : the axes over which the classes lie; ``None`` for all.
    where : boolean, broadcasts to z; the classes that count.

    Returns
    -------
    The shape of z; all entries at most 0, and finite wherever z is, unless ``z_i - m`` itself is
    beyond the type's range. ``-inf`` for masked classes.

    Raises
    ------
    TypeError : z is not real, or is a masked array; where is not boolean.
    ValueError : an axis is repeated or out of range, or where does not broadcast to z.

    Source
    ------
    Blanchard, Higham & Higham (2021), doi 10.1093/imanum/draa038, for the shift and log1p.

    >>> print(log_softmax([0.0, -800.0]))
    [   0. -800.]
    >>> f"{log_softmax([0.0, -40.0])[0]:.3e}"
    '-4.248e-18'
    """
    z = as_real(z)
    axes = as_axes(axis, z.ndim)
    where = as_mask(where, z.shape)
    d, _ = shift_by_max(z, axes, where)
    return like(np.where(where, d - log_sum_exp_shifted(d, axes), -np.inf), z)
