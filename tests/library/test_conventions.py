"""What all functions share, whatever they compute: axes, types, masks, infinities, silence."""

import doctest
import inspect
import re
from functools import partial
from types import ModuleType

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose, assert_array_equal

import softmax_lib
from softmax_lib import (
    boltzmann_operator,
    cross_entropy,
    cross_entropy_grad,
    entropy,
    hardmax,
    kl_divergence,
    log_softmax,
    log_softmax_jacobian,
    logsumexp,
    mellowmax,
    one_hot,
    softmax,
    softmax_jacobian,
    softmax_jvp,
    softmax_vjp,
    softmax_with_temperature,
)

inf, nan = np.inf, np.nan

# Each function with its arguments, named as in the book: z logits, v a tangent, y soft targets, p
# and q probabilities. `arguments` makes them all from one array of logits, entry by entry.
CALLS = {
    "boltzmann_operator": (partial(boltzmann_operator, T=2), "z"),
    "cross_entropy": (partial(cross_entropy, reduction="none"), "zy"),
    "cross_entropy_grad": (partial(cross_entropy_grad, reduction="none"), "zy"),
    "entropy": (entropy, "p"),
    "hardmax": (hardmax, "z"),
    "kl_divergence": (kl_divergence, "pq"),
    "log_softmax": (log_softmax, "z"),
    "log_softmax_jacobian": (log_softmax_jacobian, "z"),
    "logsumexp": (logsumexp, "z"),
    "mellowmax": (partial(mellowmax, T=2), "z"),
    "softmax": (softmax, "z"),
    "softmax_jacobian": (softmax_jacobian, "z"),
    "softmax_jvp": (softmax_jvp, "zv"),
    "softmax_vjp": (softmax_vjp, "zv"),
    "softmax_with_temperature": (partial(softmax_with_temperature, T=2), "z"),
}
# What has no axis of classes is tested with its module. Of a function, the last argument before
# the options, which are given by name.
LAST = {"attention_weights": "K", "one_hot": "K", "scaled_dot_product_attention": "V"}
OTHERS = {"SoftmaxRegression", *LAST}
FUNCTIONS = [name for name in softmax_lib.__all__ if inspect.isfunction(vars(softmax_lib)[name])]
MAXIMA = {CALLS[name][0] for name in ("boltzmann_operator", "logsumexp", "mellowmax")}
Z = np.random.default_rng(0).normal(size=(2, 3, 4))

MASKING = ["boltzmann_operator", "hardmax", "log_softmax", "logsumexp", "softmax"]
MASKING += ["softmax_with_temperature"]  # not mellowmax, which counts what it is given
every = pytest.mark.parametrize(("f", "letters"), CALLS.values(), ids=CALLS)
of_logits = pytest.mark.parametrize(
    ("f", "letters"),
    [call for call in CALLS.values() if "z" in call[1]],
    ids=[name for name, call in CALLS.items() if "z" in call[1]],
)
masking = pytest.mark.parametrize(
    "f",
    [CALLS[name][0] for name in MASKING],
    ids=MASKING,
)


def arguments(letters, z, axis=-1):
    """Make the arguments that the letters name; z may be anything, the others are finite."""
    z = np.asarray(z)
    dtype = z.dtype if z.dtype.kind == "f" else np.float64
    finite = np.nan_to_num(z.astype(np.float64), posinf=1, neginf=-1).clip(-700, 700)
    axis = tuple(range(z.ndim)) if axis is None else axis
    made = {"z": z, "v": np.cos(finite).astype(dtype)}
    for letter, sign in (("p", 1), ("q", -1), ("y", -1)):
        made[letter] = scipy.special.softmax(sign * finite, axis=axis).astype(dtype)
    return [made[letter] for letter in letters]


def test_every_public_function_is_tested_here():
    assert {*CALLS, *OTHERS} == set(softmax_lib.__all__)


@every
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3, (1,), (0, 2), (2, 0), (-1, 0), (1, 0, 2), None])
def test_axis_is_the_last_axis_moved(f, letters, axis):
    """f over any axes is f over the last, the class axes moved there and flattened."""
    axes = tuple(range(3)) if axis is None else tuple(np.atleast_1d(axis))
    last = range(-len(axes), 0)
    moved = np.moveaxis(Z, axes, last)
    rows = moved.reshape(*moved.shape[: 3 - len(axes)], -1)
    expected = f(*arguments(letters, rows), axis=-1)
    if expected.shape == rows.shape:
        expected = np.moveaxis(expected.reshape(moved.shape), last, axes)
    result = f(*arguments(letters, Z, axis), axis=axis)
    assert result.shape == expected.shape
    assert_allclose(result, expected, rtol=1e-12, atol=1e-15)


@every
def test_slices_do_not_depend_on_each_other(f, letters):
    result = f(*arguments(letters, Z))
    for i in np.ndindex(2, 3):
        assert_allclose(result[i], f(*arguments(letters, Z[i])), rtol=1e-14, atol=1e-16)


@every
def test_floating_types_are_kept(f, letters, floating):
    z = Z.astype(floating)
    result = f(*arguments(letters, z))
    expected = f(*arguments(letters, z.astype(np.float64)))
    eps = max(float(np.finfo(floating).eps), 2**-52)
    assert result.dtype == floating
    assert_allclose(result.astype(np.float64), expected, rtol=8 * eps, atol=8 * eps)


@of_logits
def test_float16_is_rounded_once(f, letters):
    """What float32 does wrong adds a little to the half ulp of the one rounding."""
    z, *rest = arguments(letters, Z.astype(np.float16))
    expected = f(z.astype(np.float64), *rest)
    half_ulp = np.spacing(np.abs(expected).astype(np.float16)).astype(np.float64) / 2
    assert (np.abs(f(z, *rest) - expected) <= 1.05 * half_ulp).all()


@of_logits
@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i2", "u4", "i8", "u8"])
def test_whole_numbers_are_float64(f, letters, dtype):
    """Unsigned ones too, which would wrap round at ``1 - 2``."""
    z = np.array([[1, 2, 0], [0, 1, 1]], dtype)
    result = f(*arguments(letters, z))
    assert_array_equal(result, f(*arguments(letters, z.astype(np.float64))), strict=True)


@every
def test_lists_are_arrays(f, letters):
    args = arguments(letters, Z)
    assert_array_equal(f(*[a.tolist() for a in args]), f(*args), strict=True)


LAYOUTS = {
    "byteswapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "reversed": lambda a: a[..., ::-1].copy()[..., ::-1],
    "read_only": lambda a: np.frombuffer(a.tobytes()).reshape(a.shape),
    "broadcast": lambda a: np.broadcast_to(a, (1, *a.shape))[0],
}


@every
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("axis", [0, -1, None])
def test_memory_layout_does_not_matter_and_is_not_touched(f, letters, layout, axis):
    args = arguments(letters, Z, axis)
    given = [layout(a) for a in args]
    result = f(*given, axis=axis)
    assert_allclose(result, f(*args, axis=axis), rtol=1e-12, atol=1e-16)
    assert result.dtype.isnative
    assert type(result) in (np.ndarray, np.float64)
    for a, b in zip(given, args, strict=True):
        assert_array_equal(a, b)
        assert not np.shares_memory(a, result)


@pytest.mark.parametrize(
    ("f", "args", "value"),
    [
        (boltzmann_operator, (3.0, 2), 3),
        (cross_entropy, (3.0, 0), 0),
        (cross_entropy_grad, (3.0, 0), 0),
        (entropy, (1.0,), 0),
        (hardmax, (3.0,), 1),
        (kl_divergence, (1.0, 1.0), 0),
        (log_softmax, (3.0,), 0),
        (logsumexp, (3.0,), 3),
        (mellowmax, (3.0, 2), 3),
        (softmax, (3.0,), 1),
        (softmax_jvp, (3.0, 1.0), 0),
        (softmax_vjp, (3.0, 1.0), 0),
        (softmax_with_temperature, (3.0, 2), 1),
    ],
)
@pytest.mark.parametrize("axis", [-1, 0, None, ()])
def test_scalars_in_scalars_out(f, args, value, axis):
    result = f(*args, axis=axis)
    assert type(result) is np.float64
    assert result == value


@every
def test_reduced_to_nothing_is_a_scalar(f, letters):
    result = f(*arguments(letters, Z, None), axis=None)
    assert type(result) is (np.float64 if np.ndim(result) == 0 else np.ndarray)


@of_logits
@pytest.mark.parametrize("fault", [nan, inf])
def test_a_fault_is_nan_in_its_own_slice(f, letters, fault):
    z = Z.copy()
    z[0, 1, 2] = fault
    result, clean = f(*arguments(letters, z)), f(*arguments(letters, Z))
    assert np.isnan(result[0, 1]).all()
    result[0, 1] = clean[0, 1]
    assert_array_equal(result, clean)


@every
def test_a_fault_of_any_argument_is_nan_in_its_own_slice(f, letters):
    for k in range(len(letters)):
        args = arguments(letters, Z)
        args[k] = args[k].copy()
        args[k][0, 1, 2] = nan
        result = np.isnan(f(*args))
        assert result[0, 1].any()
        result[0, 1] = False
        assert not result.any()


@of_logits
def test_no_distribution_is_nan_in_its_own_slice(f, letters):
    z = Z.copy()
    z[0, 1] = -inf
    result = f(*arguments(letters, z))
    expected = np.array(result)
    expected[0, 1] = -inf if f in MAXIMA else nan
    assert_array_equal(result, expected)
    assert np.isfinite(np.delete(result.reshape(6, -1), 1, axis=0)).all()


@masking
@pytest.mark.parametrize("dead", [0, 2, [0, 1]])
def test_a_logit_of_minus_infinity_is_no_class(f, dead):
    z = np.array([0.5, -1.0, 2.0, 0.0])
    z[dead] = -inf
    if f in MAXIMA:
        assert_allclose(f(z), f(z[np.isfinite(z)]), rtol=1e-15)
    else:
        assert_allclose(f(z)[np.isfinite(z)], f(z[np.isfinite(z)]), rtol=1e-14)
        assert_array_equal(f(z)[dead], -inf if f is log_softmax else 0)


@masking
@pytest.mark.parametrize("junk", [nan, inf, -inf, 1e308])
@pytest.mark.parametrize("axis", [0, -1, (0, 2), None])
def test_where_masks_as_minus_infinity_whatever_lies_below(f, junk, axis):
    where = np.random.default_rng(1).random(Z.shape) < 0.7
    where[0] = where[..., 0] = True  # a class is left in every slice
    expected = f(np.where(where, Z, -inf), axis=axis)
    assert_array_equal(f(np.where(where, Z, junk), axis=axis, where=where), expected)
    if f not in MAXIMA:
        assert_array_equal(f(Z, axis=axis, where=where)[~where], -inf if f is log_softmax else 0)


@masking
@pytest.mark.parametrize("where", [[True, False, True, True], [[False], [True], [True]], True])
def test_where_broadcasts(f, where):
    full = np.broadcast_to(where, Z.shape)
    assert_array_equal(f(Z, where=where), f(Z, where=full))


@masking
def test_a_fully_masked_slice_is_zeros(f):
    """As probabilities: its logarithms are -inf."""
    z = [[nan, inf], [1.0, 1.0], [-inf, 0.0]]
    empty = -inf if f in {log_softmax, *MAXIMA} else 0
    result = f(z, where=[[False], [True], [False]])
    assert_array_equal(result[::2], np.full_like(result[::2], empty))
    assert np.isfinite(result[1]).all()
    assert_array_equal(f(3.0, where=False), empty)


@masking
def test_what_is_left_by_the_mask_may_be_no_distribution(f):
    result = f([-inf, 1.0], where=[True, False])
    masked = -inf if f is log_softmax else 0
    assert_array_equal(result, -inf if f in MAXIMA else [nan, masked])


@masking
@pytest.mark.parametrize("where", [[1, 0], None, [1.0, 0.0]])
def test_where_needs_booleans(f, where):
    with pytest.raises(TypeError, match="where needs booleans; got dtype"):
        f([1.0, 2.0], where=where)


@masking
def test_where_needs_a_shape_that_broadcasts(f):
    with pytest.raises(ValueError, match=r"where needs a shape .* \(2,\); got \(3,\)"):
        f([1.0, 2.0], where=[True, False, True])


EMPTY = {
    log_softmax_jacobian: (2, 0, 0),
    **dict.fromkeys(MAXIMA, (2,)),
    softmax_jacobian: (2, 0, 0),
}


@every
def test_no_classes(f, letters):
    """Maps give an empty array, soft maxima that of nothing; there is no empty distribution."""
    args = [np.zeros((2, 0)) for _ in letters]
    if set(letters) & set("ypq"):
        with pytest.raises(ValueError, match=r"need (at least one class|to sum to 1) along"):
            f(*args)
    else:
        assert_array_equal(f(*args), np.full(EMPTY.get(f, (2, 0)), -inf), strict=True)


@every
def test_no_slices(f, letters):
    """An empty batch keeps its shape: what is lost to the class axis is lost, and no more."""
    result = f(*[np.zeros((0, 3)) for _ in letters])
    one = f(*arguments(letters, np.zeros((1, 3))))
    assert result.shape == (0, *one.shape[1:])
    assert result.dtype == np.float64


NOT_REAL = {
    "complex": np.ones((2, 2), complex),
    "object": np.ones((2, 2), object),
    "string": np.full((2, 2), "1"),
    "bytes": np.full((2, 2), b"1"),
    "none": [[None, 1], [1, 1]],
    "datetime": np.zeros((2, 2), "M8[s]"),
    "timedelta": np.zeros((2, 2), "m8[s]"),
    "structured": np.zeros((2, 2), [("a", float)]),
    "huge": [[2**64, 1], [1, 1]],
}


@every
@pytest.mark.parametrize("junk", NOT_REAL.values(), ids=NOT_REAL)
def test_arguments_need_real_numbers(f, letters, junk):
    for k in range(len(letters)):
        args = arguments(letters, np.zeros((2, 2)))
        args[k] = junk
        with pytest.raises(TypeError, match=r"need real numbers \(bool, .*\); got dtype"):
            f(*args)


@every
@pytest.mark.parametrize("mask", [False, [[True, False], [False, False]]])
def test_masked_arrays_are_rejected(f, letters, mask):
    for k in range(len(letters)):
        args = arguments(letters, np.zeros((2, 2)))
        args[k] = np.ma.array(args[k], mask=mask)
        with pytest.raises(TypeError, match="need a plain array; got a MaskedArray"):
            f(*args)


@every
@pytest.mark.parametrize(
    ("axis", "error", "message"),
    [
        (3, np.exceptions.AxisError, "axis 3 is out of bounds for array of dimension 3"),
        (-4, np.exceptions.AxisError, "axis -4 is out of bounds for array of dimension 3"),
        ((0, 3), np.exceptions.AxisError, "axis 3 is out of bounds for array of dimension 3"),
        ((1, 1), ValueError, "repeated axis"),
        ((0, -3), ValueError, "repeated axis"),
        (1.5, TypeError, "float"),
    ],
)
def test_bad_axes_raise_the_errors_of_numpy(f, letters, axis, error, message):
    with pytest.raises(error, match=message):
        f(*arguments(letters, Z), axis=axis)


HARD = np.array(
    [
        [0, -400, -745],
        [0, -15, -17],
        [0, -89, -103],
        [1.7e308, -1.7e308, 0],
        [5e-324, 0, -5e-324],
        [nan, inf, -inf],
        [inf, inf, 0],
        [-inf, -inf, -inf],
        [-inf, 0, 1],
    ]
)


@every
@pytest.mark.parametrize("state", ["raise", "warn"])
def test_silence(f, letters, floating, state):
    """No floating-point fault is signalled, not even underflow, and not even on request."""
    with np.errstate(all="ignore"):
        z = HARD.astype(floating)
    args = arguments(letters, z)
    with np.errstate(all=state):
        f(*args)
        f(*[a.T for a in args], axis=0)


@pytest.mark.parametrize("f", [cross_entropy, cross_entropy_grad])
@pytest.mark.parametrize("label_smoothing", [0, 1e-320, 0.1])
def test_silence_of_labels(f, floating, label_smoothing):
    with np.errstate(all="ignore"):
        z = HARD.astype(floating)
    with np.errstate(all="raise"):
        f(z, np.zeros(len(z), int), label_smoothing=label_smoothing)


@masking
def test_silence_of_masks(f):
    with np.errstate(all="raise"):
        f(HARD, where=HARD < 0)


def test_silence_of_temperatures():
    T = np.array([5e-324, 1e-300, 1, 1e300, inf])[:, None, None]
    with np.errstate(all="raise"):
        softmax_with_temperature(np.broadcast_to(HARD, (5, *HARD.shape)), T)


@pytest.mark.parametrize("name", softmax_lib.__all__)
def test_public_functions_are_documented_by_example(name):
    (test,) = doctest.DocTestFinder(recurse=False).find(getattr(softmax_lib, name), name)
    assert test.examples
    assert re.match(r"[A-Z].*\.\n", test.docstring), "the first line is one sentence"


DEFAULTS = {
    "causal": False,
    "dtype": np.float64,
    "keepdims": False,
    "label_smoothing": 0,
    "out": None,
    "reduction": "mean",
    "scale": None,
    "where": True,
    "workers": 1,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures(name):
    """The classes lie along ``axis``, the last unless told; an array comes back.

    What follows the axis is an option, given by name.
    """
    signature = inspect.signature(getattr(softmax_lib, name))
    assert signature.return_annotation is np.ndarray
    names = list(signature.parameters)
    last = LAST.get(name, "axis")
    assert last in names, f"{name} needs an axis of classes, or its last argument in LAST"
    if last == "axis":
        assert signature.parameters["axis"].default == -1
    for option in names[names.index(last) + 1 :]:
        assert signature.parameters[option].kind is inspect.Parameter.KEYWORD_ONLY
        assert signature.parameters[option].default == DEFAULTS[option]
    for argument in names[: names.index(last) + 1]:
        assert signature.parameters[argument].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD


def test_public_names_are_those_of_all():
    public = {name for name in vars(softmax_lib) if not name.startswith("_")}
    modules = {name for name in public if isinstance(getattr(softmax_lib, name), ModuleType)}
    assert public - modules == set(softmax_lib.__all__)
    assert not modules & set(softmax_lib.__all__)
    assert softmax_lib.__all__ == sorted(softmax_lib.__all__)


def test_one_hot_never_touches_its_labels():
    labels = np.array([2, 0])
    labels.flags.writeable = False
    assert_array_equal(one_hot(labels, 3), [[0, 0, 1], [1, 0, 0]])
