"""`handle_unknown`: a value that training never saw is ignored, warned of, or refused."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from sk_entity import EntityEmbeddingEncoder
from sk_entity._table.cells import MAX_ROWS

X = pd.DataFrame({"city": ["Bonn", "Lima", "Oslo", "Rome"] * 10, "price": np.arange(40.0)})
Y = np.arange(40.0)
WITH_NEW = X.assign(city=X["city"].replace({"Lima": "Nuuk", "Rome": "Pisa"}))

MANY = 2 * MAX_ROWS  # rows that are coded column by column
KINDS = ["regressor", "classifier", "encoder"]
METHODS = {
    "regressor": ["predict"],
    "classifier": ["predict", "predict_proba", "predict_log_proba", "decision_function"],
    "encoder": ["transform"],
}
EACH_METHOD = [(kind, method) for kind in KINDS for method in METHODS[kind]]


@pytest.fixture
def fitted(regressor, classifier):
    """Fit an estimator of a kind with this `handle_unknown`."""

    def fit(kind, handle_unknown, table=X):
        if kind == "encoder":
            inner = regressor.set_params(max_iter=1)
            encoder = EntityEmbeddingEncoder(inner, cv=None, handle_unknown=handle_unknown)
            return encoder.fit(table, Y)
        estimator = clone({"regressor": regressor, "classifier": classifier}[kind])
        estimator.set_params(max_iter=1, handle_unknown=handle_unknown)
        return estimator.fit(table, Y if kind == "regressor" else Y < 20)

    return fit


@pytest.mark.parametrize(("kind", "method"), EACH_METHOD)
def test_an_error_names_column_value_row_and_the_way_out(fitted, kind, method):
    estimator = fitted(kind, "error")
    getattr(estimator, method)(X)
    for n_rows in (2, MANY):
        table = WITH_NEW.loc[np.arange(n_rows) % 40]
        with pytest.raises(ValueError, match=r"column 'city': row 1 holds 'Nuuk'") as error:
            getattr(estimator, method)(table)
        assert "handle_unknown='ignore'" in str(error.value)
    with pytest.raises(ValueError, match=r"row 1 .* \(20 such rows in all\)"):
        getattr(estimator, method)(WITH_NEW)


@pytest.mark.parametrize(("kind", "method"), EACH_METHOD)
def test_a_warning_names_columns_rows_and_values(fitted, kind, method):
    estimator, quiet = fitted(kind, "warn"), fitted(kind, "ignore")
    for n_rows in (4, MANY):
        table = WITH_NEW.loc[np.arange(n_rows) % 40]
        with pytest.warns(UserWarning, match="unknown") as record:
            warned = getattr(estimator, method)(table)
        assert len(record) == 1
        expected = f"column 'city' in {n_rows // 2} of {n_rows} rows ('Nuuk', 'Pisa')"
        assert expected in str(record[0].message)
        np.testing.assert_array_equal(warned, getattr(quiet, method)(table))


def test_one_warning_names_all_columns_and_few_values(regressor):
    table = X.assign(day=["Mon", "Tue"] * 20)
    model = regressor.set_params(max_iter=1, handle_unknown="warn").fit(table, Y)
    fresh = table.assign(city=[f"new {i:02d}" for i in range(40)], day="Sun")
    with pytest.warns(UserWarning, match="unknown") as record:
        model.predict(fresh)
    message = str(record[0].message)
    assert len(record) == 1
    assert "'new 04', and 35 more); column 'day' in 40 of 40 rows ('Sun')" in message
    assert "new 05" not in message


@pytest.mark.parametrize("kind", KINDS)
def test_missing_and_infrequent_cells_are_known_where_training_had_them(fitted, kind):
    table = X.assign(city=X["city"].where(X.index < 38, "Nuuk").where(X.index < 39, None))
    estimator = fitted(kind, "error", table)
    inner = "estimator__" if kind == "encoder" else ""
    estimator.set_params(**{f"{inner}min_frequency": 2})
    estimator.fit(table, Y if kind != "classifier" else Y < 20)
    for known in (table[36:], pd.concat([table] * 4)):
        getattr(estimator, METHODS[kind][0])(known)


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_cell_is_unknown_where_training_had_none(fitted, kind):
    estimator, method = fitted(kind, "error"), METHODS[kind][0]
    for n_rows in (3, MANY):
        table = X.loc[np.arange(n_rows) % 40].assign(city=None).astype({"city": object})
        with pytest.raises(ValueError, match="'city': row 0 holds a missing value"):
            getattr(estimator, method)(table)
    estimator.set_params(handle_unknown="warn")
    with pytest.warns(UserWarning, match=r"3 of 3 rows \(missing\)"):
        getattr(estimator, method)(X[:3].assign(city=[None, None, None]))


def test_tables_of_other_libraries_and_arrays_are_refused_alike(fitted, regressor):
    model = fitted("regressor", "error")
    for table in (pl.DataFrame(WITH_NEW), pl.DataFrame(WITH_NEW).to_arrow()):
        with pytest.raises(ValueError, match="'city': row 1 holds 'Nuuk'"):
            model.predict(table)
    regressor.set_params(categorical_features=[0], handle_unknown="error")
    regressor.fit(X.to_numpy(dtype=object), Y)
    for rows in (WITH_NEW.to_numpy(dtype=object), WITH_NEW[:2].to_numpy(dtype=object).tolist()):
        with pytest.raises(ValueError, match="'x0': row 1 holds 'Nuuk'"):
            regressor.predict(rows)


def test_quiet_is_the_default_and_looks_for_nothing(fitted, monkeypatch):
    def found(*args):
        raise AssertionError("looked for unknown values")

    monkeypatch.setattr("sk_entity._estimators.unknown.rows_not_known", found)
    for kind in KINDS:
        estimator = fitted(kind, "ignore")
        assert type(estimator)().handle_unknown == "ignore"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            getattr(estimator, METHODS[kind][0])(WITH_NEW)


def test_values_are_looked_up_only_if_there_are_any(fitted, monkeypatch):
    def found(*args):
        raise AssertionError("read the table again")

    model = fitted("regressor", "error")
    monkeypatch.setattr("sk_entity._estimators.unknown.read_further_table", found)
    model.predict(X)


def test_fit_raises_nothing(regressor):
    regressor.set_params(handle_unknown="error", max_iter=1)
    regressor.fit(X, Y, X_val=WITH_NEW, y_val=Y)
    regressor.fit(X[:30], Y[:30]).set_params(warm_start=True).fit(WITH_NEW, Y)
    held_out = X.assign(city=[f"city {i}" for i in range(40)])
    regressor.set_params(warm_start=False, early_stopping=True).fit(held_out, Y)
    for cross_fit in ("tables", "networks"):
        encoder = EntityEmbeddingEncoder(
            regressor, cv=2, cross_fit=cross_fit, handle_unknown="error"
        )
        encoder.fit_transform(held_out, Y)


def test_a_category_that_was_only_held_out_is_unknown(regressor):
    table = X.assign(city=[f"city {i}" for i in range(40)])
    regressor.set_params(max_iter=1, early_stopping=True, handle_unknown="error").fit(table, Y)
    with pytest.raises(ValueError, match="such rows in all"):
        regressor.predict(table)


def test_the_encoder_goes_by_its_own_parameter(regressor):
    inner = regressor.set_params(max_iter=1, handle_unknown="error")
    quiet = EntityEmbeddingEncoder(inner, cv=None).fit(X, Y)
    quiet.transform(WITH_NEW)
    strict = EntityEmbeddingEncoder(
        clone(inner).set_params(handle_unknown="ignore"), cv=None, handle_unknown="error"
    )
    with pytest.raises(ValueError, match="'Nuuk'"):
        strict.fit(X, Y).transform(WITH_NEW)


def test_a_frozen_estimator_may_meet_unknown_values_in_fit_transform(regressor):
    frozen = FrozenEstimator(regressor.set_params(max_iter=1).fit(X, Y))
    encoder = EntityEmbeddingEncoder(frozen, handle_unknown="error")
    encoder.fit_transform(X)
    encoder.fit(WITH_NEW)
    with pytest.raises(ValueError, match="'Nuuk'"):
        encoder.fit_transform(WITH_NEW)


@pytest.mark.parametrize("kind", KINDS)
def test_it_may_change_after_fit_but_only_to_what_exists(fitted, kind):
    estimator, method = fitted(kind, "ignore"), METHODS[kind][0]
    estimator.set_params(handle_unknown="error")
    with pytest.raises(ValueError, match="'Nuuk'"):
        getattr(estimator, method)(WITH_NEW)
    estimator.set_params(handle_unknown="raise")
    with pytest.raises(ValueError, match="'handle_unknown' parameter"):
        getattr(estimator, method)(X)
    with pytest.raises(ValueError, match="'handle_unknown' parameter"):
        estimator.fit(X, Y)


def test_codes_can_be_seen_whatever_it_is(fitted):
    model = fitted("regressor", "error")
    assert model.to_codes(WITH_NEW[:4])[0][:, 0].tolist() == [3, 0, 5, 0]


def test_members_of_lists_count(regressor):
    table = pd.DataFrame({"tags": [["a", "b"], ["a"]] * 20})
    model = regressor.set_params(max_iter=1, handle_unknown="error").fit(table, Y)
    model.predict(table)
    for fresh, what in (([["a"], ["b", "x"]], "'x'"), ([["a"], []], "an empty list")):
        with pytest.raises(ValueError, match=f"'tags': row 1 holds {what}"):
            model.predict(pd.DataFrame({"tags": fresh}))


@pytest.mark.parametrize("kind", KINDS)
def test_partial_fit_learns_what_was_unknown_and_raises_nothing(fitted, kind):
    estimator = fitted(kind, "error")
    estimator.partial_fit(WITH_NEW, Y if kind != "classifier" else Y < 20)
    getattr(estimator, METHODS[kind][0])(WITH_NEW)
