"""Categories that behave alike become one, in any container, without a row's own target."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sk_entity import CategoryMerger, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import cluster

SETTINGS = {"max_iter": 8, "hidden_layer_sizes": (16,), "device": "cpu", "random_state": 0}


def rows(n_samples=1500, seed=0):
    """Twelve shops of three levels, three rare ones, missing cells; a day of five; a price."""
    rng = np.random.default_rng(seed)
    shop, day = rng.integers(12, size=n_samples), rng.integers(5, size=n_samples)
    X = pd.DataFrame({"price": rng.normal(size=n_samples), "shop": [f"s{s:02d}" for s in shop]})
    X["day"] = np.array(["mo", "tu", "we", "th", "fr"])[day]
    y = 3.0 * (shop % 3) + 0.5 * day + X["price"].to_numpy() + 0.3 * rng.normal(size=n_samples)
    X.loc[:2, "shop"] = ["rare 1", "rare 2", "rare 3"]
    X.loc[3:50, "shop"] = None
    y[3:51] += 20
    return X, y


def merger(**parameters):
    network = EntityEmbeddingRegressor(min_frequency=4, **SETTINGS)
    parameters = {"n_clusters": 4, "random_state": 0} | parameters
    return CategoryMerger(EntityEmbeddingEncoder(network, cv=3), **parameters)


@pytest.fixture(scope="module")
def fitted():
    return merger().fit(*rows())


def test_groups_are_those_of_the_truth(fitted):
    groups = fitted.mapping_["shop"]
    assert (groups.name, groups.index.name) == ("group", "shop")
    own = groups[groups.index.str.startswith("s")]
    assert own.to_dict() == {f"s{s:02d}": f"group_{s % 3}" for s in range(12)}
    special = fitted.special_mapping_["shop"]
    # Missing cells differ from all others.
    assert special["missing"] == "group_3"
    assert set(groups[["rare 1", "rare 2", "rare 3"]]) == {special["infrequent"]}


def test_they_are_those_that_cluster_finds(fitted):
    for name, groups in fitted.mapping_.items():
        found = cluster(fitted.estimator_, name, 4, random_state=0)
        assert (groups[found.index] == "group_" + found.astype(str)).all()
    # Between levels there are no gaps to find: the seed decides, and it is the same.
    X, y = rows()
    X["id"] = np.random.default_rng(1).integers(40, size=len(X)).astype(str)
    X["other"] = X["id"].to_numpy()[::-1]
    X.loc[::7, "other"] = None
    many = merger(n_clusters=7, random_state=3).fit(X, y)
    for name in ("id", "other"):
        found = cluster(many.estimator_, name, 7, random_state=3)
        assert (many.mapping_[name][found.index] == "group_" + found.astype(str)).all()


def test_it_has_groups_and_no_vectors(fitted):
    assert list(fitted.mapping_) == ["shop", "day"]
    assert not hasattr(fitted, "embeddings_")
    assert not hasattr(fitted, "special_embeddings_")


def test_all_else_stays_as_it_was(fitted):
    X, _ = rows()
    X.index = X.index[::-1]
    out = fitted.transform(X)
    assert list(out.columns) == list(X.columns) == list(fitted.get_feature_names_out())
    assert out.index.equals(X.index)
    assert out["price"].equals(X["price"])
    assert out["shop"].cat.ordered
    assert list(out["shop"].cat.categories) == ["group_0", "group_1", "group_2", "group_3"]
    expected = X["shop"].map(fitted.mapping_["shop"]).fillna("group_3")
    assert (out["shop"].astype(object) == expected).all()


def test_values_that_nobody_has_seen_have_a_group(fitted):
    X = pd.DataFrame({"price": [0.0], "shop": ["new"], "day": ["su"]})
    out = fitted.transform(X).iloc[0]
    assert out["shop"] == fitted.special_mapping_["shop"]["unknown"]
    assert out["day"] == fitted.special_mapping_["day"]["unknown"]


def test_polars_and_arrow(fitted):
    X, _ = rows()
    expected = fitted.transform(X)
    out = fitted.transform(pl.from_pandas(X))
    assert out.schema["shop"] == pl.Enum(["group_0", "group_1", "group_2", "group_3"])
    assert out["shop"].to_list() == expected["shop"].to_list()
    arrow = fitted.transform(pa.Table.from_pandas(X))
    assert arrow["shop"].to_pylist() == expected["shop"].to_list()
    assert arrow["price"].to_pylist() == X["price"].to_list()


def test_arrays():
    X, y = rows()
    model = merger().fit(X.to_numpy(), y)
    out = model.transform(X.to_numpy())
    assert list(model.mapping_) == ["x1", "x2"]
    assert out.dtype == object
    assert (out[:, 0] == X["price"]).all()
    assert out[0, 1] == model.mapping_["x1"]["rare 1"]


@pytest.mark.slow
@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_set_output(container):
    X, y = rows(400)
    model = merger(n_clusters=3).set_output(transform=container)
    kind = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[container]
    for given in (X, pl.from_pandas(X), X.to_numpy()):
        out = model.fit_transform(given, y)
        assert isinstance(out, kind)
        assert list(out.columns) == list(model.get_feature_names_out())
        assert list(model.transform(given).columns) == list(out.columns)


@pytest.mark.slow
def test_no_row_finds_its_own_target_in_its_group():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"id": rng.integers(300, size=900).astype(str), "x": rng.normal(size=900)})
    y = rng.normal(size=900)

    def seeming_skill(cv):
        network = EntityEmbeddingRegressor(**SETTINGS)
        model = CategoryMerger(EntityEmbeddingEncoder(network, cv=cv), n_clusters=6, random_state=0)
        groups = model.fit_transform(X, y)["id"]
        means = pd.Series(y).groupby(groups.to_numpy(), observed=True).transform("mean")
        return np.corrcoef(means, y)[0, 1]

    assert seeming_skill(cv=None) > 0.5
    assert seeming_skill(cv=3) < 0.15


@pytest.mark.slow
def test_each_group_has_rows_to_learn_from():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"id": rng.integers(60, size=900).astype(str), "x": rng.normal(size=900)})
    y = 0.03 * X["id"].astype(int) + rng.normal(size=900)
    # Groups that are finer than the vectors are certain.
    model = CategoryMerger(EntityEmbeddingRegressor(**SETTINGS), n_clusters=40, random_state=0)
    fine = clone(model).fit(X, y)
    out = model.fit_transform(X, y)["id"].astype(object)
    own = X["id"].map(model.mapping_["id"])
    assert fine.mapping_["id"].nunique() == 40
    assert 1 < model.mapping_["id"].nunique() < 40
    counts = pd.DataFrame({"in training": out.value_counts(), "later": own.value_counts()})
    assert (counts["in training"] >= counts["later"] / 2).all()
    assert set(own) == set(model.mapping_["id"])


def test_a_column_of_few_levels_keeps_them():
    X, y = rows(600)
    model = merger(n_clusters=5)
    out = model.fit_transform(X, y)
    groups = model.mapping_["day"]
    assert groups.nunique() == 5
    # Nothing is merged, and so nothing is cross-fitted.
    assert (out["day"].astype(object) == X["day"].map(groups)).all()


@pytest.mark.slow
def test_in_front_of_other_models_and_in_a_search():
    X, y = rows()
    one_hot = make_column_transformer((OneHotEncoder(), ["shop", "day"]), remainder="passthrough")
    steps = [("merger", merger()), ("one_hot", one_hot), ("ridge", Ridge())]
    search = GridSearchCV(Pipeline(steps), {"merger__n_clusters": [1, 4]}, cv=2).fit(X, y)
    assert search.best_params_ == {"merger__n_clusters": 4}
    X.loc[0, "shop"] = "a new one"
    assert search.predict(X).shape == y.shape
    boosted = HistGradientBoostingRegressor(categorical_features="from_dtype", max_iter=20)
    assert make_pipeline(merger(), boosted).fit(X, y).score(X, y) > 0.9


@pytest.mark.slow
def test_frozen_estimators_are_used_as_they_are():
    X, y = rows()
    network = EntityEmbeddingRegressor(**SETTINGS).fit(X, y)
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SETTINGS)).fit(X, y)
    for given in (network, encoder):
        model = CategoryMerger(FrozenEstimator(given), n_clusters=4, random_state=0)
        out = model.fit_transform(X)
        pd.testing.assert_frame_equal(out, model.transform(X))
        assert model.mapping_["shop"]["s00"] == model.mapping_["shop"]["s03"]
    assert model.estimator_ is encoder
    with pytest.raises(TypeError, match="must hold an EntityEmbeddingEncoder"):
        CategoryMerger(FrozenEstimator(Ridge().fit(X[["price"]], y))).fit(X, y)
    with pytest.raises(ValueError, match="feature names"):
        CategoryMerger(FrozenEstimator(encoder)).fit(X.rename(columns={"shop": "store"}))


def test_networks_and_none_are_put_in_an_encoder():
    X, y = rows(300)
    features = {"categorical_features": ["shop"], "n_clusters": 2, "random_state": 1}
    model = CategoryMerger(EntityEmbeddingRegressor(**SETTINGS), **features)
    X = X.drop(columns="day")
    model.fit(X, y)
    assert list(model.mapping_) == ["shop"]
    assert model.estimator_.random_state == 1
    assert isinstance(model.estimator_, EntityEmbeddingEncoder)


def test_a_failed_fit_changes_nothing(fitted):
    X, y = rows(100)
    model = clone(fitted).set_params(n_clusters=0)
    with pytest.raises(ValueError, match="'n_clusters' parameter"):
        model.fit(X, y)
    with pytest.raises(NotFittedError):
        model.transform(X)
    with pytest.raises(NotFittedError):
        _ = model.mapping_


def test_columns_of_lists_and_of_one_table(trips):
    X, y = trips
    network = EntityEmbeddingRegressor(
        categorical_features=["origin", "dest", "tags"],
        shared_embeddings=[["origin", "dest"]],
        **SETTINGS,
    )
    model = CategoryMerger(EntityEmbeddingEncoder(network, cv=2), n_clusters=3, random_state=0)
    out = model.fit_transform(X, y)
    assert out["tags"].notna().all()
    assert out["hour"].equals(X["hour"])
    groups = model.mapping_["tags"]
    single = model.transform(X.head(1).assign(tags=[["f"]]))
    assert single["tags"].iloc[0] == groups["f"]
