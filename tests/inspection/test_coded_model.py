"""Tables become codes and come back as they were."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.exceptions import NotFittedError

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity.inspection import CodedModel

SETTINGS = {"max_iter": 2, "hidden_layer_sizes": (8,), "device": "cpu", "random_state": 0}


@pytest.fixture
def fitted(sales, revenue):
    return EntityEmbeddingRegressor(**SETTINGS).fit(sales, revenue)


def test_codes_are_places_among_the_sorted_values(fitted, sales):
    coded = CodedModel(fitted, sales)
    codes = pd.DataFrame(coded.encode(sales), columns=coded.feature_names)
    places = {"east": 0, "north": 1, "south": 2}
    assert codes["shop"].tolist() == sales["shop"].map(places).fillna(-1).tolist()
    assert codes["promotion"].tolist() == sales["promotion"].astype(float).tolist()
    assert codes["month"].tolist() == sales["month"].tolist()
    assert np.array_equal(codes["price"], sales["price"], equal_nan=True)


@pytest.mark.parametrize(
    "container", [pd.DataFrame, pl.from_pandas, lambda X: pa.Table.from_pandas(X)]
)
def test_what_is_decoded_is_what_was_encoded(fitted, sales, container):
    table = container(sales)
    coded = CodedModel(fitted, table)
    decoded = coded.decode(coded.encode(table))
    assert type(decoded) is type(table)
    if isinstance(table, pa.Table):
        decoded, table = decoded.to_pandas(), table.to_pandas()
    if isinstance(table, pl.DataFrame):
        assert decoded.with_columns(pl.col("price").fill_nan(None)).equals(table)
    else:
        pd.testing.assert_frame_equal(decoded, table)


def test_labels_of_rows_play_no_part(fitted, sales):
    sales.index = np.zeros(len(sales), dtype=int)
    coded = CodedModel(fitted, sales)
    assert np.allclose(coded(coded.encode(sales)), fitted.predict(sales))


def test_arrays(sales, revenue):
    array = sales.to_numpy(dtype=object)
    model = EntityEmbeddingRegressor(**SETTINGS).fit(array, revenue)
    coded = CodedModel(model, array)
    assert coded.feature_names == ["x0", "x1", "x2", "x3", "x4"]
    assert isinstance(coded.decode(coded.encode(array)), np.ndarray)
    assert np.allclose(coded(coded.encode(array)), model.predict(array))


def test_lists(trips):
    X, y = trips
    model = EntityEmbeddingRegressor(
        categorical_features=["origin", "dest", "tags"], **SETTINGS
    ).fit(X, y)
    for table in (X, pl.from_pandas(X)):
        coded = CodedModel(model, table)
        assert np.allclose(coded(coded.encode(table)), model.predict(X))


def test_classes(sales, size):
    model = EntityEmbeddingClassifier(**SETTINGS).fit(sales, size)
    coded = CodedModel(model, sales)
    assert np.allclose(coded(coded.encode(sales)), model.predict_proba(sales))

    class Explanation:
        values = np.zeros((3, 5, 3))
        base_values = np.arange(3.0)

    found = coded.describe(Explanation(), sales.head(3))
    assert found.base_values.tolist() == [[0, 1, 2]] * 3
    assert found.output_names == list(model.classes_)
    scores = CodedModel(model, sales, response_method="decision_function")
    assert np.allclose(scores(scores.encode(sales)), model.decision_function(sales))


def test_what_has_no_code(fitted, sales):
    coded = CodedModel(fitted, sales.dropna(subset="shop"))
    with pytest.raises(ValueError, match="'shop' has a missing cell, which has no code"):
        coded.encode(sales)
    with pytest.raises(ValueError, match="'shop' holds 'west', which has no code"):
        coded.encode(sales.assign(shop="west"))
    with pytest.raises(ValueError, match="X has the columns"):
        coded.encode(sales.drop(columns="shop"))
    with pytest.raises(NotFittedError):
        CodedModel(EntityEmbeddingRegressor(), sales)
