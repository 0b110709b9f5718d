"""What cannot be learned from is refused before training; the error says what to do."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor

N_SAMPLES = 20
X = pd.DataFrame(
    {
        "city": [*"abcd"] * 5,
        "rooms": np.arange(N_SAMPLES),
        "area": np.linspace(20.0, 200.0, N_SAMPLES),
    }
)
Y = np.linspace(0.0, 1.0, N_SAMPLES) ** 2
LABELS = np.array(["cheap", "dear"] * 10)


@pytest.fixture(params=[EntityEmbeddingRegressor, EntityEmbeddingClassifier])
def estimator(request, small):
    return request.param(**small)


def target_of(estimator):
    return Y if isinstance(estimator, EntityEmbeddingRegressor) else LABELS


def with_column(name, values):
    return X.assign(**{name: values})


def infinite(*rows):
    area = X["area"].to_numpy(copy=True)
    area[list(rows)] = np.inf
    return area


DAY = datetime.date(2020, 2, 29)
TABLES = {
    "no rows": (X[:0], ValueError, r"0 sample\(s\) \(shape=\(0, 3\)\).*minimum of 2"),
    "no rows in an array": (np.empty((0, 3)), ValueError, r"0 sample\(s\)"),
    "one row": (X[:1], ValueError, r"1 sample\(s\).*minimum of 2"),
    "one row in a list": ([["a", 1]], ValueError, r"1 sample\(s\).*minimum of 2"),
    "no columns": (X[[]], ValueError, r"0 feature\(s\)"),
    "infinite": (
        with_column("area", infinite(7, 9)),
        ValueError,
        "'area' contains infinity .inf in row 7; 2 in all.*Replace it",
    ),
    "infinite in polars": (
        pl.DataFrame(with_column("area", infinite(7))),
        ValueError,
        "'area' contains infinity .inf in row 7",
    ),
    "infinite in an array": (
        np.column_stack([infinite(7), infinite()]),
        ValueError,
        "'x0' contains infinity .inf in row 7",
    ),
    "complex": (with_column("area", 1j), TypeError, "'area' holds complex numbers.*imaginary"),
    "complex array": (np.ones((20, 2)) * 1j, ValueError, "Complex data not supported"),
    "sparse matrix": (sparse.csr_matrix(np.eye(20)), TypeError, "Sparse data.*toarray"),
    "sparse array": (sparse.coo_array(np.eye(20)), TypeError, "Sparse data.*toarray"),
    "sparse column": (
        with_column("rooms", pd.arrays.SparseArray([0] * 20)),
        TypeError,
        r"'rooms' has dtype Sparse\[int64, 0\].*to_dense",
    ),
    "3-D array": (np.zeros((20, 2, 2)), ValueError, "Found array with dim 3"),
    "1-D array": (np.zeros(20), ValueError, "Expected 2D array.*reshape"),
    "lists among strings": (
        with_column("city", ["a", ["a", "b"]] * 10),
        TypeError,
        r"'city' holds \['a', 'b'\], a li",
    ),
    "a string among lists": (
        with_column("city", [["a"], "b"] * 10),
        TypeError,
        r"'city' holds lists, but row 1 holds 'b', a str.*\['b'\]",
    ),
    "lists of lists": (
        with_column("city", [[["a", "b"]]] * 20),
        TypeError,
        r"'city' holds \['a', 'b'\], a list.*column of its own",
    ),
    "lists of lists in polars": (
        pl.DataFrame({"city": [[["a", "b"]]] * 20}),
        TypeError,
        r"'city' holds List\(String\).*column of its own",
    ),
    "lists of lists in Arrow": (pa.table({"city": [[[1]]] * 20}), TypeError, "'city' holds List"),
    "structs": (pl.DataFrame({"city": [{"a": 1}] * 20}), TypeError, "'city' holds Struct"),
    "dates": (
        with_column("sold", pd.Timestamp(DAY)),
        TypeError,
        "'sold' holds dates or times.*dt.month",
    ),
    "dates in polars": (
        pl.DataFrame(X).with_columns(sold=pl.lit(DAY)),
        TypeError,
        "'sold' holds dates or times",
    ),
    "date objects": (with_column("sold", [DAY] * 20), TypeError, r"'sold' holds .*2020, 2, 29"),
    "date array": (np.full((20, 2), np.datetime64(DAY)), TypeError, "'x0' holds dates or times"),
    "repeated names": (X.set_axis(["a", "b", "a"], axis=1), ValueError, "unique.*rename or drop"),
    "other names": (X.set_axis(["a", "b", 3], axis=1), TypeError, "strings; got 3.*str.name"),
    "names of two levels": (
        X.set_axis(pd.MultiIndex.from_product([["a"], [*"bcd"]]), axis=1),
        TypeError,
        r"strings; got \('a', 'b'\)",
    ),
    "lazy frame": (pl.LazyFrame(X), TypeError, r"pass X.collect\(\)"),
}


@pytest.mark.parametrize(("table", "error", "message"), TABLES.values(), ids=TABLES)
def test_tables(table, error, message, estimator, no_training):
    n_samples = 20 if isinstance(table, pl.LazyFrame) else np.shape(table)[0]
    y = target_of(estimator)[:n_samples]
    with pytest.raises(error, match=f"(?s){message}"):
        estimator.fit(table, y)
    with pytest.raises(error, match=f"(?s){message}"):
        EntityEmbeddingEncoder(estimator).fit(table, y)


@pytest.mark.parametrize("chosen", [None, ["sold"]])
def test_dates_are_refused_whether_or_not_their_column_is_chosen(chosen, small, no_training):
    model = EntityEmbeddingRegressor(**small, categorical_features=chosen)
    with pytest.raises(TypeError, match="'sold' holds dates or times"):
        model.fit(with_column("sold", [DAY] * 20)[["sold", "area"]], Y)


PARAMETERS = {
    "unknown column": (
        {"categorical_features": ["town"]},
        ValueError,
        r"'town', which is not a column of X. Columns: \['city', 'rooms', 'area'\]",
    ),
    "unknown position": ({"categorical_features": [3]}, ValueError, "holds 3: .* from 0 to 2"),
    "short mask": ({"categorical_features": [True]}, ValueError, "mask of 1 values for 3 columns"),
    "single name": ({"categorical_features": "city"}, ValueError, "categorical_features"),
    "strings as numbers": (
        {"categorical_features": None},
        ValueError,
        "'city' is numeric, but row 0 holds 'a'.*categorical_features",
    ),
    "vectors of another column": (
        {"embedding_dim": {"town": 3}},
        ValueError,
        r"embedding_dim names 'town', which is not an embedded column: \['city'\]",
    ),
    "vectors without dimension": (
        {"embedding_dim": {"city": 0}},
        ValueError,
        r"gives 0 for column 'city' \(4 levels\)",
    ),
    "vectors beyond memory": (
        {"embedding_dim": 10**12},
        MemoryError,
        "largest is column 'city': 4 categories of 1,000,000,000,000 dimensions.*min_frequency",
    ),
    "validation on everything": (
        {"early_stopping": True, "validation_fraction": 0.99},
        ValueError,
        "validation_fraction=0.99 leaves no row",
    ),
}


@pytest.mark.parametrize(("parameters", "error", "message"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters_that_do_not_fit_the_table(parameters, error, message, estimator, no_training):
    with pytest.raises(error, match=message):
        estimator.set_params(**parameters).fit(X, target_of(estimator))


def replaced(y, row, value):
    y = y.astype(object)
    y[row] = value
    return y


TARGETS = {
    "none": (lambda y: None, "y to be passed, but the target y is None"),
    "missing": (lambda y: replaced(y, 3, None), r"NaN: 1 missing value\(s\), the first in row 3"),
    "NaN": (lambda y: replaced(y, 3, np.nan), "the first in row 3. Drop"),
    "NA": (lambda y: pd.Series(replaced(y, 3, pd.NA)), "the first in row 3. Drop"),
    "too short": (lambda y: y[:-1], "X has 20 rows, y has 19"),
    "too long": (lambda y: [*y, y[0]], "X has 20 rows, y has 21"),
    "3-D": (lambda y: np.zeros((20, 2, 2)), "Found array with dim 3"),
    "complex": (lambda y: np.arange(20) * 1j, "Complex data"),
    "infinite": (lambda y: [np.inf, *range(19)], "infinity.*row 0"),
}


@pytest.mark.parametrize(("change", "message"), TARGETS.values(), ids=TARGETS)
def test_targets(change, message, estimator, no_training):
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, change(target_of(estimator)))


def test_a_target_that_does_not_vary(small, no_training):
    with pytest.raises(ValueError, match=r"y is constant \(2.5 in all 20 rows.*right column"):
        EntityEmbeddingRegressor(**small).fit(X, np.full(20, 2.5))
    with pytest.raises(ValueError, match=r"one class only, \['dear'\].*at least 2"):
        EntityEmbeddingClassifier(**small).fit(X, ["dear"] * 20)


WEIGHTS = {
    "negative": (replaced(np.ones(20), 4, -1), "must not be negative; row 4 has -1. Use 0"),
    "zero": (np.zeros(20), ".*at least one non-zero"),
    "too short": (np.ones(19), r".*\(19,\), expected \(20,\)"),
    "missing": (replaced(np.ones(20), 4, np.nan), ".*contains NaN"),
    "infinite": (replaced(np.ones(20), 4, np.inf), ".*contains infinity"),
    "2-D": (np.ones((20, 2)), ".*must be 1D"),
}


@pytest.mark.parametrize(("weight", "message"), WEIGHTS.values(), ids=WEIGHTS)
def test_weights(weight, message, estimator, no_training):
    y = target_of(estimator)
    with pytest.raises(ValueError, match=f"^sample_weight\\b.*{message}"):
        estimator.fit(X, y, sample_weight=weight)
    with pytest.raises(ValueError, match=f"^sample_weight_val\\b.*{message}"):
        estimator.fit(X, y, X_val=X, y_val=y, sample_weight_val=weight)


VALIDATION = {
    "rows without target": ({"X_val": X}, "X_val and y_val go together: pass both or neither"),
    "target without rows": ({"y_val": Y}, "pass both or neither"),
    "weights without rows": ({"sample_weight_val": Y}, "sample_weight_val needs X_val and y_val"),
    "fewer columns": ({"X_val": X[["city"]], "y_val": Y}, r"X_val has the columns \['city'\]"),
    "another order": ({"X_val": X[["rooms", "city", "area"]], "y_val": Y}, "in this order"),
    "no rows": ({"X_val": X[:0], "y_val": Y[:0]}, r"0 sample\(s\)"),
    "missing target": ({"X_val": X, "y_val": replaced(Y, 2, None)}, "the first in row 2"),
    "short target": ({"X_val": X, "y_val": Y[1:]}, "X has 20 rows, y has 19"),
    "more outputs": ({"X_val": X, "y_val": np.c_[Y, Y]}, r"y_val has 2 output\(s\), y has 1"),
    "infinite": (
        {"X_val": with_column("area", np.inf), "y_val": Y},
        "'area' contains infinity",
    ),
}


@pytest.mark.parametrize(("given", "message"), VALIDATION.values(), ids=VALIDATION)
def test_validation_rows(given, message, small, no_training):
    with pytest.raises(ValueError, match=message):
        EntityEmbeddingRegressor(**small).fit(X, Y, **given)


def test_good_input_is_trained_on(estimator, no_training):
    with pytest.raises(no_training):
        estimator.fit(X, target_of(estimator))


PREDICTED = {
    "no rows": (X[:0], ValueError, r"0 sample\(s\)"),
    "string in a numeric column": (
        with_column("rooms", replaced(np.arange(20), 5, "many")),
        ValueError,
        "'rooms' is numeric, but row 5 holds 'many'. Convert it",
    ),
    "strings in a numeric column": (
        pl.DataFrame(X).with_columns(pl.col("rooms").cast(pl.String)),
        ValueError,
        "'rooms' is numeric, but row 0 holds '0'",
    ),
    "infinite": (
        with_column("area", infinite(3)),
        ValueError,
        "'area' contains infinity .inf in r",
    ),
    "dates for strings": (
        with_column("city", pd.Timestamp(DAY)),
        TypeError,
        "'city' holds dates or times",
    ),
    "dates for numbers": (
        with_column("area", [DAY] * 20),
        TypeError,
        "'area' holds dates or times",
    ),
    "lists": (
        with_column("city", [["a"]] * 20),
        TypeError,
        "'city' holds lists, but held single values in fit.*one value per cell",
    ),
    "a column fewer": (
        X[["city", "rooms"]],
        ValueError,
        "seen at fit time, yet now missing:\n- ar",
    ),
    "a column more": (with_column("extra", 1), ValueError, "unseen at fit time:\n- extra"),
    "another order": (X[["area", "rooms", "city"]], ValueError, "must be in the same order"),
    "lazy frame": (pl.LazyFrame(X), TypeError, r"pass X.collect\(\)"),
    "sparse": (sparse.csr_array(np.eye(3)), TypeError, "Sparse data"),
}


@pytest.fixture(scope="module")
def fitted():
    return EntityEmbeddingRegressor(
        embedding_dim=2, hidden_layer_sizes=(4,), max_iter=1, device="cpu", random_state=0
    ).fit(X, Y)


@pytest.mark.parametrize(("table", "error", "message"), PREDICTED.values(), ids=PREDICTED)
def test_tables_at_predict(table, error, message, fitted):
    with pytest.raises(error, match=message):
        fitted.predict(table)
    encoder = EntityEmbeddingEncoder(FrozenEstimator(fitted)).fit(X)
    with pytest.raises(error, match=message):
        encoder.transform(table)


BAD_SECOND_FITS = {
    "table": {"X": with_column("area", np.inf), "y": Y},
    "another table": {"X": X[["rooms", "area"]].assign(other=np.inf), "y": Y},
    "target": {"X": X, "y": replaced(Y, 0, None)},
    "weight": {"X": X, "y": Y, "sample_weight": -np.ones(20)},
    "validation": {"X": X, "y": Y, "X_val": X[["city"]], "y_val": Y},
    # Training itself fails: the loss overflows.
    "training": {"X": X, "y": Y, "learning_rate_init": 1e30},
}


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("second", BAD_SECOND_FITS.values(), ids=BAD_SECOND_FITS)
def test_a_failed_second_fit_leaves_everything_as_it_was(second, warm_start, small):
    model = EntityEmbeddingRegressor(**small, warm_start=warm_start).fit(X, Y)
    expected, before = model.predict(X), dict(vars(model))
    second = dict(second)
    rate = second.pop("learning_rate_init", small["learning_rate_init"])
    with pytest.raises((ValueError, TypeError)):
        model.set_params(learning_rate_init=rate).fit(**second)
    model.set_params(learning_rate_init=small["learning_rate_init"])
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is before[name] for name in before if name.endswith("_"))
    np.testing.assert_array_equal(model.predict(X), expected)


def test_a_failed_second_fit_of_the_encoder_leaves_everything_as_it_was(small):
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small)).fit(X, Y)
    expected = encoder.transform(X)
    with pytest.raises(ValueError, match="infinity"):
        encoder.fit(with_column("area", np.inf)[["area", "city"]], Y)
    np.testing.assert_array_equal(encoder.transform(X), expected)


def test_a_failed_first_fit_leaves_nothing(estimator):
    with pytest.raises(ValueError, match="infinity"):
        estimator.fit(with_column("area", np.inf), target_of(estimator))
    assert vars(estimator) == vars(clone(estimator))
    with pytest.raises(NotFittedError):
        estimator.predict(X)
