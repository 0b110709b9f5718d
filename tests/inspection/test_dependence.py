"""Partial dependence of categories: equal to the definition, with an interval that covers."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from sk_entity import (
    CategoryMerger,
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
)
from sk_entity.inspection import category_effects

SETTINGS = {"max_iter": 10, "hidden_layer_sizes": (32,), "device": "cpu", "random_state": 0}
LEVELS = 20


def rows(n_samples=1000, seed=0, slopes=0.0):
    """Shops with levels, a price and noise; the fewer rows, the later the shop."""
    rng = np.random.default_rng(seed)
    level = rng.normal(size=LEVELS)
    weight = np.linspace(2, 0.2, LEVELS)
    shop, price = rng.choice(LEVELS, n_samples, p=weight / weight.sum()), rng.normal(size=n_samples)
    X = pd.DataFrame({"shop": [f"s{s:02d}" for s in shop], "price": price})
    y = level[shop] + price * (1 + slopes * (shop % 2)) + 0.7 * rng.normal(size=n_samples)
    return X, y, level


def truth(level, index):
    return pd.Series(level, [f"s{k:02d}" for k in range(LEVELS)]).loc[index]


@pytest.fixture(scope="module")
def network():
    X, y, _ = rows()
    return EntityEmbeddingRegressor(**SETTINGS).fit(X, y)


@pytest.fixture(scope="module")
def pipeline():
    X, y, _ = rows()
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SETTINGS), cv=2)
    return make_pipeline(encoder, Ridge()).fit(X, y)


def test_the_mean_is_the_mean_of_predictions_with_the_column_set(network):
    X, _, _ = rows()
    found = category_effects(network, X, "shop", n_samples=len(X), n_draws=0)
    assert list(found.columns) == [
        "mean", "lower", "upper", "difference", "difference_q25", "difference_q75", "count"
    ]  # fmt: skip
    for shop in ("s00", "s19"):
        mean = network.predict(X.assign(shop=shop)).mean()
        assert found.loc[shop, "mean"] == pytest.approx(mean)
    counts = X["shop"].value_counts()
    assert (found["count"] == counts[found.index]).all()
    assert found["count"].is_monotonic_decreasing
    average = np.average(found["mean"], weights=found["count"])
    assert np.allclose(found["difference"], found["mean"] - average)
    assert found[["lower", "upper"]].isna().all(axis=None)


def test_of_additive_data_it_is_the_truth_and_the_interval_covers_it(network, pipeline):
    X, _, level = rows()
    for model in (network, pipeline):
        found = category_effects(model, X, "shop", random_state=0)
        true = truth(level, found.index)
        true -= np.average(true, weights=found["count"])
        assert np.corrcoef(found["difference"], true)[0, 1] > 0.97
        shift = found["mean"] - found["difference"]
        covered = (found["lower"] - shift < true) & (true < found["upper"] - shift)
        assert covered.mean() > 0.6
        width = found["upper"] - found["lower"]
        # Those with few rows are less certain.
        assert width.tail(5).mean() > 1.2 * width.head(5).mean()
        assert (width > 0).all()
        assert (found["difference_q75"] - found["difference_q25"]).mean() < 0.2


@pytest.mark.slow
def test_quartiles_lie_apart_where_other_columns_decide():
    X, y, _ = rows(slopes=3.0)
    model = EntityEmbeddingRegressor(**SETTINGS).fit(X, y)
    found = category_effects(model, X, "shop", n_draws=0)
    assert (found["difference_q25"] < found["difference"]).all()
    assert (found["difference"] < found["difference_q75"]).all()
    assert (found["difference_q75"] - found["difference_q25"]).mean() > 1


def test_a_wider_level_has_a_wider_interval_around_the_same_mean(network):
    X, _, _ = rows()
    narrow, wide = (
        category_effects(network, X, "shop", level=level, random_state=0) for level in (0.5, 0.99)
    )
    assert np.allclose(narrow["mean"], wide["mean"])
    assert ((wide["upper"] - wide["mean"]) > 3 * (narrow["upper"] - narrow["mean"])).all()


@pytest.mark.slow
def test_blocks_of_categories_change_nothing(network, monkeypatch):
    X, _, _ = rows()
    expected = category_effects(network, X, "shop", n_samples=50, random_state=0)
    monkeypatch.setattr("sk_entity.inspection.dependence._MOST_ROWS", 50)
    found = category_effects(network, X, "shop", n_samples=50, random_state=0)
    assert np.allclose(found["mean"], expected["mean"])
    # Drawn otherwise.
    ratio = (found["upper"] - found["mean"]) / (expected["upper"] - expected["mean"])
    assert ratio.between(0.4, 2.5).all()


def test_nothing_of_the_estimator_is_changed(network):
    X, _, _ = rows()
    before = network.predict(X)
    category_effects(network, X, "shop")
    assert (network.predict(X) == before).all()


def test_categories_that_are_asked_for(network):
    X, _, _ = rows()
    assert len(category_effects(network, X, "shop", max_categories=3, n_draws=0)) == 3
    found = category_effects(network, X, "shop", categories=["s07", "s01"], n_draws=0)
    assert list(found.index) == ["s07", "s01"]
    # It is embedded, and in none of these rows.
    some = X[X["shop"] != "s07"]
    found = category_effects(network, some, "shop", categories=["s07", "s01"], n_samples=2000)
    assert found.loc["s07", "count"] == 0
    mean = network.predict(some.assign(shop="s07")).mean()
    assert found.loc["s07", "mean"] == pytest.approx(mean)
    assert found.loc["s07", "lower"] < mean


@pytest.mark.slow
def test_wherever_the_encoder_or_network_is_inside(network, pipeline):
    X, y, _ = rows()
    first = make_pipeline(FunctionTransformer(), clone(network)).fit(X, y)
    log = TransformedTargetRegressor(clone(network), func=np.sinh, inverse_func=np.arcsinh)
    search = GridSearchCV(clone(network), {"max_iter": [3]}, cv=2).fit(X, y)
    frozen = make_pipeline(
        EntityEmbeddingEncoder(FrozenEstimator(network)), RandomForestRegressor(5)
    ).fit(X, y)
    beside = make_column_transformer((EntityEmbeddingEncoder(clone(network), cv=None), list(X)))
    united = make_pipeline(FeatureUnion([("vectors", beside)]), Ridge()).fit(X, y)
    for model in (first, log.fit(X, y), search, frozen, FrozenEstimator(pipeline), united):
        found = category_effects(model, X, "shop", max_categories=3, n_samples=20, n_draws=3)
        assert (found["lower"] < found["mean"]).all()


def test_groups_have_no_interval(network):
    X, y, _ = rows()
    merger = CategoryMerger(clone(network), n_clusters=4)
    one_hot = make_column_transformer((OneHotEncoder(), ["shop"]), remainder="passthrough")
    model = make_pipeline(merger.set_output(transform="pandas"), one_hot, Ridge()).fit(X, y)
    found = category_effects(model, X, "shop", max_categories=3, n_samples=20, n_draws=3)
    assert found["lower"].isna().all()


def test_a_model_that_knows_no_vectors_has_no_interval():
    X, y, level = rows()
    one_hot = make_column_transformer((OneHotEncoder(), ["shop"]), remainder="passthrough")
    model = make_pipeline(one_hot, Ridge(1e-6)).fit(X, y)
    found = category_effects(model, X, "shop", n_draws=5)
    assert found[["lower", "upper"]].isna().all(axis=None)
    assert np.allclose(found["difference_q25"], found["difference_q75"])
    assert np.corrcoef(found["difference"], truth(level, found.index))[0, 1] > 0.97
    with pytest.raises(ValueError, match="no category 's99'. Did you mean"):
        category_effects(model, X, "shop", categories=["s99"])


@pytest.mark.slow
def test_two_classes_and_several():
    X, y, level = rows()
    two = EntityEmbeddingClassifier(**SETTINGS).fit(X, np.where(y > 0, "yes", "no"))
    found = category_effects(two, X, "shop", n_samples=len(X))
    mean = two.predict_proba(X.assign(shop="s03"))[:, 1].mean()
    assert found.loc["s03", "mean"] == pytest.approx(mean)
    assert found["lower"].min() >= 0
    assert found["upper"].max() <= 1
    assert np.corrcoef(found["mean"], truth(level, found.index))[0, 1] > 0.9
    log_odds = category_effects(two, X, "shop", response_method="decision_function", n_draws=0)
    assert log_odds["mean"].min() < 0
    three = EntityEmbeddingClassifier(**SETTINGS).fit(X, np.digitize(y, [-0.5, 0.5]))
    found = category_effects(three, X, "shop", n_draws=2)
    assert list(found.columns.levels[0]) == [0, 1, 2]
    assert np.allclose(found.xs("mean", axis=1, level=1).sum(axis=1), 1)


def test_several_outputs():
    X, y, _ = rows()
    model = EntityEmbeddingRegressor(**SETTINGS).fit(X, np.column_stack([y, -y]))
    found = category_effects(model, X, "shop", n_draws=2)
    assert np.corrcoef(found[0]["difference"], found[1]["difference"])[0, 1] < -0.9


@pytest.mark.slow
def test_any_container():
    X, y, _ = rows()
    X["day"] = np.arange(len(X)) % 3
    of_strings = X.astype({"shop": object})
    expected = None
    for table in (X, pl.from_pandas(X), of_strings, X.astype({"shop": "category"})):
        model = EntityEmbeddingRegressor(**SETTINGS | {"max_iter": 2}).fit(table, y)
        found = category_effects(model, table, "shop", n_samples=50, random_state=0)
        expected = found if expected is None else expected
        assert np.allclose(found.sort_index(), expected.sort_index())
    array = of_strings.to_numpy()
    model = EntityEmbeddingRegressor(**SETTINGS | {"max_iter": 2}).fit(array, y)
    found = category_effects(model, array, "x0", n_samples=50, random_state=0)
    assert np.allclose(found.sort_index(), expected.sort_index(), rtol=1e-4)


def test_integers_and_missing_cells():
    X, y, _ = rows()
    X["shop"] = X["shop"].str[1:].astype("Int64")
    X.loc[::5, "shop"] = pd.NA
    model = EntityEmbeddingRegressor(categorical_features=["shop"], **SETTINGS).fit(X, y)
    found = category_effects(model, X, "shop", n_draws=3)
    assert sorted(found.index) == list(range(LEVELS))
    with pytest.raises(ValueError, match="'3' of type str, but it has 3 of type int"):
        category_effects(model, X, "shop", categories=["3"])


def test_columns_of_one_table_and_of_lists(trips):
    X, y = trips
    model = EntityEmbeddingRegressor(
        categorical_features=["origin", "dest", "tags"],
        shared_embeddings=[["origin", "dest"]],
        **SETTINGS,
    ).fit(X, y)
    found = category_effects(model, X, "tags", n_samples=len(X), n_draws=3)
    mean = model.predict(X.assign(tags=[["a"]] * len(X))).mean()
    assert found.loc["a", "mean"] == pytest.approx(mean)
    assert (found["lower"] < found["upper"]).all()
    found = category_effects(model, X, "dest", n_samples=len(X), n_draws=3)
    mean = model.predict(X.assign(dest="t03")).mean()
    assert found.loc["t03", "mean"] == pytest.approx(mean)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"column": "town"}, "X has no column 'town'. Its columns are"),
        ({"categories": []}, "categories is empty"),
        ({"categories": ["s01", None]}, "a missing value"),
        ({"n_samples": 0}, "n_samples must be an integer, 1 or more"),
        ({"n_draws": 1}, "n_draws=1 has no spread"),
        ({"n_draws": 2.5}, "n_draws must be an integer"),
        ({"max_categories": 0}, "max_categories must be"),
        ({"level": 90}, "level must lie between 0 and 1"),
        ({"response_method": "probability"}, "response_method must be one of"),
    ],
)
def test_bad_input(network, parameters, message):
    X, _, _ = rows()
    with pytest.raises(ValueError, match=message):
        category_effects(network, X, **{"column": "shop"} | parameters)


def test_responses_that_are_not_there(network):
    X, y, _ = rows()
    with pytest.raises(AttributeError, match="no method 'predict_proba'"):
        category_effects(network, X, "shop", response_method="predict_proba")
    classes = LogisticRegression().fit(X[["price"]], y > 0)
    with pytest.raises(ValueError, match="predictions of a classifier are classes"):
        category_effects(classes, X[["price"]], "price", response_method="predict")
    with pytest.raises(NotFittedError):
        category_effects(clone(network), X, "shop")
    with pytest.raises(ValueError, match="nothing but missing cells"):
        category_effects(network, X.assign(shop=None), "shop")
