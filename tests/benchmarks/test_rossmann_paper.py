"""The paper's network, as the paper and its code have it."""

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks.rossmann import paper
from benchmarks.rossmann.paper import DIMENSIONS, Network, PaperRecipe
from benchmarks.tasks import ROSSMANN

N_LEVELS = dict.fromkeys(DIMENSIONS, 3)


@pytest.fixture
def sales(one_thread):
    """Days of stores, the levels of each column, and the logarithm of the sales."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({name: rng.integers(3, size=600) for name in ROSSMANN})
    X["Year"] += 2013
    log_sales = 4.0 + 2 * (X["Store"] == 1) + X["Promo"]
    return X, {name: np.unique(X[name]) for name in X}, log_sales


def test_layers_are_those_of_the_paper():
    assert tuple(DIMENSIONS) == ROSSMANN
    network = Network(N_LEVELS, torch.Generator())
    shapes = [tuple(weight.shape) for weight in network.layers.parameters() if weight.ndim == 2]
    assert shapes == [(1000, 41), (500, 1000), (1, 500)]
    assert [table.embedding_dim for table in network.tables.values()] == [10, 6, 1, 2, 6, 10, 6]


def test_weights_start_as_in_keras():
    network = Network(N_LEVELS, torch.Generator().manual_seed(0))
    tables = torch.cat([table.weight.flatten() for table in network.tables.values()])
    assert 0.04 < tables.abs().max() <= 0.05
    first = network.layers[0]
    assert first.weight.abs().max().item() == pytest.approx(np.sqrt(6 / (41 + 1000)), rel=0.01)
    assert not first.bias.any()


def test_levels_have_rows_of_their_own_and_the_same_seed_the_same_network(sales):
    X, levels, log_sales = sales
    fitted = PaperRecipe(levels, seed=0, epochs=1).fit(X, log_sales)
    again = PaperRecipe(levels, seed=0, epochs=1).fit(X, log_sales)
    other = PaperRecipe(levels, seed=1, epochs=1).fit(X, log_sales)
    np.testing.assert_array_equal(fitted.predict(X), again.predict(X))
    assert not np.allclose(fitted.predict(X), other.predict(X))
    one_store = X.assign(**{name: X[name].iloc[0] for name in X if name != "Store"})
    assert len(np.unique(fitted.predict(one_store).round(6))) == 3


@pytest.mark.slow
def test_it_learns(sales):
    X, levels, log_sales = sales
    predicted = PaperRecipe(levels, seed=0, epochs=20).fit(X, log_sales).predict(X)
    assert np.abs(predicted - log_sales).mean() < 0.2
    # The sigmoid is of the largest logarithm, so none is above.
    assert predicted.max() < log_sales.max()


@pytest.mark.slow
def test_the_error_is_the_mean_absolute_one(sales):
    """Few days with many times the sales do not move what is predicted, as a mean would."""
    X, levels, log_sales = sales
    rare = np.arange(len(X)) % 10 == 0
    same = X.assign(**{name: X[name].iloc[0] for name in X})
    recipe = PaperRecipe(levels, seed=0, epochs=30).fit(same, (0 * log_sales + 8).mask(rare, 16))
    assert recipe.predict(same).mean() == pytest.approx(8, abs=0.3)


def test_the_settings_are_those_of_the_paper():
    assert (paper.EPOCHS, paper.ROWS_PER_STEP, paper.LEARNING_RATE) == (10, 128, 1e-3)
