"""Several columns look up one table; each has its own place, counts and effects."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor

SHARED = [("origin", "dest")]


@pytest.fixture
def fitted(trips, small):
    X, y = trips
    return EntityEmbeddingRegressor(**small, shared_embeddings=SHARED).fit(X, y)


def test_columns_have_one_vocabulary_and_one_table(fitted, trips):
    X = trips[0]
    origin, dest, tags = fitted.state_.columns
    assert origin.table is dest.table is not tags.table
    assert origin.vocabulary.categories is dest.vocabulary.categories
    assert_array_equal(fitted.embeddings_["origin"], fitted.embeddings_["dest"])
    for column in origin, dest:
        counts = X[column.name].value_counts().sort_index()
        assert column.vocabulary.counts.tolist() == counts.tolist()
    towns = sorted({*X["origin"], *X["dest"]})
    assert fitted.categories_["dest"].tolist() == towns


@pytest.mark.slow
def test_what_one_column_has_learned_the_other_knows(small):
    rng = np.random.default_rng(0)
    names = [f"t{k:02d}" for k in range(20)]
    level = dict(zip(names, rng.permutation(np.linspace(-2, 2, 20)), strict=True))
    home, away = rng.choice(names, 600), rng.choice(names[:12], 600)
    X = pd.DataFrame({"home": home, "away": away})
    y = X["home"].map(level) - X["away"].map(level) + 0.05 * rng.normal(size=600)
    new = pd.DataFrame({"home": "t00", "away": names[12:]})
    truth = level["t00"] - new["away"].map(level)

    def correlation(shared):
        model = EntityEmbeddingRegressor(max_iter=30, random_state=0, shared_embeddings=shared)
        return np.corrcoef(model.fit(X, y).predict(new), truth)[0, 1]

    assert correlation([("home", "away")]) > 0.9
    with np.errstate(invalid="ignore"):  # alone, all that are new are one
        assert np.isnan(correlation(None))


def test_the_encoder_measures_each_column_in_its_place(trips, small):
    X, y = trips
    inside = EntityEmbeddingRegressor(**small, shared_embeddings=SHARED)
    encoder = EntityEmbeddingEncoder(inside, cv=2, n_components=2, random_state=0)
    out = encoder.fit_transform(X, y)
    assert out.shape == (len(X), 2 + 2 + 2 + 1)
    origin, dest, _ = encoder.state_.columns
    assert (origin.table != dest.table).any()
    frames = encoder.to_frame()
    assert frames["origin"]["category"].tolist() == frames["dest"]["category"].tolist()
    assert (frames["origin"]["count"] != frames["dest"]["count"]).any()
    networks = clone(encoder).set_params(cross_fit="networks").fit_transform(X, y)
    assert networks.shape == out.shape


def test_a_category_of_one_column_only_has_no_effect_in_the_other(trips, small):
    X, y = trips
    X = X.assign(dest=X["dest"].replace("t00", "t01"))
    encoder = EntityEmbeddingEncoder(
        EntityEmbeddingRegressor(**small, shared_embeddings=SHARED), random_state=0
    ).fit(X, y)
    support = encoder.support_["dest"].loc["t00"]
    assert (support["count"], support["trusted"]) == (0, False)
    assert encoder.embeddings_["dest"].loc["t00", "dest_effect"] == 0
    table = encoder.estimator_.embeddings_["dest"]
    assert (table.loc["t00"] != table.loc["t01"]).all()


def test_a_column_of_lists_and_one_of_single_values(trips, small):
    X, y = trips
    X = X.assign(first=[cell[0] if cell else None for cell in X["tags"]])
    model = EntityEmbeddingRegressor(**small, shared_embeddings=[["tags", "first"]]).fit(X, y)
    *_, first, tags = model.state_.columns
    assert (first.name, tags.name) == ("first", "tags")
    assert first.table is tags.table
    assert np.isfinite(EntityEmbeddingEncoder(model, cv=2).fit_transform(X, y)).all()


def test_types_of_the_same_value_are_one_category(small):
    X = pd.DataFrame(
        {"a": pd.array([1, 2, 3] * 10), "b": pd.Series([1, "x", 3] * 10, dtype=object)}
    )
    model = EntityEmbeddingRegressor(
        **small, categorical_features=["a", "b"], shared_embeddings=[(0, 1)]
    ).fit(X, np.arange(30.0))
    assert model.categories_["a"].tolist() == [1, 2, 3, "x"]
    assert_array_equal(model.to_codes(X)[0][:3], [[3, 3], [4, 6], [5, 5]])


def test_training_goes_on_with_one_table(trips, small):
    X, y = trips
    model = EntityEmbeddingRegressor(**small, shared_embeddings=SHARED, warm_start=True)
    before = model.fit(X, y).embeddings_["dest"]
    after = model.fit(X, y)
    assert (after.embeddings_["dest"] != before).any().all()
    assert_array_equal(after.embeddings_["dest"], after.embeddings_["origin"])


def test_rare_categories_are_counted_in_all_columns(trips, small):
    X, y = trips
    counts = X["origin"].value_counts().add(X["dest"].value_counts())
    model = EntityEmbeddingRegressor(
        **small, shared_embeddings=SHARED, min_frequency=int(counts.median())
    ).fit(X, y)
    own = model.state_.columns[0].vocabulary.own
    assert set(own) == set(counts.index[counts >= int(counts.median())])


def test_dimensions_are_those_of_the_group(trips, small):
    X, y = trips
    small["embedding_dim"] = {"origin": 5, "dest": 5}
    model = EntityEmbeddingRegressor(**small, shared_embeddings=SHARED).fit(X, y)
    assert model.embedding_dims_["dest"] == 5
    assert_allclose(model.embeddings_["dest"].to_numpy(), model.embeddings_["origin"].to_numpy())


@pytest.mark.parametrize(
    ("shared", "message"),
    [
        ([("origin", "home")], "shared_embeddings names 'home', which is not a column of X"),
        ([("origin", "hour")], "column 'hour', which is not embedded.*categorical_features"),
        ([("origin", "dest"), ("dest", "tags")], "names column 'dest' twice.*in one group"),
        ([("origin",)], r"holds \('origin',\): use groups of two columns or more"),
        (["origin", "dest"], "holds 'origin': use groups of two columns or more"),
        ([("origin", 9)], "shared_embeddings holds 9: use column names or positions from 0 to 3"),
    ],
)
def test_groups_that_are_none(shared, message, trips, small):
    X, y = trips
    with pytest.raises(ValueError, match=message):
        EntityEmbeddingRegressor(**small, shared_embeddings=shared).fit(X, y)
