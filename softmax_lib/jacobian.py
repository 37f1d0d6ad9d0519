"""Derivatives of softmax: the matrix, and its products without the matrix."""

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.definition import softmax
from softmax_lib.engine.arrays import Axis, as_axes, as_real, classes_last, like, widened


@np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
def softmax_jacobian(z: ArrayLike, axis: Axis = -1) -> np.ndarray:
    r"""Compute the matrix of partial derivatives of softmax.

    .. math:: J_{ij} = \frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j),
       \qquad J = \operatorname{diag}(p) - p p^{\mathsf T}

    Parameters
    ----------
    z : array_like
        logits, any shape, K classes along the axis.
    axis : int, tuple of int or None
        the axes over which the classes lie; several are flattened in the order given.

    Returns
    -------
    ndarray
        Shape ``(*batch, K, K)``, the batch axes in their old order. Symmetric, positive
        semidefinite, rows summing to 0. The matrix costs K^2 memory: `softmax_jvp` and
        `softmax_vjp` do without.

    Raises
    ------
    TypeError
        z is not real, or not a plain array.
    ValueError
        an axis is repeated or out of range.

    References
    ----------
    Gao & Pavel (2017), arXiv 1704.00805.

    Examples
    --------
    >>> import numpy as np
    >>> print(64 * softmax_jacobian(np.log([1, 2, 5])).round(12))
    [[  7.  -2.  -5.]
     [ -2.  12. -10.]
     [ -5. -10.  15.]]
    """
    z = as_real(z)
    p = classes_last(softmax(widened(z), axis), axis)
    return like(with_zero_row_sums(-p[..., :, None] * p[..., None, :]), z)


@np.errstate(all="ignore")
def log_softmax_jacobian(z: ArrayLike, axis: Axis = -1) -> np.ndarray:
    r"""Compute the matrix of partial derivatives of log-softmax.

    .. math:: \frac{\partial \log p_i}{\partial z_j} = \delta_{ij} - p_j

    Parameters
    ----------
    z : array_like
        logits, any shape, K classes along the axis.
    axis : int, tuple of int or None
        the axes over which the classes lie; several are flattened in the order given.

    Returns
    -------
    ndarray
        Shape ``(*batch, K, K)``, the batch axes in their old order. Rows sum to 0.

    Raises
    ------
    TypeError
        z is not real, or not a plain array.
    ValueError
        an axis is repeated or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> print(log_softmax_jacobian(np.log([1, 2, 5])).round(12))
    [[ 0.875 -0.25  -0.625]
     [-0.125  0.75  -0.625]
     [-0.125 -0.25   0.375]]
    """
    z = as_real(z)
    p = classes_last(softmax(widened(z), axis), axis)
    rows = np.broadcast_to(-p[..., None, :], (*p.shape, p.shape[-1]))
    return like(with_zero_row_sums(rows.copy()), z)


def with_zero_row_sums(J: np.ndarray) -> np.ndarray:
    """Set the diagonals of matrices so that their rows sum to 0, in place.

    ``1 - p_i`` is the sum of the other probabilities, which keeps its digits where p_i is nearly 1.
    """
    diagonals = np.einsum("...ii->...i", J)
    diagonals[...] = 0
    diagonals[...] = 0 - J.sum(axis=-1)
    return J


@np.errstate(all="ignore")
def softmax_jvp(z: ArrayLike, v: ArrayLike, axis: Axis = -1) -> np.ndarray:
    r"""Multiply the Jacobian of softmax by a tangent: how p moves when z moves along v.

    .. math:: J v = p \odot (v - p^{\mathsf T} v)

    Parameters
    ----------
    z : array_like
        logits, any shape.
    v : array_like
        tangent, the shape of z.
    axis : int, tuple of int or None
        the axes over which the classes lie; ``None`` for all.

    Returns
    -------
    ndarray
        The shape of z; sums to 0 along the axis up to rounding. Memory grows with K, not K^2. On
        the test set of ``tests/adversarial.py``, where no probability is subnormal, the error in
        float64 is at most 8 units in the last place of ``p_i sum_k p_k |v_i - v_k|``: what the
        product would be, were all the differences of one sign. An offset common to all of v does
        not change it.

    Raises
    ------
    TypeError
        z or v is not real, or is not a plain array.
    ValueError
        the shapes differ, or an axis is repeated or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> print(softmax_jvp(np.log([1, 2, 5]), [8, 0, 0]).round(12))
    [ 0.875 -0.25  -0.625]
    """
    z, v = as_real(z), as_real(v, "vectors")
    if v.shape != z.shape:
        raise ValueError(f"vectors need the shape of the logits, {z.shape}; got {v.shape}")
    p, v = softmax(widened(z), axis), widened(v)
    axes = as_axes(axis, z.ndim)
    room = 0.25 if np.abs(v).max(initial=0) > np.finfo(v.dtype).max / 4 else 1  # for differences
    v = room * v
    for _ in range(3):  # each mean takes what rounding left of the one before
        v = v - (p * v).sum(axis=axes, keepdims=True)
    return like(p * v / room, z)


def softmax_vjp(z: ArrayLike, v: ArrayLike, axis: Axis = -1) -> np.ndarray:
    r"""Multiply a cotangent by the Jacobian of softmax: how a loss's gradient passes back to z.

    .. math:: v^{\mathsf T} J = (J v)^{\mathsf T}

    The Jacobian is symmetric, so this is `softmax_jvp` under the name that a chain rule looks for.

    Parameters
    ----------
    z : array_like
        logits, any shape.
    v : array_like
        cotangent, the derivative of a scalar by p; the shape of z.
    axis : int, tuple of int or None
        the axes over which the classes lie; ``None`` for all.

    Returns
    -------
    ndarray
        The shape of z: the derivative of that scalar by z.

    Raises
    ------
    TypeError
        z or v is not real, or is not a plain array.
    ValueError
        the shapes differ, or an axis is repeated or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> print(softmax_vjp(np.log([1, 2, 5]), [8, 0, 0]).round(12))
    [ 0.875 -0.25  -0.625]
    """
    return softmax_jvp(z, v, axis)
