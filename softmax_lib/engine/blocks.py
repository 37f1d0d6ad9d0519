"""Blocks: how a kernel runs over an array of any size, shape and memory order.

A kernel is a function ``kernel(z, out, axis)`` of a matrix whose slices are its rows, for axis 1,
or its columns, for axis 0; out may be z. This module cuts an array into matrices that stay in the
processor's cache while a kernel passes over them several times. It changes nothing of the results
but the order of their sums.
"""

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.engine.arrays import (
    Axis,
    as_axes,
    as_mask,
    as_out,
    as_real,
    as_workers,
    classes_last,
    classes_restored,
    like,
    widened,
)
from softmax_lib.engine.scratch import SHARED_BLOCK, workspace
from softmax_lib.engine.sums import PART_ROWS

Kernel = Callable[[np.ndarray, np.ndarray, int], None]
Job = tuple[Callable[[Kernel, np.ndarray, np.ndarray, int], None], np.ndarray, np.ndarray, int]

SHORT_SLICE_CLASSES = 64  # slices of fewer are laid side by side
UNCUT_ENTRIES = 100  # which take less time than cutting them into blocks: 3 microseconds
STRIP_COLUMNS = 8192  # that are taken at a time, if there are as many


@np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
def map_slices(
    kernel: Kernel,
    z: ArrayLike,
    axis: Axis,
    where: ArrayLike,
    out: np.ndarray | None,
    workers: int,
    masked: float,
) -> np.ndarray:
    """Apply a kernel to the slices of anything that is an array of logits, for a result like it.

    Masked logits are -inf to the kernel, and the given value in the result.
    """
    z, workers = as_real(z), as_workers(workers)
    axes = as_axes(axis, z.ndim)
    z, result = (z, np.empty_like(z)) if out is None else as_out(out, z)
    if where is not True:
        hidden = ~as_mask(where, z.shape)
        np.copyto(result, z)
        np.copyto(result, -np.inf, where=hidden)
        z = result
    if z.dtype == np.float16:
        wide = z.astype(np.float32)
        run(kernel, wide, wide, axes, workers)
        np.copyto(result, wide, casting="same_kind")
    else:
        run(kernel, z, result, axes, workers)
    if where is not True:
        np.copyto(result, masked, where=hidden)
    return result[()] if out is None else out


@np.errstate(all="ignore")
def reduce_slices(
    kernel: Kernel,
    z: ArrayLike,
    axis: Axis,
    where: ArrayLike,
    keepdims: bool,
    workers: int,
    empty: float,
) -> np.ndarray:
    """Apply a kernel that gives each slice one number, or the given one where it is empty."""
    z, workers = as_real(z), as_workers(workers)
    axes = as_axes(axis, z.ndim)
    wide = widened(z)
    if where is not True:
        wide = np.where(as_mask(where, z.shape), wide, -np.inf)
    out = np.full([1 if i in axes else n for i, n in enumerate(z.shape)], empty, wide.dtype)
    run(kernel, wide, out, axes, workers)
    return like(out if keepdims else out.squeeze(axis=axes), z)


def run(
    kernel: Kernel, z: np.ndarray, out: np.ndarray, axes: tuple[int, ...], workers: int
) -> None:
    """Apply a kernel to the slices of z along the axes, and write to those of out.

    out has the shape of z, or length 1 along the axes.
    """
    if not z.size:
        return
    even = z.flags.c_contiguous and out.flags.c_contiguous
    if even and z.size <= UNCUT_ENTRIES and z.ndim <= 2 and len(axes) == 1:
        rows = (z, out) if z.ndim == 2 else (z[None], out[None])
        kernel(*rows, axes[0] + 2 - z.ndim)
        return
    stacks = as_stacks(z, out, axes)
    copied = None
    if stacks is None:  # the class axes are not neighbours in memory
        z, copied = (np.ascontiguousarray(classes_last(x, axes)) for x in (z, out))
        stacks = z.reshape(-1, z.shape[-1], 1), copied.reshape(-1, copied.shape[-1], 1)
    if workers == 1:
        run_jobs(kernel, jobs(*stacks, workspace.block))
    else:
        from concurrent.futures import ThreadPoolExecutor  # gain: 5 of 14 ms of the import

        share = list(jobs(*stacks, SHARED_BLOCK))
        with ThreadPoolExecutor(workers, initializer=share_blocks) as pool:
            list(pool.map(lambda i: silent_jobs(kernel, share[i::workers]), range(workers)))
    if copied is not None:
        np.copyto(out, classes_restored(copied, out.shape, axes))


def run_jobs(kernel: Kernel, share: Iterable[Job]) -> None:
    """Run a kernel on one job after another."""
    for job, z, out, axis in share:
        job(kernel, z, out, axis)


silent_jobs = np.errstate(all="ignore")(run_jobs)  # for threads, which start with the defaults


def share_blocks() -> None:
    """Let a thread take larger blocks.

    Gain: of 128 MiB, two threads compute softmax 1.6 times as fast as one with blocks of 4 MiB, and
    0.7 to 1.3 times with those of one thread.
    """
    workspace.block = SHARED_BLOCK


def as_stacks(
    z: np.ndarray, out: np.ndarray, axes: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray] | None:
    """View arrays as ``(outer, n, inner)``, slices along the middle; None where they cannot be."""
    if len(axes) == 1 and z.flags.c_contiguous and out.flags.c_contiguous:
        inner = math.prod(z.shape[axes[0] + 1 :])
        z, out = (x.reshape(-1, x.shape[axes[0]], inner) for x in (z, out))
        return z, out
    order = sorted(range(z.ndim), key=lambda i: -abs(z.strides[i]))
    places = [order.index(i) for i in axes]
    first = min(places, default=z.ndim)
    last = first + len(places)
    if sorted(places) != list(range(first, last)):
        return None
    try:
        z, out = (
            x.reshape(
                (math.prod(x.shape[:first]), math.prod(x.shape[first:last]), -1),
                copy=False,
            )
            for x in (z.transpose(order), out.transpose(order))
        )
    except ValueError:
        return None
    return z, out


def jobs(z: np.ndarray, out: np.ndarray, block: int) -> Iterator[Job]:
    """Cut stacks into blocks, each with the way to run a kernel on it."""
    outer, n, inner = z.shape
    size = n * z.itemsize
    if inner == 1 and (n >= SHORT_SLICE_CLASSES or outer < SHORT_SLICE_CLASSES):
        step = max(1, block // size)
        for i in range(0, outer, step):
            yield directly, z[i : i + step, :, 0], out[i : i + step, :, 0], 1
    elif outer > 1 and size * inner <= block // 4:
        step = block // 2 // (size * inner)
        for i in range(0, outer, step):
            yield side_by_side, z[i : i + step], out[i : i + step], 0
    else:
        step = block // size if n < SHORT_SLICE_CLASSES else max(STRIP_COLUMNS, block // size)
        step = math.ceil(inner / math.ceil(inner / step))  # no strip much narrower than the others
        for i in range(outer):
            for j in range(0, inner, step):
                yield directly, z[i, :, j : j + step], out[i, :, j : j + step], 0


def directly(kernel: Kernel, z: np.ndarray, out: np.ndarray, axis: int) -> None:
    """Run a kernel on a block where it lies, or on a copy of one whose entries lie apart.

    There `numpy.exp` takes another path, whose last digits differ from those of the shift.
    """
    fit_buffer(z.shape[1])
    if z.strides[1] == z.itemsize and out.strides[1] == out.itemsize:
        kernel(z, out, axis)
        return
    copy = workspace.like(z, "copy")
    np.copyto(copy, z)
    results = copy if out.shape == z.shape else out
    kernel(copy, results, axis)
    np.copyto(out, results)


def side_by_side(kernel: Kernel, z: np.ndarray, out: np.ndarray, axis: int) -> None:
    """Run a kernel on short slices laid side by side, as the columns of a scratch matrix.

    Gain: a reduction costs 35 ns a row besides its terms, so that the maximum of rows of 10 takes
    3.4 ns an entry; laid side by side it takes 0.2, and laying them there and back 0.9.
    """
    count, n, inner = z.shape
    aside = z.transpose(1, 0, 2)
    columns = workspace.like(aside, "columns")
    np.copyto(columns, aside)
    columns = columns.reshape(n, count * inner)
    results = columns if out.shape[1] == n else np.empty((1, count * inner), out.dtype)
    fit_buffer(count * inner)
    kernel(columns, results, axis)
    np.copyto(out.transpose(1, 0, 2), results.reshape(-1, count, inner))


def fit_buffer(width: int) -> None:
    """Let NumPy's buffer hold a row of a matrix, until `numpy.errstate` restores it.

    Gain: NumPy loops over a matrix with gaps, or with an operand that is broadcast, a bufferful at
    a time, and one that spans several rows is slow. At 1000 float64 columns a product takes 0.18 ns
    an entry instead of 0.77, an exponential 0.55 instead of 0.87.
    """
    if 128 <= width <= 2**16:
        np.setbufsize(-(-width // 16) * 16)


def chunks(z: np.ndarray, axis: int) -> list[tuple[slice, slice]]:
    """Cut a matrix along its slices where they are longer than a block, into places of parts."""
    n = z.shape[axis]
    step = max(1, workspace.block // (z.shape[1 - axis] * z.itemsize))
    step = step // PART_ROWS * PART_ROWS or step  # so that sums leave no rows over
    if step >= n:
        return [(slice(None), slice(None))]
    cuts = [slice(i, i + step) for i in range(0, n, step)]
    return [(slice(None), cut) if axis else (cut, slice(None)) for cut in cuts]
