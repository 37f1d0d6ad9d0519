"""Newton's method: derivatives, the shortest step, units, and what is no minimum."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracle import central_difference

from softmax_lib.newton import (
    gradient,
    hessian,
    in_own_units,
    is_minimum,
    newton_step,
    objective,
    penalty_exceeds_rounding,
    solve,
)

rng = np.random.default_rng(0)


def test_its_derivatives():
    X, Y = rng.normal(size=(9, 3)), np.eye(4)[rng.integers(4, size=9)]
    weights, penalty = rng.normal(size=(3, 4)), np.array([2.0, 2.0, 0.0])
    slopes = central_difference(
        lambda w: objective(w.reshape(3, 4), X, Y, penalty), weights.ravel()
    )
    curvatures = central_difference(
        lambda w: gradient(w.reshape(3, 4), X, Y, penalty), weights.ravel()
    )
    H = hessian(weights, X, penalty).transpose(1, 0, 3, 2)  # by feature, class, feature, class
    assert_allclose(gradient(weights, X, Y, penalty), slopes.reshape(3, 4), atol=1e-7)
    assert_allclose(H, curvatures.reshape(3, 4, 3, 4), atol=1e-7)


def test_where_the_penalty_makes_it_regular_the_step_is_the_shortest_solution():
    X = np.column_stack([rng.normal(size=(9, 2)), np.ones(9)])
    Y, weights = np.eye(4)[np.arange(9) % 4], rng.normal(size=(3, 4))
    for l2 in (1e-3, 2.0):
        penalty = np.array([l2, l2, 0.0])
        g, H = gradient(weights, X, Y, penalty).T, hessian(weights, X, penalty)
        shortest = np.linalg.lstsq(H.reshape(12, 12), g.ravel())[0].reshape(4, 3)
        g -= [[l2, l2, 0]] * weights.mean(axis=1)  # as at weights that sum to 0
        shortest -= weights.mean(axis=1) * [1, 1, 0]
        assert_allclose(solve(H, g, penalty), shortest, atol=1e-9)


def test_a_system_that_rounding_made_singular_is_solved_all_the_same():
    H, g = np.zeros((2, 2, 2, 2)), np.array([[1.0, 0], [-1.0, 0]])  # by class and feature
    H[0, 0, 0, 0] = H[1, 0, 1, 0] = 2.0  # the penalty alone: each example is sure
    assert_allclose(solve(H, g, np.array([2.0, 0])), g / 2, atol=1e-15)


def test_a_step_reaches_the_minimum_of_a_parabola_and_moves_no_sum():
    X, Y = rng.normal(size=(50, 3)), np.eye(4)[rng.integers(4, size=50)]
    penalty, weights = np.array([2.0, 2.0, 0.0]), np.zeros((3, 4))
    before = objective(weights, X, Y, penalty)
    for _ in range(8):
        weights, moved = newton_step(weights, X, Y, penalty)
    assert objective(weights, X, Y, penalty) < before
    assert_allclose(gradient(weights, X, Y, penalty), 0, atol=1e-12)
    assert_allclose(weights.sum(axis=1), 0, atol=1e-12)
    assert moved < 1e-9
    assert is_minimum(weights, X, penalty)


def test_where_every_probability_has_rounded_there_is_no_minimum():
    """The plane at 1/2 separates the classes, and the curvature is 0."""
    X, weights = np.array([[0.0, 1], [1, 1]]), 1000 * np.array([[-2.0, 2], [1, -1]])
    assert not is_minimum(weights, X, np.zeros(2))


def test_features_in_their_own_units():
    X = np.array([[1e200, 5], [3e200, 5]])
    own, penalty, mean, unit = in_own_units(X, 0.0)
    assert_allclose(own, [[-1, 0, 1], [1, 0, 1]])
    assert_array_equal(penalty, 0)
    assert_allclose(mean, [2e200, 5])
    assert_allclose(unit, [1e200, 5])


@pytest.mark.parametrize(
    ("penalty", "exceeds"), [([1.0, 0], True), ([1e-8, 0], False), ([0.0], True)]
)
def test_a_penalty_counts_beside_the_curvatures_or_not(penalty, exceeds):
    """The last is the offset's, which has none."""
    assert penalty_exceeds_rounding(np.array(penalty), np.diag([5.0, 5.0])) == exceeds
