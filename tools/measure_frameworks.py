"""Time softmax written by hand beside a framework's own, for the chapter `frameworks`.

    PYTHONPATH=. OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tools/measure_frameworks.py

It needs what `make frameworks` installs and writes `book/data/frameworks.csv`: nanoseconds an
entry, the least of many short rounds in which the contestants take turns. The process keeps to one
processor, where the system can bind it: JAX has threads of its own, which no setting of PyTorch
stops.
"""

import csv
import os
import timeit
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import torch

from softmax_lib import softmax

SHAPES = [(1, 3), (64, 10), (64, 1000), (1024, 1000), (100_000, 10)]
ROUND = 0.002  # seconds that a contestant has the processor for, about
OUTPUT = Path(__file__).resolve().parent.parent / "book" / "data" / "frameworks.csv"


def by_hand_numpy(z: np.ndarray) -> np.ndarray:
    return np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)


def by_hand_torch(z: torch.Tensor) -> torch.Tensor:
    return torch.exp(z) / torch.sum(torch.exp(z), dim=1, keepdim=True)


def by_hand_jax(z: jax.Array) -> jax.Array:
    return jnp.exp(z) / jnp.sum(jnp.exp(z), axis=1, keepdims=True)


def by_hand_safe_numpy(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def by_hand_safe_torch(z: torch.Tensor) -> torch.Tensor:
    e = torch.exp(z - torch.amax(z, dim=1, keepdim=True))
    return e / torch.sum(e, dim=1, keepdim=True)


def by_hand_safe_jax(z: jax.Array) -> jax.Array:
    e = jnp.exp(z - jnp.max(z, axis=1, keepdims=True))
    return e / jnp.sum(e, axis=1, keepdims=True)


def contestants(z: np.ndarray) -> dict[tuple[str, str], Callable[[], object]]:
    """Return what computes softmax of one matrix, by framework and by form."""
    t, j = torch.from_numpy(z), jnp.asarray(z)
    forms = {"by hand": by_hand_jax, "by hand, safe": by_hand_safe_jax, "own": jax.nn.softmax}
    calls: dict[tuple[str, str], Callable[[], object]] = {
        ("NumPy", "by hand"): lambda: by_hand_numpy(z),
        ("NumPy", "by hand, safe"): lambda: by_hand_safe_numpy(z),
        ("NumPy", "own"): lambda: softmax(z),
        ("PyTorch", "by hand"): lambda: by_hand_torch(t),
        ("PyTorch", "by hand, safe"): lambda: by_hand_safe_torch(t),
        ("PyTorch", "own"): lambda: torch.softmax(t, dim=1),
    }
    for form, f in forms.items():
        calls["JAX", form] = lambda f=f: f(j).block_until_ready()
    for form, f in forms.items():
        compiled = jax.jit(f)
        calls["JAX, compiled", form] = lambda f=compiled: f(j).block_until_ready()
    return calls


def main(rounds: int = 400) -> None:
    """Measure all shapes and write the table.

    A round is short, so that among many some are not interrupted on a machine that has other work.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    rows = []
    for shape in SHAPES:
        z = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
        calls = contestants(z)
        best = dict.fromkeys(calls, np.inf)
        repeats = {}
        for name, call in calls.items():
            number, seconds = timeit.Timer(call).autorange()
            repeats[name] = int(ROUND * number / seconds) + 1
        for _ in range(rounds):
            for name, call in calls.items():
                call()  # what the one before has left in the caches is not this one's fault
                seconds = timeit.timeit(call, number=repeats[name]) / repeats[name]
                best[name] = min(best[name], seconds)
        for (framework, form), seconds in best.items():
            ns = f"{1e9 * seconds / z.size:.4g}"
            rows.append([framework, form, " x ".join(map(str, shape)), ns])
            print(*rows[-1], sep=", ", flush=True)
    with open(OUTPUT, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["framework", "form", "shape", "ns"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
