"""A soft lookup: the mean of values, weighted with the softmax of how well their keys match."""

import math

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.arrays import as_mask, as_real, widened
from softmax_lib.definition import softmax


@np.errstate(all="ignore")  # infinities and NaN are handled as the package's docstring says
def scaled_dot_product_attention(
    Q: ArrayLike,
    K: ArrayLike,
    V: ArrayLike,
    *,
    where: ArrayLike = True,
    causal: bool = False,
    scale: float | None = None,
    return_weights: bool = False,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    r"""Look up each query among the keys, and return the values' mean, weighted by the match.

    .. math:: A = \operatorname{softmax}\Bigl(\frac{Q K^{\mathsf T}}{\sqrt d}\Bigr), \qquad
       \text{result} = A V

    Parameters
    ----------
    Q : queries, ``(*batch, n, d)``; a batch axis is for instance a head.
    K : keys, ``(*batch, m, d)``.
    V : values, ``(*batch, m, d_v)``, one for each key.
    where : boolean, broadcasts to ``(*batch, n, m)``; the keys that each query may look at.
    causal : also keep each query from the keys that come after it; needs n = m.
    scale : what the products are multiplied by; ``1 / sqrt(d)`` unless given.
    return_weights : return ``(result, A)``, not the result alone.

    Returns
    -------
    Shape ``(*batch, n, d_v)``, and A of shape ``(*batch, n, m)``: nonnegative, rows summing to 1 up
    to rounding. A query that may look at no key gets zeros, in both. A value that a query may not
    look at does not reach its result, whatever it is. All n m products are in memory at a time.

    Raises
    ------
    TypeError : Q, K or V is not real, or not a plain array; where is not boolean.
    ValueError : the shapes do not match, where does not broadcast to the products, or a causal
        lookup has other than one key for each query.

    Source
    ------
    Vaswani et al. (2017), arXiv 1706.03762, section 3.2.1.

    >>> import numpy as np
    >>> K, V = np.eye(2), np.array([[10.0], [20.0]])
    >>> print(scaled_dot_product_attention([[0.0, 0.0], [9.0, 0.0]], K, V).round(2))
    [[15.  ]
     [10.02]]
    """
    Q, K, V = as_real(Q, "queries"), as_real(K, "keys"), as_real(V, "values")
    batch = as_lookup(Q, K, V)
    result_type = np.result_type(Q, K, V)
    Q, K, V = (widened(x.astype(result_type, copy=False)) for x in (Q, K, V))
    n, m, d = Q.shape[-2], K.shape[-2], Q.shape[-1]
    where = as_mask(where, (*batch, n, m))
    if causal:
        if n != m:
            raise ValueError(f"a causal lookup needs a key for each query; got {m} for {n}")
        where = where & np.tri(n, dtype=bool)
    products = Q @ np.swapaxes(K, -1, -2) * (1 / math.sqrt(d) if scale is None else scale)
    A = softmax(np.broadcast_to(products, where.shape), where=where)
    if np.isfinite(V).all():
        result = A @ V
    else:  # 0 times NaN is NaN, so what is masked has to be left out
        seen = where[..., None]
        result = np.where(seen, A[..., None] * V[..., None, :, :], 0).sum(axis=-2)
    result, A = (x.astype(result_type, copy=False) for x in (result, A))
    return (result, A) if return_weights else result


def as_lookup(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> tuple[int, ...]:
    """Check that the shapes of queries, keys and values match, and give the batch's."""
    shapes = f"got {Q.shape}, {K.shape} and {V.shape}"
    if min(Q.ndim, K.ndim, V.ndim) < 2:
        raise ValueError(f"queries, keys and values need two axes or more; {shapes}")
    if Q.shape[-1] != K.shape[-1] or Q.shape[-1] == 0:
        raise ValueError(f"queries and keys need the same length, at least 1; {shapes}")
    if K.shape[-2] != V.shape[-2]:
        raise ValueError(f"each key needs a value; {shapes}")
    try:
        return np.broadcast_shapes(Q.shape[:-2], K.shape[:-2], V.shape[:-2])
    except ValueError:
        raise ValueError(f"batches need to broadcast to each other; {shapes}") from None
