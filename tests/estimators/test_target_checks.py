"""What a target may be, and what is said of one that cannot be learned."""

import datetime
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sk_entity._estimators import target_checks
from sk_entity._estimators.target_checks import (
    balanced_weight,
    check_classification_target,
    class_factors,
)
from sk_entity._network.losses import LOSSES, Tweedie
from sk_entity._target.classification import ClassificationTarget
from sk_entity._target.regression import RegressionTarget


def check_regression_target(y, n_samples, loss):
    loss = Tweedie(power=2.5) if loss == "tweedie" else LOSSES[loss]()
    return target_checks.check_regression_target(y, n_samples, loss)


def test_the_number_of_outputs_is_that_of_the_targets_columns():
    y = np.array([[1.0, 10], [3, 20]])
    assert RegressionTarget.learn(y, None, "identity").n_outputs == 2
    assert RegressionTarget.learn(y[:, 0], None, "identity").n_outputs == 1
    one = check_regression_target
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        assert one(y[:, :1], 2, "huber").shape == (2,)


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
        ([1, -1, 2], "gamma", ValueError, "y holds -1 in row 1. Use loss='squared_error' for val"),
        ([1, 0, 2], "tweedie", ValueError, "needs y > 0; y holds 0 in row 1. Use a power below 2"),
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


@pytest.mark.parametrize("weight", [-1, np.nan, np.inf, "2", None, 1j])
def test_weights_of_classes_that_are_no_weights_are_refused(weight):
    y = np.array(["no", "yes"] * 3)
    message = re.escape(f"class_weight gives {weight!r} for the class 'yes': a weight must be")
    for refuse in (
        lambda given: balanced_weight(given, y, None),
        lambda given: class_factors(given, np.array(["no", "yes"]), np.array([3, 3])),
    ):
        with pytest.raises(ValueError, match=message):
            refuse({"no": 1, "yes": weight})
        refuse({"no": 0, "yes": np.float32(0.5)})


def test_weights_of_classes_that_are_all_zero_are_refused():
    with pytest.raises(ValueError, match="class_weight gives every class of y the weight 0"):
        balanced_weight({0: 0, 1: 0}, np.array([0, 1, 1]), None)


@pytest.mark.parametrize("two_outputs", [False, True])
def test_a_target_whose_sums_overflow_is_refused(two_outputs):
    y, name = np.array([1.0, -2e307, 3.0]), "y"
    if two_outputs:
        y, name = np.column_stack([[1.0, 2, 3], y]), "y[:, 1]"
    message = re.escape(f"{name} holds -2e+307 in row 1, and sums of such numbers")
    with pytest.raises(ValueError, match=message):
        check_regression_target(y, 3, "squared_error")
    check_regression_target(y / 1e8, 3, "squared_error")
