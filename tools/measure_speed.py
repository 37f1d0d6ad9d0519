"""Measure where the time of softmax goes, for the chapter ``speed``, and write its tables.

Times are nanoseconds an entry, or a call where there are ten entries: the least of several rounds
in which all contestants of a case take turns, with one thread unless a column says otherwise.
Takes less than three minutes and 3 GB of memory. Prints the tables and writes them to
``book/data/speed_*.csv``::

    PYTHONPATH=. OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tools/measure_speed.py
"""

import argparse
import csv
import math
import platform
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

import numpy as np
import scipy.special
from bench import least_times

import softmax_lib
from softmax_lib import softmax
from softmax_lib.engine.blocks import directly, side_by_side
from softmax_lib.engine.kernels import softmax_slices
from softmax_lib.engine.scratch import BLOCK, workspace

FOLDER = Path(__file__).resolve().parent.parent / "book" / "data"
TYPES = [np.float64, np.float32]
KIB = 2**10
ROW = 1024  # entries of a row, where the length of rows is not what is measured

LADDER = ["yardstick", "SciPy", "textbook", "out=", "buffer", "blocks", "product", "no shift"]
LADDER += ["library", "library, out="]
Row = dict[str, str | int | float]
Calls = dict[str, Callable]


def logits(shape: int | tuple[int, ...], dtype: type) -> np.ndarray:
    """Return standard normal logits."""
    return np.random.default_rng(0).standard_normal(shape, dtype)


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


def passes(rounds: int) -> Iterator[Row]:
    """Time single passes over a matrix, from what fits the first cache to what fits none."""
    for dtype in TYPES:
        for size in (16 * KIB, 128 * KIB, 512 * KIB, 4096 * KIB, 32768 * KIB, 262144 * KIB):
            z = logits((size // np.dtype(dtype).itemsize // ROW, ROW), dtype)
            s, out = np.ones((len(z), 1), dtype), np.empty_like(z)
            calls = {
                "max": partial(np.maximum.reduce, z, axis=1),
                "add.reduce": partial(np.add.reduce, z, axis=1),
                "einsum": partial(np.einsum, "ij->i", z),
                "subtract": partial(np.subtract, z, s, out=out),
                "exp": partial(np.exp, z, out=out),
                "divide": partial(np.divide, z, s, out=out),
                "multiply": partial(np.multiply, z, s, out=out),
                "divide, buffer fitted": fitted(partial(np.divide, z, s, out=out), ROW),
                "multiply, buffer fitted": fitted(partial(np.multiply, z, s, out=out), ROW),
                "copy": partial(np.copyto, out, z),
                "copy to fresh memory": partial(np.copy, z),
            }
            for name, seconds in least_times(calls, rounds).items():
                case = {"dtype": z.dtype.name, "bytes": size, "pass": name}
                yield case | {"ns": seconds / z.size * 1e9}


def buffers(rounds: int) -> Iterator[Row]:
    """Time a product with one number for each row, in cache, with buffers of several lengths."""
    for row in (ROW, 10 * ROW):
        z = logits((2**16 // row, row), np.float64)
        s, out = np.ones((len(z), 1)), np.empty_like(z)
        product = partial(np.multiply, z, s, out=out)
        calls = {2**k: fitted(product, 2**k) for k in range(9, 14)}
        for entries, seconds in least_times(calls, rounds).items():
            yield {"row": row, "buffer": entries, "ns": seconds / z.size * 1e9}


def textbook(z: np.ndarray) -> np.ndarray:
    """Return softmax as textbooks have it."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def in_place(z: np.ndarray, p: np.ndarray) -> None:
    """Do the same, writing to p alone."""
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
        "textbook": partial(textbook, z),
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


def exp_in_threads(z: np.ndarray, out: np.ndarray, workers: int) -> None:
    """Compute exponentials, a share for each thread in a single call."""
    cuts = [slice(i * len(z) // workers, (i + 1) * len(z) // workers) for i in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda cut: np.exp(z[cut], out=out[cut]), cuts))


def threads(rounds: int) -> Iterator[Row]:
    """Time softmax and an exponential with one thread and with two."""
    for size in [2**k * KIB for k in range(8, 18)]:
        z = logits((size // 8 // ROW, ROW), np.float64)
        out = np.empty_like(z)
        calls = {
            ("softmax", 1): partial(softmax, z, out=out),
            ("softmax", 2): partial(softmax, z, out=out, workers=2),
            ("exp", 1): partial(np.exp, z, out=out),
            ("exp", 2): partial(exp_in_threads, z, out, 2),
        }
        for (name, workers), seconds in least_times(calls, rounds).items():
            case = {"function": name, "bytes": size, "workers": workers}
            yield case | {"ns": seconds / z.size * 1e9}


def arguments(rounds: int) -> Iterator[Row]:
    """Time exp of 4096 equal numbers, for numbers over the range of the type."""
    grids = {
        np.float64: [
            -1e9,
            -900,
            -800,
            *np.arange(-760, -707, 4),
            -707,
            -704,
            -700,
            -600,
            -300,
            0,
            300,
            700,
        ],
        np.float32: [-1e9, -300, -150, *np.arange(-110, -79, 2), -60, -30, 0, 30, 80],
    }
    for dtype, grid in grids.items():
        out = np.empty(4096, dtype)
        with np.errstate(all="ignore"):
            calls = {x: partial(np.exp, np.full(4096, x, dtype), out=out) for x in grid}
            for x, seconds in least_times(calls, rounds).items():
                case = {"dtype": out.dtype.name, "argument": float(x)}
                yield case | {"ns": seconds / out.size * 1e9}


def shifts(rounds: int) -> Iterator[Row]:
    """Time the library and SciPy on logits that lie elsewhere, or are spread more widely."""
    for dtype in TYPES:
        z = logits((1024, 1000), dtype)
        kinds = {"z": z, "z - 10": z - 10, "10 z": 10 * z, "z + 1000": z + 1000}
        for kind, x in kinds.items():
            calls = {"library": partial(softmax, x)}
            calls["SciPy"] = partial(scipy.special.softmax, x, axis=1)
            for who, seconds in least_times(calls, rounds).items():
                case = {"dtype": x.dtype.name, "logits": kind, "function": who}
                yield case | {"ns": seconds / z.size * 1e9}


def quotients(rounds: int) -> Iterator[Row]:
    """Time a quotient that is normal, and one that is subnormal, of 4096 numbers in cache."""
    for dtype in TYPES:
        tiny = np.full(4096, 4 * np.finfo(dtype).smallest_normal)
        out = np.empty_like(tiny)
        kinds = {"normal": dtype(3), "subnormal": dtype(7)}
        calls = {kind: partial(np.divide, tiny, s, out=out) for kind, s in kinds.items()}
        for kind, seconds in least_times(calls, rounds).items():
            yield {"dtype": out.dtype.name, "quotient": kind, "ns": seconds / out.size * 1e9}


def masks(rounds: int) -> Iterator[Row]:
    """Time softmax of 1024 rows of which half of the logits are hidden, in several ways."""
    z = logits((1024, ROW), np.float64)
    out = np.empty_like(z)
    halves = {"right": np.arange(ROW) >= ROW // 2, "random": logits(z.shape, np.float64) > 0}
    for places, hidden in halves.items():
        hidden = np.broadcast_to(hidden, z.shape).copy()
        calls = {"nothing hidden": partial(softmax, z, out=out)}
        for shift in (-1e9, -720.0, -math.inf):
            calls[f"{shift:g} added"] = partial(softmax, np.where(hidden, z + shift, z), out=out)
        calls["where="] = partial(softmax, z, where=~hidden, out=out)
        for way, seconds in least_times(calls, rounds).items():
            yield {"hidden": places, "way": way, "ns": seconds / z.size * 1e9}


def scaling(rounds: int) -> Iterator[Row]:
    """Time softmax from a thousand entries to a hundred million, in rows of 1000 and in one row."""
    for dtype in TYPES:
        for n in [10**k for k in range(3, 9)]:
            flat = logits(n, dtype)
            out = np.empty_like(flat)
            rows = (-1, 1000)
            calls = {
                "rows of 1000": partial(softmax, flat.reshape(rows), out=out.reshape(rows)),
                "one row": partial(softmax, flat, out=out),
            }
            for form, seconds in least_times(calls, rounds if n < 10**7 else 3).items():
                case = {"dtype": flat.dtype.name, "form": form, "entries": n}
                yield case | {"ns": seconds / n * 1e9}


def short(rounds: int) -> Iterator[Row]:
    """Time the kernel on rows of several lengths, as they lie and side by side."""
    for n in (2, 4, 8, 16, 32, 64, 128):
        z = logits((2**16 // n, n, 1), np.float64)
        out = np.empty_like(z)
        way = partial(np.errstate(all="ignore")(directly), softmax_slices)
        aside = partial(np.errstate(all="ignore")(side_by_side), softmax_slices)
        calls = {
            "as they lie": partial(way, z[..., 0], out[..., 0], 1),
            "side by side": partial(aside, z, out, 0),
            "maximum": partial(np.maximum.reduce, z[..., 0], axis=1),
        }
        for name, seconds in least_times(calls, rounds).items():
            yield {"classes": n, "way": name, "ns": seconds / z.size * 1e9}


def pure_python(z: list[float]) -> list[float]:
    """Return softmax of a list."""
    m = max(z)
    e = [math.exp(x - m) for x in z]
    s = sum(e)
    return [x / s for x in e]


def calls(rounds: int) -> Iterator[Row]:
    """Time calls for ten logits."""
    z = logits(10, np.float64)
    p = np.empty_like(z)
    ways = {
        "a function that does nothing": lambda: None,
        "np.exp": partial(np.exp, z, out=p),
        "np.add.reduce": partial(np.add.reduce, z),
        "z.sum()": z.sum,
        "pure Python, of a list": partial(pure_python, z.tolist()),
        "textbook": partial(textbook, z[None]),
        "SciPy": partial(scipy.special.softmax, z),
        "library": partial(softmax, z),
    }
    for name, seconds in least_times(ways, rounds).items():
        yield {"call": name, "ns": seconds * 1e9}


def memory(rounds: int) -> Iterator[Row]:
    """Find the most memory that a call takes beside its input and result, in inputs of 8 MB."""
    z = logits((1000, 1000), np.float64)
    out = np.empty_like(z)
    for name in ("softmax", "log_softmax", "logsumexp"):
        ours, scipys = getattr(softmax_lib, name), getattr(scipy.special, name)
        ways = {"library": partial(ours, z), "SciPy": partial(scipys, z, axis=-1)}
        if name != "logsumexp":
            ways["library, out="] = partial(ours, z, out=out)
        if name == "softmax":
            ways["textbook"] = partial(textbook, z)
        for way, call in ways.items():
            call()  # fills the rooms that the library keeps
            tracemalloc.start()
            result = call()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            own = 0 if result is out else result.nbytes
            yield {"function": name, "way": way, "inputs": (peak - own) / z.nbytes}


TABLES = [passes, buffers, ladder, blocks, twice, threads, arguments, shifts, quotients, masks]
TABLES += [scaling, short, calls, memory]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[t.__name__ for t in TABLES])
    options = parser.parse_args()
    print(f"{platform.machine()}, NumPy {np.__version__}, SciPy {scipy.__version__}")
    for table in TABLES:
        if table.__name__ not in options.only:
            continue
        start = time.perf_counter()
        rows = [
            {k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()}
            for row in table(options.rounds)
        ]
        with open(FOLDER / f"speed_{table.__name__}.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print(f"\n{table.__name__}, {time.perf_counter() - start:.0f} s")
        for row in rows:
            print(*row.values(), sep=", ")


if __name__ == "__main__":
    main()
