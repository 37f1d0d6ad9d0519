"""Measure the worst errors of softmax_lib, its peers and the textbook's formulas, in ulp.

The logits are those of ``tests/adversarial.py``, and one family of columns. The library is searched
besides, on many random rows, against extended precision. Peers that are not installed are left out.
Prints a table and writes ``book/data/accuracy.csv``::

    PYTHONPATH=.:tests python tools/measure_accuracy.py
"""

import argparse
import csv
import importlib
import importlib.metadata
import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import scipy.special
from adversarial import FLOATS, exact, families, worst

import softmax_lib

PATH = Path(__file__).resolve().parent.parent / "book" / "data" / "accuracy.csv"
NAMES = ["softmax", "log_softmax", "logsumexp"]
COLUMNS = ["implementation", "version", "dtype", "function", "family", "worst ulp"]
LONG = "20,000 ties, axis 0"

Functions = dict[str, Callable]  # of a vector, or of a matrix along its first axis


def naive() -> Functions:
    """Return the definitions as they stand."""

    def softmax(z):
        e = np.exp(z)
        return e / e.sum(axis=0)

    return {
        "softmax": softmax,
        "log_softmax": lambda z: np.log(softmax(z)),
        "logsumexp": lambda z: np.log(np.exp(z).sum(axis=0)),
    }


def shifted() -> Functions:
    """Return the textbook's forms: subtract the maximum, take the logarithm of the sum."""

    def parts(z):
        m = z.max(axis=0)
        return m, z - m, np.exp(z - m)

    def softmax(z):
        _, _, e = parts(z)
        return e / e.sum(axis=0)

    def log_softmax(z):
        _, d, e = parts(z)
        return d - np.log(e.sum(axis=0))

    def logsumexp(z):
        m, _, e = parts(z)
        return m + np.log(e.sum(axis=0))

    return {"softmax": softmax, "log_softmax": log_softmax, "logsumexp": logsumexp}


def with_log1p() -> Functions:
    """Return the forms that leave the maximum's 1 out of the sum."""

    def parts(z):
        z = np.atleast_2d(z.T).T  # columns
        m, columns = z.max(axis=0), np.arange(z.shape[1])
        e = np.exp(z - m)
        e[z.argmax(axis=0), columns] = 0
        return m, z - m, np.log1p(e.sum(axis=0))

    def log_softmax(z):
        _, d, log_s = parts(z)
        return (d - log_s).reshape(z.shape)

    def logsumexp(z):
        m, _, log_s = parts(z)
        return (m + log_s).reshape(z.shape[1:])

    return {"log_softmax": log_softmax, "logsumexp": logsumexp}


def division_free() -> Functions:
    """Return softmax as the exponential of the difference to logsumexp, and that difference."""
    logsumexp = shifted()["logsumexp"]
    return {
        "softmax": lambda z: np.exp(z - logsumexp(z)),
        "log_softmax": lambda z: z - logsumexp(z),
    }


def softmax_lib_functions() -> Functions:
    return {name: along_first(getattr(softmax_lib, name)) for name in NAMES}


def scipy_functions() -> Functions:
    return {name: along_first(getattr(scipy.special, name)) for name in NAMES}


def along_first(f: Callable) -> Callable:
    """Return a function along axis 0."""
    return lambda z: f(z, axis=0)


def sklearn_functions() -> Functions:
    """Return scikit-learn's softmax, which takes rows; it has no sums along the first axis."""
    softmax = importlib.import_module("sklearn.utils.extmath").softmax
    return {"softmax": lambda z: softmax(z[None], copy=True)[0] if z.ndim == 1 else None}


def torch_functions() -> Functions:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)

    def one(name):
        return lambda z: getattr(torch, name)(torch.from_numpy(z), 0).numpy()

    return {name: one(name) for name in NAMES}


def jax_functions() -> Functions:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)

    def one(name):
        f = getattr(jax.nn, name)
        return lambda z: np.asarray(f(jax.numpy.asarray(z), axis=0))

    return {name: one(name) for name in NAMES}


CONTESTANTS = {  # implementation: the package whose version counts, and its functions
    "softmax_lib": ("softmax_lib", softmax_lib_functions),
    "SciPy": ("scipy", scipy_functions),
    "scikit-learn": ("scikit-learn", sklearn_functions),
    "PyTorch": ("torch", torch_functions),
    "JAX": ("jax", jax_functions),
    "naive": ("numpy", naive),
    "shift": ("numpy", shifted),
    "shift, log1p": ("numpy", with_log1p),
    "division-free": ("numpy", division_free),
}


def present() -> dict[str, tuple[str, Functions]]:
    """Return the version and the functions of each implementation that is installed."""
    found = {}
    for name, (package, functions) in CONTESTANTS.items():
        try:
            found[name] = importlib.metadata.version(package), functions()
        except (ImportError, importlib.metadata.PackageNotFoundError):
            print(f"{name} is not installed")
    return found


def cases(dtype: type) -> Iterator[tuple[str, np.ndarray]]:
    """Give families and vectors, and columns of which the last one counts."""
    yield from families(dtype)
    for gap in (0.1, 1 / 3, 7.7):
        z = np.full((20_001, 3), -gap, dtype)
        z[0] = 0
        yield LONG, z


def measure() -> list[dict]:
    """Return a row for each implementation, type, function and family."""
    found = present()
    errors: dict[tuple[str, ...], float] = {}
    for dtype in FLOATS:
        for family, z in cases(dtype):
            p, log_p, lse, scale = exact(z if z.ndim == 1 else z[:, -1].copy())
            answers = {"softmax": (p, None), "log_softmax": (log_p, None)}
            answers["logsumexp"] = ([lse], scale)
            for who, (_, functions) in found.items():
                for name, f in functions.items():
                    got = f(z.copy())
                    if got is None:
                        continue
                    got = np.atleast_1d(got if z.ndim == 1 else got[..., -1])
                    error = worst(got, *answers[name])
                    key = who, np.dtype(dtype).name, name, family
                    errors[key] = max(error, errors.get(key, 0.0))
        print(f"{np.dtype(dtype).name} measured", flush=True)
    return [
        dict(zip(COLUMNS, (who, found[who][0], *rest, f"{error:.3g}"), strict=True))
        for (who, *rest), error in errors.items()
    ]


def searched(dtype: type) -> Iterator[tuple[str, np.ndarray]]:
    """Give matrices of random rows, and rows in which large and small ties alternate.

    Spreads stay small, so that the 64 bits of extended precision show the 53rd of a result.
    """
    rng = np.random.default_rng(7)
    for n in (2, 3, 5, 10, 30, 100, 300, 1000):
        for spread in (0.1, 1, 3, 10):
            for offset in (0, -10, -0.4, 30):
                z = offset + spread * rng.standard_normal((max(200_000 // n, 500), n))
                yield "random search", z.astype(dtype)
    for n in (10, 64, 100, 300, 1000, 3000):
        for m, gap in rng.uniform((-20, 2), (20, 12), (100, 2)):
            period = rng.integers(2, 9)
            yield "alternating ties", np.where(np.arange(n) % period, m - gap, m).astype(dtype)


def search() -> list[dict]:
    """Return rows like those of `measure`, for the library alone."""
    version = importlib.metadata.version("softmax_lib")
    errors: dict[tuple[str, ...], float] = {}
    for dtype in (np.float64, np.float32):
        for family, z in searched(dtype):
            z = np.atleast_2d(z)
            for name, error in errors_in_extended(z).items():
                key = np.dtype(dtype).name, name, family
                errors[key] = max(error, errors.get(key, 0.0))
    return [
        dict(zip(COLUMNS, ("softmax_lib", version, *key, f"{error:.3g}"), strict=True))
        for key, error in errors.items()
    ]


def errors_in_extended(z: np.ndarray) -> dict[str, float]:
    """Return the worst error of the library over the rows of a matrix."""
    x = z.astype(np.longdouble)
    m = x.max(axis=1, keepdims=True)
    e, at_m = np.exp(x - m), x == m
    others = at_m.sum(axis=1, keepdims=True) - 1 + np.where(at_m, 0, e).sum(axis=1, keepdims=True)
    log_s = np.log1p(others)
    wanted = {"softmax": e / (1 + others), "log_softmax": (x - m) - log_s, "logsumexp": m + log_s}
    scales = wanted | {"logsumexp": np.maximum(np.maximum(abs(m), log_s), abs(m + log_s))}
    return {
        name: float((abs(at(z) - wanted[name]) / units(scales[name], z.dtype)).max())
        for name, at in {
            "softmax": softmax_lib.softmax,
            "log_softmax": softmax_lib.log_softmax,
            "logsumexp": lambda z: softmax_lib.logsumexp(z, keepdims=True),
        }.items()
    }


def units(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return the unit in the last place of a type at each number."""
    info = np.finfo(dtype)
    exponent = np.maximum(np.frexp(x)[1] - info.nmant - 1, info.minexp - info.nmant)
    return np.ldexp(np.longdouble(1), exponent)


def summary(rows: list[dict]) -> str:
    """Tabulate the worst error over all families."""
    lines = []
    for dtype in (np.dtype(x).name for x in FLOATS):
        for name in NAMES:
            worst_of: dict[str, float] = {}
            for row in rows:
                if (row["dtype"], row["function"]) == (dtype, name):
                    who = row["implementation"]
                    worst_of[who] = max(worst_of.get(who, -math.inf), float(row["worst ulp"]))
            lines.append(f"{dtype} {name}: " + ", ".join(f"{k} {v}" for k, v in worst_of.items()))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PATH)
    path = parser.parse_args().out
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        rows = measure()
        if np.finfo(np.longdouble).nmant > 60:
            rows += search()
        else:
            print("No extended precision here: nothing was searched")
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{summary(rows)}\n\nWritten to {path}")


if __name__ == "__main__":
    main()
