"""A soft lookup: the mean of values, weighted with the softmax of how well their keys match."""

import math

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.definition import softmax
from softmax_lib.engine.arrays import as_mask, as_real, widened


@np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
def attention_weights(
    Q: ArrayLike,
    K: ArrayLike,
    *,
    where: ArrayLike = True,
    causal: bool = False,
    scale: float | None = None,
) -> np.ndarray:
    r"""Compute the share of each key in the lookup of each query.

    .. math:: A = \operatorname{softmax}\Bigl(\frac{Q K^{\mathsf T}}{\sqrt d}\Bigr)

    Parameters
    ----------
    Q : array_like
        queries, ``(*batch, n, d)``; a batch axis is for instance a head.
    K : array_like
        keys, ``(*batch, m, d)``.
    where : array_like of bool
        boolean, broadcasts to ``(*batch, n, m)``; the keys that each query may look at.
    causal : bool
        also keep each query from the keys that come after it; needs n = m. The last of all queries
        sees every key, so asked alone it does without.
    scale : float, optional
        what the products are multiplied by, one number; ``1 / sqrt(d)`` unless given. The products
        are formed first, so they must not overflow.

    Returns
    -------
    ndarray
        Shape ``(*batch, n, m)``: nonnegative, rows summing to 1 up to rounding. A query that may
        look at no key has zeros.

    Raises
    ------
    TypeError
        Q, K or scale is not real, or not a plain array; where is not boolean.
    ValueError
        the shapes do not match, where does not broadcast to the weights, scale is not one number,
        or a causal lookup has other than one key for each query.

    References
    ----------
    Vaswani et al. (2017), arXiv 1706.03762, section 3.2.1.

    Examples
    --------
    >>> import numpy as np
    >>> print(attention_weights([[1.0]], np.log([[1], [2], [5]])))
    [[0.125 0.25  0.625]]
    """
    Q, K = as_real(Q, "queries"), as_real(K, "keys")
    shape = (*as_lookup({"queries": Q, "keys": K}), Q.shape[-2], K.shape[-2])
    seen, scale = as_visible(where, causal, shape), as_scale(scale, Q.shape[-1])
    dtype = np.result_type(Q, K)
    Q, K = (widened(x.astype(dtype, copy=False)) for x in (Q, K))
    products = Q @ np.swapaxes(K, -1, -2)
    products *= products.dtype.type(scale)
    return softmax(products, where=seen).astype(dtype, copy=False)


@np.errstate(all="ignore")
def scaled_dot_product_attention(
    Q: ArrayLike,
    K: ArrayLike,
    V: ArrayLike,
    *,
    where: ArrayLike = True,
    causal: bool = False,
    scale: float | None = None,
) -> np.ndarray:
    r"""Look up each query among the keys: the mean of the values, weighted by the match.

    .. math:: \operatorname{softmax}\Bigl(\frac{Q K^{\mathsf T}}{\sqrt d}\Bigr) V

    Parameters
    ----------
    Q, K : array_like
        queries and keys, as in `attention_weights`.
    V : array_like
        values, ``(*batch, m, d_v)``, one for each key.
    where, causal, scale
        as in `attention_weights`; where does not see the batch of V.

    Returns
    -------
    ndarray
        Shape ``(*batch, n, d_v)``. A query that may look at no key gets zeros. A value whose weight
        is masked does not reach the result, whatever it is. The weights, all n m of a lookup, are
        in memory at a time; `attention_weights` gives them.

    Raises
    ------
    TypeError
        as in `attention_weights`; V is held to the same.
    ValueError
        as in `attention_weights`; V is held to the same.

    References
    ----------
    Vaswani et al. (2017), arXiv 1706.03762, section 3.2.1.

    Examples
    --------
    >>> import numpy as np
    >>> K, V = np.eye(2), np.array([[10.0], [20.0]])
    >>> print(scaled_dot_product_attention([[0.0, 0.0], [9.0, 0.0]], K, V).round(2))
    [[15.  ]
     [10.02]]
    """
    Q, K, V = as_real(Q, "queries"), as_real(K, "keys"), as_real(V, "values")
    as_lookup({"queries": Q, "keys": K, "values": V})
    dtype = np.result_type(Q, K, V)
    Q, K, V = (widened(x.astype(dtype, copy=False)) for x in (Q, K, V))
    A = attention_weights(Q, K, where=where, causal=causal, scale=scale)
    finite = np.isfinite(V).all()
    result = A @ V if finite else mean_of_seen(A, V, as_visible(where, causal, A.shape))
    return result.astype(dtype, copy=False)


def mean_of_seen(A: np.ndarray, V: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Compute ``A @ V`` without the terms that are masked: 0 times NaN would be NaN.

    What is not finite is added key by key. All terms at once would take n m d_v numbers.
    """
    odd = np.flatnonzero(~np.isfinite(V).all(axis=(*range(V.ndim - 2), -1)))
    tame = V.copy()
    tame[..., odd, :] = 0
    result = A @ tame
    for j in odd:
        if seen[..., j].any():  # most padding is seen by none
            result += np.where(seen[..., [j]], A[..., [j]] * V[..., [j], :], 0)
    return result


def as_lookup(arrays: dict[str, np.ndarray]) -> tuple[int, ...]:
    """Check that the shapes of queries, keys and perhaps values match, and give the batch's."""
    names, shapes = ", ".join(arrays), ", ".join(str(x.shape) for x in arrays.values())
    Q, K, *V = arrays.values()
    if min(x.ndim for x in arrays.values()) < 2:
        raise ValueError(f"{names} need two axes or more; got {shapes}")
    if Q.shape[-1] != K.shape[-1] or Q.shape[-1] == 0:
        raise ValueError(f"queries and keys need the same length, at least 1; got {shapes}")
    if V and V[0].shape[-2] != K.shape[-2]:
        raise ValueError(f"each key needs a value; got {shapes} for {names}")
    try:
        return np.broadcast_shapes(*(x.shape[:-2] for x in arrays.values()))
    except ValueError:
        raise ValueError(f"batches need to broadcast to each other; got {shapes}") from None


def as_visible(where: ArrayLike, causal: bool, shape: tuple[int, ...]) -> np.ndarray:
    """Check a mask, and leave of it what a causal lookup may look at."""
    n, m = shape[-2:]
    if causal and n != m:
        raise ValueError(f"a causal lookup needs a key for each query; got {m} for {n}")
    try:
        where = as_mask(where, shape)
    except ValueError:
        raise ValueError(
            f"where needs a shape that broadcasts to the weights' {shape}; got {np.shape(where)}"
        ) from None
    return where & np.tri(n, dtype=bool) if causal else where


def as_scale(scale: float | None, d: int) -> float | np.ndarray:
    """Check what the products of vectors of length d are multiplied by."""
    if scale is None:
        return 1 / math.sqrt(d)
    scale = as_real(scale, "scales")
    if scale.ndim:
        raise ValueError(f"scale needs to be one number; got shape {scale.shape}")
    return scale
