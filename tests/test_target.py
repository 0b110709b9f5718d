import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity._target import (
    ClassificationTarget,
    RegressionTarget,
    balanced_weight,
    check_classification_target,
    check_regression_target,
)

IDENTITY = ("squared_error", "absolute_error", "huber", "quantile")

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
weights = st.floats(0.1, 10)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=st.lists(st.tuples(numbers, numbers, weights), min_size=2, max_size=10))
@pytest.mark.parametrize("loss", IDENTITY)
def test_decoding_undoes_coding(loss, rows):
    *y, weight = np.array(rows).T
    for target in (y[0], np.column_stack(y)):
        columns = target.reshape(len(target), -1)
        assume((np.ptp(columns, axis=0) > 1e-3 * np.abs(columns).max(axis=0)).all())
        learned = RegressionTarget.learn(target, weight, loss)
        decoded = learned.decode(learned.code(target).astype(np.float64))
        assert decoded.shape == target.shape
        np.testing.assert_allclose(decoded, target, rtol=1e-3, atol=1e-5 * np.abs(target).max())


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_a_log_link_reads_the_output_as_the_logarithm_of_the_rate_over_the_mean(loss):
    y = np.array([1.0, 2.0, 6.0])
    target = RegressionTarget.learn(y, None, loss)
    np.testing.assert_allclose(target.code(y)[:, 0], y / 3)
    np.testing.assert_allclose(target.decode(np.log(target.code(y))), y, rtol=1e-6)
    np.testing.assert_allclose(target.decode(np.zeros((2, 1))), [3, 3])


def test_the_unit_is_the_weighted_mean_and_deviation():
    y, weight = np.array([1.0, 2, 6, 100]), np.array([1.0, 2, 1, 0])
    target = RegressionTarget.learn(y, weight, "squared_error")
    repeated = np.array([1.0, 2, 2, 6])
    np.testing.assert_allclose(target.offset, repeated.mean())
    np.testing.assert_allclose(target.scale, repeated.std())
    assert RegressionTarget.learn(y, weight, "poisson").scale == repeated.mean()


@pytest.mark.parametrize("unit", [1e-200, 1e-30, 1e30, 1e200])
def test_the_unit_of_y_does_not_matter(unit):
    y = np.array([1.0, 2.0, 6.0])
    coded = RegressionTarget.learn(y * unit, None, "squared_error").code(y * unit)
    expected = RegressionTarget.learn(y, None, "squared_error").code(y)
    np.testing.assert_allclose(coded, expected, rtol=1e-6)


def test_the_output_starts_at_the_mean():
    y = np.array([[1.0, 10], [3, 20]])
    for loss in (*IDENTITY, "poisson", "gamma"):
        target = RegressionTarget.learn(y, None, loss)
        np.testing.assert_allclose(target.decode(target.initial_output[None, :]), [[2, 15]])


def test_the_number_of_outputs_is_that_of_the_targets_columns():
    y = np.array([[1.0, 10], [3, 20]])
    assert RegressionTarget.learn(y, None, "huber").n_outputs == 2
    assert RegressionTarget.learn(y[:, 0], None, "huber").n_outputs == 1
    one = check_regression_target
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        assert one(y[:, :1], 2, "huber").shape == (2,)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_start_at_the_weighted_share_of_the_classes(n_classes):
    y = np.array(["a", "b", "c"] if n_classes == 3 else ["a", "b", "b"])
    target = ClassificationTarget.learn(y, np.array([1.0, 2, 3]))
    assert target.n_outputs == (3 if n_classes == 3 else 1)
    probabilities = target.probabilities(target.initial_output[None, :].astype(float))
    expected = [1 / 6, 2 / 6, 3 / 6] if n_classes == 3 else [1 / 6, 5 / 6]
    np.testing.assert_allclose(probabilities, [expected], rtol=1e-6)


def test_probabilities_follow_the_scores_and_sum_to_one():
    target = ClassificationTarget.learn(np.array([0, 1]), None)
    output = np.array([[-800.0], [-1.0], [0.0], [800.0]])
    probabilities = target.probabilities(output)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(probabilities[:, 1], [0, 1 / (1 + np.e), 0.5, 1], atol=1e-12)
    assert target.scores(output).shape == (4,)

    target = ClassificationTarget.learn(np.array([0, 1, 2]), None)
    output = np.array([[1000.0, 0, -1000], [np.log(2), 0, 0]])
    np.testing.assert_allclose(target.probabilities(output), [[1, 0, 0], [0.5, 0.25, 0.25]])
    assert target.scores(output) is output


@pytest.mark.parametrize("labels", [["b", "a"], [True, False], [3, -1, 7], [1.0, 2.0]])
def test_classes_are_sorted_and_coded_by_position(labels):
    y = np.array(labels * 2)
    target = ClassificationTarget.learn(y, None)
    assert target.classes.tolist() == sorted(labels)
    assert target.classes[target.code(y)].tolist() == y.tolist()


def test_rows_of_weight_zero_hold_no_classes():
    target = ClassificationTarget.learn(np.array(["a", "b", "c"]), np.array([1.0, 1, 0]))
    assert target.classes.tolist() == ["a", "b"]


def test_balanced_classes_weigh_the_same_and_multiply_the_weights_given():
    y, weight = np.array([0, 0, 0, 1]), np.array([1.0, 2, 3, 4])
    balanced = balanced_weight("balanced", y, None)
    assert balanced[y == 0].sum() == pytest.approx(balanced[y == 1].sum())
    np.testing.assert_allclose(balanced_weight("balanced", y, weight), balanced * weight)
    np.testing.assert_allclose(balanced_weight({1: 5}, y, weight), [1, 2, 3, 20])
    assert balanced_weight(None, y, weight) is weight


@pytest.mark.parametrize(
    "y",
    [
        [1, 2, 4],
        (1.0, 2.0, 4.0),
        pd.Series([1, 2, 4], dtype="Int64"),
        pd.Series([1, 2, 4], dtype="int64[pyarrow]"),
        pl.Series([1, 2, 4]),
        np.array([1, 2, 4], dtype=object),
    ],
)
def test_a_regression_target_is_read_as_floats(y):
    checked = check_regression_target(y, 3, "squared_error")
    assert checked.dtype == np.float64
    assert checked.tolist() == [1, 2, 4]


@pytest.mark.parametrize(
    "y",
    [
        pd.Series([1, 2, 1], dtype="Int64"),
        pd.Series([1, 2, 1], dtype="int64[pyarrow]"),
        pd.Series([1, 2, 1], index=[5, 5, 5]),
        pl.Series([1, 2, 1]),
    ],
)
def test_integer_classes_stay_integers(y):
    classes = ClassificationTarget.learn(check_classification_target(y, 3), None).classes
    assert classes.dtype.kind == "i"


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(["b", "a", "b"]),
        pd.Series(["b", "a", "b"], dtype="category"),
        pd.Series(["b", "a", "b"], dtype="string"),
        pl.Series(["b", "a", "b"]),
        pl.Series(["b", "a", "b"], dtype=pl.Categorical),
        ["b", "a", "b"],
    ],
)
def test_classes_may_be_strings_of_any_kind(y):
    checked = check_classification_target(y, 3)
    target = ClassificationTarget.learn(checked, None)
    assert target.classes.tolist() == ["a", "b"]
    assert target.code(checked).tolist() == [1, 0, 1]


DATES = [datetime.date(2013, 1, day) for day in (1, 2, 3)]


@pytest.mark.parametrize(
    ("y", "loss", "error", "message"),
    [
        (None, "huber", ValueError, "the target y is None. Pass one value per row"),
        ([1, None, 2], "huber", ValueError, "contains NaN: 1 missing .* in row 1. Drop these"),
        (pd.Series([1, 2, pd.NA]), "huber", ValueError, "first in row 2"),
        (pl.Series([1, None, None]), "huber", ValueError, "2 missing value.* in row 1"),
        ([[1, 2], [3, np.nan], [5, 6]], "huber", ValueError, "1 missing value.* in row 1"),
        ([1, -np.inf, np.inf], "huber", ValueError, r"infinity.* 2 value\(s\), the first in row 1"),
        (["1", "2", "3"], "huber", ValueError, "holds '1' in row 0.*EntityEmbeddingClassifier"),
        (np.array([1, 2, "c"], dtype=object), "huber", ValueError, "holds 'c' in row 2"),
        (DATES, "huber", TypeError, r"dates or times \(2013-01-01 in row 0\).*in days"),
        (pd.to_datetime(DATES), "huber", TypeError, r"dates or times \(2013-01-01"),
        (pd.Series(pd.to_timedelta([1, 2, 3])), "huber", TypeError, "dates or times"),
        ([1j, 2, 3], "huber", ValueError, "Complex data not supported.*real part"),
        (sparse.csr_array(np.eye(3)), "huber", TypeError, "Sparse data was passed for y"),
        (np.ones((3, 2, 2)), "huber", ValueError, "Found array with dim 3"),
        (1.0, "huber", ValueError, "one value per row of X; got the scalar"),
        ([1, 2], "huber", ValueError, "inconsistent numbers of samples: X has 3 rows, y has 2"),
        ([1, 0, 2], "gamma", ValueError, "needs y > 0; y holds 0 in row 1. Use loss='poisson'"),
        ([1, -2, 2], "poisson", ValueError, "needs y >= 0; y holds -2 in row 1. Use loss='squa"),
        ([[1, 2], [3, -4], [5, 6]], "poisson", ValueError, r"y\[:, 1\] holds -4 in row 1"),
    ],
)
def test_a_regression_target_that_cannot_be_learned_is_refused(y, loss, error, message):
    with pytest.raises(error, match=message):
        check_regression_target(y, 3, loss)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (None, ValueError, "the target y is None"),
        (["a", None, "b"], ValueError, "1 missing value.* in row 1"),
        (pd.Series(["a", "b", None], dtype="category"), ValueError, "1 missing value.* in row 2"),
        ([1, np.inf, 2], ValueError, "infinity.* in row 1"),
        ([1.5, 2.5, 3.5], ValueError, "Unknown label type: continuous"),
        ([["a", "b"], ["a", "b"], ["b", "a"]], ValueError, "y should be a 1d array"),
        (["a", "b"], ValueError, "X has 3 rows, y has 2"),
        (sparse.csr_array(np.eye(3)), TypeError, "Sparse data was passed"),
    ],
)
def test_classes_that_cannot_be_learned_are_refused(y, error, message):
    with pytest.raises(error, match=message):
        check_classification_target(y, 3)


def test_a_constant_target_is_refused_among_the_rows_that_count():
    with pytest.raises(ValueError, match=r"y is constant \(5 in all 3 rows"):
        RegressionTarget.learn(np.full(3, 5.0), None, "huber")
    with pytest.raises(ValueError, match=r"y is constant \(5 in all 2 rows of positive weight"):
        RegressionTarget.learn(np.array([5.0, 5, 6]), np.array([1.0, 1, 0]), "huber")
    with pytest.raises(ValueError, match=r"y\[:, 1\] is constant"):
        RegressionTarget.learn(np.array([[1.0, 5], [2, 5]]), None, "huber")


def test_a_single_class_is_refused_among_the_rows_that_count():
    with pytest.raises(ValueError, match=r"one class only, \['a'\].*at least 2"):
        ClassificationTarget.learn(np.array(["a", "a"]), None)
    with pytest.raises(ValueError, match="one class only, .* of positive weight"):
        ClassificationTarget.learn(np.array(["a", "b"]), np.array([1.0, 0.0]))


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_predictions_are_in_the_unit_of_y(loss, sales, revenue, small):
    small["max_iter"] = 60
    for unit in (1.0, 1000.0):
        model = EntityEmbeddingRegressor(**small, loss=loss).fit(sales, unit * revenue)
        error = np.abs(model.predict(sales) - unit * revenue).mean()
        assert error < 0.5 * unit * np.abs(revenue - revenue.mean()).mean()


def test_a_validation_target_of_an_unknown_class_is_refused(sales, size, small):
    other = np.where(size == "s", "xl", size)
    model = EntityEmbeddingClassifier(**small)
    with pytest.raises(ValueError, match="xl"):
        model.fit(sales, size, X_val=sales, y_val=other)
