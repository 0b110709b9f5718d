"""What a table holds that training has not seen is counted and listed."""

import numpy as np
import pandas as pd
import pytest
from containers import CONTAINERS, NAMED, Table
from sklearn.exceptions import NotFittedError

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import unseen

LEARNED = pd.DataFrame(
    {
        "city": ["Bonn"] * 4 + ["Lima"] * 4 + ["Nuuk", None],
        "paid": [True, False] * 5,
        "price": np.arange(10.0),
    }
)
FRESH = Table(
    {
        "city": ["Rome", "Bonn", "Nuuk", "Rome", None, "Pisa"],
        "paid": [True, None, True, True, True, True],
        "price": [1.0, 2.0, 3.0, 4.0, 5.0, None],
    },
    {"city": "text", "paid": "truth", "price": "real"},
)


@pytest.fixture
def model(regressor):
    return regressor.set_params(max_iter=1, min_frequency=2).fit(LEARNED, np.arange(10.0))


def check(found):
    assert found.index.names == ["column", "kind"]
    assert found.loc["city", "n_rows"].to_dict() == {"unknown": 3, "missing": 1, "infrequent": 1}
    assert found.loc["paid", "n_rows"].to_dict() == {"unknown": 0, "missing": 1, "infrequent": 0}
    assert found.loc["city", "n_values"].tolist() == [2, 0, 1]
    unknown = found.loc[("city", "unknown"), "values"]
    assert list(unknown.items()) == [("Rome", 2), ("Pisa", 1)]
    assert found.loc[("city", "infrequent"), "values"] == {"Nuuk": 1}
    np.testing.assert_allclose(found.loc["city", "fraction"], [3 / 6, 1 / 6, 1 / 6])
    np.testing.assert_allclose(found.loc["city", "training_fraction"], [0, 0.1, 0.1])
    assert (found.loc["paid", "training_fraction"] == 0).all()


@pytest.mark.parametrize("container", NAMED)
def test_it_is_the_same_in_every_container(model, container):
    check(unseen(model, CONTAINERS[container](FRESH)))


@pytest.mark.parametrize("container", ["NumPy", "lists"])
def test_it_is_the_same_in_arrays(regressor, container):
    regressor.set_params(max_iter=1, min_frequency=2, categorical_features=[0, 1])
    regressor.fit(LEARNED.to_numpy(dtype=object), np.arange(10.0))
    check(unseen(regressor, CONTAINERS[container](FRESH)).rename({"x0": "city", "x1": "paid"}))


def test_the_classifier_and_the_encoder_are_asked_alike(model, classifier):
    encoder = EntityEmbeddingEncoder(model, cv=None)
    check(unseen(encoder.fit(LEARNED, np.arange(10.0)), CONTAINERS["pandas"](FRESH)))
    classifier.set_params(max_iter=1, min_frequency=2).fit(LEARNED, list("ab") * 5)
    check(unseen(classifier, CONTAINERS["pandas"](FRESH)))


def test_ten_values_are_listed_and_all_are_counted(model):
    fresh = LEARNED.loc[[0] * 30].assign(city=[f"new {i:02d}" for i in range(15)] * 2)
    row = unseen(model, fresh).loc[("city", "unknown")]
    assert row["n_values"] == 15
    assert row["values"] == {f"new {i:02d}": 2 for i in range(10)}


def test_tables_of_two_days_are_of_one_shape(model):
    none = unseen(model, LEARNED[:4])
    assert (none["n_rows"].loc["city"] == 0).all()
    assert none.index.equals(unseen(model, CONTAINERS["pandas"](FRESH)).index)


def test_without_categorical_columns_it_is_empty(regressor):
    regressor.set_params(max_iter=1).fit(LEARNED[["price"]], np.arange(10.0))
    assert len(unseen(regressor, LEARNED[["price"]])) == 0


def test_what_predict_refuses_is_refused(model):
    with pytest.raises(NotFittedError):
        unseen(EntityEmbeddingRegressor(), LEARNED)
    with pytest.raises(ValueError, match="feature names"):
        unseen(model, LEARNED[["city", "price"]])


def test_rows_of_lists_count_once(regressor):
    table = pd.DataFrame({"tags": [["a", "b"], ["a"]] * 5})
    model = regressor.set_params(max_iter=1).fit(table, np.arange(10.0))
    found = unseen(model, pd.DataFrame({"tags": [["a", "x", "x"], [], ["b"]]})).loc["tags"]
    assert found["n_rows"].to_dict() == {"unknown": 1, "missing": 1, "infrequent": 0}
    assert found.loc["unknown", "values"] == {"x": 2}
