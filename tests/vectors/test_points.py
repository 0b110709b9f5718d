"""A point per vector of a column."""

import numpy as np
import pandas as pd
import pytest
from vocabularies import hashed_rows

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._vectors.points import kinds_without_own_vector, points_of, trusted_vectors


def fitted(values, weight=None, **settings):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"town": pd.Series(values, dtype=object)})
    regressor = EntityEmbeddingRegressor(max_iter=1, random_state=0, device="cpu", **settings)
    encoder = EntityEmbeddingEncoder(regressor)
    return encoder.fit(X, rng.normal(size=len(X)), sample_weight=weight)


@pytest.fixture(scope="module")
def encoder():
    values = ["b"] * 5 + ["a"] * 6 + ["rare", "rarer", "rarer"] + [None] * 3 + ["only held out"]
    return fitted(values, weight=[1.0] * 17 + [0.0], min_frequency=3)


def test_categories_come_first_and_each_special_row_is_one_point(encoder):
    points = points_of(encoder.state_.columns[0])
    assert points["name"].tolist() == ["a", "b", "infrequent", "missing", "unknown"]
    assert points["kind"].tolist() == ["category"] * 2 + ["infrequent", "missing", "unknown"]
    assert points["count"].tolist() == [6, 5, 3, 3, 0]
    vectors = pd.concat([encoder.embeddings_["town"], encoder.special_embeddings_["town"]])
    for point in points.itertuples():
        assert point.town_effect == np.float32(vectors.at[point.name, "town_effect"])


def test_deviation_and_trust_are_those_of_support(encoder):
    points = points_of(encoder.state_.columns[0]).set_index("name")
    support = encoder.support_["town"]
    for name in ("a", "b"):
        assert points.at[name, "deviation"] == support.at[name, "deviation"]
        assert points.at[name, "trusted"] is support.at[name, "trusted"]
    assert points.at["infrequent", "deviation"] == support.at["rare", "deviation"]
    assert points.at["infrequent", "trusted"] is support.at["rarer", "trusted"]
    assert points.at["missing", "trusted"] is pd.NA
    assert not points.at["unknown", "trusted"]


def test_categories_without_a_vector_of_their_own(encoder):
    kinds = kinds_without_own_vector(encoder.state_.columns[0])
    assert kinds.to_dict() == {
        "only held out": "unknown",
        "rare": "infrequent",
        "rarer": "infrequent",
    }


def test_there_is_no_point_for_what_is_not_there():
    column = fitted(["a", "b"] * 4).state_.columns[0]
    assert points_of(column)["name"].tolist() == ["a", "b", "unknown"]
    assert kinds_without_own_vector(column).empty


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([10, 1, 2], ["1", "2", "10"]),
        ([True, False], ["False", "True"]),
        (["1", 1, 2.5], ["1", "2.5", "1"]),
    ],
    ids=["integers", "booleans", "several types"],
)
def test_categories_of_any_type_have_a_name(values, names):
    points = points_of(fitted(values * 4, categorical_features=["town"]).state_.columns[0])
    assert points["name"].map(str).tolist() == [*names, "unknown"]


def test_what_is_known_of_values_that_are_not_kept_is_not_known():
    with hashed_rows(town=3):
        column = fitted(["a"] * 5 + list("bcdefg"), min_frequency=2).state_.columns[0]
    assert points_of(column)["name"].tolist() == ["a", "unknown"]
    assert trusted_vectors(column)[2:6].isna().all()
    assert kinds_without_own_vector(column).empty
