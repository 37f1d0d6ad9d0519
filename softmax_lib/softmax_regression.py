"""Linear scores, softmax on top, and the weights that make what was seen most likely."""

from contextlib import suppress
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.arrays import as_real
from softmax_lib.definition import softmax
from softmax_lib.losses import cross_entropy, one_hot


class SoftmaxRegression:
    r"""Multinomial logistic regression, fitted by Newton's method.

    .. math:: p(k \mid x) = \operatorname{softmax}(x^{\mathsf T} W + b)_k

    The weights minimise the total cross-entropy and a penalty for their size:

    .. math:: \sum_{n=1}^{N} L(x_n^{\mathsf T} W + b, y_n) + \frac{\lambda}{2} \sum_{ik} W_{ik}^2

    Adding one number to the weights of a feature in every class changes no probability; those are
    taken that sum to 0 over the classes.

    Parameters
    ----------
    l2 : the strength of the penalty, 0 or more: for three classes or more the inverse of
        scikit-learn's C. The offsets b are not penalised.
    tolerance : fitted when no logit moved by more than this, relative to the largest, or to 1.
    max_steps : the number of Newton steps after which to give up.

    Attributes
    ----------
    W : weights, shape ``(d, K)``; a column for each class.
    b : offsets, shape ``(K,)``.
    steps : the number of Newton steps taken.

    Raises
    ------
    ValueError : l2 is negative, infinite or NaN.

    Source
    ------
    Bishop (2006), section 4.3.4, for the derivatives, and Newton's method with them.

    >>> X, labels = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    >>> model = SoftmaxRegression(l2=1.0).fit(X, labels)
    >>> print(model.predict_proba([[1.5]]).round(3), model.predict([[0.0], [3.0]]))
    [[0.5 0.5]] [0 1]
    """

    def __init__(self, l2: float = 1.0, *, tolerance: float = 1e-9, max_steps: int = 50) -> None:
        """Check the strength of the penalty."""
        if not 0 <= l2 < np.inf:
            raise ValueError(f"l2 needs to be finite and 0 or more; got {l2}")
        self.l2, self.tolerance, self.max_steps = l2, tolerance, max_steps
        self.W = self.b = self.steps = None

    def fit(self, X: ArrayLike, labels: ArrayLike) -> Self:
        """Find the weights.

        Parameters
        ----------
        X : features, shape ``(N, d)``, finite.
        labels : integers from 0 to K - 1, shape ``(N,)``; each class at least once.

        Returns
        -------
        The model itself, fitted.

        Raises
        ------
        TypeError : X is not real, or labels are not integers.
        ValueError : the shapes do not match, X is not finite, or a class has no example.
        RuntimeError : no minimum was found. Without a penalty there is none where a plane separates
            classes: the weights grow for ever. With one that is very weak for features of that
            size it may be too far away for float64.
        """
        X = as_features(X).astype(np.float64)
        if not np.isfinite(X).all():
            raise ValueError(f"features need to be finite; got {X[~np.isfinite(X)][0]}")
        if np.shape(labels) != X.shape[:1] or not len(X):
            raise ValueError(
                f"features need a row for each label; got {X.shape} and {np.shape(labels)}"
            )
        K = int(np.max(labels)) + 1
        Y = one_hot(labels, K)
        if not Y.any(axis=0).all():
            absent = np.flatnonzero(~Y.any(axis=0))[0]
            raise ValueError(f"classes from 0 to {K - 1} need an example each; {absent} has none")
        X = np.column_stack([X, np.ones(len(X))])  # the offset is the weight of a feature 1
        penalty = np.append(np.full(X.shape[1] - 1, float(self.l2)), 0)
        unit = np.sqrt((X**2).mean(axis=0) + penalty / len(X))  # a good one for each feature
        unit[unit == 0] = 1
        X, penalty = X / unit, penalty / unit**2
        weights = np.zeros((X.shape[1], K))
        for steps in range(1, self.max_steps + 1):
            weights, moved = newton_step(weights, X, Y, penalty)
            if moved <= self.tolerance * max(1, np.abs(X @ weights).max()):
                if is_minimum(weights, X, penalty):
                    weights /= unit[:, None]
                    self.W, self.b, self.steps = weights[:-1], weights[-1], steps
                    return self
                break
        advice = "Where a plane separates classes there is none without a penalty: pass l2 > 0"
        if self.l2:
            advice = "The penalty is too weak for features of this size: scale them, or raise l2"
        raise RuntimeError(f"no minimum found in {steps} steps. {advice}")

    def logits(self, X: ArrayLike) -> np.ndarray:
        """Compute the scores of examples.

        Parameters
        ----------
        X : features, shape ``(N, d)``.

        Returns
        -------
        Shape ``(N, K)``, a column for each class.

        Raises
        ------
        RuntimeError : the model is not fitted.
        TypeError : X is not real.
        ValueError : X is no table of d columns.
        """
        if self.W is None:
            raise RuntimeError("the model has no weights yet: call fit(X, labels) first")
        return as_features(X, len(self.W)) @ self.W + self.b

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Compute the probabilities of the classes.

        Parameters
        ----------
        X : features, shape ``(N, d)``.

        Returns
        -------
        Shape ``(N, K)``; nonnegative, rows summing to 1 up to rounding.

        Raises
        ------
        RuntimeError : the model is not fitted.
        TypeError : X is not real.
        ValueError : X is no table of d columns.
        """
        return softmax(self.logits(X))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Name the likeliest class of each example.

        Parameters
        ----------
        X : features, shape ``(N, d)``.

        Returns
        -------
        Integers, shape ``(N,)``; of several equally likely classes, the first.

        Raises
        ------
        RuntimeError : the model is not fitted.
        TypeError : X is not real.
        ValueError : X is no table of d columns.
        """
        return self.logits(X).argmax(axis=1)


def as_features(X: ArrayLike, d: int | None = None) -> np.ndarray:
    """Check that X is a table of real numbers, with d columns where d is given."""
    X = as_real(X, "features")
    if X.ndim != 2 or X.shape[1] != (X.shape[1] if d is None else d):
        wanted = "(N, d)" if d is None else f"(N, {d})"
        raise ValueError(f"features need the shape {wanted}; got {X.shape}")
    return X


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


def counts(penalty: np.ndarray, matrix: np.ndarray) -> bool:
    """Tell whether the penalty of each weight is more than rounding beside the curvatures."""
    return penalty[:-1].min(initial=np.inf) > 1e-9 * matrix.trace()


def solve(H: np.ndarray, g: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Find the shortest step s with H s = g: where the objective is flat it goes nowhere."""
    K, d = g.shape
    matrix = H.reshape(K * d, K * d)
    if counts(penalty, matrix):
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
    if counts(penalty, matrix):
        return True
    rtol = 10 * len(matrix) * np.finfo(float).eps  # above that of lstsq in solve
    curved, seen = (np.linalg.matrix_rank(A, rtol=rtol, hermitian=True) for A in (matrix, X.T @ X))
    return curved >= (K - 1) * seen


def newton_step(
    weights: np.ndarray, X: np.ndarray, Y: np.ndarray, penalty: np.ndarray
) -> tuple[np.ndarray, float]:
    """Go to the minimum of the parabola that touches the objective, or a part of the way there.

    Returns the new weights, shifted so that they sum to 0 over the classes, and the longest way
    that the parabola asked a logit to go.
    """
    g = gradient(weights, X, Y, penalty)
    H = hessian(weights, X, penalty)
    step = solve(H, g.T, penalty).T
    old, slope, part = objective(weights, X, Y, penalty), (g * step).sum(), 1.0
    while objective(weights - part * step, X, Y, penalty) > old * (1 + 1e-12) - part * slope / 4:
        part /= 2
    weights = weights - part * step
    return weights - weights.mean(axis=1, keepdims=True), np.abs(X @ step).max()
