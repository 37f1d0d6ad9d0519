"""What comes in and what goes out: conversion, axes, masks and distributions."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from softmax_lib.engine.arrays import (
    as_axes,
    as_distribution,
    as_mask,
    as_out,
    as_real,
    as_workers,
    classes_last,
    classes_restored,
    like,
    widened,
)


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i8", "u8", ">i4"])
def test_whole_numbers_become_float64(dtype):
    assert_array_equal(as_real(np.array([0, 1], dtype)), np.array([0.0, 1.0]), strict=True)


@pytest.mark.parametrize("dtype", ["e", "f", "d", "g", ">f2", ">f8"])
def test_floats_are_kept_in_native_byte_order(dtype):
    x = as_real(np.array([0, 1], dtype))
    assert x.dtype.isnative
    assert x.dtype == np.dtype(dtype).newbyteorder("=")
    assert_array_equal(x, [0, 1])


def test_a_native_array_is_not_copied():
    x = np.zeros(3)
    assert as_real(x) is x


@pytest.mark.parametrize("subclass", [np.matrix, np.memmap, np.recarray])
def test_subclasses_are_told_the_way(subclass):
    x = np.array([[1.0, 2.0]]).view(subclass)
    with pytest.raises(TypeError, match=rf"got a {subclass.__name__} \(pass np.asarray\(x\)"):
        as_real(x, "gains")


@pytest.mark.parametrize("x", [np.ma.array([1.0]), np.ma.masked, np.ma.array([1], mask=[True])])
def test_masked_arrays_are_rejected(x):
    with pytest.raises(TypeError, match="gains need a plain array; got a Masked"):
        as_real(x, "gains")


@pytest.mark.parametrize(
    "x", [1j, "1", b"1", None, [1, None], {1: 2}, np.datetime64("2020"), 2**64]
)
def test_what_is_not_real_is_rejected(x):
    with pytest.raises(TypeError, match=r"gains need real numbers \(.*\); got dtype"):
        as_real(x, "gains")


def test_ragged_lists_are_rejected_by_numpy():
    with pytest.raises(ValueError, match="inhomogeneous shape"):
        as_real([[1, 2], [3]])


@pytest.mark.parametrize(("narrow", "wide"), ["ef", "ff", "dd", "gg"])
def test_only_float16_is_widened(narrow, wide):
    assert widened(np.zeros(1, narrow)).dtype == wide


def test_results_take_the_type_of_the_input(floating):
    x = np.zeros(2, floating)
    assert like(np.ones(2), x).dtype == floating
    assert type(like(np.ones(()), x)) is type(like(np.float64(1), x)) is floating


@pytest.mark.parametrize(
    ("axis", "ndim", "axes"),
    [
        (None, 3, (0, 1, 2)),
        (-1, 3, (2,)),
        (-3, 3, (0,)),
        (np.int64(-1), 3, (2,)),
        (np.int64(0), 3, (0,)),
        ((0, -1), 3, (0, 2)),
        ((2, 0), 3, (2, 0)),
        ((), 3, ()),
        ([0, 1], 2, (0, 1)),
        (None, 0, ()),
        (0, 0, ()),
        (-1, 0, ()),
        ((), 0, ()),
    ],
)
def test_axes(axis, ndim, axes):
    assert as_axes(axis, ndim) == axes


@pytest.mark.parametrize(
    ("axis", "ndim", "error", "message"),
    [
        (3, 3, np.exceptions.AxisError, "axis 3 is out of bounds for array of dimension 3"),
        (-4, 3, np.exceptions.AxisError, "axis -4 is out of bounds"),
        ((0, 3), 3, np.exceptions.AxisError, "axis 3 is out of bounds"),
        (1, 0, np.exceptions.AxisError, "axis 1 is out of bounds for array of dimension 0"),
        ((0, 0), 3, ValueError, "repeated axis"),
        ((0, -3), 3, ValueError, "repeated axis"),
        (1.0, 3, TypeError, "float"),
        ("1", 3, TypeError, "str"),
    ],
)
def test_bad_axes_raise_the_errors_of_numpy(axis, ndim, error, message):
    with pytest.raises(error, match=message):
        as_axes(axis, ndim)


@pytest.mark.parametrize(
    "where", [True, [True, False, True], [[True], [False]], np.ones((2, 3), bool)]
)
def test_masks_broadcast(where):
    assert_array_equal(
        as_mask(where, (2, 3)), np.logical_and(where, np.ones((2, 3), bool)), strict=True
    )


@pytest.mark.parametrize("where", [1, [1, 0, 1], [1.0, 0.0, 1.0], None, "True"])
def test_masks_need_booleans(where):
    with pytest.raises(TypeError, match="where needs booleans; got dtype"):
        as_mask(where, (2, 3))


def test_masks_are_not_masked_arrays():
    with pytest.raises(TypeError, match="masks need a plain array; got a MaskedArray"):
        as_mask(np.ma.array([True, False, True], mask=[True, False, False]), (2, 3))


@pytest.mark.parametrize("shape", [(2,), (3, 1), (1, 2, 3), (0,)])
def test_masks_need_a_shape_that_broadcasts(shape):
    with pytest.raises(ValueError, match=r"broadcasts to the logits' \(2, 3\); got \("):
        as_mask(np.ones(shape, bool), (2, 3))


@pytest.mark.parametrize(
    ("axis", "shape"),
    [
        (-1, (2, 3, 4)),
        (1, (2, 4, 3)),
        ((0, 2), (3, 8)),
        ((2, 0), (3, 8)),
        (None, (24,)),
        ((2, 1, 0), (24,)),
        ((), (2, 3, 4, 1)),
    ],
)
def test_classes_move_last_and_back(axis, shape):
    x = np.arange(24).reshape(2, 3, 4)
    rows = classes_last(x, axis)
    assert rows.shape == shape
    assert_array_equal(classes_restored(rows, x.shape, axis), x)


def test_several_class_axes_flatten_in_the_order_given():
    x = np.arange(6).reshape(2, 3)
    assert_array_equal(classes_last(x, (0, 1)), [0, 1, 2, 3, 4, 5])
    assert_array_equal(classes_last(x, (1, 0)), [0, 3, 1, 4, 2, 5])


@pytest.mark.parametrize(("shape", "axis"), [((2, 0), 1), ((0, 2), 1), ((0, 0), None), ((), None)])
def test_empty_and_scalar_classes_move_last_and_back(shape, axis):
    x = np.ones(shape)
    assert_array_equal(classes_restored(classes_last(x, axis), shape, axis), x, strict=True)


def test_a_distribution_may_be_off_by_the_root_of_epsilon(floating):
    root = np.sqrt(np.finfo(floating).eps)
    p = np.array([0.5, 0.5 + root / 2], floating)
    assert as_distribution(p, -1, "p") is p
    with pytest.raises(ValueError, match="p need to sum to 1 along axis -1; got a sum of"):
        as_distribution(np.array([0.5, 0.5 + 2 * root], floating), -1, "p")


def test_a_negative_probability_is_named_before_the_sum():
    with pytest.raises(ValueError, match=r"p need to be nonnegative; got -2\.0$"):
        as_distribution([[-1.0, 3.0], [-2.0, 3.0]], -1, "p")


def test_nan_passes_as_a_distribution_but_not_its_neighbours():
    assert_array_equal(as_distribution([np.nan, 0.5], -1, "p"), [np.nan, 0.5])
    with pytest.raises(ValueError, match=r"got a sum of 0\.9$"):
        as_distribution([[np.nan, 0.5], [0.4, 0.5]], -1, "p")


def test_the_tolerance_of_a_distribution_is_taken_whole():
    p = np.array([0.5, 0.5 + 2.0**-26, 0.0])
    assert as_distribution(p, -1, "p") is p


@pytest.mark.parametrize(
    ("p", "message"),
    [
        ([1.0, 1.0], "sum to 1 along axis -1; got a sum of 2.0"),
        ([[0.5, 0.75], [0.25, 0.25]], "sum to 1 along axis -1; got a sum of 1.25"),
        ([-0.25, 1.25], "be nonnegative; got -0.25"),
    ],
)
def test_the_first_fault_of_a_distribution_is_named(p, message):
    with pytest.raises(ValueError, match=f"^p need to {message}$"):
        as_distribution(p, -1, "p")


def test_logits_are_copied_where_writing_the_result_would_garble_them():
    shared = np.arange(12.0)
    z = shared[:10].reshape(2, 5)
    apart, again, later = np.empty((2, 5)), shared[:10].reshape(2, 5), shared[2:].reshape(2, 5)
    for out in (z, apart, again):
        assert as_out(out, z)[0] is z
        assert as_out(out, z)[1] is out
    for out in (later, z[:, ::-1], z[::-1]):
        copy, given = as_out(out, z)
        assert given is out
        assert not np.shares_memory(copy, z)
        assert_array_equal(copy, z)
    copy, _ = as_out(z, later)
    assert not np.shares_memory(copy, later)


READ_ONLY = np.zeros(2)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        ([0.0, 0.0], TypeError, "plain array; got a list"),
        (np.ma.zeros(2), TypeError, "plain array; got a MaskedArray"),
        (np.zeros(2, np.float32), TypeError, "dtype of the result, float64; got float32"),
        (np.zeros(2, np.longdouble), TypeError, "dtype of the result, float64; got "),
        (np.zeros(2, ">f8"), TypeError, "dtype of the result, float64; got >f8"),
        (np.zeros(1), ValueError, r"shape of the logits, \(2,\); got \(1,\)"),
        (np.zeros(3), ValueError, r"shape of the logits, \(2,\); got \(3,\)"),
        (READ_ONLY, ValueError, "writeable; got a read-only array"),
    ],
)
def test_what_cannot_be_written_to_is_rejected(out, error, message):
    with pytest.raises(error, match=f"^out needs (a|to be|the) {message}"):
        as_out(out, np.zeros(2))


def test_workers_are_whole_and_at_least_one():
    for n in (1, 2, np.int8(3)):
        assert as_workers(n) == n
    for n in (0, -1):
        with pytest.raises(ValueError, match=f"^workers needs to be 1 or more; got {n}$"):
            as_workers(n)
    with pytest.raises(TypeError):
        as_workers(2.0)
