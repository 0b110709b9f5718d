"""Networks and columns are found inside of whatever a user has fitted."""

import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sk_entity import CategoryMerger, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._estimators.inside import (
    embedded_column,
    encoded_column,
    find_network,
    network_inside,
    ours_inside,
    parts,
)

QUICK = {"max_iter": 3, "hidden_layer_sizes": (8,), "random_state": 0}


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


def holders(network):
    """What may hold a network."""
    encoder = EntityEmbeddingEncoder(network, cv=None)
    yield network
    yield encoder
    yield EntityEmbeddingEncoder(network, target_type="continuous", cv=2)
    yield make_pipeline(make_pipeline("passthrough", encoder), Ridge())
    yield make_pipeline(make_column_transformer(("passthrough", ["x"]), (encoder, ["shop"])))
    yield TransformedTargetRegressor(network)


@pytest.mark.parametrize("place", range(6))
def test_a_network_is_found_wherever_it_is(table, place):
    estimator = list(holders(EntityEmbeddingRegressor(**QUICK)))[place].fit(*table)
    found = find_network(estimator)
    assert isinstance(found, EntityEmbeddingRegressor)
    assert found.n_iter_ == 3


def test_a_frozen_network_is_found(table):
    network = EntityEmbeddingRegressor(**QUICK).fit(*table)
    assert find_network(FrozenEstimator(network)) is network
    assert find_network(EntityEmbeddingEncoder(FrozenEstimator(network)).fit(*table)) is network


def test_what_holds_no_network_is_refused(table):
    X, y = table
    with pytest.raises(TypeError, match="There is no estimator of sk-entity in Pipeline"):
        find_network(make_pipeline(Ridge()).fit(X[["x"]], y))
