"""Blocks: any size, shape and memory order, in place and threaded, with the same results."""

import itertools
import threading
import tracemalloc

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lib import log_softmax, logsumexp, softmax
from softmax_lib.engine.blocks import (
    as_stacks,
    chunks,
    directly,
    fit_buffer,
    jobs,
    run,
    side_by_side,
)
from softmax_lib.engine.scratch import BLOCK, SHARED_BLOCK, workspace

MAPS = pytest.mark.parametrize("f", [softmax, log_softmax])
PEERS = {softmax: scipy.special.softmax, log_softmax: scipy.special.log_softmax}

# Sides of every kind of block: short and long slices, narrow and wide, longer than a block.
SHAPES = [(1, 10), (3, 63), (100, 64), (70, 9), (5, 700), (3, 70_001), (9000, 10), (2, 200, 3)]
SHAPES += [(300, 3, 4), (9, 2, 2100), (2100, 37), (64, 2500)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1, 30])
def test_against_scipy_in_blocks_of_every_kind(shape, dtype, scale):
    z = (scale * np.random.default_rng(0).normal(size=shape)).astype(dtype)
    rtol = 1e-4 if dtype == np.float32 else 1e-12
    for axis in range(len(shape)):
        for f, peer in PEERS.items():
            expected = peer(z.astype(np.float64), axis=axis)
            assert_allclose(f(z, axis), expected, rtol=rtol, atol=rtol * (f is log_softmax) + 1e-44)
        expected = scipy.special.logsumexp(z.astype(np.float64), axis=axis)
        assert_allclose(logsumexp(z, axis), expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_in_place_and_threaded_are_the_same(shape):
    """To the last place or two: blocks of other sizes add the same terms in another order."""
    z = 3 * np.random.default_rng(1).normal(size=shape) - 1
    for f, axis in itertools.product(PEERS, range(len(shape))):
        expected = f(z, axis)
        assert_allclose(f(z, axis, workers=2), expected, rtol=1e-15)
        out = np.full_like(z, np.nan)
        assert f(z, axis, out=out) is out
        assert_array_equal(out, expected)
        z_again = z.copy()
        assert_allclose(f(z_again, axis, out=z_again), expected, rtol=1e-15)
    for axis in range(len(shape)):
        assert_allclose(logsumexp(z, axis, workers=3), logsumexp(z, axis), rtol=1e-15)


@MAPS
@pytest.mark.parametrize("axis", [0, 1, 2, (0, 2), (1, 0), None])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_out_may_have_any_memory_order(f, axis, order):
    z = np.random.default_rng(2).normal(size=(4, 5, 6))
    out = np.empty([z.shape[i] for i in order]).transpose(np.argsort(order))
    assert_allclose(f(z, axis, out=out), f(z, axis), rtol=1e-14)
    gaps = np.empty((4, 10, 6))[:, ::2]
    assert_allclose(f(z.transpose(0, 1, 2), axis, out=gaps), f(z, axis), rtol=1e-14)


@MAPS
def test_out_may_overlap_the_input(f):
    shared = np.random.default_rng(3).normal(size=(3, 11))
    expected = f(shared[:, :-1])
    assert_array_equal(f(shared[:, :-1], out=shared[:, 1:]), expected)


@MAPS
def test_out_with_a_mask_and_in_float16(f):
    z = np.random.default_rng(4).normal(size=(3, 5)).astype(np.float16)
    where = np.array([True, False, True, True, False])
    expected = f(z, where=where)
    assert_array_equal(f(z, where=where, out=z), expected)


@MAPS
@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        ([0.0, 0.0], TypeError, "out needs a plain array; got a list"),
        (np.empty(2, np.float32), TypeError, "out needs the dtype of the result, float64; got"),
        (np.empty(2, ">f8"), TypeError, "out needs the dtype of the result, float64; got >f8"),
        (np.empty((1, 2)), ValueError, r"out needs the shape of the logits, \(2,\); got \(1, 2\)"),
        (np.frombuffer(bytes(16)), ValueError, "out needs to be writeable; got a read-only"),
    ],
)
def test_a_bad_out_says_what_is_needed(f, out, error, message):
    with pytest.raises(error, match=message):
        f([1.0, 2.0], out=out)


@pytest.mark.parametrize("f", [softmax, log_softmax, logsumexp])
def test_workers_are_counted_from_one(f):
    with pytest.raises(ValueError, match="workers needs to be 1 or more; got 0"):
        f([1.0, 2.0], workers=0)
    with pytest.raises(TypeError):
        f([1.0, 2.0], workers=1.5)


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1), (1, 2), (2, 1), (0, 1, 2), ()])
def test_stacks_are_views(axes):
    z = np.empty((2, 3, 4))
    n = np.prod([z.shape[i] for i in axes], dtype=int)
    for x in as_stacks(z, z, axes):
        assert x.shape[1] == n
        assert x.size == z.size
        assert np.shares_memory(x, z)


def test_stacks_of_separate_axes_cannot_be_views():
    z = np.empty((2, 3, 4))
    assert as_stacks(z, z, (0, 2)) is None


@pytest.mark.parametrize("shape", [(3, 5), (1, 70_000), (70_000, 1), (70_000, 33), (2, 140_001)])
@pytest.mark.parametrize("axis", [0, 1])
def test_chunks_cover_a_matrix_once_and_fit_a_block(shape, axis):
    z = np.zeros(shape)
    parts = chunks(z, axis)
    for part in parts[:-1] if z.shape[1 - axis] < 1000 else []:
        assert z[part].shape[axis] % 8 == 0
        assert z[part].nbytes > BLOCK / 2
    for part in parts:
        z[part] += 1
        assert z[part].nbytes <= max(BLOCK, z.shape[1 - axis] * z.itemsize)
    assert (z == 1).all()


@pytest.mark.parametrize("shape", [(1, 1_000_000), (2000, 500), (100_000, 10)])
@pytest.mark.parametrize("top", [0, 8, 40])
@MAPS
def test_memory_is_a_few_blocks_beside_the_result(f, shape, top):
    """SciPy takes one to five times the size of the input."""
    z = np.zeros(shape)
    z[:, 0] = top
    out = np.empty_like(z)
    tracemalloc.start()
    f(z, out=out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * BLOCK


@pytest.mark.parametrize("axis", [0, 1])
def test_entries_that_lie_apart_lose_no_digit(axis):
    """numpy.exp takes another path there: a share near 1 was off by 30 units in the last place."""
    z = np.random.default_rng(6).normal(size=(16, 2000))
    z[3] += 6
    z = z if axis == 0 else z.T.copy()
    expected = log_softmax(z, axis)
    for apart in (z[:, ::-1].copy()[:, ::-1], np.repeat(z, 2, axis=1)[:, ::2]):
        assert_allclose(log_softmax(apart, axis), expected, rtol=1e-15)
        out = np.repeat(z, 2, axis=1)[:, ::2]
        assert_allclose(log_softmax(z, axis, out=out), expected, rtol=1e-15)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1), (2, 1)])
def test_stacks_of_any_memory_order_are_views(order, axes):
    z = np.empty((2, 3, 4), order=order)
    assert all(np.shares_memory(x, z) for x in as_stacks(z, z, axes))


@pytest.mark.parametrize(
    ("shape", "way", "axis", "blocks"),
    [
        ((12, 100, 1), directly, 1, [(5, 100), (5, 100), (2, 100)]),
        ((64, 64, 1), directly, 1, [(8, 64)] * 8),
        ((64, 128, 1), directly, 1, [(4, 128)] * 16),
        ((63, 10, 1), directly, 1, [(51, 10), (12, 10)]),
        ((2, 1000, 1), directly, 1, [(1, 1000)] * 2),
        ((1, 3, 1), directly, 1, [(1, 3)]),
        ((64, 10, 1), side_by_side, 0, [(25, 10, 1), (25, 10, 1), (14, 10, 1)]),
        ((100, 63, 1), side_by_side, 0, [(4, 63, 1)] * 25),
        ((3, 4, 5), side_by_side, 0, [(3, 4, 5)]),
        ((2, 4, 5), side_by_side, 0, [(2, 4, 5)]),
        ((3, 4, 32), side_by_side, 0, [(2, 4, 32), (1, 4, 32)]),
        ((2, 4, 33), directly, 0, [(4, 33)] * 2),
        ((1, 4, 5), directly, 0, [(4, 5)]),
        ((1, 4, 128), directly, 0, [(4, 128)]),
        ((1, 4, 300), directly, 0, [(4, 100)] * 3),
        ((1, 5, 307), directly, 0, [(5, 77)] * 3 + [(5, 76)]),
        ((1, 64, 8192), directly, 0, [(64, 8192)]),
        ((1, 64, 8193), directly, 0, [(64, 4097), (64, 4096)]),
    ],
)
def test_stacks_are_cut_into_blocks_of_4096_bytes(shape, way, axis, blocks):
    """Long slices and wide strips are as large as they must be, what is copied half as large."""
    z = np.arange(float(np.prod(shape))).reshape(shape)
    cut = list(jobs(z, z + 0.5, 4096))
    assert [part.shape for _, part, _, _ in cut] == blocks
    assert {(f, axis) for f, _, _, axis in cut} == {(way, axis)}
    for _, part, out, _ in cut:
        assert_array_equal(out, part + 0.5)
    assert_array_equal(np.sort(np.concatenate([part.ravel() for _, part, *_ in cut])), z.ravel())


def test_large_blocks_may_be_wider_than_strips():
    z = np.empty((1, 64, 40_000))
    assert [part.shape for _, part, _, _ in jobs(z, z, 2**24)] == [(64, 20_000)] * 2


@pytest.mark.parametrize(
    ("width", "size"),
    [(1, None), (127, None), (128, 128), (1000, 1008), (2**16, 2**16), (2**16 + 1, None)],
)
def test_the_buffer_holds_a_row_that_is_neither_short_nor_long(width, size):
    with np.errstate():
        before = np.getbufsize()
        fit_buffer(width)
        assert np.getbufsize() == (before if size is None else size)


SUMMED = [((3,), (0,)), ((7, 9), (0,)), ((7, 9), (1,)), ((7, 9), (0, 1)), ((2, 3, 4), (1,))]
SUMMED += [((2, 3, 4), (0, 2)), ((2, 3, 4), ()), ((300, 3, 4), (1,)), ((2100, 37), (0,))]
SUMMED += [((5000, 2, 4), (1,)), ((3, 70_001), (1,)), ((70_001, 3), (0,)), ((1000, 200), (0,))]
SUMMED += [((200, 20_000), (0,)), ((), ())]


@pytest.mark.parametrize(("shape", "axes"), SUMMED, ids=str)
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_kernel_is_given_matrices_of_whole_slices_and_a_buffer_for_them(shape, axes, workers):
    def add(z, out, axis):
        assert z.ndim == out.ndim == 2
        assert z.size <= 100 or not 128 <= z.shape[1] <= 2**16 or np.getbufsize() >= z.shape[1]
        z.sum(axis=axis, keepdims=True, out=out)

    z = np.random.default_rng(5).integers(9, size=shape).astype(float)
    expected = z.sum(axis=axes, keepdims=True)
    for x in [z, np.repeat(z, 2, axis=-1)[..., ::2]] if shape else [z]:
        out = np.empty_like(expected)
        with np.errstate():
            run(add, x, out, axes, workers)
        assert_array_equal(out, expected)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_kernel_is_given_entries_that_lie_side_by_side(axis):
    def double(z, out, axis):
        assert z.strides[1] == out.strides[1] == z.itemsize
        np.multiply(z, 2, out=out)

    z = np.random.default_rng(5).normal(size=(300, 200))
    layouts = [
        lambda x: x,
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: x[:, ::-1].copy()[:, ::-1],
    ]
    for given, wanted in itertools.product(layouts, layouts):
        out = wanted(np.zeros_like(z))
        with np.errstate():
            run(double, given(z), out, (axis,), 1)
        assert_array_equal(out, 2 * z)


def test_workers_are_silent_threads_with_larger_blocks():
    def note(z, out, axis):
        seen.append((threading.get_ident(), workspace.block, set(np.geterr().values())))

    z = np.empty((16, SHARED_BLOCK // 8))
    seen = []
    run(note, z, z, (1,), 1)
    assert {thread for thread, *_ in seen} == {threading.get_ident()}
    seen = []
    run(note, z, z, (1,), 2)
    assert len(seen) == 16
    for thread, *state in seen:
        assert thread != threading.get_ident()
        assert state == [SHARED_BLOCK, {"ignore"}]
