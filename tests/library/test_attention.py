"""Scaled dot-product attention: lookups by hand, masks, shapes, types, faults, and derivatives."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracle import central_difference

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


@pytest.mark.parametrize("batch", [(), (2,), (3, 1), (3, 2)])
def test_values_that_are_not_finite_against_the_terms_one_by_one(batch):
    """In a batch that broadcasts, with weights that underflow and queries that see nothing."""
    rng = np.random.default_rng(len(batch))
    for _ in range(100):
        q, k, v = 30 * Q, 30 * K, rng.normal(size=(*batch, 6, 3))
        spoilt = rng.random(v.shape) < 0.2
        v[spoilt] = rng.choice([nan, np.inf, -np.inf], spoilt.sum())
        k[0, 3] = rng.choice([0, nan], p=[0.8, 0.2])
        where = rng.random((2, 5, 6)) < 0.5
        A = attention_weights(q, k, where=where)
        with np.errstate(invalid="ignore"):
            terms = A[..., None] * v[..., None, :, :]
            expected = np.where(where[..., None], terms, 0).sum(axis=-2)
        result = scaled_dot_product_attention(q, k, v, where=where)
        assert_allclose(result, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("masked", [False, True])
def test_values_that_are_not_finite_take_no_more_memory(masked):
    """All terms at once would be 64 arrays of the size of the weights."""
    q, k, v = np.random.default_rng(0).normal(size=(3, 512, 64))
    v[400:] = nan
    tracemalloc.start()
    result = scaled_dot_product_attention(q, k, v, where=(np.arange(512) < 400) | (not masked))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 512 * 512 * 8
    assert np.isfinite(result).all() == masked


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
    gradients = by_scores @ k / 2, by_scores.T @ q / 2, softmax(S).T @ G
    for i, gradient in enumerate(gradients):

        def loss(flat, i=i):
            moved = [q, k, v]
            moved[i] = flat.reshape(moved[i].shape)
            return (G * scaled_dot_product_attention(*moved)).sum()

        numeric = central_difference(loss, (q, k, v)[i].ravel())
        assert_allclose(numeric, gradient.ravel(), atol=1e-8)


@pytest.mark.parametrize("scale", [None, 0.3])
def test_torch_looks_up_the_same(scale):
    torch = pytest.importorskip("torch")
    where = rng.random((5, 6)) < 0.5
    where[0] = False  # zeros there, too
    lookup = torch.nn.functional.scaled_dot_product_attention
    q, k, v, seen = map(torch.from_numpy, (Q, K, V, where))
    for theirs, ours in (({}, {}), ({"attn_mask": seen}, {"where": where})):
        result = scaled_dot_product_attention(Q, K, V, scale=scale, **ours)
        assert_allclose(result, lookup(q, k, v, scale=scale, **theirs), rtol=1e-13, atol=1e-15)
    result = scaled_dot_product_attention(Q, Q, Q, causal=True, scale=scale)
    expected = lookup(q, q, q, is_causal=True, scale=scale)
    assert_allclose(result, expected, rtol=1e-13, atol=1e-15)


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
        ((Q, K, V), {"where": np.ones(5, bool)}, ValueError, r"weights' \(2, 5, 6\); got \(5,\)"),
        ((Q, K, V), {"scale": "a"}, TypeError, "scales need real numbers"),
        ((Q, K, V), {"scale": 1j}, TypeError, "scales need real numbers"),
        ((Q, K, V), {"scale": np.ma.array(1.0)}, TypeError, "scales need a plain array"),
        ((Q, K, V), {"scale": [0.5]}, ValueError, r"to be one number; got shape \(1,\)"),
        ((Q, K, V), {"scale": np.ones(6)}, ValueError, r"to be one number; got shape \(6,\)"),
        ((Q, K, [["a"]]), {}, TypeError, "values need real numbers"),
        ((Q, np.ma.array(K), V), {}, TypeError, "keys need a plain array"),
    ],
)
def test_what_is_refused(arguments, named, fault, message):
    with pytest.raises(fault, match=message):
        scaled_dot_product_attention(*arguments, **named)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"where": np.ones(3)}, TypeError),
        ({"where": np.ones(3, bool)}, ValueError),
        ({"causal": True}, ValueError),
        ({"scale": [1.0]}, ValueError),
    ],
)
def test_a_fault_is_named_before_the_product_is_formed(options, fault):
    """Which would be 8 terabytes here."""
    many = np.broadcast_to(1.0, (2**20, 1))
    with pytest.raises(fault):
        attention_weights(many, many[1:], **options)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_a_scale_has_no_say_in_the_type(dtype):
    """A number of NumPy's own is float64; the one given as Python's float is the same."""
    q, k = Q.astype(dtype), K.astype(dtype)
    result = attention_weights(q, k, scale=np.float64(0.3))
    assert_array_equal(result, attention_weights(q, k, scale=0.3), strict=True)
    assert result.dtype == dtype
