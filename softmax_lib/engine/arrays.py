"""What comes in and what goes out: real arrays, axes, masks and distributions."""

import operator

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import ArrayLike

Axis = int | tuple[int, ...] | None


def as_plain(x: ArrayLike, name: str) -> np.ndarray:
    """Convert to an array; raise TypeError for subclasses, whose own meaning would be lost."""
    if type(x) is not np.ndarray and isinstance(x, np.ndarray):
        way = "np.asarray(x)"
        if isinstance(x, np.ma.MaskedArray):
            way = "x.data with where=~np.ma.getmaskarray(x)"
        raise TypeError(f"{name} need a plain array; got a {type(x).__name__} (pass {way} instead)")
    return np.asarray(x)


def as_real(x: ArrayLike, name: str = "logits") -> np.ndarray:
    """Convert to a floating-point array: bool and integers to float64, floats kept.

    Raises TypeError for masked arrays and for anything that is not made of real numbers.
    """
    x = as_plain(x, name)
    if x.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} need real numbers (bool, integer or floating point); got dtype {x.dtype}"
        )
    if x.dtype.kind != "f":
        return x.astype(np.float64)  # before any subtraction: unsigned integers would wrap
    return x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))


def as_labels(labels: ArrayLike) -> np.ndarray:
    """Check that labels are integers."""
    labels = as_plain(labels, "labels")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels need integers; got dtype {labels.dtype}")
    return labels


def widened(x: np.ndarray) -> np.ndarray:
    """Give the array in the type to compute in: float32 for float16, else its own.

    float16 ends at 65504 and has 11 bits: sums need more of both.
    """
    return x.astype(np.float32) if x.dtype == np.float16 else x


def like(result: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Round the result to the type of x, once; 0-d results become NumPy scalars."""
    return result.astype(x.dtype, copy=False)[()]


def as_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Normalise an axis argument to a tuple of axes; a scalar, for which -1 is asked, has none."""
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis % ndim,)  # what follows takes 0.6 microseconds
    if axis is None:
        return tuple(range(ndim))
    if ndim == 0 and axis in (0, -1):
        return ()
    return normalize_axis_tuple(axis, ndim)


def as_mask(where: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Check that a mask is boolean and broadcasts to the shape of the logits."""
    where = as_plain(where, "masks")
    if where.dtype != bool:
        raise TypeError(f"where needs booleans; got dtype {where.dtype}")
    try:
        return np.broadcast_to(where, shape)
    except ValueError:
        raise ValueError(
            f"where needs a shape that broadcasts to the logits' {shape}; got {where.shape}"
        ) from None


def as_temperature(T: ArrayLike, shape: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    """Check a temperature: positive, and one for all the classes of a slice.

    At least float64, whatever the logits are: 1e-300 is 0 in float32.
    """
    T = as_real(T, "temperatures")
    T = T.astype(np.promote_types(T.dtype, np.float64))
    if not (T > 0).all():
        raise ValueError(
            f"temperatures need to be positive; got {T[~(T > 0)][0]} "
            "(hardmax is the limit as T falls to 0)"
        )
    slices = tuple(1 if i in axes else n for i, n in enumerate(shape))
    try:
        np.broadcast_to(T, slices)
    except ValueError:
        raise ValueError(
            f"temperatures need a shape that broadcasts to {slices}, one for each slice; "
            f"got {T.shape}"
        ) from None
    return T


def as_out(out: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Check an array to write to, and give ``(z, out)``, z copied where writing would garble it."""
    if type(out) is not np.ndarray:
        raise TypeError(f"out needs a plain array; got a {type(out).__name__}")
    if out.dtype != z.dtype or not out.dtype.isnative:
        raise TypeError(f"out needs the dtype of the result, {z.dtype}; got {out.dtype}")
    if out.shape != z.shape:
        raise ValueError(f"out needs the shape of the logits, {z.shape}; got {out.shape}")
    if not out.flags.writeable:
        raise ValueError("out needs to be writeable; got a read-only array")
    if out is z or not np.may_share_memory(z, out):
        return z, out
    same = (out.ctypes.data, out.strides) == (z.ctypes.data, z.strides)
    return (z if same else z.copy()), out


def as_workers(workers: int) -> int:
    """Check a number of threads."""
    workers = operator.index(workers)
    if workers < 1:
        raise ValueError(f"workers needs to be 1 or more; got {workers}")
    return workers


def classes_last(x: np.ndarray, axis: Axis) -> np.ndarray:
    """Reshape to ``(*batch, K)``: the class axes moved to the end, several flattened as given."""
    axes = as_axes(axis, x.ndim)
    moved = np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))
    batch = moved.shape[: x.ndim - len(axes)]
    return moved.reshape((*batch, np.prod(moved.shape[len(batch) :], dtype=int)))


def classes_restored(rows: np.ndarray, shape: tuple[int, ...], axis: Axis) -> np.ndarray:
    """Undo `classes_last` for an array that was once of this shape."""
    axes = as_axes(axis, len(shape))
    batch = [n for i, n in enumerate(shape) if i not in axes]
    moved = rows.reshape((*batch, *(shape[i] for i in axes)))
    return np.moveaxis(moved, range(len(batch), len(shape)), axes)


def as_distribution(p: ArrayLike, axis: Axis, name: str) -> np.ndarray:
    """Check that p is nonnegative and sums to 1 along the axis, to the square root of its epsilon.

    The tolerance forgives the rounding of a distribution computed in p's own type. NaN passes, and
    shows in the result.
    """
    p = as_real(p, name)
    total = widened(p).sum(axis=as_axes(axis, p.ndim))
    if (p < 0).any():
        raise ValueError(f"{name} need to be nonnegative; got {p[p < 0].min()}")
    off = np.abs(total - 1) > np.sqrt(np.finfo(p.dtype).eps)
    if off.any():
        raise ValueError(
            f"{name} need to sum to 1 along axis {axis}; got a sum of {np.extract(off, total)[0]}"
        )
    return p
