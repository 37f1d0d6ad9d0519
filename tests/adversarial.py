"""Logits that are hard on softmax: the test set behind every claim of accuracy.

Each family is a list of vectors, the same numbers for every floating-point type, rounded to it.
``tests/oracle.py`` has the exact values, of the rounded logits, and the errors in ulp.
"""

from collections.abc import Iterator

import numpy as np

FLOATS = (np.float64, np.float32, np.float16)


def families(dtype: type) -> Iterator[tuple[str, np.ndarray]]:
    """Give the name of a family and one of its vectors, for all of them."""
    rng = np.random.default_rng(2021)
    info = np.finfo(dtype)
    top, tiny = float(np.log(info.max)), float(info.tiny)  # where exp overflows, and underflows
    vectors = {
        "normal": [rng.normal(size=n) for n in (2, 3, 10, 31, 64, 100, 500, 1000, 4000)]
        + list(rng.normal(size=(50, 3))) + list(rng.normal(size=(50, 7)))
        + list(rng.normal(size=(50, 63))) + list(rng.normal(size=(100, 100))),
        "sharp": [5 * rng.normal(size=n) for n in (3, 10, 100, 700, 1000)]
        + [np.array([3.0658150797932535, 19.49021524332471, 10.454971552115625])],
        "wide spreads": [rng.uniform(-top, top, 100) for _ in range(4)]
        + [rng.uniform(-4 * top, 4 * top, 200) for _ in range(4)]
        + [np.linspace(-2 * top, 0.95 * top, 301)],
        "ties": [np.repeat(x, n) for x in (0.1, -3.7, 1 / 3, 0.9 * top) for n in (2, 3, 7)]
        + [np.array([5.3, 5.3, 1.1]), np.tile(rng.normal(size=7), 30)],
        "dominant": [np.array([0.0, -x]) for x in (1, 5, 17, 36.7, 40, 0.9 * top)]
        + [np.array([x, 0.3, -0.7]) for x in (3.3, 20.1, 40.7, 0.6 * top)]
        + [np.append(rng.normal(size=k), x) for k in (99, 999) for x in (7.7, 25.3, 50.1)],
        "large offsets": [
            c + rng.normal(scale=3, size=n)
            for c in (-10 * top, -top, -100.7, 0.66 * top, 0.7 * top, 1.3 * top, 20 * top)
            for n in (5, 100, 600)
        ],
        "offset and spread": [c + rng.uniform(-top, 0, 100) for c in (-top, -0.4, 0.68 * top, top)]
        + [c + rng.uniform(-top, 0, 700) for c in (-top, -0.4, 0.68 * top, top, 2 * top)],
        "log-weights": [np.log(rng.dirichlet(n * [a])) for n in (3, 50, 900) for a in (0.3, 3)]
        + [np.log(np.arange(1, n)) for n in (5, 300)],
        "subnormal results": [
            np.array([m, *(m + np.log(tiny) - np.linspace(-4, 0.6 * np.log(2) * info.nmant, 40))])
            for m in (0, -8.3, 3.1)
        ],
        "results near zero": [np.array([-x, np.log(-np.expm1(-x)) + d])
            for x in (0.01, 0.1, np.log(2), 2) for d in (0, 1e-3)]
        + [np.full(n, -np.log(n)) for n in (2, 3, 10, 1000)],
        "one above ties": [
            np.append(np.full(n - 1, a), m)
            for n, m, a in (
                (1887, -352.9056640903632, -363.3726640903632),
                (110, 15.341606046830524, 7.751606046830524),
                (13_911, -1.0195151591814458, -10.00228136689198),
                (18_562, -3.635, -11.669),
                (55, 4.396418850017443, -2.396384493222127),
                (510, 10, 0.96),
            )
        ]
        + [
            np.append(np.full(n - 1, m - gap), m)
            for n in (9, 40, 300, 2000) for m, gap in rng.uniform((-20, 3), (20, 12), (4, 2))
        ],
        "some above ties": [
            np.where(np.arange(n) % period, m - gap, m)
            for n in (70, 600, 3000) for period in (7, 64, 128)
            for m, gap in rng.uniform((-20, 2), (20, 10), (2, 2))
        ],
        "tiny inputs": [x * np.array([1, -1, 0.3]) for x in (1e-3, 1e-7, 1e-30, 1e-300)]
        + [np.zeros(5)],
        "extremes": [np.array([0.9, -0.9, 0.1]) * float(info.max), np.array([float(info.max), 0])],
    }  # fmt: skip
    for family, members in vectors.items():
        for z in members:
            yield family, z.astype(dtype)
    for x in (0.0, 0.1, np.pi, -7.7, 0.63 * top):
        yield "100,000 equal", np.full(100_000, x, dtype)
