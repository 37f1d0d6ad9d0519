"""The kernels: softmax and its logarithms, written to the slices of one matrix.

The modules below shift, exponentiate, add and take logarithms; here that is put together, with a
shorter way wherever it keeps the digits.
"""

import numpy as np

from softmax_lib.engine.blocks import SHORT_SLICE_CLASSES
from softmax_lib.engine.exponentials import exponentials
from softmax_lib.engine.logarithms import MIN_PLAIN_SUM, digits_last, in_float64, log_over_largest
from softmax_lib.engine.shift import largest, within


def softmax_slices(z: np.ndarray, p: np.ndarray, axis: int) -> None:
    """Write the softmax of the slices of a matrix to p."""
    if z.shape[axis] == 1:
        np.exp(z - z, out=p)  # 1, and NaN for infinities; gain: 3 microseconds for 12
        return
    divide(p, exponentials(z, p, axis).s, z.shape[axis])


def divide(p: np.ndarray, s: np.ndarray, n: int) -> None:
    """Divide slices of n classes by their sums, in place.

    Gain: a product takes 0.15 ns a float64 where a quotient takes 0.55. It is rounded once more,
    and the shares of few classes would not be 1/2 and 1/3: those are divided. Dividing by a number
    takes half a microsecond less than by an array of one.
    """
    if n < SHORT_SLICE_CLASSES:
        one = s.size == 1 and p.itemsize <= 8  # and a float holds it
        np.divide(p, float(s.item()) if one else s.astype(p.dtype, copy=False), out=p)
    else:
        np.multiply(p, (1 / s).astype(p.dtype, copy=False), out=p)


def logsumexp_slices(z: np.ndarray, lse: np.ndarray, axis: int) -> None:
    """Write the logsumexp of the slices of a matrix to lse."""
    sums = exponentials(z, None, axis)
    if within(sums.s, MIN_PLAIN_SUM, np.inf):
        log_s = np.log(in_float64(sums.s, z.dtype))
        whole = log_s if sums.c is None else sums.c + log_s
    else:
        m = largest(z, axis) if sums.m is None else sums.m
        whole = m + log_over_largest(z, m, sums, axis)
    np.copyto(lse, whole, casting="same_kind")


def log_softmax_slices(z: np.ndarray, log_p: np.ndarray, axis: int) -> None:
    """Write the log-softmax of the slices of a matrix to log_p."""
    if z.shape[axis] == 1:
        np.subtract(z, z, out=log_p)  # 0, and NaN for infinities; gain: 2 microseconds for 20
        return
    sums = exponentials(z, None if np.may_share_memory(z, log_p) else log_p, axis)
    m = largest(z, axis) if sums.m is None else sums.m
    whole = np.log(in_float64(sums.s, z.dtype))
    if sums.c is None and digits_last(whole, whole - m, z.dtype):
        np.subtract(z, whole.astype(z.dtype, copy=False), out=log_p)
    else:
        log_s = log_over_largest(z, m, sums, axis)
        np.subtract(z, m, out=log_p)
        np.subtract(log_p, log_s.astype(z.dtype, copy=False), out=log_p)
