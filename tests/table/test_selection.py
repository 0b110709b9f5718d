"""Columns to embed are chosen by dtype, name, position, mask or callable."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector

from sk_entity import EntityEmbeddingRegressor
from sk_entity._estimators.validation import read_table
from sk_entity._table.selection import select_categorical


def read(X, **kwargs):
    return read_table(X, estimator=BaseEstimator(), **kwargs)


@pytest.mark.parametrize(
    ("categorical_features", "expected"),
    [
        ("from_dtype", [0, 3]),
        (None, []),
        ([], []),
        (["hour", "carrier"], [0, 1]),
        (pd.Index(["hour"]), [1]),
        (("hour",), [1]),
        ([2, 0], [0, 2]),
        ([-1, 0, 3], [0, 3]),
        (np.array([1]), [1]),
        ([False, True, False, True], [1, 3]),
        (np.array([False, True, False, False]), [1]),
        ([False] * 4, []),
        (["carrier", 1], [0, 1]),
    ],
)
def test_columns_are_chosen_by_dtype_name_position_or_mask(categorical_features, expected, flights):
    for X in (flights, pl.DataFrame(flights)):
        assert select_categorical(read(X), categorical_features, named=True) == expected


@pytest.mark.parametrize(
    ("categorical_features", "message"),
    [
        (["carier"], r"names 'carier', which is not a column of X. Columns: \['carrier', 'hour'"),
        ("carrier", r"'carrier': use 'from_dtype', None or a list, such as \['carrier'\]"),
        ([4], "holds 4: use column names or positions from 0 to 3"),
        ([-5], "holds -5"),
        ([1.0], "holds 1.0"),
        ([None], "holds None"),
        ([True, 1, 2, 3], "holds True"),
        ([True, False], "is a mask of 2 values for 4 columns"),
    ],
)
def test_columns_that_are_not_there_are_named(categorical_features, message, flights):
    with pytest.raises(ValueError, match=message):
        select_categorical(read(flights), categorical_features, named=True)


def test_names_need_a_table_with_names(flights):
    with pytest.raises(ValueError, match="names 'x0', but X has no column names. Use positions"):
        select_categorical(read(flights.to_numpy()), ["x0"], named=False)


def test_integers_and_truth_values_are_categories_by_name(sales, revenue, small):
    chosen = ["shop", "product", "month", "promotion"]
    model = EntityEmbeddingRegressor(**small, categorical_features=chosen).fit(sales, revenue)
    assert list(model.embeddings_) == ["shop", "product", "promotion", "month"]
    assert model.embeddings_["month"].index.tolist() == list(range(1, 13))
    assert model.categories_["promotion"].tolist() == [False, True]
    np.testing.assert_array_equal(
        model.predict(sales), model.predict(sales.astype({"month": float}))
    )


@pytest.mark.parametrize(
    "categorical_features",
    [["shop", "month"], [0, 3], [True, False, False, True, False]],
    ids=["names", "positions", "mask"],
)
def test_names_positions_and_mask_give_the_same_model(
    categorical_features, sales, revenue, small, one_thread
):
    X = sales.assign(product=sales["month"] * 2.0, promotion=sales["promotion"].astype(int))
    model = EntityEmbeddingRegressor(**small, categorical_features=categorical_features)
    by_name = EntityEmbeddingRegressor(**small, categorical_features=["month", "shop"])
    np.testing.assert_array_equal(
        model.fit(X, revenue).predict(X), by_name.fit(X, revenue).predict(X)
    )


STRINGS = make_column_selector(pattern="carrier")


@pytest.mark.parametrize(
    ("categorical_features", "expected"),
    [
        (["from_dtype", "hour"], [0, 1, 3]),
        (["from_dtype", 2], [0, 2, 3]),
        (["hour", "from_dtype"], [0, 1, 3]),
        (STRINGS, [0]),
        ([STRINGS, "hour"], [0, 1]),
        ([STRINGS, "from_dtype", 2], [0, 2, 3]),
        (lambda X: ["delay", "from_dtype"], [0, 2, 3]),
        (lambda X: [name == "delay" for name in X.columns], [2]),
        (lambda X: [2, 0], [0, 2]),
        (lambda X: slice(1, 3), [1, 2]),
        (lambda X: [], []),
        ([lambda X: X.dtypes.map(str) == "bool"], [3]),
    ],
)
def test_columns_are_chosen_by_callables_and_by_all_ways_together(
    categorical_features, expected, flights
):
    assert select_categorical(read(flights), categorical_features, named=True) == expected


def test_a_callable_gets_the_table_as_it_was_given(flights, small):
    seen = []

    def choose(X):
        seen.append(X)
        return [0]

    for X in (flights, pl.DataFrame(flights), flights.to_numpy()):
        EntityEmbeddingRegressor(**small, categorical_features=choose).fit(X, [1.0, 2, 3, 4])
        assert seen[-1] is X


def test_what_a_callable_returns_must_be_there(flights):
    with pytest.raises(ValueError, match="names 'carier', which is not a column of X"):
        select_categorical(read(flights), lambda X: ["carier"], named=True)


def test_a_mask_cannot_be_one_choice_among_others(flights):
    with pytest.raises(ValueError, match="holds True: use column names"):
        select_categorical(read(flights), ["from_dtype", True], named=True)


def test_by_dtype_and_by_name_is_as_naming_them_all(sales, revenue, small, one_thread):
    model = EntityEmbeddingRegressor(**small, categorical_features=["from_dtype", "month"])
    names = ["shop", "product", "promotion", "month"]
    by_name = EntityEmbeddingRegressor(**small, categorical_features=names)
    np.testing.assert_array_equal(
        model.fit(sales, revenue).predict(sales), by_name.fit(sales, revenue).predict(sales)
    )
