"""Exponentials that cannot overflow, and the logarithms built on them."""

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.arrays import Axis, as_axes, as_mask, as_real, as_workers, like, widened
from softmax_lib.blocks import BLOCK, MANY, SHORT, chunks, map_slices, run, workspace
from softmax_lib.shift import difference, exp_of_sum, fits_unshifted, largest
from softmax_lib.sums import add_parts, total

SMALL = 0.25, 0.05  # logarithms whose errors show, in float32 and wider, of fewer than 64 classes


@np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
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
    z : logits, any shape.
    axis : the axes over which the classes lie; ``None`` for all.
    keepdims : keep the reduced axes with length 1.
    where : boolean, broadcasts to z; the classes that count.
    workers : the number of threads to share the slices among.

    Returns
    -------
    The shape of z without the class axes. Between ``m`` and ``m + log K`` for finite z, with
    ``m = max(z)``; ``-inf`` where no class is left.

    On the test set of ``tests/adversarial.py`` the error is at most 1.5 units in the last place,
    0.51 in float16, of the largest of ``|m|``, the log of the shifted sum, and the result: near a
    result of 0, where the two cancel, few digits of any method are right.

    Raises
    ------
    TypeError : z is not real, or not a plain array; where is not boolean.
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
    z, workers = as_real(z), as_workers(workers)
    axes = as_axes(axis, z.ndim)
    wide = widened(z)
    if where is not True:
        wide = np.where(as_mask(where, z.shape), wide, -np.inf)
    lse = np.full([1 if i in axes else n for i, n in enumerate(z.shape)], -np.inf, wide.dtype)
    run(logsumexp_slices, wide, lse, axes, workers)
    return like(lse if keepdims else lse.squeeze(axis=axes), z)


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
    z : logits, any shape.
    axis : the axes over which the classes lie; ``None`` for all.
    where : boolean, broadcasts to z; the classes that count.
    out : an array to write to, of the shape and type of the result; z itself will do.
    workers : the number of threads to share the slices among.

    Returns
    -------
    The shape of z; all entries at most 0, and finite wherever z is, unless ``z_i - m`` itself is
    beyond the type's range. ``-inf`` for masked classes.

    On the test set of ``tests/adversarial.py`` the error is at most 3 units in the last place, 0.51
    in float16; up to 6 were seen beside a dominant class with thousands of equal small ones.

    Raises
    ------
    TypeError : z is not real, or not a plain array; where is not boolean.
    ValueError : an axis is repeated or out of range, or where does not broadcast to z.

    Source
    ------
    Blanchard, Higham & Higham (2021), doi 10.1093/imanum/draa038, for the shift and log1p.

    >>> print(log_softmax([0.0, -800.0]))
    [   0. -800.]
    >>> f"{log_softmax([0.0, -40.0])[0]:.3e}"
    '-4.248e-18'
    """
    return map_slices(log_softmax_slices, z, axis, where, out, workers, masked=-np.inf)


def logsumexp_slices(z: np.ndarray, lse: np.ndarray, axis: int) -> None:
    """Write the logsumexp of the slices of a matrix to lse."""
    if (whole := log_of_plain_sum(z, None, axis)) is None:
        m = largest(z, axis)
        whole = m + log_of_shifted_sum(z, m, axis)
    np.copyto(lse, whole, casting="same_kind")


def log_softmax_slices(z: np.ndarray, log_p: np.ndarray, axis: int) -> None:
    """Write the log-softmax of the slices of a matrix to log_p."""
    if (whole := log_of_plain_sum(z, log_p, axis)) is not None:
        np.subtract(z, whole.astype(z.dtype, copy=False), out=log_p)
    else:
        m = largest(z, axis)
        log_s = log_of_shifted_sum(z, m, axis)
        np.subtract(z, m, out=log_p)
        np.subtract(log_p, log_s.astype(z.dtype, copy=False), out=log_p)


def log_of_shifted_sum(z: np.ndarray, m: np.ndarray, axis: int) -> np.ndarray:
    """Return the log of the sum of ``exp(z - m)``, m the maximum of each slice."""
    m = np.where(np.isneginf(m), 0, m)  # -inf - -inf has no value
    many = z.shape[axis] >= SHORT
    sums = []
    for part in chunks(z, axis):
        e = workspace.like(z[part], "exponentials")
        np.exp(np.subtract(z[part], m, out=e), out=e)
        sums.append(total(e, axis) - 1 if many else total_less_one(e, axis))
    log_s = np.log1p(in_float64(add_parts(sums), z.dtype) + (len(sums) - 1))
    small = ~(log_s >= (1 if many else SMALL[z.dtype.itemsize > 4]))
    places = np.flatnonzero(small)
    step = max(1, BLOCK // (z.shape[axis] * z.itemsize))
    for i in range(0, len(places), step):
        few = places[i : i + step]
        few = slice(few[0], few[0] + 1) if step == 1 else few  # one slice needs no copy
        at = (slice(None), few) if axis == 0 else few
        log_s[at] = log_of_small_sum(z[at], m[at], axis)
    return log_s


def in_float64(s: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Round sums to float64, in which logarithms are fast, unless the logits are wider."""
    return s.astype(np.promote_types(dtype, np.float64), copy=False)


def total_less_one(e: np.ndarray, axis: int) -> np.ndarray:
    """Sum exponentials of which the largest is 1, without it: beside a 1 small ones would be lost.

    ``floor(e)`` is 1 at the maximum and at what ties with it, and 0 elsewhere.
    """
    ones = np.floor(e, out=workspace.like(e, "ones"))
    ties = np.add.reduce(ones, axis=axis, keepdims=True)
    return total(np.subtract(e, ones, out=e), axis) + (ties - 1)


def log_of_small_sum(z: np.ndarray, m: np.ndarray, axis: int) -> np.ndarray:
    """Return what `log_of_shifted_sum` does for sums in which the maximum outweighs the others.

    It contributes exactly 1, which is kept out of the sum and handed to log1p: others as small as
    1e-300 still count, where ``log(1 + 1e-300)`` is 0. Their errors are the result's, so they are
    computed in a wider type, and with what rounding takes from ``z - m``.
    """
    wide = np.promote_types(z.dtype, np.float64)
    ties, others = [], []
    for part in chunks(z, axis):
        d, lost = difference(z[part].astype(wide, copy=False), m.astype(wide, copy=False))
        e = exp_of_sum(d, lost, out=np.empty_like(d))
        e[d == 0] = 0
        ties.append((d == 0).sum(axis=axis, keepdims=True))
        others.append(total(e, axis))
    return np.log1p((add_parts(ties) - 1) + add_parts(others))


def log_of_plain_sum(z: np.ndarray, scratch: np.ndarray | None, axis: int) -> np.ndarray | None:
    """Return the log of the sum of ``exp(z)`` where that will do, else None.

    It does where no slice needs a shift and the smallest result is at least 1, its last place not
    much finer than that of the logarithm. Gain: three passes for five.
    """
    if z.shape[axis] < MANY:
        return None
    apart = scratch is not None and not np.may_share_memory(z, scratch)
    s = []
    for part in chunks(z, axis):
        e = scratch[part] if apart else workspace.like(z[part], "exponentials")
        s.append(total(np.exp(z[part], out=e), axis))
    s = in_float64(add_parts(s), z.dtype)
    whole = np.log(s)
    smallest = whole - largest(z, axis)
    units = [np.spacing(x.astype(z.dtype, copy=False)) for x in (whole, smallest)]
    fine = smallest.min() >= 1 and (units[0] <= 2 * units[1]).all()
    return whole if fine and fits_unshifted(s, 1, z.dtype) else None
