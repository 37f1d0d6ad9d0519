"""Time softmax_lib and its peers in one run, and print, draw and tabulate the ratios.

The unit is a yardstick: one `numpy.exp` of the array into another and one copy. It is no bound, for
a fused loop writes once. scikit-learn, PyTorch and JAX take part where they are installed.
`make bench` gives all of them one thread. They take turns, and the least of several rounds counts.
Results go to `_build/bench`.
"""

import argparse
import csv
import importlib
import math
import platform
import statistics
import subprocess
import sys
import timeit
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import scipy.special

import softmax_lib

SHAPES = [(1, 10), (64, 1000), (1024, 1000), (128, 32_000), (8, 1_000_000), (100_000, 10)]
CASE = ["dtype", "shape", "axis", "function"]
NAMES = ["softmax", "log_softmax", "logsumexp"]
FOLDER = Path("_build/bench")
OURS = "softmax_lib"
MARKS = {  # one for each contestant in every panel, told apart in grey as well
    OURS: {"marker": "o", "color": "#1f4e79"},
    f"{OURS}, out=": {"marker": "o", "color": "#1f4e79", "fillstyle": "none"},
    "SciPy": {"marker": "D", "color": "#d95f02"},
    "scikit-learn": {"marker": "v", "color": "#d95f02", "fillstyle": "none"},
    "PyTorch": {"marker": "s", "color": "#7a7a7a"},
    "PyTorch, out=": {"marker": "s", "color": "#7a7a7a", "fillstyle": "none"},
    "JAX": {"marker": "*", "color": "#66a61e"},
}


def optional(module: str):
    """Import a peer, or return None."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def contestants(name: str, z: np.ndarray, axis: int) -> dict[str, Callable]:
    """Return what computes one function of one array, by contestant."""
    out = np.empty_like(z)
    ours = getattr(softmax_lib, name)
    peer = getattr(scipy.special, name)
    calls = {OURS: lambda: ours(z, axis), "SciPy": lambda: peer(z, axis=axis)}
    if name != "logsumexp":
        calls[f"{OURS}, out="] = lambda: ours(z, axis, out=out)
    if name == "softmax" and axis == 1 and (sklearn := optional("sklearn.utils.extmath")):
        calls["scikit-learn"] = lambda: sklearn.softmax(z)
    if torch := optional("torch"):
        torch.set_num_threads(1)
        tensor, result = torch.from_numpy(z), torch.from_numpy(out)
        theirs = getattr(torch, name)
        if name == "logsumexp":
            calls["PyTorch"] = lambda: theirs(tensor, axis)
        else:
            calls["PyTorch"] = lambda: theirs(tensor, axis)
            calls["PyTorch, out="] = lambda: theirs(tensor, axis, out=result)
    if jax := optional("jax"):
        jax.config.update("jax_enable_x64", True)
        compiled = jax.jit(lambda x: getattr(jax.nn, name)(x, axis=axis))
        array = jax.numpy.asarray(z)
        calls["JAX"] = lambda: compiled(array).block_until_ready()
    return calls


def least_times(calls: dict[str, Callable], rounds: int) -> dict[str, float]:
    """Return the least seconds of each call over rounds in which all take turns."""
    timers = {name: timeit.Timer(call) for name, call in calls.items()}
    repeats = {}
    for name, call in calls.items():
        call()
        repeats[name] = max(1, round(0.02 / max(timers[name].timeit(1), 1e-7)))
    times = dict.fromkeys(calls, math.inf)
    for _ in range(rounds):
        for name, timer in timers.items():
            times[name] = min(times[name], timer.timeit(repeats[name]) / repeats[name])
    return times


def exp_and_copy(z: np.ndarray, one: np.ndarray, two: np.ndarray) -> None:
    """Do what the unit of all times is."""
    np.exp(z, out=one)
    np.copyto(two, one)


def measure(rounds: int) -> list[dict]:
    """Time every function, shape, type and axis, and print a line for each."""
    rows = []
    for dtype in (np.float64, np.float32):
        for shape in SHAPES:
            z = np.random.default_rng(0).standard_normal(shape).astype(dtype)
            one, two = np.empty_like(z), np.empty_like(z)
            for axis in (1, 0):
                for name in NAMES:
                    calls = {"yardstick": partial(exp_and_copy, z, one, two)}
                    times = least_times(calls | contestants(name, z, axis), rounds)
                    unit = times.pop("yardstick")
                    case = dict(zip(CASE, (z.dtype.name, shape, axis, name), strict=True))
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
    lines = []
    z = np.random.default_rng(0).standard_normal((1000, 1000))
    out = np.empty_like(z)
    for name in NAMES:
        ours, scipys = getattr(softmax_lib, name), getattr(scipy.special, name)
        ways = {OURS: partial(ours, z), "SciPy": partial(scipys, z, axis=-1)}
        if name != "logsumexp":
            ways[f"{OURS}, out="] = partial(ours, z, out=out)
        for way, call in ways.items():
            tracemalloc.start()
            result = call()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            own = 0 if result is out else result.nbytes
            lines.append(f"{name} of 8 MB, {way}: {(peak - own) / 2**20:.2f} MiB beside the result")
    return "\n".join(lines)


def threads() -> str:
    """Return what a second thread gains."""
    lines = []
    for shape in ((1024, 1000), (8000, 1000), (8, 1_000_000)):
        z = np.random.default_rng(0).standard_normal(shape)
        out = np.empty_like(z)
        for name in NAMES:
            f = getattr(softmax_lib, name)
            more = {} if name == "logsumexp" else {"out": out}
            times = least_times({k: partial(f, z, workers=k, **more) for k in (1, 2)}, 7)
            lines.append(f"{name} of {shape}, two workers: {times[1] / times[2]:.2f} times one")
    return "\n".join(lines)


def growth() -> str:
    """Return the time of an entry, in float32, up to a hundred million entries."""
    lines = []
    for size in (10**5, 10**6, 10**7, 10**8):
        z = np.random.default_rng(0).standard_normal((size // 1000, 1000), dtype=np.float32)
        out = np.empty_like(z)
        calls = {name: partial(getattr(softmax_lib, name), z, out=out) for name in NAMES[:2]}
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
    figure, axes = plt.subplots(len(NAMES), figsize=(5.2, 8), layout="constrained", sharex=True)
    for ax, name in zip(axes, NAMES, strict=True):
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows = measure(rounds)
    keys = list(dict.fromkeys(key for row in rows for key in row))
    with open(FOLDER / "speed.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, keys)
        writer.writeheader()
        writer.writerows(rows)
    report = "\n\n".join(
        [
            f"{platform.machine()}, NumPy {np.__version__}",
            *(summary(rows), memory(), threads(), growth(), imports()),
        ]
    )
    (FOLDER / "summary.txt").write_text(report + "\n")
    draw(rows, FOLDER / "speed.svg")
    print(f"\n{report}\n\nTable and figure: {FOLDER.resolve()}")


if __name__ == "__main__":
    main()
