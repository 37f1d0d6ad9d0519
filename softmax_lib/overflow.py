"""Exponentials that cannot overflow, and the logarithms built on them."""

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.engine.arrays import Axis
from softmax_lib.engine.blocks import map_slices, reduce_slices
from softmax_lib.engine.kernels import log_softmax_slices, logsumexp_slices


def logsumexp(
    z: ArrayLike,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike = True,
    workers: int = 1,
) -> np.ndarray:
    r"""Compute the logarithm of the sum of exponentials.

    .. math:: \operatorname{LSE}(z) = \log \sum_{k=1}^{K} e^{z_k} = m + \log \sum_k e^{z_k - m}

    Parameters
    ----------
    z : array_like
        logits, any shape.
    axis : int, tuple of int or None
        the axes over which the classes lie; ``None`` for all.
    keepdims : bool
        keep the reduced axes with length 1.
    where : array_like of bool
        boolean, broadcasts to z; the classes that count.
    workers : int
        the number of threads to share the slices among; pays from some 60 MB.

    Returns
    -------
    ndarray
        The shape of z without the class axes. Between ``m`` and ``m + log K`` for finite z, with
        ``m = max(z)``; ``-inf`` where no class is left.

        On the test set of ``tests/adversarial.py`` the error is at most 1.5 units in the last
        place, 0.51 in float16, of the largest of ``|m|``, the log of the shifted sum, and the
        result: near a result of 0, where the two cancel, few digits of any method are right. Among
        millions of random slices 3.2 were seen.

    Raises
    ------
    TypeError
        z is not real, or not a plain array; where is not boolean.
    ValueError
        an axis is repeated or out of range, or where does not broadcast to z.

    References
    ----------
    Blanchard, Higham & Higham (2021), doi 10.1093/imanum/draa038, for the shift and log1p.

    Examples
    --------
    >>> import numpy as np
    >>> print(logsumexp(np.log([1, 2, 5])).round(12), np.log(8).round(12))
    2.07944154168 2.07944154168
    >>> print(logsumexp([1000.0, 1000.0]).round(3))
    1000.693
    """
    return reduce_slices(logsumexp_slices, z, axis, where, keepdims, workers, empty=-np.inf)


def log_softmax(
    z: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike = True,
    out: np.ndarray | None = None,
    workers: int = 1,
) -> np.ndarray:
    r"""Compute the logarithms of the softmax probabilities, without the probabilities.

    .. math:: \log p_i = (z_i - m) - \log \sum_{k=1}^{K} e^{z_k - m}, \qquad m = \max_k z_k

    Parameters
    ----------
    z : array_like
        logits, any shape.
    axis : int, tuple of int or None
        the axes over which the classes lie; ``None`` for all.
    where : array_like of bool
        boolean, broadcasts to z; the classes that count.
    out : ndarray, optional
        an array to write to, of the shape and type of the result; z itself will do.
    workers : int
        the number of threads to share the slices among; pays from some 60 MB.

    Returns
    -------
    ndarray
        The shape of z; all entries at most 0, and finite wherever z is, unless ``z_i - m`` itself
        is beyond the type's range. ``-inf`` for masked classes.

        On the test set of ``tests/adversarial.py`` the error is at most 3 units in the last place,
        0.51 in float16. Among millions of random slices 4.4 were seen.

    Raises
    ------
    TypeError
        z is not real, or not a plain array; where is not boolean.
    ValueError
        an axis is repeated or out of range, or where does not broadcast to z.

    References
    ----------
    Blanchard, Higham & Higham (2021), doi 10.1093/imanum/draa038, for the shift and log1p.

    Examples
    --------
    >>> print(log_softmax([0.0, -800.0]))
    [   0. -800.]
    >>> f"{log_softmax([0.0, -40.0])[0]:.3e}"
    '-4.248e-18'
    """
    return map_slices(log_softmax_slices, z, axis, where, out, workers, masked=-np.inf)
