"""From scores to probabilities: the soft choice and the hard one."""

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.arrays import Axis, as_axes, as_mask, as_real, like
from softmax_lib.overflow import shift_by_max


@np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
def softmax(z: ArrayLike, axis: Axis = -1, *, where: ArrayLike = True) -> np.ndarray:
    r"""Turn logits into probabilities whose ratios are the exponentials of their differences.

    .. math:: p_i = \frac{e^{z_i}}{\sum_{k=1}^{K} e^{z_k}}

    Parameters
    ----------
    z : logits, any shape.
    axis : the axes over which the classes lie; ``None`` for all.
    where : boolean, broadcasts to z; the classes that count.

    Returns
    -------
    The shape of z; between 0 and 1, summing to 1 along the axis up to rounding. Masked classes
    have probability 0.

    Raises
    ------
    TypeError : z is not real, or is a masked array; where is not boolean.
    ValueError : an axis is repeated or out of range, or where does not broadcast to z.

    Source
    ------
    Bridle (1990), who named it; the form is Boltzmann's (1868) and Gibbs's (1902).

    >>> import numpy as np
    >>> print(softmax(np.log([1, 2, 5])).round(12))
    [0.125 0.25  0.625]
    >>> print(softmax([1000, 1000, -1000]))
    [0.5 0.5 0. ]
    """
    z = as_real(z)
    axes = as_axes(axis, z.ndim)
    where = as_mask(where, z.shape)
    d, _ = shift_by_max(z, axes, where)
    e = np.exp(d)
    return like(np.where(where, e / e.sum(axis=axes, keepdims=True), 0), z)


@np.errstate(all="ignore")
def hardmax(z: ArrayLike, axis: Axis = -1, *, where: ArrayLike = True) -> np.ndarray:
    r"""Give all probability to the largest logit; ties share it equally.

    .. math:: p_i = [z_i = m] \,/\, |\{k : z_k = m\}|, \qquad m = \max_k z_k

    This is the limit of softmax as its temperature falls to 0.

    Parameters
    ----------
    z : logits, any shape.
    axis : the axes over which the classes lie; ``None`` for all.
    where : boolean, broadcasts to z; the classes that count.

    Returns
    -------
    The shape of z; 1 at a single maximum, 1/n at each of n equal ones, 0 elsewhere.

    Raises
    ------
    TypeError : z is not real, or is a masked array; where is not boolean.
    ValueError : an axis is repeated or out of range, or where does not broadcast to z.

    >>> print(hardmax([4, 2, -1]), hardmax([3, 3, 1]))
    [1. 0. 0.] [0.5 0.5 0. ]
    """
    z = as_real(z)
    axes = as_axes(axis, z.ndim)
    where = as_mask(where, z.shape)
    d, _ = shift_by_max(z, axes, where)
    at_max = (d == 0).astype(d.dtype)
    return like(np.where(where, at_max / at_max.sum(axis=axes, keepdims=True), 0), z)
