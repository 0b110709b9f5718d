"""A column without any value is a constant: it ends no search and moves no prediction."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV, KFold

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor

EMPTY = {
    "numbers": np.full(120, np.nan),
    "strings": pd.Series([None] * 120, dtype="str"),
    "objects": pd.Series([None] * 120, dtype=object),
    "categories": pd.Categorical([None] * 120, categories=["a", "b"]),
    "nullable": pd.array([None] * 120, dtype="Int64"),
}


@pytest.mark.parametrize("cells", EMPTY.values(), ids=EMPTY)
def test_it_is_named_in_a_warning_and_moves_no_prediction(cells, small, sales, revenue):
    X = sales.assign(empty=cells)
    model = EntityEmbeddingRegressor(**small)
    with pytest.warns(
        UserWarning, match="'empty' has no value: all 120 .*taken as constant.*Leave"
    ):
        model.fit(X, revenue)
    expected = model.predict(X)
    assert np.isfinite(expected).all()
    value = 7 if cells is EMPTY["numbers"] or cells is EMPTY["nullable"] else "seen at last"
    assert_array_equal(model.predict(X.assign(empty=value)), expected)
    assert_array_equal(model.predict(X.assign(empty=value)[:1]), expected[:1])
    long = pd.concat([X.assign(empty=value)] * 2)  # more rows are coded by another way
    assert_array_equal(model.predict(long), np.tile(expected, 2))


def test_it_may_be_a_column_of_nulls_without_dtype(small, sales, revenue):
    X = pl.DataFrame(sales).with_columns(empty=pl.lit(None))
    model = EntityEmbeddingRegressor(**small)
    with pytest.warns(UserWarning, match="'empty' has no value"):
        model.fit(X, revenue)
    assert model.embeddings_["empty"].shape == (0, 3)


@pytest.mark.filterwarnings("ignore:Column 'seldom' has no value:UserWarning")
@pytest.mark.parametrize("kind", ["number", "category"])
def test_it_does_not_end_a_search(kind, small, sales, revenue):
    value = 1.0 if kind == "number" else "yes"
    # Values in the first rows only, which one of the folds leaves out.
    cells = pd.Series([value] * 20 + [None] * 100, dtype=float if kind == "number" else object)
    X = sales.assign(seldom=cells)
    search = GridSearchCV(
        EntityEmbeddingRegressor(**small), {"dropout": [0.0]}, cv=KFold(3), error_score="raise"
    )
    search.fit(X, revenue)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.filterwarnings("ignore:Column 'empty' has no value:UserWarning")
def test_an_encoder_has_a_vector_of_zero_for_it(small, sales, revenue):
    X = sales.assign(empty=pd.Series([None] * 120, dtype="str"))
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small), cv=2)
    encoded = encoder.set_output(transform="pandas").fit_transform(X, revenue)
    assert_allclose(encoded["empty_effect"], 0, atol=1e-6)
    assert_allclose(encoder.transform(X.assign(empty="new")), encoder.transform(X), atol=1e-12)


def test_a_single_value_is_no_reason_to_warn(small, sales, revenue):
    X = sales.assign(almost=[1.0] + [np.nan] * 119)
    model = EntityEmbeddingRegressor(**small).fit(X, revenue)  # warnings are errors here
    assert (model.predict(X.assign(almost=1.0)) != model.predict(X.assign(almost=np.nan))).any()
