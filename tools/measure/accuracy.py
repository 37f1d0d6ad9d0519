"""Measure the worst errors of softmax_lib, its peers and the textbook's formulas, in ulp.

The logits are those of ``tests/adversarial.py``, and one family of columns. The library is searched
besides, on many random rows, against extended precision. Peers that are not installed are left out.
Prints a table and writes ``book/data/accuracy.csv``.
"""

import importlib.metadata
import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from adversarial import FLOATS, families
from oracle import (
    naive_softmax,
    textbook_log_softmax,
    textbook_logsumexp,
    textbook_softmax,
    unit_exponent,
    worst_by_family,
)

import softmax_lib
from measure.libraries import FUNCTIONS, OURS, Library, installed
from measure.tables import Row, write

COLUMNS = ["implementation", "version", "dtype", "function", "family", "worst ulp"]
LONG = "20,000 ties, axis 0"

Functions = dict[str, Callable]  # of a vector, or of a matrix along its first axis


def naive() -> Functions:
    """Return the definitions as they stand."""
    return {
        "softmax": partial(naive_softmax, axis=0),
        "log_softmax": lambda z: np.log(naive_softmax(z, axis=0)),
        "logsumexp": lambda z: np.log(np.exp(z).sum(axis=0)),
    }


def shifted() -> Functions:
    """Return the textbook's forms: subtract the maximum, take the logarithm of the sum."""
    forms = textbook_softmax, textbook_log_softmax, textbook_logsumexp
    return {name: partial(f, axis=0) for name, f in zip(FUNCTIONS, forms, strict=True)}


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

    def log_softmax(z):
        return z - textbook_logsumexp(z, axis=0)

    return {"softmax": lambda z: np.exp(log_softmax(z)), "log_softmax": log_softmax}


FORMULAS = {
    "naive": naive,
    "shift": shifted,
    "shift, log1p": with_log1p,
    "division-free": division_free,
}


def of_numpy(library: Library) -> Functions:
    """Return a library's functions of NumPy's arrays."""

    def one(f):
        return lambda z: np.asarray(f(library.array(z.copy()), 0))

    return {name: one(f) for name, f in library.functions.items()}


def vectors(dtype: type, long: bool = True) -> Iterator[tuple[str, np.ndarray]]:
    """Give families and vectors, and columns of which the last one counts."""
    yield from families(dtype)
    for gap in (0.1, 1 / 3, 7.7) if long else ():
        z = np.full((20_001, 3), -gap, dtype)
        z[0] = 0
        yield LONG, z


def measure(only: Iterable[str]) -> list[Row]:
    """Return a row for each implementation, type, function and family."""
    found = {
        who: (library.package, of_numpy(library), not library.rows_alone)
        for who, library in installed().items()
    }
    found |= {who: ("numpy", formulas(), True) for who, formulas in FORMULAS.items()}
    found = {who: found[who] for who in found if not only or who in only}
    rows = []
    for dtype in FLOATS:
        tables = {
            who: worst_by_family(functions, vectors(dtype, long))
            for who, (_, functions, long) in found.items()
        }
        for family in dict.fromkeys(family for family, _ in vectors(dtype)):
            for who, table in tables.items():
                version = importlib.metadata.version(found[who][0])
                for name, errors in table.items():
                    if family in errors:
                        case = who, version, np.dtype(dtype).name, name, family
                        rows.append(row(*case, errors[family]))
        print(f"{np.dtype(dtype).name} measured", flush=True)
    return rows


def row(*case: str | float) -> Row:
    """Return one row of the table."""
    return dict(zip(COLUMNS, case, strict=True))


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


def search() -> list[Row]:
    """Return rows like those of `measure`, for the library alone."""
    version = importlib.metadata.version(OURS)
    errors: dict[tuple[str, ...], float] = {}
    for dtype in (np.float64, np.float32):
        for family, z in searched(dtype):
            z = np.atleast_2d(z)
            for name, error in errors_in_extended(z).items():
                key = np.dtype(dtype).name, name, family
                errors[key] = max(error, errors.get(key, 0.0))
    return [row(OURS, version, *key, error) for key, error in errors.items()]


def errors_in_extended(z: np.ndarray) -> dict[str, float]:
    """Return the worst error of the library over the rows of a matrix."""
    x = z.astype(np.longdouble)
    m = x.max(axis=1, keepdims=True)
    e, at_m = np.exp(x - m), x == m
    others = at_m.sum(axis=1, keepdims=True) - 1 + np.where(at_m, 0, e).sum(axis=1, keepdims=True)
    log_s = np.log1p(others)
    wanted = {"softmax": e / (1 + others), "log_softmax": (x - m) - log_s, "logsumexp": m + log_s}
    scales = wanted | {"logsumexp": np.maximum(np.maximum(abs(m), log_s), abs(m + log_s))}

    def unit_of(x):
        return unit_exponent(np.frexp(x)[1], z.dtype)

    return {
        name: float(np.ldexp(abs(at(z) - wanted[name]), -unit_of(scales[name])).max())
        for name, at in {
            "softmax": softmax_lib.softmax,
            "log_softmax": softmax_lib.log_softmax,
            "logsumexp": lambda z: softmax_lib.logsumexp(z, keepdims=True),
        }.items()
    }


def summary(rows: list[Row]) -> str:
    """Tabulate the worst error over all families."""
    lines = []
    for dtype in (np.dtype(x).name for x in FLOATS):
        for name in FUNCTIONS:
            worst_of: dict[str, float] = {}
            for row in rows:
                if (row["dtype"], row["function"]) == (dtype, name):
                    who = row["implementation"]
                    worst_of[who] = max(worst_of.get(who, -math.inf), row["worst ulp"])
            worst = ", ".join(f"{who} {error:.3g}" for who, error in worst_of.items())
            lines.append(f"{dtype} {name}: {worst}")
    return "\n".join(lines)


def main(output: Path, only: Iterable[str] = ()) -> None:
    """Measure the implementations, print the worst errors and write accuracy.csv."""
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        rows = measure(only)
        if only and OURS not in only:
            print("The library was not asked for: nothing was searched")
        elif np.finfo(np.longdouble).nmant > 60:
            rows += search()
        else:
            print("No extended precision here: nothing was searched")
    write(output / "accuracy.csv", rows, digits=3)
    print(f"{summary(rows)}\n\nWritten to {output / 'accuracy.csv'}")
