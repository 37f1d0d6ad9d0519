"""The kernels: the same along rows and columns, in place or not, whatever lies beside them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracle import exact_log_softmax, exact_logsumexp, exact_softmax, ulps

from softmax_lib import softmax
from softmax_lib.engine.kernels import divide, log_softmax_slices, logsumexp_slices, softmax_slices

KERNELS = {
    softmax_slices: exact_softmax,
    log_softmax_slices: exact_log_softmax,
    logsumexp_slices: exact_logsumexp,
}


@pytest.fixture(autouse=True)
def quiet():
    """Kernels overflow on purpose; the functions that readers call see to it that nobody hears."""
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("top", [-700, 0, 900])
@pytest.mark.parametrize("n", [2, 63, 64, 300])
def test_the_slices_are_the_rows_or_the_columns(kernel, dtype, top, n):
    z = (top + 5 * np.random.default_rng(0).normal(size=(3, n))).astype(dtype)
    width = 1 if kernel is logsumexp_slices else n
    rows, columns = np.empty((3, width), dtype), np.empty((width, 3), dtype)
    kernel(z, rows, 1)
    kernel(np.ascontiguousarray(z.T), columns, 0)
    for result in (rows, columns.T):
        for z_row, row in zip(z, result, strict=True):
            assert ulps(row, KERNELS[kernel](z_row)) <= 4


@pytest.mark.parametrize("kernel", [softmax_slices, log_softmax_slices])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_result_may_take_the_place_of_the_logits(kernel, axis):
    z = np.random.default_rng(0).normal(size=(70, 80))
    out = np.empty_like(z)
    kernel(z, out, axis)
    kernel(z, z, axis)
    assert_allclose(z, out, rtol=1e-15)


@pytest.mark.parametrize(("kernel", "only"), [(softmax_slices, 1), (log_softmax_slices, 0)])
def test_a_single_class_is_certain_unless_its_logit_is_not_finite(kernel, only):
    out = np.empty((4, 1))
    kernel(np.array([[7.0], [np.inf], [-np.inf], [np.nan]]), out, 1)
    assert_array_equal(out, [[only], [np.nan], [np.nan], [np.nan]])


@pytest.mark.parametrize("n", [63, 64])
def test_few_classes_are_divided_and_many_multiplied(n):
    """A product with the reciprocal is rounded twice."""
    p = np.arange(1.0, 1 + n)[None]
    expected = p / 49 if n < 64 else p * (1 / 49)
    divide(p, np.array([[49.0]]), n)
    assert_array_equal(p, expected)


@pytest.mark.parametrize("n", [2, 4, 8])
def test_equal_shares_of_few_classes_are_exact_whatever_the_logits(n):
    """The sum is a multiple by a power of two, without rounding; its reciprocal is rounded."""
    z = np.linspace(-30, 30, 601)[:, None].repeat(n, axis=1)
    assert_array_equal(softmax(z), 1 / n)
    assert_array_equal(softmax(z.T, axis=0), 1 / n)
