"""The Jacobians and the products with them: values, complex steps, structure, memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracle import complex_step, logits, naive_softmax

from softmax_lib import (
    log_softmax,
    log_softmax_jacobian,
    softmax,
    softmax_jacobian,
    softmax_jvp,
    softmax_vjp,
)

PRODUCTS = pytest.mark.parametrize("product", [softmax_jvp, softmax_vjp])
MATRICES = pytest.mark.parametrize("jacobian", [softmax_jacobian, log_softmax_jacobian])
Z = np.random.default_rng(0).normal(size=(2, 3, 4))
V = np.random.default_rng(1).normal(size=(2, 3, 4))


def test_jacobian_by_hand():
    J = [[7, -2, -5], [-2, 12, -10], [-5, -10, 15]]
    assert_allclose(64 * softmax_jacobian(np.log([1, 2, 5])), J, rtol=1e-14)


def test_log_softmax_jacobian_by_hand():
    J = [[7, -2, -5], [-1, 6, -5], [-1, -2, 3]]
    assert_allclose(8 * log_softmax_jacobian(np.log([1, 2, 5])), J, rtol=1e-14)


@PRODUCTS
def test_products_by_hand(product):
    assert_allclose(8 * product(np.log([1, 2, 5]), [8, 0, 0]), [7, -2, -5], rtol=1e-14)


@MATRICES
@pytest.mark.parametrize("z", [3.0, [3.0]])
def test_one_class_cannot_move(jacobian, z):
    assert_array_equal(jacobian(z), [[0]])


@given(logits(limit=30))
def test_jacobian_by_complex_step(z):
    assert_allclose(softmax_jacobian(z), complex_step(naive_softmax, z), rtol=1e-12, atol=4e-16)


@given(logits(limit=30))
def test_log_softmax_jacobian_by_complex_step(z):
    expected = complex_step(lambda z: np.log(naive_softmax(z)), z)
    assert_allclose(log_softmax_jacobian(z), expected, rtol=1e-12, atol=4e-16)


@given(logits(limit=30))
def test_jacobian_by_central_difference(z):
    steps = 1e-6 * np.eye(z.size)
    for f, J in [(softmax, softmax_jacobian(z)), (log_softmax, log_softmax_jacobian(z))]:
        assert_allclose(J.T, (f(z + steps) - f(z - steps)) / 2e-6, atol=1e-7)


@given(logits(limit=30))
def test_the_two_jacobians_differ_by_the_factor_p(z):
    p = softmax(z)
    assert_allclose(softmax_jacobian(z), p[:, None] * log_softmax_jacobian(z), atol=1e-15)


@given(logits(limit=1000))
def test_jacobian_is_symmetric_positive_semidefinite_with_zero_rows(z):
    J = softmax_jacobian(z)
    assert_array_equal(J, J.T)
    assert np.linalg.eigvalsh(J).min() >= -1e-15
    assert_allclose(J.sum(axis=-1), 0, atol=1e-15)


@given(logits(limit=1000))
def test_jacobian_stretches_at_most_by_a_half(z):
    """Softmax is Lipschitz with constant 1/2, reached where two classes share everything."""
    assert np.linalg.eigvalsh(softmax_jacobian(z)).max() <= 0.5 + 1e-15


def test_half_is_reached():
    assert_allclose(np.linalg.eigvalsh(softmax_jacobian([3.0, 3, -np.inf])).max(), 0.5, rtol=1e-15)


@given(logits(limit=30))
def test_log_softmax_jacobian_rows_sum_to_zero(z):
    assert_allclose(log_softmax_jacobian(z).sum(axis=-1), 0, atol=1e-15 * z.size)


@PRODUCTS
@given(z=logits(limit=1000, shape=6), v=logits(limit=100, shape=6))
def test_products_are_the_matrix_times_the_vector(product, z, v):
    J = softmax_jacobian(z)
    assert_allclose(product(z, v), J @ v, atol=1e-13)
    assert_allclose(product(z, v), v @ J, atol=1e-13)


@given(z=logits(limit=30, shape=5), v=logits(limit=10, shape=5))
def test_jvp_by_complex_step(z, v):
    assert_allclose(softmax_jvp(z, v), naive_softmax(z + 1e-20j * v).imag / 1e-20, atol=1e-14)


@given(z=logits(limit=30, shape=5), v=logits(limit=10, shape=5))
def test_vjp_is_the_gradient_of_a_weighted_sum(z, v):
    """By complex step of ``v @ softmax(z)``, a scalar."""
    expected = complex_step(lambda z: np.array([v @ naive_softmax(z)]), z)[0]
    assert_allclose(softmax_vjp(z, v), expected, atol=1e-14)


@PRODUCTS
@given(z=logits(limit=1000, shape=6), c=st.floats(-100, 100))
def test_a_constant_tangent_changes_nothing(product, z, c):
    assert_allclose(product(z, np.full(6, c)), 0, atol=1e-13)


@given(z=logits(limit=30, shape=6), a=logits(shape=6), b=logits(shape=6))
def test_jvp_and_vjp_are_adjoint(z, a, b):
    assert_allclose(softmax_vjp(z, a) @ b, a @ softmax_jvp(z, b), atol=1e-10)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (2, 0), None])
def test_matrices_and_products_agree_on_every_axis(axis):
    """The matrix's two indices flatten the class axes in the order in which they are given."""
    axes = tuple(range(3)) if axis is None else tuple(np.atleast_1d(axis))
    v = np.moveaxis(V, axes, range(-len(axes), 0))
    rows = v.reshape(*v.shape[: 3 - len(axes)], -1)
    product = (softmax_jacobian(Z, axis) @ rows[..., None]).reshape(v.shape)
    assert_allclose(np.moveaxis(softmax_jvp(Z, V, axis), axes, range(-len(axes), 0)), product)


@pytest.mark.parametrize(
    ("axis", "shape"),
    [(-1, (2, 3, 4, 4)), (1, (2, 4, 3, 3)), ((0, 2), (3, 8, 8)), (None, (24, 24))],
)
@MATRICES
def test_matrix_shape(jacobian, axis, shape):
    assert jacobian(Z, axis).shape == shape


def test_a_masked_class_neither_moves_nor_moves_others():
    z = [1.0, -np.inf, 2.0]
    J = softmax_jacobian(z)
    assert_array_equal(J[1], 0)
    assert_array_equal(J[:, 1], 0)
    assert_array_equal(J[::2, ::2], softmax_jacobian([1.0, 2.0]))
    assert_array_equal(softmax_jvp(z, [1.0, 5.0, 0.0])[::2], softmax_jvp([1.0, 2.0], [1.0, 0.0]))


def test_saturated_softmax_has_no_slope_left():
    assert_array_equal(softmax_jacobian([0.0, 1000.0]), np.zeros((2, 2)))


@PRODUCTS
def test_a_tangent_fault_stays_in_its_slice(product):
    v = np.array([[1.0, np.nan], [np.inf, 0.0], [1.0, -1.0]])
    result = product(np.zeros((3, 2)), v)
    assert np.isnan(result[0]).all()
    assert not np.isfinite(result[1]).any()
    assert_array_equal(result[2], [0.5, -0.5])


@PRODUCTS
@pytest.mark.parametrize("v", [np.ones(1), 1.0, np.ones((1, 3)), np.ones(4)])
def test_tangents_need_the_shape_of_the_logits(product, v):
    with pytest.raises(ValueError, match=r"need the shape of the logits, \(3,\); got"):
        product(np.zeros(3), v)


@PRODUCTS
def test_products_never_form_the_matrix(product):
    """For a million classes the matrix would take 8 TB; a product takes a few vectors."""
    z, v = np.random.default_rng(0).normal(size=(2, 1_000_000))
    tracemalloc.start()
    try:
        product(z, v)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * z.nbytes


@PRODUCTS
def test_products_of_the_largest_numbers_do_not_overflow_on_the_way(product):
    """The differences of v reach 2 MAX; their products with p do not."""
    largest = np.finfo(np.float64).max
    v = np.array([1, -1, -1]) * largest
    wanted = np.array([4 / 9, -2 / 9, -2 / 9]) * largest
    assert_allclose(product(np.zeros(3), v), wanted, rtol=1e-15)
    assert_allclose(product(np.zeros(3), v / 3), wanted / 3, rtol=1e-15)


@PRODUCTS
@pytest.mark.parametrize("scale", [1e-20, 1e-150, 1e150])
def test_products_grow_with_the_tangent(product, scale):
    v = np.array([8.0, 0, 0])
    assert_allclose(product(np.log([1, 2, 5]), scale * v), scale * np.array([7, -2, -5]) / 8)


@PRODUCTS
def test_products_of_the_smallest_numbers_lose_nothing(product):
    least = 5e-324
    v = [64 * least, 0, 0]
    assert_array_equal(product(np.log([1, 2, 5]), v), np.array([7, -2, -5]) * least)


@PRODUCTS
def test_an_offset_of_many_tangents_takes_no_digit(product):
    """Along the first axis a mean may be rounded as often as there are classes: two do not do."""
    K, offset = 100_000, 0.1
    steps = np.random.default_rng(0).integers(3, size=K)
    v = offset + steps * np.spacing(offset)
    exact = (K * steps - steps.sum()) / K**2 * np.spacing(offset)
    result = product(np.zeros((K, 2)), np.stack([v, v], axis=1), axis=0)
    assert_allclose(result[:, 0], exact, rtol=0, atol=1e-13 * exact.max())
