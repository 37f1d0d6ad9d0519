"""Losses: values, identities, oracles, gradients by complex step and differences, and errors."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracle import central_difference, complex_step, exact_log_softmax, logits, naive_softmax

from softmax_lib import (
    cross_entropy,
    cross_entropy_grad,
    entropy,
    kl_divergence,
    log_softmax,
    logsumexp,
    one_hot,
    softmax,
)

inf, nan = np.inf, np.nan
LOSSES = pytest.mark.parametrize("f", [cross_entropy, cross_entropy_grad])
SMOOTHING = st.sampled_from([0.0, 0.1, 1.0])
Z = np.random.default_rng(0).normal(size=(2, 3, 4))


@pytest.mark.parametrize(
    ("labels", "K", "y"),
    [
        ([2, 0], 3, [[0, 0, 1], [1, 0, 0]]),
        (1, 2, [0, 1]),
        ([[0], [1]], 2, [[[1, 0]], [[0, 1]]]),
        (np.uint8([255]), 300, np.eye(300)[[255]]),
        (np.int8([1]), 300, np.eye(300)[[1]]),
        (np.zeros(0, int), 3, np.zeros((0, 3))),
        (np.zeros(0, int), 0, np.zeros((0, 0))),
    ],
)
def test_one_hot_by_hand(labels, K, y):
    assert_array_equal(one_hot(labels, K), np.array(y, np.float64), strict=True)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.float16, np.float32, np.longdouble])
def test_one_hot_dtype(dtype):
    assert_array_equal(one_hot([1], 2, dtype=dtype), np.array([[0, 1]], dtype), strict=True)


@pytest.mark.parametrize("label", [3, -1, 2**40, 2**64 - 1])
def test_one_hot_needs_labels_in_range(label):
    with pytest.raises(ValueError, match=rf"labels need to lie in 0 to 2; got {label}$"):
        one_hot(np.array([0, label], np.uint64 if label > 2**63 else np.int64), K=3)


@pytest.mark.parametrize("labels", [[1.0], [True], ["1"], [None], [1j], None, [1, None]])
def test_one_hot_needs_integers(labels):
    with pytest.raises(TypeError, match="labels need integers; got dtype"):
        one_hot(labels, K=3)


@pytest.mark.parametrize("K", [2.5, "3", None])
def test_one_hot_needs_an_integer_K(K):
    with pytest.raises(TypeError, match="integer"):
        one_hot([1], K)


@pytest.mark.parametrize("f", [cross_entropy, cross_entropy_grad, one_hot])
def test_masked_labels_are_rejected(f):
    labels = np.ma.array([1, 2], mask=[False, True])
    with pytest.raises(TypeError, match="labels need a plain array"):
        f(labels, K=3) if f is one_hot else f(np.zeros((2, 3)), labels)


@pytest.mark.parametrize(
    ("z", "y", "loss"),
    [
        (np.log([1, 2, 5]), 0, np.log(8)),
        (np.log([1, 2, 5]), [0, 0.5, 0.5], np.log(8) - np.log(10) / 2),
        ([0, 0], 0, np.log(2)),
        ([[0, 0], [0, np.log(3)]], [0, 1], (np.log(2) + np.log(4 / 3)) / 2),
        ([40.0, 0], 0, np.exp(-40)),
        ([1000, 0], 1, 1000),
        ([1.7e308, -1.7e308], 0, 0),
        ([1.7e308, -1.7e308], 1, inf),
        ([5], 0, 0),
        (5.0, 0, 0),
        ([-inf, 0, 0], 1, np.log(2)),
        ([-inf, 0], 0, inf),
        ([-inf, 0], [0.5, 0.5], inf),
        ([-inf, 0, 0], [0, 0.5, 0.5], np.log(2)),
        ([-inf, -inf], 0, nan),
        ([inf, 0], 1, nan),
        ([nan, 0], [0, 1], nan),
        ([0, 0], [nan, 0], nan),
        ([True, False], True + 0, 1 + np.log1p(np.exp(-1))),
        (np.float16([0, 60_000]), 0, np.float16(60_000)),
    ],
)
def test_cross_entropy_by_hand(z, y, loss):
    assert_allclose(cross_entropy(z, y), loss, rtol=2e-15)


@pytest.mark.parametrize(("z", "y"), [([5.0], 0), (5.0, 0), ([1000.0, 0], 0), ([[-inf, 0]], [1])])
def test_no_loss_has_no_minus(z, y):
    assert not np.signbit(cross_entropy(z, y, reduction="none")).any()


@given(logits(limit=300, shape=4), st.integers(0, 3))
def test_cross_entropy_against_mpmath(z, label):
    assert_allclose(cross_entropy(z, label), -float(exact_log_softmax(z)[label]), rtol=1e-13)


@given(logits(limit=300, shape=(3, 4)), logits(shape=(3, 4)))
def test_cross_entropy_against_scipy(z, a):
    y = scipy.special.softmax(a, axis=-1)
    expected = -(y * scipy.special.log_softmax(z, axis=-1)).sum(-1)
    assert_allclose(cross_entropy(z, y, reduction="none"), expected, rtol=1e-12, atol=1e-14)


@given(logits(shape=4), logits(shape=4))
def test_cross_entropy_is_entropy_plus_divergence(z, a):
    y = softmax(a)
    assert_allclose(cross_entropy(z, y), entropy(y) + kl_divergence(y, softmax(z)), atol=1e-12)


@given(logits(shape=4), logits(shape=4))
def test_cross_entropy_is_logsumexp_minus_the_mean_logit(z, a):
    y = softmax(a)
    assert_allclose(cross_entropy(z, y), logsumexp(z) - y @ z, atol=1e-12)


@LOSSES
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("label_smoothing", [0, 0.1, 1])
@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (2, 0), (-1, 1), None])
def test_labels_are_one_hot_targets_on_every_axis(f, reduction, label_smoothing, axis):
    """Several class axes count in C order, in the order in which they are given."""
    axes = tuple(range(3)) if axis is None else tuple(a % 3 for a in np.atleast_1d(axis))
    sizes = [Z.shape[a] for a in axes]
    batch = [n for a, n in enumerate(Z.shape) if a not in axes]
    labels = np.random.default_rng(1).integers(np.prod(sizes), size=batch)
    y = np.eye(np.prod(sizes))[labels].reshape(*batch, *sizes)
    y = np.moveaxis(y, range(-len(axes), 0), axes)
    options = {"reduction": reduction, "label_smoothing": label_smoothing}
    by_label, by_target = f(Z, labels, axis, **options), f(Z, y, axis, **options)
    assert_array_equal(by_label, by_target)
    loss_shape = tuple(batch) if reduction == "none" else ()
    assert by_label.shape == (Z.shape if f is cross_entropy_grad else loss_shape)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.uint64, np.int64])
def test_every_integer_type_is_a_label(dtype):
    assert_array_equal(cross_entropy(Z, np.full((2, 3), 2, dtype)), cross_entropy(Z, [[2] * 3] * 2))


def test_reductions_of_the_loss():
    labels = [[0, 1, 2], [3, 2, 1]]
    losses = cross_entropy(Z, labels, reduction="none")
    picked = np.take_along_axis(log_softmax(Z), np.array(labels)[..., None], -1)
    assert_array_equal(losses, -picked[..., 0])
    assert_allclose(cross_entropy(Z, labels, reduction="sum"), losses.sum(), rtol=1e-15)
    assert_allclose(cross_entropy(Z, labels), losses.mean(), rtol=1e-15)


def test_reductions_of_the_gradient():
    labels = [[0, 1, 2], [3, 2, 1]]
    gradient = cross_entropy_grad(Z, labels, reduction="sum")
    assert_array_equal(cross_entropy_grad(Z, labels, reduction="none"), gradient)
    assert_allclose(6 * cross_entropy_grad(Z, labels), gradient, rtol=1e-15)


def test_a_batch_in_float16_is_reduced_in_float32():
    """The sum of the losses is beyond float16, their mean is not."""
    z, labels = np.tile(np.float16([0, 40_000]), (3, 1)), [0, 0, 0]
    assert cross_entropy(z, labels) == np.float16(40_000)
    assert cross_entropy(z, labels, reduction="sum") == np.float16(inf)


@pytest.mark.parametrize("y", [0, [0.75, 0.25, 0]])
def test_label_smoothing_mixes_in_the_uniform_target(y):
    z = np.log([1, 2, 5])
    hard, uniform = cross_entropy(z, y), cross_entropy(z, [1 / 3] * 3)
    assert_allclose(cross_entropy(z, y, label_smoothing=0.2), 0.8 * hard + 0.2 * uniform)
    assert_allclose(cross_entropy(z, y, label_smoothing=1), uniform)


def test_label_smoothing_reaches_masked_classes():
    assert cross_entropy([-inf, 0, 0], 1, label_smoothing=0.1) == inf


@pytest.mark.parametrize(
    ("z", "y", "gradient"),
    [
        (np.log([1, 2, 5]), 0, [-7 / 8, 2 / 8, 5 / 8]),
        (np.log([1, 2, 5]), [0, 0.5, 0.5], [1 / 8, -2 / 8, 1 / 8]),
        ([-inf, 0, 0], 1, [0, -0.5, 0.5]),
        ([-inf, 0, 0], 0, [-1, 0.5, 0.5]),
        ([inf, 0], 0, [nan, nan]),
        ([-inf, -inf], 0, [nan, nan]),
        ([1.7e308, -1.7e308], 1, [1, -1]),
        ([5.0], 0, [0]),
        (5.0, 0, 0),
    ],
)
def test_gradient_by_hand(z, y, gradient):
    assert_allclose(cross_entropy_grad(z, y), gradient, rtol=1e-14)


@given(logits(limit=30, shape=4), logits(shape=4), SMOOTHING)
def test_gradient_by_complex_step(z, a, label_smoothing):
    y = softmax(a)
    smooth = (1 - label_smoothing) * y + label_smoothing / 4
    expected = complex_step(lambda z: -np.log(naive_softmax(z)) @ smooth[:, None], z)[0]
    assert_allclose(cross_entropy_grad(z, y, label_smoothing=label_smoothing), expected, atol=1e-14)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_gradient_of_a_batch_by_central_difference(reduction):
    options = {"reduction": reduction, "label_smoothing": 0.1}
    labels = [[0, 1, 2], [3, 2, 1]]
    expected = central_difference(
        lambda z: cross_entropy(z.reshape(Z.shape), labels, **options), Z.ravel()
    )
    assert_allclose(cross_entropy_grad(Z, labels, **options).ravel(), expected, atol=1e-8)


@given(logits(limit=30, shape=4), st.integers(0, 3), SMOOTHING)
def test_gradient_by_central_difference(z, label, label_smoothing):
    expected = central_difference(
        lambda z: cross_entropy(z, label, label_smoothing=label_smoothing), z
    )
    assert_allclose(
        cross_entropy_grad(z, label, label_smoothing=label_smoothing), expected, atol=1e-6
    )


@given(logits(limit=1000, shape=4), st.integers(0, 3))
def test_gradient_sums_to_zero(z, label):
    assert_allclose(cross_entropy_grad(z, label).sum(), 0, atol=1e-15)


@given(logits(limit=20, shape=4))
def test_the_loss_is_least_where_p_is_y(z):
    y = softmax(z)
    assert_allclose(cross_entropy_grad(z, y), 0, atol=3e-16)
    assert cross_entropy(z, y) <= cross_entropy(z + np.eye(4)[0], y)


@LOSSES
@pytest.mark.parametrize(
    ("z", "y", "options", "message"),
    [
        (np.zeros((2, 3)), [0, 3], {}, "labels need to lie in 0 to 2; got 3"),
        (np.zeros((2, 3)), [0, -1], {}, "labels need to lie in 0 to 2; got -1"),
        (
            np.zeros((2, 3)),
            [0, 1, 2],
            {},
            r"shape of the logits, \(2, 3\), or labels .* \(2,\); got \(3,\)",
        ),
        (np.zeros((2, 3)), [[0], [1]], {}, r"got \(2, 1\)"),
        (np.zeros((2, 3)), 0, {}, r"got \(\)"),
        (np.zeros((2, 3)), [0, 1], {"axis": None}, r"labels the shape \(\); got \(2,\)"),
        (np.zeros(3), [0], {}, r"labels the shape \(\); got \(1,\)"),
        (np.zeros(2), [0.5, 0.6], {}, "targets need to sum to 1 along axis -1; got a sum of 1.1"),
        (np.zeros(2), [1, 1], {}, "targets need to sum to 1 along axis -1; got a sum of 2"),
        (np.zeros((2, 2)), [[1, 0], [1, 0]], {"axis": 0}, "sum to 1 along axis 0; got a sum of 2"),
        (np.zeros(2), [-0.5, 1.5], {}, "targets need to be nonnegative; got -0.5"),
        (np.zeros(2), [inf, -inf], {}, "targets need to be nonnegative; got -inf"),
        (np.zeros(2), [inf, 0], {}, "sum to 1 along axis -1; got a sum of inf"),
        (np.zeros((3, 0)), [0, 0, 0], {}, r"at least one class along axis -1; got shape \(3, 0\)"),
        (np.zeros((3, 0)), np.zeros((3, 0)), {}, "at least one class along axis -1"),
        (np.zeros((0, 3)), np.zeros(0, int), {}, "a mean needs at least one example"),
        (np.zeros((0, 3)), np.zeros((0, 3)), {}, "a mean needs at least one example"),
        (np.zeros(2), 0, {"reduction": "avg"}, "reduction needs to be 'none', .*; got 'avg'"),
        (np.zeros(2), 0, {"reduction": None}, "reduction needs to be .*; got None"),
        (
            np.zeros(2),
            0,
            {"label_smoothing": -0.1},
            "label_smoothing needs to lie in 0 to 1; got -0.1",
        ),
        (np.zeros(2), 0, {"label_smoothing": 1.1}, "label_smoothing needs .*; got 1.1"),
        (np.zeros(2), 0, {"label_smoothing": nan}, "label_smoothing needs .*; got nan"),
        ([[1, 2], [3]], [0, 1], {}, "inhomogeneous shape"),
    ],
)
def test_values_that_losses_reject(f, z, y, options, message):
    with pytest.raises(ValueError, match=message):
        f(z, y, **options)


@LOSSES
@pytest.mark.parametrize("y", [True, 1.0, "1", None])
def test_labels_need_integers(f, y):
    with pytest.raises(TypeError, match="labels need integers; got dtype"):
        f([1.0, 2.0], y)


@LOSSES
@pytest.mark.parametrize("K", [3, 100])
@pytest.mark.parametrize("soft", [False, True])
def test_an_empty_batch_has_a_sum(f, K, soft):
    z = np.zeros((0, K))
    for reduction in ("none", "sum"):
        result = f(z, z if soft else np.zeros(0, int), reduction=reduction)
        shape = (0, K) if f is cross_entropy_grad else (0,) * (reduction == "none")
        assert_array_equal(result, np.zeros(shape), strict=True)


@pytest.mark.parametrize(
    ("p", "q", "D"),
    [
        ([0.5, 0.5], [0.25, 0.75], np.log(2 / np.sqrt(3))),
        ([1, 0], [0.5, 0.5], np.log(2)),
        ([0.5, 0.5], [1, 0], inf),
        ([0, 1], [1, 0], inf),
        ([1, 0], [1, 0], 0),
        ([0.5, 0.5], [1e-320, 1], -np.log(2) - np.log(1e-320) / 2),
        (1.0, 1.0, 0),
        ([True, False], [True, False], 0),
        ([nan, 1], [0.5, 0.5], nan),
        ([0.5, 0.5], [nan, 1], nan),
        ([0, 1], [nan, 1], nan),
    ],
)
def test_divergence_by_hand(p, q, D):
    assert_allclose(kl_divergence(p, q), D, rtol=1e-14)


@given(logits(shape=(3, 4)), logits(shape=(3, 4)), st.sampled_from([0, 1, None]))
def test_divergence_against_scipy(a, b, axis):
    p, q = softmax(a, axis), softmax(b, axis)
    expected = scipy.stats.entropy(p, q, axis=axis)
    assert_allclose(kl_divergence(p, q, axis), expected, rtol=1e-12, atol=1e-14)


@given(logits(limit=300, shape=4), logits(limit=300, shape=4))
def test_divergence_is_nonnegative_and_zero_for_itself(a, b):
    p, q = softmax(a), softmax(b)
    assert kl_divergence(p, q) >= -1e-15
    assert kl_divergence(p, p) == 0


@given(logits(shape=(2, 3)), logits(shape=(2, 3)))
def test_divergence_of_independent_pairs_adds(a, b):
    (p1, p2), (q1, q2) = softmax(a), softmax(b)
    joint = kl_divergence(np.outer(p1, p2), np.outer(q1, q2), axis=None)
    assert_allclose(joint, kl_divergence(p1, q1) + kl_divergence(p2, q2), atol=1e-12)


@pytest.mark.parametrize(
    ("p", "q", "message"),
    [
        ([0.5, 0.6], [0.5, 0.5], "p need to sum to 1 along axis -1; got a sum of 1.1"),
        ([0.5, 0.5], [0.5, 0.6], "q need to sum to 1 along axis -1; got a sum of 1.1"),
        ([1.5, -0.5], [0.5, 0.5], "p need to be nonnegative; got -0.5"),
        ([0.5, 0.5], [1.5, -0.5], "q need to be nonnegative; got -0.5"),
        ([1, 0], [1, 0, 0], r"the same shape; got \(2,\) and \(3,\)"),
        ([1, 0], [[1, 0]], r"the same shape; got \(2,\) and \(1, 2\)"),
        ([], [], "sum to 1 along axis -1; got a sum of 0.0"),
    ],
)
def test_values_that_divergence_rejects(p, q, message):
    with pytest.raises(ValueError, match=message):
        kl_divergence(p, q)


def test_the_gradient_at_a_label_that_is_nearly_certain_keeps_its_digits():
    """``p - 1`` rounds to 0 there: it is minus the sum of the other probabilities."""
    others = [np.exp(-40.0), np.exp(-41.0)]
    assert_allclose(cross_entropy_grad([0.0, -40, -41], 0), [-sum(others), *others], rtol=1e-15)


def test_the_gradient_at_equal_targets_is_exactly_zero():
    """Where no target exceeds 1/2, nothing is lost in ``p - y``, and its zeros are exact."""
    for K in (2, 3, 1000):
        assert_array_equal(cross_entropy_grad(np.zeros(K), np.full(K, 1 / K)), 0)


def test_the_first_label_out_of_range_is_named():
    with pytest.raises(ValueError, match=r"lie in 0 to 2; got 5$"):
        one_hot([1, 5, -1], K=3)
