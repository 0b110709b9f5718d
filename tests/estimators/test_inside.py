"""Columns are found inside of an estimator, by their names."""

import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sk_entity import CategoryMerger, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._estimators.inside import (
    embedded_column,
    encoded_column,
    network_inside,
    ours_inside,
    parts,
)


@pytest.fixture(scope="module")
def table():
    X = pd.DataFrame({"shop": list("ab") * 20, "x": range(40)})
    return X, X["x"] + (X["shop"] == "a")


@pytest.fixture(scope="module")
def network(table):
    return EntityEmbeddingRegressor(max_iter=1, random_state=0).fit(*table)


def test_an_encoder_knows_its_vectors(table):
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=1)).fit(*table)
    assert encoded_column(encoder, "shop") is encoder.state_.columns[0]
    assert network_inside(encoder) is encoder.estimator_
    assert embedded_column(encoder, "shop").table is encoder.estimator_.state_.weights.tables[0]


def test_a_network_is_asked_on_rows(network, table):
    assert encoded_column(network, "shop", table[0]).n_effects == 1
    with pytest.raises(ValueError, match="arbitrary: pass X, rows on which the network is asked"):
        encoded_column(network, "shop")


@pytest.mark.parametrize("find", [embedded_column, lambda e, n: encoded_column(e, n, [["a", 1]])])
def test_what_is_not_there_is_refused(find, network):
    with pytest.raises(TypeError, match=r"Ridge is no estimator of sk-entity.*pipeline\[0\]"):
        find(Ridge(), "shop")
    with pytest.raises(TypeError, match="Pipeline is no estimator"):
        find(make_pipeline(network), "shop")
    with pytest.raises(NotFittedError):
        find(EntityEmbeddingRegressor(), "shop")


def test_a_misspelt_column_gets_close_names(network, table):
    with pytest.raises(ValueError, match=r"Did you mean 'shop'\? The categorical columns are \['s"):
        embedded_column(network, "shops")
    with pytest.raises(ValueError, match=r"Did you mean 'shop'\?"):
        encoded_column(network, "shops", table[0])
    with pytest.raises(ValueError, match=r"fit\. The categorical columns are"):
        embedded_column(network, 3)


def test_parts_can_be_put_in_their_place_in_a_copy(network):
    pipeline = make_pipeline("passthrough", network)
    (_, _), (part, put) = parts(pipeline)
    other = Ridge()
    changed = put(other)
    assert part is network
    assert changed.steps[1][1] is other
    assert pipeline.steps[1][1] is network
    ((inside, freeze),) = parts(FrozenEstimator(network))
    assert inside is network
    assert freeze(other).estimator is other
    assert list(parts("passthrough")) == []


def test_estimators_are_found_and_can_be_put_in_their_place(network, table):
    merger = CategoryMerger(FrozenEstimator(network), n_clusters=1).fit(table[0])
    pipeline = make_pipeline(make_pipeline("passthrough", FrozenEstimator(network)), merger)
    (inside, put), (of_merger, _) = ours_inside(pipeline)
    assert inside is network
    assert of_merger is merger.estimator_
    assert len(list(ours_inside(pipeline, but_not_in=CategoryMerger))) == 1
    other = EntityEmbeddingRegressor()
    assert put(other)[0][1].estimator is other
    assert pipeline[0][1].estimator is network
    assert list(ours_inside(Ridge())) == []
