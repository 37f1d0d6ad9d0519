"""Forms of softmax, from the textbook's to the library's, on large arrays."""

from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np
import scipy.special
from oracle import textbook_softmax

from measure.tables import Row
from measure.timing import least_times, logits
from softmax_lib import softmax
from softmax_lib.engine.scratch import BLOCK, workspace

TYPES = [np.float64, np.float32]
KIB = 2**10
ROW = 1024  # entries of a row, where the length of rows is not what is measured
LADDER = ["yardstick", "SciPy", "textbook", "out=", "buffer", "blocks", "product", "no shift"]
LADDER += ["library", "library, out="]


def fitted(call: Callable, width: int) -> Callable:
    """Run a call with NumPy's buffer as wide as a row."""

    def wrapped():
        with np.errstate():
            np.setbufsize(width)
            call()

    return wrapped


def in_blocks(kernel: Callable, z: np.ndarray, out: np.ndarray, size: int = BLOCK) -> Callable:
    """Run a kernel on one block of rows after another."""
    step = max(1, size // (z.shape[1] * z.itemsize))

    def run():
        for i in range(0, len(z), step):
            kernel(z[i : i + step], out[i : i + step])

    return run


def in_place(z: np.ndarray, p: np.ndarray) -> None:
    """Compute the textbook's softmax, writing to p alone."""
    np.subtract(z, z.max(axis=1, keepdims=True), out=p)
    np.exp(p, out=p)
    np.divide(p, p.sum(axis=1, keepdims=True), out=p)


def by_product(z: np.ndarray, p: np.ndarray) -> None:
    """Do the same, with a product by 1/s."""
    np.subtract(z, z.max(axis=1, keepdims=True), out=p)
    np.exp(p, out=p)
    np.multiply(p, 1 / p.sum(axis=1, keepdims=True), out=p)


def without_shift(z: np.ndarray, p: np.ndarray) -> None:
    """Do the same for logits that need no shift, with einsum for the sum: the least we know."""
    np.exp(z, out=p)
    np.multiply(p, 1 / np.einsum("ij->i", p)[:, None], out=p)


@cache
def forms(dtype: type, rounds: int) -> dict[str | tuple[str, int], float]:
    """Time forms of softmax on 32 MiB, and two of them with blocks of several sizes, in turns."""
    z = logits((2**25 // np.dtype(dtype).itemsize // ROW, ROW), dtype)
    p = np.empty_like(z)

    def library(size):
        if workspace.block != size:
            workspace.block = size
            workspace.rooms.clear()
        softmax(z, out=p)

    def yardstick():
        np.exp(z, out=p)
        np.copyto(p, z)

    calls = {
        "yardstick": yardstick,
        "SciPy": partial(scipy.special.softmax, z, axis=1),
        "textbook": partial(textbook_softmax, z),
        "out=": partial(in_place, z, p),
        "product": fitted(in_blocks(by_product, z, p), ROW),
        "no shift": fitted(in_blocks(without_shift, z, p), ROW),
        "library": partial(softmax, z),
    }
    sizes = [2**k * KIB for k in range(3, 16)]
    calls |= {("library", size): partial(library, size) for size in sizes}
    calls |= {("five passes", k): fitted(in_blocks(in_place, z, p, k), ROW) for k in sizes}
    times = least_times(calls, rounds)
    library(BLOCK)
    return {name: seconds / z.size * 1e9 for name, seconds in times.items()}


def ladder(rounds: int) -> Iterator[Row]:
    """Time one form of softmax after another, each with one step more, on 32 MiB."""
    for dtype in TYPES:
        times = dict(forms(dtype, rounds))
        times["buffer"] = times["five passes", 2**25]  # one block is the whole
        times |= {"blocks": times["five passes", BLOCK], "library, out=": times["library", BLOCK]}
        for name in LADDER:
            yield {"dtype": np.dtype(dtype).name, "form": name, "ns": times[name]}


def blocks(rounds: int) -> Iterator[Row]:
    """Time the library and the textbook's five passes on 32 MiB, with blocks of several sizes."""
    for dtype in TYPES:
        for name, ns in forms(dtype, rounds).items():
            if isinstance(name, tuple):
                way, size = name
                yield {"dtype": np.dtype(dtype).name, "way": way, "block": size, "ns": ns}


def stored(z: np.ndarray, p: np.ndarray, scratch: np.ndarray) -> None:
    """Compute softmax of a long row without a shift, and store the exponentials: four words."""
    s = 0.0
    for i in range(0, len(z), len(scratch)):
        e = np.exp(z[i : i + len(scratch)], out=p[i : i + len(scratch)])
        s += np.einsum("i->", e)
    for i in range(0, len(z), len(scratch)):
        p[i : i + len(scratch)] *= 1 / s


def computed_twice(z: np.ndarray, p: np.ndarray, scratch: np.ndarray) -> None:
    """Do the same, and compute the exponentials again: three words."""
    s = 0.0
    for i in range(0, len(z), len(scratch)):
        s += np.einsum("i->", np.exp(z[i : i + len(scratch)], out=scratch))
    for i in range(0, len(z), len(scratch)):
        np.exp(z[i : i + len(scratch)], out=scratch)
        np.multiply(scratch, 1 / s, out=p[i : i + len(scratch)])


def twice(rounds: int) -> Iterator[Row]:
    """Time both on one row of 256 MiB."""
    for dtype in TYPES:
        z = logits(2**28 // np.dtype(dtype).itemsize, dtype)
        p, scratch = np.empty_like(z), np.empty(BLOCK // z.itemsize, dtype)
        calls = {
            "stored": partial(stored, z, p, scratch),
            "computed twice": partial(computed_twice, z, p, scratch),
        }
        for form, seconds in least_times(calls, rounds).items():
            yield {"dtype": z.dtype.name, "form": form, "ns": seconds / z.size * 1e9}
