"""Time softmax_lib and its peers in one run, and print, draw and tabulate the ratios.

The unit is a yardstick: one `numpy.exp` of the array into another and one copy. It is no bound, for
a fused loop writes once. scikit-learn, PyTorch and JAX take part where they are installed.
`make bench` gives all of them one thread. Results go to `_build/bench`.
"""

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import softmax_lib
from measure import speed
from measure.libraries import FUNCTIONS, OURS, installed
from measure.tables import Row, write
from measure.timing import keep_freed_memory, least_times, logits, machine

SHAPES = [(1, 10), (64, 1000), (1024, 1000), (128, 32_000), (8, 1_000_000), (100_000, 10)]
CASE = ["dtype", "shape", "axis", "function"]
MARKS = {  # one for each contestant in every panel, told apart in grey as well
    OURS: {"marker": "o", "color": "#1f4e79"},
    "SciPy": {"marker": "D", "color": "#d95f02"},
    f"{OURS}, out=": {"marker": "o", "color": "#1f4e79", "fillstyle": "none"},
    "scikit-learn": {"marker": "v", "color": "#d95f02", "fillstyle": "none"},
    "PyTorch": {"marker": "s", "color": "#7a7a7a"},
    "PyTorch, out=": {"marker": "s", "color": "#7a7a7a", "fillstyle": "none"},
    "JAX": {"marker": "*", "color": "#66a61e"},
}


def contestants(function: str, z: np.ndarray, axis: int) -> dict[str, Callable]:
    """Return what computes one function of one array, by contestant."""
    out = np.empty_like(z)
    calls = {}
    for who, library in installed().items():
        f = library.functions.get(function)
        if f is None or (library.rows_alone and axis == 0):
            continue
        array = library.array(z)
        calls[who] = library.call(f, array, axis)
        if library.takes_out and function != "logsumexp":
            calls[f"{who}, out="] = partial(f, array, axis, out=library.array(out))
    return {who: calls[who] for who in MARKS if who in calls}


def exp_and_copy(z: np.ndarray, one: np.ndarray, two: np.ndarray) -> None:
    """Do what the unit of all times is."""
    np.exp(z, out=one)
    np.copyto(two, one)


def measure(rounds: int, functions: Iterable[str]) -> list[Row]:
    """Time every function, shape, type and axis, and print a line for each."""
    rows: list[Row] = []
    for dtype in (np.float64, np.float32):
        for shape in SHAPES:
            z = np.random.default_rng(0).standard_normal(shape).astype(dtype)
            one, two = np.empty_like(z), np.empty_like(z)
            for axis in (1, 0):
                for function in functions:
                    calls = {"yardstick": partial(exp_and_copy, z, one, two)}
                    times = least_times(calls | contestants(function, z, axis), rounds)
                    unit = times.pop("yardstick")
                    case = dict(zip(CASE, (z.dtype.name, shape, axis, function), strict=True))
                    rows.append(case | {who: time / unit for who, time in times.items()})
                    print(*case.values(), *(f"{k} {v / unit:.2f}" for k, v in times.items()))
    return rows


def summary(rows: list[dict]) -> str:
    """Compare the library with each peer: geometric mean and least of the ratios of speed."""
    lines = []
    peers = {who: OURS for row in rows for who in row if who not in CASE and OURS not in who}
    peers |= {who: f"{OURS}, out=" for who in peers if "out=" in who}
    for peer, own in peers.items():
        ratios = [row[peer] / row[own] for row in rows if peer in row and own in row]
        slower = sum(ratio < 1 for ratio in ratios)
        lines.append(
            f"{peer}: {statistics.geometric_mean(ratios):.2f} times its speed in the mean, "
            f"{min(ratios):.2f} at least; slower in {slower} of {len(ratios)} cases"
        )
    return "\n".join(lines)


def memory() -> str:
    """Return the extra memory of each function, beyond its input and its result."""
    return "\n".join(
        f"{row['function']} of 8 MB, {row['way']}: {row['inputs'] * 8e6 / 2**20:.2f} MiB "
        "beside the result"
        for row in speed.memory(rounds=1)
    )


def threads() -> str:
    """Return what a second thread gains."""
    lines = []
    for shape in ((1024, 1000), (8000, 1000), (8, 1_000_000)):
        z = logits(shape, np.float64)
        out = np.empty_like(z)
        for name in FUNCTIONS:
            f = getattr(softmax_lib, name)
            more = {} if name == "logsumexp" else {"out": out}
            times = least_times({k: partial(f, z, workers=k, **more) for k in (1, 2)}, 7)
            lines.append(f"{name} of {shape}, two workers: {times[1] / times[2]:.2f} times one")
    return "\n".join(lines)


def growth() -> str:
    """Return the time of an entry, in float32, up to a hundred million entries."""
    lines = []
    for size in (10**5, 10**6, 10**7, 10**8):
        z = logits((size // 1000, 1000), np.float32)
        out = np.empty_like(z)
        calls = {name: partial(getattr(softmax_lib, name), z, out=out) for name in FUNCTIONS[:2]}
        calls["logsumexp"] = partial(softmax_lib.logsumexp, z)
        times = {name: 1e9 * time / size for name, time in least_times(calls, 5).items()}
        lines.append(f"{size:,} entries: " + ", ".join(f"{k} {v:.2f} ns" for k, v in times.items()))
    return "\n".join(lines)


def imports() -> str:
    """Return how long NumPy takes to import, and how much longer the library takes."""
    code = """
import time
start = time.perf_counter()
import numpy
middle = time.perf_counter()
import softmax_lib
print(middle - start, time.perf_counter() - middle)
"""
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(9)
    ]
    times = zip(*(map(float, run.stdout.split()) for run in runs), strict=True)
    numpys, ours = (1000 * statistics.median(time) for time in times)
    return f"import: NumPy {numpys:.0f} ms, softmax_lib {ours:.1f} ms more"


def draw(rows: list[dict], path: Path) -> None:
    """Draw the time of each contestant, in yardsticks, for float64 along the last axis."""
    rows = [row for row in rows if row["dtype"] == "float64" and row["axis"] == 1]
    functions = list(dict.fromkeys(row["function"] for row in rows))
    figure, axes = plt.subplots(
        len(functions), figsize=(5.2, 8), layout="constrained", sharex=True, squeeze=False
    )
    for ax, name in zip(axes.flat, functions, strict=True):
        cases = [row for row in rows if row["function"] == name]
        shapes = [f"{row['shape'][0]:,}\nx {row['shape'][1]:,}" for row in cases]
        contestants = [who for who in cases[0] if who not in CASE]
        for who in contestants:
            ax.semilogy(shapes, [row[who] for row in cases], **MARKS[who], linestyle="", label=who)
        ax.axhline(1, color="grey", linewidth=1)
        ax.set_ylabel(f"{name}\ntime / yardstick")
        ax.legend(fontsize=7, ncols=2)
        ax.tick_params(axis="x", labelsize=8)
    figure.savefig(path)


def main(output: Path, rounds: int = 7, only: Iterable[str] = FUNCTIONS) -> None:
    """Measure, print, and write speed.csv, speed.svg and summary.txt."""
    keep_freed_memory()
    rows = measure(rounds, only)
    write(output / "speed.csv", rows)
    report = "\n\n".join([machine(), summary(rows), memory(), threads(), growth(), imports()])
    (output / "summary.txt").write_text(report + "\n")
    draw(rows, output / "speed.svg")
    print(f"\n{report}\n\nTable and figure: {output.resolve()}")
