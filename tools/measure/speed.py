"""Measure where the time of softmax goes, for the chapter ``speed``, and write its tables.

Times are nanoseconds an entry, or a call where there are ten entries: the least of several rounds
in which all contestants of a case take turns, with one thread unless a column says otherwise.
Takes some minutes and 3 GB of memory. Prints the tables and writes ``book/data/speed_*.csv``.
"""

import math
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import scipy.special
from oracle import textbook_softmax

import softmax_lib
from measure.forms import KIB, ROW, TYPES, blocks, fitted, ladder, twice
from measure.libraries import FUNCTIONS
from measure.tables import Row, rounded, write
from measure.timing import bytes_beside_result, least_times, logits, machine, memory_of_temporaries
from softmax_lib import softmax
from softmax_lib.engine.blocks import directly, side_by_side
from softmax_lib.engine.kernels import softmax_slices


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
        "textbook": partial(textbook_softmax, z[None]),
        "SciPy": partial(scipy.special.softmax, z),
        "library": partial(softmax, z),
    }
    for name, seconds in least_times(ways, rounds).items():
        yield {"call": name, "ns": seconds * 1e9}


def memory(rounds: int) -> Iterator[Row]:
    """Find the most memory that a call takes beside its input and result, in inputs of 8 MB."""
    z = logits((1000, 1000), np.float64)
    out = np.empty_like(z)
    for name in FUNCTIONS:
        ours, scipys = getattr(softmax_lib, name), getattr(scipy.special, name)
        ways = {"library": partial(ours, z), "SciPy": partial(scipys, z, axis=-1)}
        if name != "logsumexp":
            ways["library, out="] = partial(ours, z, out=out)
        if name == "softmax":
            ways["textbook"] = partial(textbook_softmax, z)
        for way, call in ways.items():
            yield {"function": name, "way": way, "inputs": bytes_beside_result(call) / z.nbytes}


TABLES = [passes, buffers, ladder, blocks, twice, threads, arguments, shifts, quotients, masks]
TABLES += [scaling, short, calls, memory]


def main(output: Path, rounds: int = 5, only: Iterable[str] = ()) -> None:
    """Measure the tables, print them and write each to a file of its name."""
    print(f"{machine()}, SciPy {scipy.__version__}")
    for table in TABLES:
        name = table.__name__
        if only and name not in only:
            continue
        start = time.perf_counter()
        rows = [rounded(row, 4) for row in table(rounds)]
        write(output / f"speed_{name}.csv", rows)
        seconds = time.perf_counter() - start
        print(f"\n{name}, {seconds:.0f} s; temporaries are {memory_of_temporaries()}")
        for row in rows:
            print(*row.values(), sep=", ")
