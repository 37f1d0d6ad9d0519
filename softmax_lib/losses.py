"""What a prediction costs: cross-entropy from logits, its gradient, and the divergence inside it.

The chapter is `cross_entropy`; a module of that name would be hidden by the function.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from softmax_lib.definition import softmax
from softmax_lib.engine.arrays import (
    Axis,
    as_axes,
    as_distribution,
    as_real,
    classes_restored,
    like,
    widened,
)
from softmax_lib.engine.targets import (
    as_targets,
    check_reduction,
    difference_of_distributions,
    indicators,
)
from softmax_lib.overflow import log_softmax

Reduction = Literal["none", "mean", "sum"]


def one_hot(labels: ArrayLike, K: int, *, dtype: DTypeLike = np.float64) -> np.ndarray:
    """Turn class numbers into rows with a single 1.

    Parameters
    ----------
    labels : array_like of int
        integers from 0 to K - 1, any shape.
    K : int
        the number of classes.
    dtype : dtype_like
        the type of the result.

    Returns
    -------
    ndarray
        Shape ``(*labels.shape, K)``: 1 at the label, 0 elsewhere.

    Raises
    ------
    TypeError
        the labels or K are not integers, or the labels are not a plain array.
    ValueError
        a label is outside 0 to K - 1.

    Examples
    --------
    >>> print(one_hot([2, 0], K=3))
    [[0. 0. 1.]
     [1. 0. 0.]]
    """
    return indicators(labels, K, dtype)


@np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
def cross_entropy(
    z: ArrayLike,
    y: ArrayLike,
    axis: Axis = -1,
    *,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> np.ndarray:
    r"""Compute the cross-entropy between targets and the softmax of logits, in nats.

    .. math:: L = -\sum_{k=1}^{K} y_k \log p_k
       = -\sum_k y_k \bigl( z_k - \operatorname{LSE}(z) \bigr)

    Parameters
    ----------
    z : array_like
        logits, any shape, K classes along the axis.
    y : array_like
        labels, integers of z's shape without the class axes; or soft targets of z's shape,
        nonnegative and summing to 1.
    axis : int, tuple of int or None
        the axes over which the classes lie; several are flattened in the order given.
    reduction : str
        over the batch: its ``'mean'``, its ``'sum'``, or ``'none'``.
    label_smoothing : float
        the share of each target, 0 to 1, that is spread equally over the K classes.

    Returns
    -------
    ndarray
        A scalar, or z's shape without the class axes for ``'none'``; nonnegative. ``inf`` where a
        target is on a masked class, as label smoothing puts a share of every target. For labels,
        each loss in float64 is within 4 units in the last place on the test set of
        ``tests/adversarial.py``.

    Raises
    ------
    TypeError
        z or y is not real, or is not a plain array; labels are not integers.
    ValueError
        the shapes do not match, a label is out of range, a target is no distribution, or there is
        no class, no example to average, or no such reduction.

    References
    ----------
    Bridle (1990); Szegedy et al. (2016), arXiv 1512.00567, section 7, for label smoothing.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.log([1, 2, 5])
    >>> print(cross_entropy(z, 0).round(4), cross_entropy(z, [0, 0.5, 0.5]).round(4))
    2.0794 0.9281
    """
    z = as_real(z)
    rows, targets = as_targets(y, z, axis, label_smoothing)
    terms = np.where(targets == 0, 0, -targets * log_softmax(rows))
    losses = terms.sum(axis=-1)
    check_reduction(reduction, losses.size)
    if reduction != "none":
        losses = losses.mean() if reduction == "mean" else losses.sum()
    return like(losses, z)


@np.errstate(all="ignore")
def cross_entropy_grad(
    z: ArrayLike,
    y: ArrayLike,
    axis: Axis = -1,
    *,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> np.ndarray:
    r"""Compute the gradient of `cross_entropy` with respect to the logits.

    .. math:: \frac{\partial L}{\partial z_i} = p_i - y_i

    Parameters
    ----------
    z, y, axis, label_smoothing
        as for `cross_entropy`.
    reduction : str
        ``'mean'`` divides by the number of examples; ``'sum'`` and ``'none'`` do not, since each
        example's loss depends on its own logits alone.

    Returns
    -------
    ndarray
        The shape of z; sums to 0 along the axis up to rounding. For labels, each entry of
        ``'none'`` in float64 is within 4 units in the last place on the test set of
        ``tests/adversarial.py``, also where p is nearly 1.

    Raises
    ------
    TypeError
        as `cross_entropy`.
    ValueError
        as `cross_entropy`.

    References
    ----------
    Bridle (1990).

    Examples
    --------
    >>> import numpy as np
    >>> print(cross_entropy_grad(np.log([1, 2, 5]), 0).round(12))
    [-0.875  0.25   0.625]
    """
    z = as_real(z)
    rows, targets = as_targets(y, z, axis, label_smoothing)
    examples = rows[..., 0].size
    check_reduction(reduction, examples)
    gradient = difference_of_distributions(softmax(rows), targets)
    if reduction == "mean":
        gradient /= examples
    return like(classes_restored(gradient, z.shape, axis), z)


@np.errstate(all="ignore")
def kl_divergence(p: ArrayLike, q: ArrayLike, axis: Axis = -1) -> np.ndarray:
    r"""Compute the Kullback-Leibler divergence of q from p: what it costs to believe q under p.

    .. math:: D(p \,\|\, q) = \sum_{k=1}^{K} p_k \log \frac{p_k}{q_k},
       \qquad 0 \log 0 = 0

    Parameters
    ----------
    p, q : array_like
        probabilities of one shape.
    axis : int, tuple of int or None
        the axes over which the classes lie; ``None`` for all.

    Returns
    -------
    ndarray
        The shape of p without the class axes, in nats; nonnegative up to rounding, 0 for ``p = q``,
        ``inf`` where q rules out what p allows.

    Raises
    ------
    TypeError
        p or q is not real, or is not a plain array.
    ValueError
        the shapes differ; p or q has a negative entry, or does not sum to 1 along the axis; an axis
        is repeated or out of range.

    References
    ----------
    Kullback & Leibler (1951), doi 10.1214/aoms/1177729694.

    Examples
    --------
    >>> print(kl_divergence([0.5, 0.5], [0.25, 0.75]).round(4))
    0.1438
    """
    p, q = as_distribution(p, axis, "p"), as_distribution(q, axis, "q")
    if p.shape != q.shape:
        raise ValueError(f"p and q need the same shape; got {p.shape} and {q.shape}")
    wide_p, wide_q = widened(p), widened(q)
    terms = wide_p * (np.log(wide_p) - np.log(wide_q))
    terms = np.where((wide_p == 0) & ~np.isnan(wide_q), 0, terms)
    return like(terms.sum(axis=as_axes(axis, p.ndim)), p)
