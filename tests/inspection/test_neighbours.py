"""The most similar categories are those that the truth puts nearest."""

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import most_similar

SETTINGS = {"max_iter": 8, "hidden_layer_sizes": (16,), "device": "cpu", "random_state": 0}


def rows(n_samples=1200, seed=0):
    """Shops on a line, of which a few are rare, some cells missing; and a day of integers."""
    rng = np.random.default_rng(seed)
    shop, day = rng.integers(12, size=n_samples), rng.integers(5, size=n_samples)
    X = pd.DataFrame({"shop": [f"shop {s:02d}" for s in shop], "day": day})
    y = 1.0 * shop + 0.2 * day + rng.normal(size=n_samples)
    X.loc[:3, "shop"] = ["rare 1", "rare 2", "rare 1", "rare 3"]
    X.loc[4:60, "shop"] = None
    y[4:60] = 5.0 + rng.normal(size=56)
    return X, y


@pytest.fixture(scope="module")
def encoder():
    X, y = rows()
    network = EntityEmbeddingRegressor(
        categorical_features=["shop", "day"], min_frequency=5, **SETTINGS
    )
    return EntityEmbeddingEncoder(network).fit(X, y)


def test_the_nearest_come_first_with_their_support(encoder):
    found = most_similar(encoder, "shop", "shop 05", k=4)
    assert set(found.index[:2]) == {"shop 04", "shop 06"}
    assert list(found.columns) == ["distance", "count", "shop_effect", "trusted"]
    assert found.index.name == "shop"
    assert found["distance"].is_monotonic_increasing
    support = encoder.support_["shop"].loc[found.index]
    assert (found["count"] == support["count"]).all()
    assert found["trusted"].equals(support["trusted"])
    effects = encoder.embeddings_["shop"]["shop_effect"]
    assert np.allclose(found["shop_effect"], effects[found.index])


def test_distances_are_those_of_the_vectors_that_the_encoder_hands_out(encoder):
    vectors = encoder.embeddings_["shop"].astype(float)
    found = most_similar(encoder, "shop", "shop 00", k=100)
    distance = np.linalg.norm(vectors - vectors.loc["shop 00"], axis=1)
    expected = pd.Series(distance, vectors.index).loc[found.index]
    assert np.allclose(found["distance"], expected, atol=1e-5)


def test_a_part_of_the_neighbours_is_the_head_of_all(encoder):
    everyone = most_similar(encoder, "shop", "shop 03", k=50)
    # Neither itself nor the infrequent ones.
    assert len(everyone) == 11
    assert not everyone.index.str.startswith("rare").any()
    pd.testing.assert_frame_equal(most_similar(encoder, "shop", "shop 03", k=3), everyone.head(3))


def test_a_network_needs_rows_and_finds_the_same(encoder):
    X, _ = rows()
    network = encoder.estimator_
    found = most_similar(network, "shop", "shop 05", X=X)
    assert set(found.index[:2]) == {"shop 04", "shop 06"}
    with pytest.raises(ValueError, match="pass X"):
        most_similar(network, "shop", "shop 05")


def test_missing_cells_have_neighbours(encoder):
    assert most_similar(encoder, "shop", None, k=3).index.isin(["shop 04", "shop 05"]).any()
    pd.testing.assert_frame_equal(
        most_similar(encoder, "shop", np.nan), most_similar(encoder, "shop", None)
    )
    with pytest.raises(ValueError, match="'day' had no missing cell"):
        most_similar(encoder, "day", None)


def test_an_infrequent_category_is_warned_of(encoder):
    with pytest.warns(UserWarning, match=r"'rare 1' is infrequent .* with 2 other categories"):
        found = most_similar(encoder, "shop", "rare 1")
    assert len(found) == 10  # of all twelve, the nearest ten


@pytest.mark.parametrize(
    ("category", "message"),
    [
        ("shop 5", "Did you mean 'shop 0"),
        ("SHOP 05", "Did you mean 'shop 05'"),
        ("qqq", "Its categories are such as 'rare 1'"),
    ],
)
def test_a_category_that_is_not_there(encoder, category, message):
    with pytest.raises(ValueError, match=message):
        most_similar(encoder, "shop", category)


def test_a_category_of_another_type(encoder):
    with pytest.raises(ValueError, match="no category '3' of type str, but it has 3 of type int"):
        most_similar(encoder, "day", "3")
    assert len(most_similar(encoder, "day", 3.0)) == 4  # 3.0 is 3 to Python
    with pytest.raises(TypeError, match="a list"):
        most_similar(encoder, "day", [3])


def test_other_bad_input(encoder):
    with pytest.raises(ValueError, match="k is the number of neighbours"):
        most_similar(encoder, "shop", "shop 00", k=0)
    with pytest.raises(ValueError, match="no categorical column"):
        most_similar(encoder, "price", "shop 00")
    with pytest.raises(TypeError, match="no estimator of sk-entity"):
        most_similar("encoder", "shop", "shop 00")


def test_a_category_without_training_rows():
    X, y = rows()
    weight = (X["shop"] != "shop 11").astype(float)
    network = EntityEmbeddingRegressor(categorical_features=["shop", "day"], **SETTINGS)
    encoder = EntityEmbeddingEncoder(network).fit(X, y, sample_weight=weight)
    assert "shop 11" not in most_similar(encoder, "shop", "shop 10", k=50).index
    with pytest.raises(ValueError, match="No training row holds 'shop 11'"):
        most_similar(encoder, "shop", "shop 11")


def test_columns_of_one_table_and_of_lists(trips):
    X, y = trips
    network = EntityEmbeddingRegressor(
        categorical_features=["origin", "dest", "tags"],
        shared_embeddings=[["origin", "dest"]],
        **SETTINGS,
    )
    encoder = EntityEmbeddingEncoder(network).fit(X, y)
    assert len(most_similar(encoder, "dest", "t03", k=50)) == 11
    assert len(most_similar(encoder, "tags", "a")) == 5
