"""Vectors are drawn as widely as their posterior says, and nothing else moves."""

from copy import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._estimators.draws import column_inside, with_drawn_vectors
from sk_entity._table.vocabulary import FIRST_CATEGORY

ASKED = pd.Index(["s01", "s03"])


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    shop, price = rng.integers(8, size=500), rng.normal(size=500)
    X = pd.DataFrame({"shop": [f"s{s:02d}" for s in shop], "price": price})
    return X, shop + price * (shop % 2) + rng.normal(size=500)


@pytest.fixture(scope="module")
def network(rows):
    settings = {"max_iter": 5, "hidden_layer_sizes": (8,), "device": "cpu", "random_state": 0}
    return EntityEmbeddingRegressor(**settings).fit(*rows)


@pytest.fixture(scope="module")
def encoder(network, rows):
    return EntityEmbeddingEncoder(network, n_components=None).fit(*rows)


def tables(estimator, n_draws=400):
    """The table as it is and as it was drawn, (n_draws, n_rows, dim)."""

    def table(of):
        found = of.state_.columns[0].table
        return found if isinstance(found, np.ndarray) else found.mean

    draws = [
        with_drawn_vectors(estimator, "shop", ASKED, np.random.default_rng(seed))
        for seed in range(n_draws)
    ]
    return table(estimator), np.array([table(draw) for draw in draws])


def test_only_the_rows_asked_for_are_drawn(network, encoder):
    for estimator in (network, encoder):
        table, drawn = tables(estimator, 3)
        moved = (drawn != table).any(axis=(0, 2))
        assert np.flatnonzero(moved).tolist() == [FIRST_CATEGORY + 1, FIRST_CATEGORY + 3]


def test_vectors_of_a_network_have_their_posterior_deviation(network):
    table, drawn = tables(network)
    rows = [FIRST_CATEGORY + 1, FIRST_CATEGORY + 3]
    deviation = np.exp(network.state_.columns[0].table.log_deviation[rows])
    assert np.allclose(drawn[:, rows].std(axis=0), deviation, rtol=0.15)
    assert np.allclose(drawn[:, rows].mean(axis=0), table[rows], atol=0.2 * deviation.max())


def test_vectors_of_an_encoder_have_the_length_of_theirs(encoder):
    table, drawn = tables(encoder)
    rows = [FIRST_CATEGORY + 1, FIRST_CATEGORY + 3]
    length = np.sqrt(((drawn - table)[:, rows] ** 2).sum(axis=2).mean(axis=0))
    assert np.allclose(length, encoder.state_.columns[0].deviations[rows], rtol=0.1)
    of_effects = (drawn - table)[:, rows, 0].std(axis=0)
    expected = encoder.state_.network.means[0].deviations[rows, 0]
    assert np.allclose(of_effects, expected, rtol=0.15)


def test_effects_of_an_encoder_err_with_the_mean_response_of_the_vector(encoder):
    column = encoder.state_.columns[0]
    certain = encoder.state_.network.means[0].deviations[:, 0]
    table, drawn = tables(encoder)
    of_mean = column.axes.mean_responses(1)[0]
    log_deviation = encoder.state_.network.weights.tables[0].log_deviation
    for row in (FIRST_CATEGORY + 1, FIRST_CATEGORY + 3):
        effects, axes = np.split((drawn - table)[:, row], [1], axis=1)
        responses = axes @ of_mean
        expected = np.exp(2.0 * log_deviation[row]) @ (column.loadings @ of_mean) ** 2
        assert responses.var() == pytest.approx(expected, rel=0.2)
        # What the effect knows less than the vector, such as of prices, is its own.
        common = min(certain[row], expected**0.5) * expected**0.5
        assert np.cov(effects[:, 0], responses)[0, 1] == pytest.approx(common, rel=0.25)


def test_an_effect_more_certain_than_its_vector_errs_with_it_alone(encoder):
    state = encoder.state_
    certain = copy(encoder)
    table = state.network.weights.tables[0]
    wide = replace(table, log_deviation=table.log_deviation + 2)
    weights = replace(state.network.weights, tables=(wide,))
    certain.state_ = replace(state, network=replace(state.network, weights=weights))
    table, drawn = tables(certain)
    row = FIRST_CATEGORY + 1
    effects, axes = np.split((drawn - table)[:, row], [1], axis=1)
    responses = axes @ state.columns[0].axes.mean_responses(1)[0]
    assert np.corrcoef(effects[:, 0], responses)[0, 1] > 0.999
    assert effects.std() == pytest.approx(state.network.means[0].deviations[row, 0], rel=0.15)


def test_effects_of_a_column_that_stands_alone_are_drawn(network, rows):
    X, y = rows
    alone = EntityEmbeddingEncoder(clone(network)).fit(X[["shop"]], y)
    table, drawn = tables(alone)
    row = FIRST_CATEGORY + 1
    assert table.shape[1] == 1
    expected = alone.state_.network.means[0].deviations[row, 0]
    assert (drawn - table)[:, row].std() == pytest.approx(expected, rel=0.15)


def test_a_column_is_found_or_not(network, rows):
    assert column_inside(network, "shop").name == "shop"
    assert column_inside(network, "price") is None
    assert column_inside(Ridge().fit(rows[0][["price"]], rows[1]), "price") is None
