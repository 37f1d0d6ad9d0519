"""Exponentials of the logits of a slice, and their sum: what softmax and its logarithms share."""

from typing import NamedTuple

import numpy as np

from softmax_lib.engine.blocks import chunks
from softmax_lib.engine.scratch import workspace
from softmax_lib.engine.shift import (
    MIN_UNSHIFTED_LOGIT,
    exp_shifted,
    fits_unshifted,
    largest,
    limit,
    shift,
    within,
)
from softmax_lib.engine.sums import (
    Total,
    add_totals,
    mended,
    outweighed,
    precise_total,
    sums_of_parts,
    total,
)

MIN_PROBED_CLASSES = 64  # from which the sum nearly always shows that no shift is needed
PROBED_CLASSES = 4096  # that are looked at before


class Sums(NamedTuple):
    """What is known of each slice of a matrix; all keep the axis of the classes."""

    c: np.ndarray | None  # the shift, None for 0
    s: np.ndarray  # the sum of exp(z - c)
    lost: np.ndarray | int  # what rounding took from s
    m: np.ndarray | None  # the largest logit, None where it was not needed


def exponentials(z: np.ndarray, out: np.ndarray | None, axis: int) -> Sums:
    """Write ``exp(z - c)`` for a safe shift c to out, which may be z, and return its sums."""
    kept = out is None or not np.may_share_memory(z, out)
    plain = kept and worth_a_try(z, axis)
    if plain:
        s, lost = sum_exp_shifted(z, None, out, axis)
        if fits_unshifted(s, z.shape[axis], z.dtype):
            return Sums(None, s, lost, None)
    m = largest(z, axis)
    c = shift(m)
    if not plain or c is not None:
        s, lost = sum_exp_shifted(z, c, out, axis)
    return Sums(c, s, lost, m)


def worth_a_try(z: np.ndarray, axis: int) -> bool:
    """Guess from one slice, or from its beginning, whether none needs a shift.

    Gain: exponentials that turn out useless take 1 ns a float64, and 10 below -708.
    """
    if z.shape[axis] < MIN_PROBED_CLASSES:
        return z.shape[axis] == z.size
    first = z[:PROBED_CLASSES, :1] if axis == 0 else z[:1, :PROBED_CLASSES]
    return within(largest(first, axis), MIN_UNSHIFTED_LOGIT, limit(z.dtype))


def sum_exp_shifted(
    z: np.ndarray, c: np.ndarray | None, out: np.ndarray | None, axis: int
) -> Total:
    """Sum ``exp(z - c)``, written to out or, for None, to scratch, a block at a time."""
    if z.nbytes <= workspace.block:
        return total(exp_shifted(z, c, room_for(z) if out is None else out), axis)

    def e(cut: tuple[slice, slice]) -> np.ndarray:
        return exp_shifted(z[cut], c, room_for(z[cut]) if out is None else out[cut])

    cuts = chunks(z, axis)
    totals, parts, largest_part = [], [], np.zeros((1, 1), z.dtype)
    for cut in cuts:
        parts.append(sums_of_parts(e(cut), axis))
        largest_part = np.maximum(largest_part, parts[-1].max(axis=axis, keepdims=True))
        if cut is cuts[-1] or sum(part.nbytes for part in parts) > workspace.block:
            totals.append(total(np.concatenate(parts, axis), axis))
            parts = []
    whole = add_totals(totals, axis)
    at = outweighed(largest_part, whole, axis)
    if at is None:
        return whole
    again = e if out is None else out.__getitem__
    rough = whole[0][at]
    precise = add_totals([precise_total(again(cut)[at], axis, rough) for cut in cuts], axis)
    return mended(whole, at, precise)


def room_for(z: np.ndarray) -> np.ndarray:
    """Give a scratch matrix for exponentials."""
    return workspace.like(z, "exponentials")
