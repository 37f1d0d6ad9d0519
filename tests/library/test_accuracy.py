"""The published bounds, in every family of the adversarial set, and those of the derivatives."""

import mpmath
import numpy as np
import pytest
from adversarial import FLOATS, families
from oracle import (
    DIGITS,
    exact,
    exact_pairs,
    textbook_log_softmax,
    textbook_softmax,
    ulps,
    worst_by_family,
)

from softmax_lib import (
    cross_entropy,
    cross_entropy_grad,
    log_softmax,
    logsumexp,
    softmax,
    softmax_jvp,
    softmax_with_temperature,
)

# Mostly mpmath's work, which takes twice as long where lines are counted.
pytestmark = pytest.mark.usefixtures("uncounted")

MAPS = {"softmax": softmax, "log_softmax": log_softmax, "logsumexp": logsumexp}
BOUNDS = {
    np.float64: {"softmax": 3, "log_softmax": 3, "logsumexp": 1.5},
    np.float32: {"softmax": 4, "log_softmax": 3, "logsumexp": 1.5},
    np.float16: {"softmax": 0.51, "log_softmax": 0.51, "logsumexp": 0.51},
}
doubles = [z for _, z in families(np.float64) if z.size <= 100 and abs(z).max() < 1e5]


def beyond(table, bounds):
    """Return what exceeds its bound."""
    return {
        (name, family): error
        for name, errors in table.items()
        for family, error in errors.items()
        if error > bounds[name]
    }


@pytest.mark.parametrize("dtype", FLOATS)
def test_along_the_last_axis(dtype):
    assert not beyond(worst_by_family(MAPS, families(dtype)), BOUNDS[dtype])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("columns", [3, 100])
def test_along_the_first_axis(dtype, columns):
    """Sums over rows are rounded once more, which softmax alone feels: 4 ulp."""

    def column(f):
        return lambda z: f(np.repeat(z[:, None], columns, axis=1), axis=0)[..., -1]

    bounds = BOUNDS[dtype] | ({"softmax": 4} if dtype != np.float16 else {})
    columns_of = {name: column(f) for name, f in MAPS.items()}
    assert not beyond(worst_by_family(columns_of, families(dtype)), bounds)


def test_the_set_is_hard():
    """The textbook softmax fails on it, and its log_softmax fails completely."""

    maps = {"softmax": textbook_softmax, "log_softmax": textbook_log_softmax}
    with np.errstate(all="ignore"):
        table = worst_by_family(maps, families(np.float64))
    assert max(table["softmax"].values()) > 200
    assert max(table["log_softmax"].values()) > 1e10


@pytest.mark.parametrize("T", [1e-300, 1e-3, 0.3, 1, 7.7, 1e4, 1e300, np.inf])
def test_temperature(T):
    for z in doubles:
        assert ulps(softmax_with_temperature(z, T), exact_pairs(z, T).softmax) <= 4


@pytest.mark.parametrize("z", doubles[::3], ids=lambda z: f"{z.size}-{z[0]:.3g}")
def test_cross_entropy_and_its_gradient(z):
    """Each label's gradient is ``p_i``, or minus the sum of all other ``p_k`` at the label."""
    p, log_p, *_ = exact(z)
    for label in {0, z.size - 1, int(z.argmax()), int(z.argmin())}:
        assert ulps(cross_entropy(z, label), -log_p[label]) <= 4
        with mpmath.workdps(DIGITS):
            at_label = -mpmath.fsum(x for i, x in enumerate(p) if i != label)
        gradient = [*p[:label], at_label, *p[label + 1 :]]
        assert ulps(cross_entropy_grad(z, label), gradient) <= 4


@pytest.mark.parametrize("z", doubles[::3], ids=lambda z: f"{z.size}-{z[0]:.3g}")
def test_jvp_to_its_natural_scale(z):
    """``p_i`` times the mean distance of the v_k from v_i: no offset of v changes it.

    Subnormal probabilities have few digits, and a product with them no more.
    """
    rng = np.random.default_rng(0)
    noise = rng.normal(size=z.size)
    p = exact(z).softmax
    if any(2.0**-1075 < a < np.finfo(np.float64).tiny for a in p):
        return
    normal = [i for i, a in enumerate(p) if a >= np.finfo(np.float64).tiny]
    for v in (noise, 1e6 + noise, np.eye(z.size)[z.argmax()], noise**9):
        with mpmath.workdps(DIGITS):
            u = [mpmath.mpf(float(x)) for x in v]
            mean = mpmath.fdot(p, u)
            # One that is nearly all of the mean would cancel it.
            exactly = {i: mpmath.fdot(p, [u[i] - x for x in u]) for i in normal if p[i] > 0.5}
            wanted = [p[i] * exactly.get(i, u[i] - mean) for i in normal]
        distances = np.abs(v[normal, None] - v) @ np.array(p, dtype=float)
        scales = [p[i] * float(distance) for i, distance in zip(normal, distances, strict=True)]
        assert ulps(softmax_jvp(z, v)[normal], wanted, scales) <= 8
