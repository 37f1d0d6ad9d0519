"""The sum: one primitive, along either axis of a matrix, that rounds hardly more than once.

`numpy.sum` adds in pairs along the last axis of a row-major array, and one after another along the
others. Each of its roundings may take half a unit in the last place, and where one term is large
and the others tie, all go the same way: 12 units for rows of 2000, 100 and more for 100,000 rows.
"""

import math

import numpy as np

from softmax_lib.engine.scratch import workspace

CHUNK_BYTES = 256  # of terms of a row, which are added in one go, 64 at a time
PART_ROWS = 8  # of a matrix; they are added in one go, one after another
# Of a column and of a row; of fewer terms one is likely to outweigh the others.
MIN_TERMS_IN_PARTS = 16, 64
# Up to these, calls cost more than adding in extended precision, where there is any.
MAX_EXTENDED_ENTRIES = 3000 if np.finfo(np.longdouble).nmant > 60 else 0

Total = tuple[np.ndarray, np.ndarray | int]  # a sum, and what rounding took from it
Places = tuple[slice | np.ndarray, slice | np.ndarray]  # some slices of a matrix


def total(e: np.ndarray, axis: int) -> Total:
    """Sum terms of float32 or wider along axis 0 or 1 of a matrix, keeping the axis.

    Parts are summed in the type of e, which rounds, and their sums in the same way, down to a few,
    which are summed precisely, in float64 or wider. Where a part outweighs the rest, its roundings
    would show, and that slice is summed again. Gain: 0.3 ns a float64 where `precise_total` takes
    1.3; the rows of 1000 of a softmax take 1.5.
    """
    if e.shape[axis] < MIN_TERMS_IN_PARTS[axis]:
        return precise_total(e, axis)
    parts = sums_of_parts(e, axis)
    whole = total(parts, axis)
    at = outweighed(parts, whole, axis)
    return whole if at is None else mended(whole, at, precise_total(e[at], axis, whole[0][at]))


def outweighed(parts: np.ndarray, whole: Total, axis: int) -> Places | None:
    """Find the slices of which a part is more than half, so that its roundings would show."""
    s, _ = whole
    if axis == 1 and 2 * parts.max(initial=0) <= s.min(initial=np.inf):
        return None  # gain: 0.05 ns an entry of rows of 1000; the maxima of short rows are slow
    found = np.flatnonzero(parts.max(axis=axis, keepdims=True) > s / 2)
    if not len(found):
        return None
    found = slice(None) if 2 * len(found) > s.size else found  # gathering columns is slow
    return (slice(None), found) if axis == 0 else (found, slice(None))


def mended(whole: Total, at: Places, precise: Total) -> Total:
    """Put precise totals, which may be of a wider type, in the place of some."""
    s, lost = whole
    lost = lost + np.zeros_like(s)
    s[at] = precise[0]
    lost[at] = (precise[0] - s[at]) + precise[1]
    return s, lost


def sums_of_parts(e: np.ndarray, axis: int) -> np.ndarray:
    """Sum chunks of each row, of 32 float64 or fewer, or eighths of the columns.

    Gains: einsum takes 0.18 ns a float64, where `numpy.add.reduce` takes 0.18 for whole rows and
    0.29 for eighths of them; folding a matrix on itself eight times takes 0.18 whether it has 2
    columns or 2000, adding up neighbouring rows from 0.20 to 6.
    """
    n = e.shape[axis]
    if axis == 0:
        even = n // PART_ROWS * PART_ROWS
        parts = np.add.reduce(e[:even].reshape(PART_ROWS, -1, e.shape[1]), axis=0)
        return parts if even == n else np.concatenate([parts, e[even:]])
    most = CHUNK_BYTES // e.itemsize
    chunk = next((k for k in range(most, most // 2, -1) if n % k == 0), most)
    even = n // chunk * chunk
    e = np.ascontiguousarray(e)  # over gaps einsum keeps a single running sum
    parts = np.einsum("ijk->ij", e[:, :even].reshape(len(e), even // chunk, chunk))
    return parts if even == n else np.concatenate([parts, e[:, even:]], axis=1)


def precise_total(e: np.ndarray, axis: int, rough: np.ndarray | None = None) -> Total:
    """Sum along an axis as if nothing were rounded but the result; rough sums help, if known.

    Float32 is summed in float64. In float64 each term is split (Rump, Ogita & Oishi, 2008): into
    a multiple of the last place of a power of two above the sum, of which sums are exact, and the
    rest, which is so small that the rounding of its sum does not show. Gain: 1 ns a term, or 1.3
    without rough sums, where extended precision takes 3.
    """
    if e.dtype == np.float32:
        return np.add.reduce(e, axis=axis, dtype=np.float64, keepdims=True), 0
    if e.size <= MAX_EXTENDED_ENTRIES:
        whole = np.add.reduce(e, axis=axis, dtype=np.longdouble, keepdims=True)
        if whole.size == 1:
            return whole, 0
        s = whole.astype(e.dtype)
        return s, (whole - s).astype(e.dtype)
    power = power_above(plain_total(e, axis) if rough is None else rough.astype(e.dtype))
    high = np.add(e, power, out=workspace.like(e, "parts of terms"))
    np.subtract(high, power, out=high)
    exact = np.add.reduce(high, axis=axis, keepdims=True)
    rest = plain_total(np.subtract(e, high, out=high), axis)
    s = exact + rest
    return s, rest - (s - exact)


def plain_total(e: np.ndarray, axis: int) -> np.ndarray:
    """Sum along an axis in the type of e, rounding many times."""
    while e.shape[axis] >= MIN_TERMS_IN_PARTS[axis]:
        e = sums_of_parts(e, axis)
    return np.add.reduce(e, axis=axis, keepdims=True)


def power_above(s: np.ndarray) -> np.ndarray | float:
    """Give a power of two above sums: one for all, unless the smallest has no share in its digits.

    Gain: broadcasting a power to each slice would take 0.3 ns a term.
    """
    most = s.max()
    if s.min() >= most * math.sqrt(np.finfo(s.dtype).eps):
        s = most
    return np.ldexp(s.dtype.type(1), np.frexp(s)[1])


def add_totals(totals: list[Total], axis: int) -> Total:
    """Add the totals of the parts of slices."""
    if len(totals) == 1:
        return totals[0]
    terms = [np.broadcast_to(x, s.shape) for s, lost in totals for x in (s, lost)]
    return total(np.concatenate(terms, axis), axis)
