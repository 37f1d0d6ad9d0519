"""Logarithms of sums that keep their digits, near 0 and where one class outweighs the others."""

import numpy as np

from softmax_lib.engine.blocks import chunks
from softmax_lib.engine.exponentials import Sums
from softmax_lib.engine.scratch import workspace
from softmax_lib.engine.shift import difference, exp_of_sum, exp_shifted, within
from softmax_lib.engine.sums import add_totals, total

MIN_PLAIN_SUM = 8  # of exponentials; its logarithm is as precise as it is
MIN_PLAIN_LOG = 1 / 32  # in nats; the errors of smaller ones show


def in_float64(s: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Round sums to float64, in which logarithms are fast, unless the logits are wider."""
    return s.astype(np.promote_types(dtype, np.float64), copy=False)


def digits_last(whole: np.ndarray, smallest: np.ndarray, dtype: np.dtype) -> bool:
    """Tell whether a difference keeps its digits: of z and its logsumexp, the smallest given.

    It does where the result is at least 1 and its last place not much finer than logsumexp's.
    """
    if not within(smallest, 1, np.inf):
        return False
    units = [np.spacing(x.astype(dtype, copy=False)) for x in (whole, smallest)]
    return within(units[0] / units[1], 0, 2)


def log_over_largest(z: np.ndarray, m: np.ndarray, sums: Sums, axis: int) -> np.ndarray:
    """Return the log of the sum of ``exp(z - m)``, m the maximum, from that of ``exp(z - c)``.

    The maximum's own term is 1, which `numpy.log1p` adds to the others without losing them.
    """
    m = np.where(np.isneginf(m), 0, m)  # -inf - -inf has no value
    top = exp_shifted(m, sums.c, out=np.empty_like(m))
    log_s = np.log1p(in_float64(((sums.s - top) + sums.lost) / top, z.dtype))
    if z.shape[axis] == 1:
        return log_s
    places = np.flatnonzero(~(log_s >= MIN_PLAIN_LOG))
    step = max(1, workspace.block // (z.shape[axis] * z.itemsize))
    for i in range(0, len(places), step):
        few = places[i : i + step]
        at = (slice(None), few) if axis == 0 else few
        log_s[at] = log_of_small_sum(gathered(z, few, axis), m[at], axis)
    return log_s


def gathered(z: np.ndarray, places: np.ndarray, axis: int) -> np.ndarray:
    """Copy some slices of a matrix to scratch; a single one stays where it is."""
    if len(places) == 1:
        one = slice(places[0], places[0] + 1)
        return z[:, one] if axis == 0 else z[one]
    room = workspace.like(z[:, : len(places)] if axis == 0 else z[: len(places)], "gathered")
    return z.take(places, axis=1 - axis, out=room, mode="clip")  # other modes write to a copy


def log_of_small_sum(z: np.ndarray, m: np.ndarray, axis: int) -> np.ndarray:
    """Return what `log_over_largest` does where the maximum outweighs the others.

    It contributes exactly 1, which is kept out of the sum and handed to log1p: others as small as
    1e-300 still count, where ``log(1 + 1e-300)`` is 0. Their errors are the result's, so they are
    computed in a wider type, and with what rounding takes from ``z - m``.
    """
    wide = np.promote_types(z.dtype, np.float64)
    ties, others = [], []
    for part in chunks(z, axis):
        d, lost = difference(z[part].astype(wide, copy=False), m.astype(wide, copy=False))
        e = exp_of_sum(d, lost, out=workspace.like(d, "exponentials"))
        others.append(total(np.multiply(e, d != 0, out=e), axis))
        ties.append(np.count_nonzero(d == 0, axis=axis, keepdims=True))
    others, _ = add_totals(others, axis)
    return np.log1p(sum(ties) - 1 + others)
