"""The solver of softmax regression: Newton's method on the weights of a table of features."""

from contextlib import suppress

import numpy as np

from softmax_lib.definition import softmax
from softmax_lib.losses import cross_entropy


def in_own_units(X: np.ndarray, l2: float) -> tuple[np.ndarray, ...]:
    """Measure each feature from its mean, in a unit that makes Newton's system well scaled.

    Returns the features with a column of ones, whose weight is the offset, the penalties of their
    weights, the means and the units.
    """
    size = np.abs(X).max(axis=0)
    size[size < 1e-300] = 1
    X = X / size  # no square overflows now, and numbers that are all equal have an exact mean
    mean = X.mean(axis=0)
    X = X - mean
    pull = np.sqrt(l2 / len(X)) / size
    unit = np.hypot(np.sqrt((X**2).mean(axis=0)), pull)
    unit[unit == 0] = 1
    penalty = np.append(len(X) * (pull / unit) ** 2, 0)  # the offset has none
    return np.column_stack([X / unit, np.ones(len(X))]), penalty, mean * size, unit * size


def objective(weights: np.ndarray, X: np.ndarray, Y: np.ndarray, penalty: np.ndarray) -> float:
    """Compute the total cross-entropy and the penalty."""
    return cross_entropy(X @ weights, Y, reduction="sum") + (penalty @ weights**2).sum() / 2


def gradient(weights: np.ndarray, X: np.ndarray, Y: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Compute the derivative by each weight: ``X.T (P - Y)``, and that of the penalty."""
    return X.T @ (softmax(X @ weights) - Y) + penalty[:, None] * weights


def hessian(weights: np.ndarray, X: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Compute the second derivatives, shape ``(K, d, K, d)``.

    Between classes k and l it is ``X.T diag(p_k (delta_kl - p_l)) X``: softmax's Jacobian of every
    example, between its features.
    """
    P = softmax(X @ weights)
    d, K = weights.shape
    H = np.empty((K, d, K, d))
    for k in range(K):
        J = P[:, [k]] * ((np.arange(K) == k) - P)
        H[k] = (X.T @ (J[:, :, None] * X[:, None]).reshape(-1, K * d)).reshape(d, K, d)
        H[k, :, k] += np.diag(penalty)
    return H


def penalty_exceeds_rounding(penalty: np.ndarray, matrix: np.ndarray) -> bool:
    """Tell whether the penalty of each weight is more than rounding beside the curvatures."""
    return penalty[:-1].min(initial=np.inf) > 1e-9 * matrix.trace()


def solve(H: np.ndarray, g: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Find the shortest step s with H s = g: where the objective is flat it goes nowhere."""
    K, d = g.shape
    matrix = H.reshape(K * d, K * d)
    if penalty_exceeds_rounding(penalty, matrix):
        # Flat along offsets that all grow, and along nothing else, unless probabilities have
        # rounded to 0 and 1. The slope is 0 there, so any curvature in its place leaves the same
        # step, which then takes no singular values.
        H[:, -1, :, -1] += matrix.trace() / len(matrix)
        with suppress(np.linalg.LinAlgError):
            return np.linalg.solve(matrix, g.ravel()).reshape(K, d)
    return np.linalg.lstsq(matrix, g.ravel())[0].reshape(K, d)


def is_minimum(weights: np.ndarray, X: np.ndarray, penalty: np.ndarray) -> bool:
    """Tell whether weights that no longer move are at a minimum.

    Where a plane separates classes, their probabilities round to 0 and 1 after some thirty steps,
    and with their curvature the wish to move is gone. But the curvature lacks directions then: at a
    minimum it is 0 along shifts alone, and along what no example has.
    """
    d, K = weights.shape
    matrix = hessian(weights, X, penalty).reshape(K * d, K * d)
    if penalty_exceeds_rounding(penalty, matrix):
        return True
    rtol = 10 * len(matrix) * np.finfo(float).eps  # above that of lstsq in solve
    curved, seen = (np.linalg.matrix_rank(A, rtol=rtol, hermitian=True) for A in (matrix, X.T @ X))
    return curved >= (K - 1) * seen


def newton_step(
    weights: np.ndarray, X: np.ndarray, Y: np.ndarray, penalty: np.ndarray
) -> tuple[np.ndarray, float]:
    """Go to the minimum of the parabola that touches the objective, or a part of the way there.

    Returns the new weights, which sum to 0 over the classes if the old ones do, and the longest
    way that the parabola asked a logit to go.
    """
    g = gradient(weights, X, Y, penalty)
    H = hessian(weights, X, penalty)
    step = solve(H, g.T, penalty).T
    step -= step.mean(axis=1, keepdims=True)  # a shift of all classes changes nothing
    old, slope, part = objective(weights, X, Y, penalty), (g * step).sum(), 1.0
    while objective(weights - part * step, X, Y, penalty) > old * (1 + 1e-12) - part * slope / 4:
        part /= 2
    return weights - part * step, np.abs(X @ step).max()
