"""Targets: rows of distributions from labels or targets, and a difference that keeps its digits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lib.engine.targets import (
    as_targets,
    check_reduction,
    difference_of_distributions,
    indicators,
)


def test_labels_become_rows_of_the_type_that_is_asked_for():
    assert_array_equal(
        indicators([2, 0], 3, np.float32), np.float32([[0, 0, 1], [1, 0, 0]]), strict=True
    )


@pytest.mark.parametrize("y", [[1, 0, 1], [[0, 1, 0], [1, 0, 1]]])
def test_labels_and_targets_become_rows_beside_those_of_the_logits(y):
    """The classes lie along the first axis: there are two of them, and three examples."""
    z = np.arange(6.0).reshape(2, 3)
    rows, targets = as_targets(y, z, 0, 0.5)
    assert_array_equal(rows, z.T)
    assert_array_equal(targets, [[0.25, 0.75], [0.75, 0.25], [0.25, 0.75]])


def test_the_difference_keeps_the_digits_of_what_is_left_of_1():
    p, y = np.array([[1.0, 1e-20, 2e-20]]), np.array([[1.0, 0, 0]])
    assert_allclose(difference_of_distributions(p, y), [[-3e-20, 1e-20, 2e-20]], rtol=1e-15)


def test_the_difference_of_equal_halves_is_zero():
    assert_array_equal(difference_of_distributions(*np.full((2, 3, 2), 0.5)), np.zeros((3, 2)))


def test_nothing_has_no_mean_but_a_sum():
    check_reduction("sum", 0)
    with pytest.raises(ValueError, match="a mean needs at least one example"):
        check_reduction("mean", 0)
