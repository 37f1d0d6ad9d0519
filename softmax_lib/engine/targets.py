"""Targets of a loss: rows of logits and distributions, and the difference that keeps its digits."""

import operator

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from softmax_lib.engine.arrays import Axis, as_distribution, as_labels, classes_last, widened
from softmax_lib.engine.sums import total


def indicators(labels: ArrayLike, K: int, dtype: DTypeLike) -> np.ndarray:
    """Check labels, and give each as a row with a single 1."""
    K = operator.index(K)
    labels = as_labels(labels)
    outside = (labels < 0) | (labels >= K)
    if outside.any():
        raise ValueError(f"labels need to lie in 0 to {K - 1}; got {labels[outside][0]}")
    return (labels[..., None] == np.arange(K)).astype(dtype)


def as_targets(
    y: ArrayLike, z: np.ndarray, axis: Axis, label_smoothing: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give logits and soft targets as rows ``(*batch, K)``, from labels or targets, smoothed."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing needs to lie in 0 to 1; got {label_smoothing}")
    rows = classes_last(widened(z), axis)
    K = rows.shape[-1]
    if K == 0:
        raise ValueError(f"logits need at least one class along axis {axis}; got shape {z.shape}")
    shape = np.shape(y)
    if shape == z.shape and z.ndim > 0:
        targets = classes_last(widened(as_distribution(y, axis, "targets")), axis)
    elif shape == rows.shape[:-1]:
        targets = indicators(y, K, rows.dtype)
    else:
        raise ValueError(
            f"targets need the shape of the logits, {z.shape}, or labels the shape "
            f"{rows.shape[:-1]}; got {shape}"
        )
    return rows, (1 - label_smoothing) * targets + label_smoothing / K


def check_reduction(reduction: str, size: int) -> None:
    """Check the name of a reduction, and that a mean has something to be taken over."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"reduction needs to be 'none', 'mean' or 'sum'; got {reduction!r}")
    if reduction == "mean" and size == 0:
        raise ValueError("a mean needs at least one example; got an empty batch")


def difference_of_distributions(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Compute ``p - y`` along the last axis, with the digits that p nearly 1 has lost.

    Where y exceeds 1/2, ``p - y`` is ``(1 - y)`` less the sum of the other probabilities.
    """
    place = y.argmax(axis=-1, keepdims=True)
    y_there = np.take_along_axis(y, place, axis=-1)
    others = p.copy()
    np.put_along_axis(others, place, 0, axis=-1)
    s, _ = total(others.reshape(-1, p.shape[-1]), axis=1)
    precise = (1 - y_there) - s.reshape(y_there.shape)
    difference = p - y
    plain = np.take_along_axis(difference, place, axis=-1)
    np.put_along_axis(difference, place, np.where(y_there > 0.5, precise, plain), axis=-1)
    return difference
