"""Networks are found in whatever a user has fitted."""

import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._pictures.networks import embedded_column, find_network


@pytest.fixture(scope="module")
def table():
    X = pd.DataFrame({"shop": list("ab") * 20, "x": range(40)})
    return X, X["x"] + (X["shop"] == "a")


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
def test_a_network_is_found_wherever_it_is(table, quick, place):
    estimator = list(holders(EntityEmbeddingRegressor(**quick)))[place].fit(*table)
    found = find_network(estimator)
    assert isinstance(found, EntityEmbeddingRegressor)
    assert found.n_iter_ == 3


def test_a_frozen_network_is_found(table, quick):
    network = EntityEmbeddingRegressor(**quick).fit(*table)
    assert find_network(FrozenEstimator(network)) is network
    assert find_network(EntityEmbeddingEncoder(FrozenEstimator(network)).fit(*table)) is network


def test_what_holds_no_network_is_refused(table):
    X, y = table
    with pytest.raises(TypeError, match="There is no estimator of sk-entity in Pipeline"):
        find_network(make_pipeline(Ridge()).fit(X[["x"]], y))


def test_a_column_is_found_by_name(table, quick):
    network = EntityEmbeddingRegressor(**quick).fit(*table)
    column, state = embedded_column(network, "shop")
    assert column.name == "shop"
    assert state is network.state_
    with pytest.raises(ValueError, match=r"Did you mean 'shop'\? The categorical columns are \['s"):
        embedded_column(network, "shops")
    with pytest.raises(ValueError, match=r"fit\. The categorical columns are"):
        embedded_column(network, 3)
    with pytest.raises(TypeError, match="Ridge is no estimator of sk-entity"):
        embedded_column(Ridge(), "shop")
