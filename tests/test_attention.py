"""Scaled dot-product attention: lookups by hand, masks, shapes, types, faults, and derivatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lib import attention_weights, scaled_dot_product_attention, softmax, softmax_vjp

nan = np.nan
rng = np.random.default_rng(0)
Q, K, V = rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 6, 4)), rng.normal(size=(2, 6, 3))


def by_loops(Q, K, V, where, scale):
    """Look up one query after the other."""
    result = np.zeros((len(Q), V.shape[1]))
    for i, q in enumerate(Q):
        seen = [j for j in range(len(K)) if where[i, j]]
        if seen:
            e = np.exp([scale * (q @ K[j]) for j in seen])
            result[i] = (e / e.sum()) @ V[seen]
    return result


def test_by_hand():
    """Products log 1, log 2 and log 5 weigh the values 1/8, 2/8 and 5/8."""
    keys = np.log([[1.0], [2.0], [5.0]])
    result = scaled_dot_product_attention([[1.0]], keys, [[8.0], [0.0], [16.0]])
    assert_allclose(attention_weights([[1.0]], keys), [[1 / 8, 2 / 8, 5 / 8]], rtol=1e-15)
    assert_allclose(result, [[11]], rtol=1e-15)


@pytest.mark.parametrize("scale", [None, 0.3, 0])
@pytest.mark.parametrize("masked", [False, True])
def test_against_loops(scale, masked):
    where = rng.random((2, 5, 6)) < 0.5 if masked else np.ones((2, 5, 6), bool)
    where[0, 0] = not masked  # one query that sees nothing
    result = scaled_dot_product_attention(Q, K, V, where=where, scale=scale)
    A = attention_weights(Q, K, where=where, scale=scale)
    expected = [
        by_loops(*x, 0.5 if scale is None else scale) for x in zip(Q, K, V, where, strict=True)
    ]
    assert_allclose(result, expected, rtol=1e-13, atol=1e-15)
    assert_allclose(A @ V, result, rtol=1e-13, atol=1e-15)
    assert_allclose(A.sum(axis=-1), where.any(axis=-1), rtol=1e-14)
    assert not A[~where].any()


def test_a_causal_lookup_sees_itself_and_what_was_before():
    X = Q[0]
    result = scaled_dot_product_attention(X, X, X, causal=True)
    for i in range(len(X)):
        seen = X[: i + 1]
        assert_allclose(result[i], scaled_dot_product_attention(X[i : i + 1], seen, seen)[0])
    assert not np.triu(attention_weights(X, X, causal=True), 1).any()
    padded = np.array([False, True, True, True, True])
    result = scaled_dot_product_attention(X, X, X, causal=True, where=padded)
    assert_array_equal(result[0], 0)  # sees padding alone
    assert_allclose(result[1], X[1])
    for lookup, counts in (((Q, K, V), "6 for 5"), ((K, Q, Q), "5 for 6")):
        with pytest.raises(ValueError, match=f"a key for each query; got {counts}"):
            scaled_dot_product_attention(*lookup, causal=True)


@pytest.mark.parametrize("value", [nan, np.inf, -np.inf])
def test_a_value_that_is_not_looked_at_does_not_matter(value):
    spoilt = V.copy()
    spoilt[:, 4:] = value
    result = scaled_dot_product_attention(Q, K, spoilt, where=np.arange(6) < 4)
    assert_allclose(result, scaled_dot_product_attention(Q, K[:, :4], V[:, :4]), rtol=1e-13)
    assert not np.isfinite(scaled_dot_product_attention(Q, K, spoilt)).any()
    spoilt = Q.copy()
    spoilt[:, 3:] = value
    result = scaled_dot_product_attention(Q, Q, spoilt, causal=True, where=np.arange(5) != 1)
    first = scaled_dot_product_attention(Q, Q, Q, causal=True, where=np.arange(5) != 1)
    assert_allclose(result[:, :3], first[:, :3], rtol=1e-13)
    assert not np.isfinite(result[:, 3:]).any()


def test_batches_broadcast():
    heads = scaled_dot_product_attention(Q[:, None], K[:, None], rng.normal(size=(7, 6, 3)))
    assert heads.shape == (2, 7, 5, 3)
    one = scaled_dot_product_attention(Q, K[0], V[0])
    assert_allclose(one[1], scaled_dot_product_attention(Q[1], K[0], V[0]), rtol=1e-13)
    assert scaled_dot_product_attention(Q[:, :0], K, V).shape == (2, 0, 3)
    assert_array_equal(scaled_dot_product_attention(Q, K[:, :0], V[:, :0]), np.zeros((2, 5, 3)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_types_are_kept_and_the_widest_wins(dtype):
    small = [x.astype(dtype) for x in (Q, K, V)]
    result = scaled_dot_product_attention(*small)
    assert result.dtype == attention_weights(*small[:2]).dtype == dtype
    assert_allclose(
        result, scaled_dot_product_attention(Q, K, V), atol=9 * np.finfo(dtype).eps + 1e-15
    )
    wide = np.promote_types(dtype, np.float32)
    assert scaled_dot_product_attention(*small[:2], V.astype(np.float32)).dtype == wide
    assert scaled_dot_product_attention([[1]], [[1], [2]], [[3], [4]]).dtype == np.float64


@given(st.floats(-5, 5), st.permutations(range(6)))
def test_what_a_lookup_does_not_depend_on(c, order):
    """On the order of the keys, and on what is added to all of them."""
    plain = scaled_dot_product_attention(Q[0], K[0], V[0])
    assert_allclose(scaled_dot_product_attention(Q[0], K[0][order], V[0][order]), plain, rtol=1e-12)
    assert_allclose(scaled_dot_product_attention(Q[0], K[0] + c, V[0]), plain, rtol=1e-11)


def test_the_gradient_is_that_of_softmax_between_two_products():
    """Of a loss ``(G * result).sum()``, by the queries and by the keys."""
    q, k, v, G = Q[0], K[0], V[0], rng.normal(size=(5, 3))
    S = q @ k.T / 2
    by_scores = softmax_vjp(S, G @ v.T)
    h = 1e-6
    for x, analytic in ((q, by_scores @ k / 2), (k, by_scores.T @ q / 2), (v, softmax(S).T @ G)):
        numeric = np.empty_like(x)
        for i in np.ndindex(x.shape):
            kept = x[i]
            losses = []
            for x[i] in (kept + h, kept - h):
                losses.append((G * scaled_dot_product_attention(q, k, v)).sum())
            x[i] = kept
            numeric[i] = (losses[0] - losses[1]) / (2 * h)
        assert_allclose(numeric, analytic, atol=1e-8)


@pytest.mark.parametrize(
    ("arguments", "named", "fault", "message"),
    [
        ((Q[0, 0], K, V), {}, ValueError, r"two axes or more; got \(4,\)"),
        ((Q, V, V), {}, ValueError, "queries and keys need the same length"),
        ((V, Q, Q), {}, ValueError, "queries and keys need the same length"),
        ((Q[..., :0], K[..., :0], V), {}, ValueError, "at least 1"),
        ((Q, K, V[:, 1:]), {}, ValueError, "each key needs a value"),
        ((Q, K[:, 1:], V), {}, ValueError, "each key needs a value"),
        ((Q, K, np.stack([V[0]] * 3)), {}, ValueError, "batches need to broadcast"),
        ((Q, K, V), {"where": np.ones((5, 6))}, TypeError, "where needs booleans"),
        ((Q, K, V), {"where": np.ones((6, 5), bool)}, ValueError, "where needs a shape"),
        ((Q, K, [["a"]]), {}, TypeError, "values need real numbers"),
        ((Q, np.ma.array(K), V), {}, TypeError, "keys need a plain array"),
    ],
)
def test_what_is_refused(arguments, named, fault, message):
    with pytest.raises(fault, match=message):
        scaled_dot_product_attention(*arguments, **named)
