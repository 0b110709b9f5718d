import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from onnx_sessions import assert_near, assert_same, session_of
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.onnx import export, make_feed, register_converters, to_onnx


@pytest.fixture
def fitted(small, sales, revenue):
    return EntityEmbeddingRegressor(**small).fit(sales, revenue)


@pytest.fixture
def pipeline(small, sales, revenue):
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small), cv=None)
    return make_pipeline(encoder, Ridge()).fit(sales[["shop", "product"]], revenue)


@pytest.mark.parametrize("to_container", [pl.from_pandas, pa.Table.from_pandas])
def test_any_table_is_a_sample_and_is_fed(to_container, fitted, sales):
    X = to_container(sales)
    model = to_onnx(fitted, X)
    found = session_of(model).run(None, make_feed(model, X))[0]
    assert_near(found, fitted.predict(sales))


def test_without_names_the_inputs_are_numbered(small, sales, revenue):
    X = sales.to_numpy(dtype=object)
    estimator = EntityEmbeddingRegressor(**small).fit(X, revenue)
    assert_same(estimator, X, X)
    assert [x.name for x in to_onnx(estimator, X).graph.input] == [f"x{j}" for j in range(5)]
    numbers = sales[["month", "price"]].to_numpy()
    assert_same(EntityEmbeddingRegressor(**small).fit(numbers, revenue), numbers, numbers)


def test_rows_may_be_fed_in_any_order_of_columns(fitted, sales):
    model = to_onnx(fitted, sales)
    backwards = make_feed(model, sales[sales.columns[::-1]])
    np.testing.assert_equal(backwards, make_feed(model, sales))


@pytest.mark.parametrize(
    "estimator",
    [EntityEmbeddingRegressor(), EntityEmbeddingClassifier(), EntityEmbeddingEncoder()],
)
def test_what_is_not_fitted_is_refused(estimator, sales):
    with pytest.raises(NotFittedError):
        to_onnx(estimator, sales)
    with pytest.raises(NotFittedError):
        to_onnx(make_pipeline(estimator), sales)


def test_a_sample_of_other_columns_is_refused(fitted, pipeline, sales):
    with pytest.raises(ValueError, match="feature names"):
        to_onnx(fitted, sales.rename(columns={"shop": "store"}))
    with pytest.raises(ValueError, match="X has the columns .*'product', 'shop'"):
        to_onnx(pipeline, sales[["product", "shop"]])
    array = sales[["shop", "product"]].to_numpy(dtype=object)
    unnamed = pipeline.fit(array, np.arange(len(array)))
    with pytest.raises(ValueError, match="X has 3 columns, but Pipeline was fitted with 2"):
        to_onnx(unnamed, np.hstack([array, array[:, :1]]))


def test_a_sample_of_other_types_is_refused(fitted, sales):
    with pytest.raises(TypeError, match="Column 'shop' has categories such as 'east'"):
        to_onnx(fitted, sales.assign(shop=1))
    with pytest.raises(TypeError, match="Column 'price' is numeric"):
        to_onnx(fitted, sales.assign(price="much"))


def test_a_column_of_several_types_is_refused(small, sales, revenue):
    X = sales.assign(shop=sales["shop"].astype(object).where(sales.index > 9, 7))
    estimator = EntityEmbeddingRegressor(**small).fit(X, revenue)
    with pytest.raises(TypeError, match=r"Column 'shop' holds 7, a int.*X\['shop'\]\.astype\(str"):
        to_onnx(estimator, X)


def test_a_table_without_a_column_is_not_fed(fitted, sales):
    model = to_onnx(fitted, sales)
    with pytest.raises(ValueError, match="X lacks the column 'month'"):
        make_feed(model, sales.drop(columns="month"))


def test_missing_integers_need_a_sample_of_floats(fitted, sales):
    X = sales.astype({"month": "Int64"})
    X.loc[3, "month"] = pd.NA
    with pytest.raises(ValueError, match="Column 'month' has a missing value in row 3"):
        make_feed(to_onnx(fitted, sales), X)
    assert_same(fitted, X, X)


@pytest.mark.parametrize("absent", ["onnx", "skl2onnx"])
def test_without_the_libraries_the_command_is_given(absent, fitted, pipeline, sales, monkeypatch):
    find_spec = export.find_spec
    monkeypatch.setattr(
        export, "find_spec", lambda name: None if name == absent else find_spec(name)
    )
    with pytest.raises(ImportError, match=rf"{absent}, .*pip install 'sk-entity\[onnx\]'"):
        to_onnx(pipeline, sales[["shop", "product"]])
    with pytest.raises(ImportError, match=r"sk-entity\[onnx\]"):
        register_converters()
    if absent == "skl2onnx":  # is needed for pipelines only
        assert_same(fitted, sales, sales)
