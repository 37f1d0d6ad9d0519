"""Linear scores, softmax on top, and the weights that make what was seen most likely."""

from numbers import Integral, Real
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.definition import softmax
from softmax_lib.engine.arrays import as_labels, as_real
from softmax_lib.losses import one_hot
from softmax_lib.newton import in_own_units, is_minimum, newton_step


class SoftmaxRegression:
    r"""Multinomial logistic regression, fitted by Newton's method.

    .. math:: p(k \mid x) = \operatorname{softmax}(x^{\mathsf T} W + b)_k

    The weights minimise the total cross-entropy and a penalty for their size:

    .. math:: \sum_{n=1}^{N} L(x_n^{\mathsf T} W + b, y_n) + \frac{\lambda}{2} \sum_{ik} W_{ik}^2

    Adding one number to the weights of a feature in every class changes no probability; those are
    taken that sum to 0 over the classes. All is computed in float64, whatever type the features
    have.

    Parameters
    ----------
    l2 : float
        the strength of the penalty, 0 or more: for three classes or more the inverse of
        scikit-learn's C. The offsets b are not penalised.
    tolerance : float
        fitted when no logit moved by more than this, relative to the largest, or to 1; between 0
        and 1.
    max_steps : int
        the number of Newton steps after which to give up, 1 or more.

    Attributes
    ----------
    W : ndarray
        weights, shape ``(d, K)``; a column for each class.
    b : ndarray
        offsets, shape ``(K,)``.
    steps : int
        the number of Newton steps taken.

    Raises
    ------
    TypeError
        l2 or tolerance is not a real number, or max_steps is not an integer.
    ValueError
        one of them is out of its range.

    References
    ----------
    Bishop (2006), section 4.3.4, for the derivatives, and Newton's method with them.

    Examples
    --------
    >>> X, labels = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    >>> model = SoftmaxRegression(l2=1.0).fit(X, labels)
    >>> print(model.predict_proba([[1.5]]).round(3), model.predict([[0.0], [3.0]]))
    [[0.5 0.5]] [0 1]
    """

    W: np.ndarray | None
    b: np.ndarray | None
    steps: int | None

    def __init__(self, l2: float = 1.0, *, tolerance: float = 1e-9, max_steps: int = 50) -> None:
        """Check the settings."""
        check_settings(l2, tolerance, max_steps)
        self.l2, self.tolerance, self.max_steps = l2, tolerance, max_steps
        self.W = self.b = self.steps = None

    def fit(self, X: ArrayLike, labels: ArrayLike) -> Self:
        """Find the weights.

        Parameters
        ----------
        X : array_like
            features, shape ``(N, d)``, finite.
        labels : array_like of int
            integers from 0 to K - 1, shape ``(N,)``; each class at least once.

        Returns
        -------
        SoftmaxRegression
            The model itself, fitted.

        Raises
        ------
        TypeError
            X is not real, or labels are not integers.
        ValueError
            the shapes do not match, X is not finite, or a class has no example.
        RuntimeError
            no minimum was found. Without a penalty there is none where a plane separates classes:
            the weights grow for ever; and none is found where features nearly depend on one
            another. With a penalty that is very weak for features of that size it may be too far
            away for float64.
        """
        check_settings(self.l2, self.tolerance, self.max_steps)
        self.W = self.b = self.steps = None
        X = as_finite(X)
        if np.shape(labels) != X.shape[:1] or not len(X):
            raise ValueError(
                f"features need a row for each label; got {X.shape} and {np.shape(labels)}"
            )
        labels = as_labels(labels)
        K = max(int(labels.max()), 0) + 1
        Y = one_hot(labels, K)
        if not Y.any(axis=0).all():
            absent = np.flatnonzero(~Y.any(axis=0))[0]
            raise ValueError(f"classes from 0 to {K - 1} need an example each; {absent} has none")
        X, penalty, mean, unit = in_own_units(X, float(self.l2))
        weights = np.zeros((X.shape[1], K))
        for steps in range(1, self.max_steps + 1):
            weights, moved = newton_step(weights, X, Y, penalty)
            if moved <= self.tolerance * max(1, np.abs(X @ weights).max()):
                if is_minimum(weights, X, penalty):
                    self.W = weights[:-1] / unit[:, None]
                    self.b, self.steps = weights[-1] - mean @ self.W, steps
                    return self
                break
        advice = (
            "Without a penalty there is none where a plane separates classes, and none is found "
            "where features nearly depend on one another: pass l2 > 0"
        )
        if self.l2:
            advice = "The penalty may be too weak for these features: scale them, or raise l2"
        raise RuntimeError(f"no minimum found in {steps} steps. {advice}")

    @np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
    def logits(self, X: ArrayLike) -> np.ndarray:
        """Compute the scores of examples.

        Parameters
        ----------
        X : array_like
            features, shape ``(N, d)``.

        Returns
        -------
        ndarray
            Shape ``(N, K)``, a column for each class. A feature that is infinite or NaN shows in
            its row, as infinities or NaN.

        Raises
        ------
        RuntimeError
            the model is not fitted.
        TypeError
            X is not real.
        ValueError
            X is no table of d columns.
        """
        if self.W is None or self.b is None:
            raise RuntimeError("the model has no weights yet: call fit(X, labels) first")
        return as_features(X, len(self.W)) @ self.W + self.b

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Compute the probabilities of the classes.

        Parameters
        ----------
        X : array_like
            features, shape ``(N, d)``.

        Returns
        -------
        ndarray
            Shape ``(N, K)``; nonnegative, rows summing to 1 up to rounding. A feature that is
            infinite or NaN makes its row NaN.

        Raises
        ------
        RuntimeError
            the model is not fitted.
        TypeError
            X is not real.
        ValueError
            X is no table of d columns.
        """
        return softmax(self.logits(X))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Name the likeliest class of each example.

        Parameters
        ----------
        X : array_like
            features, shape ``(N, d)``.

        Returns
        -------
        ndarray
            Integers, shape ``(N,)``; of several equally likely classes, the first.

        Raises
        ------
        RuntimeError
            the model is not fitted.
        TypeError
            X is not real.
        ValueError
            X is no table of d columns, or is not finite.
        """
        return self.logits(as_finite(X)).argmax(axis=1)


def check_settings(l2: float, tolerance: float, max_steps: int) -> None:
    """Check what is given before any table is."""
    for name, number, kind, wanted in (
        ("l2", l2, Real, "a real number"),
        ("tolerance", tolerance, Real, "a real number"),
        ("max_steps", max_steps, Integral, "an integer"),
    ):
        if not isinstance(number, kind):
            raise TypeError(f"{name} needs to be {wanted}; got {number!r}")
    if not 0 <= l2 < np.inf:
        raise ValueError(f"l2 needs to be finite and 0 or more; got {l2}")
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance needs to lie between 0 and 1; got {tolerance}")
    if max_steps < 1:
        raise ValueError(f"max_steps needs to be 1 or more; got {max_steps}")


@np.errstate(over="ignore")  # what only a longer type can hold becomes infinite
def as_features(X: ArrayLike, d: int | None = None) -> np.ndarray:
    """Convert to a float64 table, with d columns where d is given."""
    X = as_real(X, "features")
    if X.ndim != 2 or d not in (None, X.shape[1]):
        wanted = "(N, d)" if d is None else f"(N, {d})"
        raise ValueError(f"features need the shape {wanted}; got {X.shape}")
    return X.astype(np.float64, copy=False)


def as_finite(X: ArrayLike) -> np.ndarray:
    """Convert to a table of finite numbers."""
    X = as_features(X)
    if not np.isfinite(X).all():
        raise ValueError(f"features need to be finite; got {X[~np.isfinite(X)][0]}")
    return X
