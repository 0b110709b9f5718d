"""Groups of categories: those of the truth, numbered by their effect."""

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import cluster

SETTINGS = {"max_iter": 8, "hidden_layer_sizes": (16,), "device": "cpu", "random_state": 0}


def rows(n_samples=1500):
    """Twelve shops of three levels, three rare ones, and missing cells."""
    rng = np.random.default_rng(0)
    shop = rng.integers(12, size=n_samples)
    X = pd.DataFrame({"shop": [f"s{s:02d}" for s in shop], "price": rng.normal(size=n_samples)})
    y = 3.0 * (shop % 3) + X["price"].to_numpy() + 0.3 * rng.normal(size=n_samples)
    X.loc[:2, "shop"] = ["rare 1", "rare 2", "rare 3"]
    X.loc[3:50, "shop"] = None
    return X, y


@pytest.fixture(scope="module")
def encoder():
    X, y = rows()
    return EntityEmbeddingEncoder(EntityEmbeddingRegressor(min_frequency=4, **SETTINGS)).fit(X, y)


def test_the_groups_are_those_of_the_truth_in_the_order_of_their_effects(encoder):
    # One of the four is that of missing cells.
    found = cluster(encoder, "shop", 4, random_state=0)
    assert (found.name, found.index.name) == ("shop_cluster", "shop")
    own = found[found.index.str.startswith("s")]
    places = own.map({group: k for k, group in enumerate(sorted(own.unique()))})
    assert places.to_dict() == {f"s{s:02d}": s % 3 for s in range(12)}
    effects = encoder.embeddings_["shop"]["shop_effect"]
    assert effects.groupby(found).mean().is_monotonic_increasing


def test_infrequent_categories_are_together_and_missing_cells_are_not_listed(encoder):
    found = cluster(encoder, "shop", 14, random_state=0)
    assert found.nunique() == 13
    assert set(found) < set(range(14))
    assert found[found.index.str.startswith("rare")].nunique() == 1
    assert not found.index.isna().any()
    message = "and missing cells of column 'shop' have 14 vectors, which cannot be in n_clusters=15"
    with pytest.raises(ValueError, match=message):
        cluster(encoder, "shop", 15)


def test_the_same_random_state_gives_the_same_groups(encoder):
    found = [cluster(encoder, "shop", 5, random_state=3) for _ in range(2)]
    pd.testing.assert_series_equal(*found)


def test_groups_of_a_classifier_with_rows_to_ask_it_on():
    X, y = rows()
    size = np.digitize(y, [0, 3, 6])
    network = EntityEmbeddingClassifier(**SETTINGS).fit(X, size)
    found = cluster(network, "shop", 3, X, random_state=0)
    assert found["s00"] == found["s03"] != found["s02"]


@pytest.mark.parametrize("n_clusters", [0, True, 2.0, "two"])
def test_no_number_of_groups(encoder, n_clusters):
    with pytest.raises(ValueError, match="n_clusters is the number of groups"):
        cluster(encoder, "shop", n_clusters)


def test_a_category_without_training_rows_is_in_no_group():
    X, y = rows()
    weight = (X["shop"] != "s11").astype(float)
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SETTINGS))
    assert "s11" not in cluster(encoder.fit(X, y, sample_weight=weight), "shop", 3).index
