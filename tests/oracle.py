"""What the library is measured against: exact values, errors in ulp, plain formulas, drawn logits.

Tests, measurements and benchmarks share it. The exact values come from mpmath. Those of one vector
are computed once: they are kept under its type, its bytes and the temperature, so that no other
vector can be given them.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

import mpmath
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

DIGITS = 60
FAR_BELOW = -100_000  # the exponent of 0, and of what is far smaller than any unit of any type
STEP = 1e-20  # a complex step has no cancellation, so it can be this small


class Exact(NamedTuple):
    """The exact values of one vector, as numbers of mpmath or as pairs."""

    softmax: list[mpmath.mpf] | np.ndarray
    log_softmax: list[mpmath.mpf] | np.ndarray
    logsumexp: mpmath.mpf | np.ndarray
    scale: mpmath.mpf  # of logsumexp: the largest of its two parts, maximum and logarithm, and it


@cache
def of_distinct(dtype: np.dtype, logits: bytes, T: float) -> tuple[Exact, np.ndarray]:
    """Return the exact values for the distinct logits of a vector, and the place of each logit."""
    z = np.frombuffer(logits, dtype)
    distinct, places, counts = np.unique(z, return_inverse=True, return_counts=True)
    with mpmath.workdps(DIGITS):
        x = [mpmath.mpf(float(v)) / T for v in distinct]
        m = x[-1]
        e = [mpmath.exp(v - m) for v in x]
        *repeats, ties = counts.tolist()
        others = (ties - 1) + mpmath.fdot(e[:-1], repeats)  # a small sum is not lost beside the 1
        log_s = mpmath.log1p(others)
        p, log_p = [v / (1 + others) for v in e], [v - m - log_s for v in x]
        return Exact(p, log_p, m + log_s, max(abs(m), log_s, abs(m + log_s))), places


@cache
def pairs_of_distinct(dtype: np.dtype, logits: bytes, T: float) -> Exact:
    """Return the same as pairs."""
    values, _ = of_distinct(dtype, logits, T)
    return Exact(*map(pairs, values[:3]), values.scale)


def exact(z: np.ndarray, T: float = 1) -> Exact:
    """Return softmax, log_softmax and logsumexp of logits over a temperature, with 60 digits."""
    z = np.asarray(z)
    (p, log_p, *rest), places = of_distinct(z.dtype, z.tobytes(), T)
    return Exact([p[i] for i in places], [log_p[i] for i in places], *rest)


def exact_pairs(z: np.ndarray, T: float = 1) -> Exact:
    """Return the same as pairs."""
    key = z.dtype, z.tobytes(), T
    places = of_distinct(*key)[1]
    p, log_p, *rest = pairs_of_distinct(*key)
    return Exact(p[:, places], log_p[:, places], *rest)


def exact_softmax(z, T=1):
    """Return the probabilities."""
    return exact(z, T).softmax


def exact_log_softmax(z, T=1):
    """Return the logarithms of the probabilities."""
    return exact(z, T).log_softmax


def exact_logsumexp(z, T=1):
    """Return log sum exp of the logits over a temperature."""
    return exact(z, T).logsumexp


def pairs(numbers) -> np.ndarray:
    """Return numbers of mpmath to 106 bits: rows h, l, k of ``(h + l) * 2**k``, |h| at most 1."""
    columns = []
    with mpmath.workdps(DIGITS):
        for x in np.atleast_1d(numbers):
            fraction, exponent = mpmath.frexp(x)
            high = float(fraction)
            exponent = max(exponent, FAR_BELOW) if fraction else FAR_BELOW
            columns.append((high, float(fraction - high), exponent))
    return np.array(columns).T


def unit_exponent(exponent: np.ndarray | int, dtype: np.dtype | type) -> np.ndarray:
    """Return the binary exponent of the unit in the last place of a type, for numbers' exponents.

    A unit is 2**(e - p) for a value between 2**(e - 1) and 2**e and a precision of p bits; below
    the normal numbers it is the smallest subnormal.
    """
    info = np.finfo(dtype)
    return np.maximum(exponent - info.nmant - 1, info.minexp - info.nmant)


def ulp_errors(got: np.ndarray, wanted, scale=None) -> np.ndarray:
    """Return the errors in units in the last place, at the exact values or at a scale or scales.

    Exact values are pairs or numbers of mpmath. Beyond the largest number, infinity is right.
    """
    got = np.atleast_1d(got)
    high, low, exponent = wanted if isinstance(wanted, np.ndarray) else pairs(wanted)
    exponent = exponent.astype(int)
    unit = unit_exponent(exponent if scale is None else pairs(scale)[2].astype(int), got.dtype)
    fraction, power = np.frexp(got.astype(float))
    with np.errstate(all="ignore"):
        difference = np.ldexp(fraction, power - unit) - np.ldexp(high, exponent - unit)
        error = np.abs(difference - np.ldexp(low, exponent - unit))
    info = np.finfo(got.dtype)
    largest, top = np.frexp(float(info.max))
    over = np.abs(high) - largest + np.sign(high) * low
    beyond = (exponent > top) | ((exponent == top) & (over > largest * float(info.eps) / 4))
    error[~np.isfinite(got)] = np.inf
    return np.where(beyond, np.where(np.isinf(got), 0.0, np.inf), error)


def ulps(got: np.ndarray, wanted, scale=None) -> float:
    """Return the worst error of an array."""
    return float(ulp_errors(got, wanted, scale).max())


def worst_by_family(
    functions: dict[str, Callable], vectors: Iterable[tuple[str, np.ndarray]]
) -> dict[str, dict[str, float]]:
    """Return the worst error of each of softmax, log_softmax and logsumexp in each family.

    Of a matrix, whose functions go along the first axis, the last column counts.
    """
    table: dict[str, dict[str, float]] = {name: {} for name in functions}
    for family, z in vectors:
        answer = exact_pairs(z.T[-1] if z.ndim == 2 else z)
        for name, f in functions.items():
            got = f(z)
            got = got[..., -1] if z.ndim == 2 else got
            error = ulps(got, getattr(answer, name), answer.scale if name == "logsumexp" else None)
            table[name][family] = max(error, table[name].get(family, 0.0))
    return table


def naive_softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return exp(z) / sum(exp(z)), which also takes complex logits."""
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


def textbook_softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return softmax as textbooks have it: the maximum is subtracted."""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def textbook_log_softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return log_softmax with the maximum subtracted and the logarithm of the sum."""
    d = z - z.max(axis=axis, keepdims=True)
    return d - np.log(np.exp(d).sum(axis=axis, keepdims=True))


def textbook_logsumexp(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the maximum and the logarithm of the sum, added."""
    m = z.max(axis=axis, keepdims=True)
    return (m + np.log(np.exp(z - m).sum(axis=axis, keepdims=True))).squeeze(axis)


def complex_step(f, z):
    """Return the derivatives ``d f_i / d z_j`` of a map of one vector, to the last digits."""
    steps = z + 1j * STEP * np.eye(z.size)
    return np.stack([f(row) for row in steps], axis=-1).imag / STEP


def central_difference(f, z, h=1e-6):
    """Return the gradient of a scalar function of one vector, to about ten digits."""
    return np.array([(f(z + step) - f(z - step)) / (2 * h) for step in h * np.eye(z.size)])


def logits(limit=50, shape=None, integers=False):
    """Draw float64 logits between -limit and limit, one vector of 1 to 8 unless told a shape."""
    shape = array_shapes(max_dims=1, max_side=8) if shape is None else shape
    numbers = st.integers(-limit, limit) if integers else st.floats(-limit, limit)
    return arrays(np.float64, shape, elements=numbers)
