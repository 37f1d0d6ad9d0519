"""Exponentials and their sums: the same whole or cut, stored or not, shifted or not."""

import math
from threading import Thread

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lib import softmax
from softmax_lib.engine.exponentials import MIN_PROBED_CLASSES, exponentials, sum_exp_shifted
from softmax_lib.engine.scratch import BLOCK, workspace
from softmax_lib.engine.shift import exp_shifted

LONG = BLOCK // 8 * 2 + 11  # float64 that fill two blocks and begin a third


@pytest.fixture(autouse=True)
def quiet():
    """Kernels overflow on purpose; the functions that readers call see to it that nobody hears."""
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize(
    ("n", "slices", "needed"),
    [
        (2, 3, True),
        (MIN_PROBED_CLASSES - 1, 3, True),
        (MIN_PROBED_CLASSES, 3, False),
        (5000, 3, False),
        (2, 1, False),
    ],
)
def test_the_maximum_is_looked_for_where_it_is_needed(n, slices, needed):
    """Not for many classes, nor for a single slice, which is quickly tried."""
    z = np.linspace(0, 1, n)[None, :].repeat(slices, axis=0)
    e = exponentials(z, np.empty_like(z), 1)
    assert (e.m is not None) == needed
    assert e.c is None
    assert_allclose(np.ravel(e.s).astype(float), [math.fsum(np.exp(z[0]))] * slices, rtol=3e-16)


def test_small_or_large_sums_of_many_classes_are_shifted():
    for top, c in ((-1000.3, -1000), (1000.3, 1000.3), (-0.2, None)):
        z = np.full((2, 2000), top - 30)
        z[:, 7] = top
        out = np.empty_like(z)
        e = exponentials(z, out, 1)
        assert e.c is None if c is None else (e.c == c).all()
        assert_array_equal(e.m, top)
        assert_allclose(out, np.exp(z - (c or 0)), rtol=1e-12)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(
    ("tops", "passes", "needed"),
    [
        ([0, 0], 1, False),
        ([0, -1000], 2, True),  # the second slice shows that the first guess was wrong
        ([0, 1000], 2, True),
        ([-1000, 0], 1, True),
        ([1000, 0], 1, True),
    ],
)
def test_the_first_slice_tells_whether_to_try_without_a_shift(
    monkeypatch, axis, tops, passes, needed
):
    z = np.array(tops)[:, None] + np.linspace(-1, 0, MIN_PROBED_CLASSES)
    z = z if axis == 1 else z.T.copy()
    shifts = []

    def noted(z, c, out):
        shifts.append(c)
        return exp_shifted(z, c, out)

    monkeypatch.setattr("softmax_lib.engine.exponentials.exp_shifted", noted)
    out = np.empty_like(z)
    e = exponentials(z, out, axis)
    assert len(shifts) == passes
    assert (e.m is not None) == needed
    assert_allclose(out.sum(axis=axis, keepdims=True), e.s, rtol=1e-14)
    assert_allclose(out.max(axis=axis), 1)  # the shift is 0 or the maximum


@pytest.mark.parametrize("f", [np.asarray, lambda z: z.copy()[::-1]], ids=["input", "copy"])
@pytest.mark.parametrize("n", [3, 2000])
@pytest.mark.parametrize("offset", [0, 1000, -1000])
def test_the_result_may_take_the_place_of_the_logits(f, n, offset):
    z = f(np.random.default_rng(0).normal(size=(5, n)) + offset)
    apart = np.empty_like(z)
    expected = exponentials(z, apart, 1)
    result = exponentials(z, z, 1)
    assert_allclose(result.s, expected.s, rtol=3e-16)
    assert_array_equal(z, apart)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("top", [0.0, 25.0])
@pytest.mark.parametrize("c", [None, 700.0])
@pytest.mark.parametrize("stored", [True, False])
def test_slices_of_several_blocks_are_summed_as_one(axis, top, c, stored):
    """A large term shows in none but its own block, and outweighs all."""
    shape = (LONG, 3) if axis == 0 else (1, LONG)
    z = np.full(shape, 0.1)
    z[11 % len(z), 11 % z.shape[1]] = top
    shifts = None if c is None else np.full((1, 1), c)
    z += c or 0
    out = np.empty_like(z) if stored else None
    s, lost = sum_exp_shifted(z, shifts, out, axis)
    d = (z - (c or 0)).T if axis == 0 else z - (c or 0)
    exact = [math.fsum(e) for e in np.exp(d)]
    assert_allclose(s.ravel(), exact, rtol=4e-16)
    assert (abs(lost) <= np.spacing(s)).all()
    if top:  # one slice is outweighed, and its sum is known to more digits than a float64 has
        left = [float(x.flat[0]) for x in (s, np.asarray(s - s.astype(float)), lost)]
        rest = math.fsum([*np.exp(d[0]), -exact[0]])
        assert abs(math.fsum([*left, -exact[0], -rest])) < exact[0] * 2.0**-62


def test_what_rounding_takes_is_kept_beside_slices_that_are_summed_again():
    """Of the columns, the first has two terms of 1; the others one, which outweighs the rest."""
    z = np.full((LONG, 3), -np.inf)
    z[0] = z[-1, 0] = 0
    z[LONG // 2] = -40
    s, lost = sum_exp_shifted(z, None, None, 0)
    assert_array_equal(s, [[2, 1, 1]])
    assert_allclose(lost, np.full((1, 3), np.exp(-40)), atol=2**-63, rtol=0)


@pytest.mark.parametrize("axis", [0, 1])
def test_parts_that_outgrow_a_block_are_added_up_on_the_way(axis):
    """They do beyond two million classes; in a thread of smaller blocks, beyond a few thousand."""
    z = np.random.default_rng(0).normal(size=(2, 30_000))
    z = z if axis == 1 else z.T.copy()
    sums = []

    def in_small_blocks():
        workspace.block = 4096
        with np.errstate(all="ignore"):
            sums.append(sum_exp_shifted(z, None, None, axis)[0])

    thread = Thread(target=in_small_blocks)
    thread.start()
    thread.join()
    exact = [math.fsum(row) for row in (np.exp(z) if axis == 1 else np.exp(z).T)]
    assert_allclose(sums[0].ravel(), exact, rtol=2.3e-16)


@pytest.mark.parametrize(("shape", "axis"), [((5000, 100), 0), ((2, 300_000), -1)])
def test_logits_that_are_written_over_are_not_tried_without_a_shift(shape, axis):
    """The slice that is looked at needs none, the last one does, when the first is gone."""
    z = np.random.default_rng(0).normal(size=shape)
    z[-1] += 900
    z[:, -1] += 900
    expected = softmax(z, axis=axis)
    softmax(z, axis=axis, out=z)
    assert_allclose(z, expected, rtol=1e-15)
