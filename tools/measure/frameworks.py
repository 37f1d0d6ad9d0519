"""Time softmax written by hand beside a framework's own, for the chapter `frameworks`.

It needs what `make frameworks` installs and writes `book/data/frameworks.csv`: nanoseconds an
entry, the least of many short rounds in which the contestants take turns. The process keeps to one
processor, where the system can bind it: JAX has threads of its own, which no setting of PyTorch
stops.
"""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
import torch

from measure.tables import Row, write
from measure.timing import least_times, logits, machine
from softmax_lib import softmax

SHAPES = [(1, 3), (64, 10), (64, 1000), (1024, 1000), (100_000, 10)]
BATCH_SECONDS = 0.002


def by_hand(xp: ModuleType, z):
    """Compute softmax as the article does, with the functions of a framework."""
    return xp.exp(z) / xp.sum(xp.exp(z), axis=1, keepdims=True)


def by_hand_safe(xp: ModuleType, z):
    """Subtract the maximum, and take each exponential once."""
    e = xp.exp(z - xp.amax(z, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def finished(f: Callable, z: jax.Array) -> Callable[[], object]:
    """Wait for the result, which JAX computes behind the caller's back."""
    return lambda: f(z).block_until_ready()


def contestants(z: np.ndarray) -> dict[tuple[str, str], Callable[[], object]]:
    """Return what computes softmax of one matrix, by framework and by form."""
    t, j = torch.from_numpy(z), jnp.asarray(z)
    calls: dict[tuple[str, str], Callable[[], object]] = {}
    for framework, xp, array, own in (
        ("NumPy", np, z, softmax),
        ("PyTorch", torch, t, partial(torch.softmax, dim=1)),
    ):
        calls[framework, "by hand"] = partial(by_hand, xp, array)
        calls[framework, "by hand, safe"] = partial(by_hand_safe, xp, array)
        calls[framework, "own"] = partial(own, array)
    forms = {"by hand": partial(by_hand, jnp), "by hand, safe": partial(by_hand_safe, jnp)}
    forms["own"] = jax.nn.softmax
    calls |= {("JAX", form): finished(f, j) for form, f in forms.items()}
    calls |= {("JAX, compiled", form): finished(jax.jit(f), j) for form, f in forms.items()}
    return calls


def main(output: Path, rounds: int = 400) -> None:
    """Measure all shapes and write the table.

    A round is short, so that among many some are not interrupted on a machine that has other work.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    print(f"{machine()}, PyTorch {torch.__version__}, JAX {jax.__version__}")
    rows: list[Row] = []
    for shape in SHAPES:
        z = logits(shape, np.float32)
        times = least_times(contestants(z), rounds, BATCH_SECONDS)
        for (framework, form), seconds in times.items():
            case = {"framework": framework, "form": form, "shape": " x ".join(map(str, shape))}
            rows.append(case | {"ns": 1e9 * seconds / z.size})
            print(*case.values(), f"{rows[-1]['ns']:.4g}", sep=", ", flush=True)
    write(output / "frameworks.csv", rows, digits=4)
