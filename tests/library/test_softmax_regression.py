"""Softmax regression: against scikit-learn, at its minimum, faults."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linprog
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression

from softmax_lib import SoftmaxRegression, softmax

IRIS = load_iris(return_X_y=True)
DIGITS = load_digits(return_X_y=True)


def two_classes(N=40, seed=1):
    """Return numbers and labels that overlap."""
    x = np.random.default_rng(seed).normal(size=N)
    noise = np.random.default_rng(seed + 1).logistic(size=N)
    return x[:, None], (2 * x + noise > 0).astype(int)


@pytest.mark.parametrize("l2", [0.01, 1, 100])
@pytest.mark.parametrize(
    ("X", "labels"), [IRIS, (DIGITS[0] / 16, DIGITS[1])], ids=["iris", "digits"]
)
def test_agrees_with_scikit_learn(X, labels, l2):
    model = SoftmaxRegression(l2).fit(X, labels)
    peer = LogisticRegression(C=1 / l2, solver="newton-cg", tol=1e-10, max_iter=1000).fit(X, labels)
    assert_allclose(model.predict_proba(X), peer.predict_proba(X), rtol=0, atol=1e-6)
    assert_allclose(model.W.T, peer.coef_, rtol=0, atol=1e-6 * max(1, np.abs(model.W).max()))
    assert_array_equal(model.predict(X), peer.predict(X))


@pytest.mark.parametrize("l2", [0.3, 30])
def test_the_minimum(l2):
    """The gradient is 0; so the model gives each class as much as there is of it."""
    X, labels = IRIS
    model = SoftmaxRegression(l2).fit(X, labels)
    P, Y = model.predict_proba(X), np.eye(3)[labels]
    assert_allclose(P.sum(axis=0), Y.sum(axis=0), atol=1e-9)
    assert_allclose(X.T @ (Y - P), l2 * model.W, atol=1e-8)
    assert_allclose(model.W.sum(axis=1), 0, atol=1e-12)
    assert_allclose(model.b.sum(), 0, atol=1e-11)


def test_two_classes_are_logistic_regression():
    """Half of the difference of two columns is what one column would be."""
    x, labels = two_classes()
    model = SoftmaxRegression(0).fit(x, labels)
    slope, start = model.W[0, 1] - model.W[0, 0], model.b[1] - model.b[0]
    residuals = labels - 1 / (1 + np.exp(-(slope * x[:, 0] + start)))
    assert_allclose([residuals.sum(), residuals @ x[:, 0]], 0, atol=1e-9)


@pytest.mark.parametrize("l2", [0, 1])
@pytest.mark.parametrize("size", [1, 0.1, 1e8, 1e308, 1e-310])
def test_without_features_that_differ_nothing_is_learnt_but_shares(size, l2):
    """A mean of equal numbers may round; the weights are 0 all the same."""
    X = np.full((10, 2), size)
    model = SoftmaxRegression(l2).fit(X, [0, 1, 1, 2, 2, 2, 2, 2, 2, 2])
    assert_allclose(model.predict_proba(X[:1]), [[0.1, 0.2, 0.7]], rtol=1e-9)
    assert_allclose(model.W, 0, atol=1e-12)


def test_a_single_class_is_certain_and_no_feature_is_enough():
    alone = SoftmaxRegression().fit([[3.0]], [0])
    assert_array_equal(alone.predict_proba([[7.0]]), [[1]])
    shares = SoftmaxRegression().fit(np.empty((4, 0)), [0, 1, 1, 1]).predict_proba([[]])
    assert_allclose(shares, [[1 / 4, 3 / 4]], rtol=1e-9)


def test_the_shift_of_all_classes_changes_nothing():
    X, labels = IRIS
    model = SoftmaxRegression().fit(X, labels)
    before = model.predict_proba(X)
    model.W += [[1], [-2], [3], [0]]
    model.b -= 7
    assert_allclose(model.predict_proba(X), before, atol=1e-12)


def test_a_stronger_penalty_gives_smaller_weights_and_flatter_probabilities():
    X, labels = IRIS
    models = [SoftmaxRegression(l2).fit(X, labels) for l2 in (0.01, 1, 100, 1e4)]
    sizes = [np.linalg.norm(model.W) for model in models]
    largest = [model.predict_proba(X).max(axis=1).mean() for model in models]
    assert sizes == sorted(sizes, reverse=True)
    assert largest == sorted(largest, reverse=True)


def test_separable_classes_have_no_minimum_without_a_penalty():
    x, labels = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
    with pytest.raises(RuntimeError, match=r"no minimum found in 20 steps.*classes.*pass l2 > 0"):
        SoftmaxRegression(0, max_steps=20).fit(x, labels)
    assert_array_equal(SoftmaxRegression(1e-3).fit(x, labels).predict(x), labels)


@pytest.mark.parametrize("l2", [0, 1e-200])
@pytest.mark.parametrize(
    ("x", "labels"),
    [([0, 0, 1, 1], [0, 1, 1, 1]), ([1, -2, 2, 1], [0, 0, 1, 1]), ([2, 0, 2], [0, 1, 1])],
)
def test_nor_have_classes_that_touch_in_a_plane(x, labels, l2):
    """The examples that run away round to 0 and 1, and their curvature to 0, before step 50."""
    advice = "pass l2 > 0" if l2 == 0 else "scale them, or raise l2"
    with pytest.raises(RuntimeError, match=rf"no minimum found in \d\d steps.*{advice}"):
        SoftmaxRegression(l2).fit(np.c_[np.array(x, float)], labels)


def separable(X, labels):
    """Tell by a linear programme whether a direction of the weights helps all examples."""
    X, K = np.column_stack([X, np.ones(len(X))]), np.max(labels) + 1
    rows = []
    for x, label in zip(X, labels, strict=True):
        for k in set(range(K)) - {label}:
            row = np.zeros((K, X.shape[1]))
            row[label], row[k] = x, -x
            rows.append(row.ravel())
    A = np.array(rows)
    found = linprog(-A.sum(axis=0), A_ub=-A, b_ub=np.zeros(len(A)), bounds=(-1, 1))
    return -found.fun > 1e-6


def test_there_is_a_fit_exactly_where_no_plane_separates():
    tables = np.random.default_rng(0)
    fits = []
    for _ in range(300):
        N, d, K = tables.integers(3, 9), tables.integers(1, 3), tables.integers(2, 4)
        labels = np.concatenate([np.arange(K), tables.integers(K, size=N)])
        X = tables.integers(-2, 3, size=(K + N, d)).astype(float)
        if separable(X, labels):
            with pytest.raises(RuntimeError, match="no minimum"):
                SoftmaxRegression(0).fit(X, labels)
        else:
            model = SoftmaxRegression(0).fit(X, labels)
            residuals = np.eye(K)[labels] - model.predict_proba(X)
            assert_allclose(X.T @ residuals, 0, atol=1e-9)
        fits.append(not separable(X, labels))
    assert 50 < sum(fits) < 250


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1e3, 1e6])
def test_the_unit_of_a_feature_does_not_matter(unit):
    """Where the weights grow as the numbers shrink, and the penalty with them."""
    x, labels = two_classes()
    X, units = np.column_stack([x, x**2]), np.array([unit, 1])
    model, other = SoftmaxRegression(0).fit(X, labels), SoftmaxRegression(0).fit(X * units, labels)
    assert_allclose(other.W, model.W / units[:, None], rtol=1e-9)
    model, other = (
        SoftmaxRegression(1).fit(x, labels),
        SoftmaxRegression(unit**2).fit(x * unit, labels),
    )
    assert_allclose(other.W, model.W / unit, rtol=1e-9)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e200, 1e308])
def test_nor_does_a_size_whose_square_float64_cannot_hold(size):
    x, labels = two_classes()
    x = x / np.abs(x).max()
    model = SoftmaxRegression(0).fit(x * size, labels)
    expected = SoftmaxRegression(0).fit(x, labels).predict_proba(x)
    assert_allclose(model.predict_proba(x * size), expected, rtol=1e-9)


@pytest.mark.parametrize("l2", [0, 1e-3, 1e-2, 0.1, 1, 10])
@pytest.mark.parametrize("mean", [-2005, 1e4, 1e8])
def test_nor_does_the_mean_of_a_feature(mean, l2):
    """Years are such a feature: once most penalties had no fit to them."""
    x, labels = two_classes()
    x = np.round(8 * x)
    model, other = SoftmaxRegression(l2).fit(x, labels), SoftmaxRegression(l2).fit(x + mean, labels)
    assert_allclose(other.W, model.W, rtol=1e-9)
    assert_allclose(other.predict_proba(x + mean), model.predict_proba(x), rtol=1e-7)
    assert other.steps == model.steps < 10


def test_where_features_nearly_depend_on_one_another_a_fit_may_be_refused():
    sepal, labels = IRIS[0][:, :1], IRIS[1]
    powers = np.arange(1, 6)
    with pytest.raises(RuntimeError, match="features nearly depend on one another: pass l2 > 0"):
        SoftmaxRegression(0).fit(sepal**powers, labels)
    model = SoftmaxRegression(0).fit((sepal - sepal.mean()) ** powers, labels)
    assert_allclose(model.predict_proba((sepal - sepal.mean()) ** powers).sum(axis=0), 50)


def test_a_fit_sums_to_0_over_the_classes_and_lies_at_the_minimum_or_is_refused():
    tables = np.random.default_rng(1)
    refused = 0
    for trial in range(200):
        N, d, K = tables.integers(4, 15), tables.integers(1, 4), tables.integers(2, 5)
        labels = np.concatenate([np.arange(K), tables.integers(K, size=N)])
        sizes = 10.0 ** tables.uniform(-6, 8, size=d if trial % 2 else 1)
        X = tables.normal(size=(K + N, d)) * sizes
        l2 = 10.0 ** tables.uniform(-10, 6)
        try:
            model = SoftmaxRegression(l2).fit(X, labels)
        except RuntimeError as error:
            assert "too weak for these features" in str(error)
            refused += 1
            continue
        slopes = X.T @ (model.predict_proba(X) - np.eye(K)[labels]) + l2 * model.W
        assert np.abs(slopes / np.abs(X).sum(axis=0)[:, None]).max() < 1e-6
        assert_allclose(model.W.sum(axis=1), 0, atol=1e-9 * np.abs(model.W).max())
    assert refused < 25


def test_a_penalty_too_small_to_count_is_as_none():
    x, labels = two_classes()
    free, tiny = SoftmaxRegression(0).fit(x, labels), SoftmaxRegression(1e-200).fit(x, labels)
    assert_allclose(tiny.W, free.W, rtol=1e-9)
    assert_allclose(tiny.b, free.b, rtol=1e-9)


def test_a_step_that_would_climb_is_shortened():
    """Whole, the seventh of these steps goes from 4.5 up to 42."""
    X = [[-0.2, -0.2], [0, 0], [0, 0], [45.6, -52.8], [-87.5, -207.7], [-4.1, -5.5]]
    X += [[0.1, -0.7], [-2.3, -1.8], [0, 0], [0.2, 0.3], [1.3, 0.1]]
    labels = [1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1]
    model = SoftmaxRegression(0.1).fit(X, labels)
    residuals = np.eye(2)[labels] - model.predict_proba(X)
    assert_allclose(np.transpose(X) @ residuals, 0.1 * model.W, atol=1e-7)


def test_numbers_of_other_types_are_features_too():
    X, labels = IRIS
    whole = SoftmaxRegression().fit((10 * X).astype(np.uint8), labels.astype(np.int8))
    assert_allclose(whole.W, SoftmaxRegression().fit(np.round(10 * X), labels).W, atol=1e-9)
    assert_allclose(softmax(whole.logits(10 * X)), whole.predict_proba(10 * X), atol=0)


@pytest.mark.parametrize(
    ("X", "labels", "fault", "message"),
    [
        ([1.0, 2.0], [0, 1], ValueError, r"features need the shape \(N, d\); got \(2,\)"),
        ([[1.0], [2.0]], [0], ValueError, "a row for each label"),
        (np.empty((0, 2)), [], ValueError, "a row for each label"),
        ([[1.0], [np.nan]], [0, 1], ValueError, "finite; got nan"),
        (
            [[1.0], [2.0]],
            [0, 2],
            ValueError,
            "classes from 0 to 2 need an example each; 1 has none",
        ),
        ([[1.0], [2.0]], [-1, 1], ValueError, "labels need to lie in 0 to 1; got -1"),
        ([[1.0], [2.0]], [-1, -1], ValueError, "labels need to lie in 0 to 0; got -1"),
        ([[1.0], [2.0]], [0.0, 1.0], TypeError, "labels need integers"),
        ([["a"], ["b"]], [0, 1], TypeError, "features need real numbers"),
    ],
)
def test_what_is_refused(X, labels, fault, message):
    with pytest.raises(fault, match=message):
        SoftmaxRegression().fit(X, labels)


@pytest.mark.parametrize("l2", [-1, np.inf, np.nan])
def test_a_penalty_that_is_none_is_refused(l2):
    with pytest.raises(ValueError, match=f"l2 needs to be finite and 0 or more; got {l2}"):
        SoftmaxRegression(l2)


@pytest.mark.parametrize(
    "labels",
    [[0, np.nan], [0, np.inf], [0, 1j], ["a", "b"], [False, True]],
)
def test_labels_that_are_not_integers_are_refused_as_such(labels):
    with pytest.raises(TypeError, match="labels need integers; got dtype"):
        SoftmaxRegression().fit([[1.0], [2.0]], labels)


@pytest.mark.parametrize(
    ("settings", "fault", "message"),
    [
        ({"l2": None}, TypeError, "l2 needs to be a real number; got None"),
        ({"l2": "1"}, TypeError, "l2 needs to be a real number; got '1'"),
        ({"tolerance": [1e-9]}, TypeError, r"tolerance needs to be a real number; got \[1e-09\]"),
        ({"tolerance": 0}, ValueError, "tolerance needs to lie between 0 and 1; got 0"),
        ({"tolerance": 1}, ValueError, "tolerance needs to lie between 0 and 1; got 1"),
        ({"tolerance": np.nan}, ValueError, "tolerance needs to lie between 0 and 1; got nan"),
        ({"max_steps": 5.0}, TypeError, "max_steps needs to be an integer; got 5.0"),
        ({"max_steps": 0}, ValueError, "max_steps needs to be 1 or more; got 0"),
    ],
)
def test_settings_out_of_their_range_are_refused(settings, fault, message):
    with pytest.raises(fault, match=message):
        SoftmaxRegression(**settings)


def test_numbers_of_numpy_are_settings_too():
    model = SoftmaxRegression(np.float32(1), tolerance=np.float64(1e-9), max_steps=np.int64(50))
    assert_allclose(model.fit(*IRIS).W, SoftmaxRegression().fit(*IRIS).W, atol=1e-9)
    with pytest.raises(RuntimeError, match="no minimum found in 1 steps"):
        SoftmaxRegression(max_steps=1).fit(*IRIS)


def test_a_fit_that_fails_leaves_no_weights():
    """Those of the fit before would answer for it."""
    x, labels = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
    model = SoftmaxRegression().fit(x, labels)
    model.l2 = -1
    with pytest.raises(ValueError, match="l2 needs to be finite and 0 or more; got -1"):
        model.fit(x, labels)
    model.l2 = 0
    with pytest.raises(RuntimeError, match="no minimum"):
        model.fit(x, labels)
    assert model.W is model.b is model.steps is None


@pytest.mark.parametrize("fault", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_has_no_class_but_shows_in_its_row(fault):
    model = SoftmaxRegression().fit(*IRIS)
    X = np.array([[fault, 3, 4, 1], [6, 3, 4, 1]])
    with pytest.raises(ValueError, match=f"features need to be finite; got {fault}"):
        model.predict(X)
    assert not np.isfinite(model.logits(X)[0]).any()
    assert_array_equal(np.isnan(model.predict_proba(X)), [[True] * 3, [False] * 3])


@pytest.mark.parametrize("floating", [np.float16, np.float32, np.longdouble])
def test_all_is_computed_in_float64(floating):
    X, labels = IRIS[0].astype(floating), IRIS[1]
    model = SoftmaxRegression().fit(X, labels)
    assert model.W.dtype == model.logits(X).dtype == model.predict_proba(X).dtype == np.float64
    assert_array_equal(model.W, SoftmaxRegression().fit(X.astype(np.float64), labels).W)


@pytest.mark.skipif(
    np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="needs a type beyond float64"
)
def test_a_number_that_float64_cannot_hold_is_not_finite():
    X = np.full((2, 1), np.finfo(np.longdouble).max)
    with pytest.raises(ValueError, match="features need to be finite; got inf"):
        SoftmaxRegression().fit(X, [0, 1])


def test_examples_of_another_width_are_refused():
    model = SoftmaxRegression().fit(*IRIS)
    with pytest.raises(ValueError, match=r"features need the shape \(N, 4\); got \(1, 3\)"):
        model.predict([[1.0, 2.0, 3.0]])


def test_a_model_that_is_not_fitted_says_so():
    with pytest.raises(RuntimeError, match=r"no weights yet: call fit\(X, labels\) first"):
        SoftmaxRegression().predict([[1.0]])
