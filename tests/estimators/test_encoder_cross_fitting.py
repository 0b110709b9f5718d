"""`fit_transform`: vectors without a row's own target, along one set of axes, with support."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import make_pipeline

from sk_entity import CategoryMerger, EntityEmbeddingClassifier, EntityEmbeddingEncoder
from sk_entity._estimators.refit import refit_columns
from sk_entity._target.examples import Examples


@pytest.fixture(scope="module")
def cross_fitted(geometry, learner):
    """An encoder after fit_transform, and what that has returned."""
    encoder = EntityEmbeddingEncoder(learner(), cv=3)
    return encoder, encoder.fit_transform(geometry.X, geometry.y)


def columns_of(encoder, name):
    names = encoder.get_feature_names_out()
    return [i for i, n in enumerate(names) if n.startswith(f"{name}_")]


@pytest.mark.slow
def test_the_first_component_is_the_effect_and_the_next_the_interaction(cross_fitted, geometry):
    vectors = cross_fitted[0].embeddings_["shop"].to_numpy(float)
    means = np.bincount(geometry.shop, geometry.y) / np.bincount(geometry.shop)
    assert np.corrcoef(vectors[:, 0], means)[0, 1] > 0.999
    # The slope in the price is the second thing there is to know about a shop.
    coefficients = Ridge(1e-3).fit(vectors, geometry.slope)
    assert coefficients.score(vectors, geometry.slope) > 0.9
    assert abs(np.corrcoef(vectors[:, 1], geometry.slope)[0, 1]) > 0.8


@pytest.mark.slow
def test_the_average_training_row_is_the_origin(cross_fitted, geometry):
    encoder, _ = cross_fitted
    encoded = encoder.transform(geometry.X)[:, : len(columns_of(encoder, "shop"))]
    assert_allclose(encoded[:, 1:].mean(axis=0), 0, atol=1e-6)
    assert_allclose(encoded[:, 0].mean(), 0, atol=0.01)  # effects of few rows are shrunk more


def test_rows_have_vectors_of_networks_that_have_not_seen_their_target(geometry, learner):
    folds = [(None, np.arange(0, 1500, 2)), (None, np.arange(1, 1500, 2))]
    encoder = EntityEmbeddingEncoder(learner(max_iter=1), cv=folds, n_components=1)
    encoded = encoder.fit_transform(geometry.X, geometry.y)
    other = geometry.y.copy()
    other[::2] = np.random.default_rng(0).permutation(other[::2])
    again = clone(encoder).fit_transform(geometry.X, other)
    # The unit is a deviation of all targets, which a permutation within a fold leaves as it is.
    assert_allclose(again[::2], encoded[::2], rtol=1e-5)
    assert abs(again[1::2] - encoded[1::2]).max() > 0.1


def test_effects_of_all_folds_are_in_the_unit_of_all_rows(learner):
    rng = np.random.default_rng(0)
    shop, noisy = rng.integers(0, 2, 400), np.arange(400) < 200
    y = np.where(noisy, 5.0, 0.1) * rng.normal(size=400)
    for cell in range(4):
        rows = shop + 2 * noisy == cell
        y[rows] += shop[rows] - y[rows].mean()  # in either half the shops differ by 1
    folds = [(None, np.flatnonzero(noisy)), (None, np.flatnonzero(~noisy))]
    encoder = EntityEmbeddingEncoder(learner(max_iter=1), cv=folds, n_components=1)
    encoded = encoder.fit_transform(pd.DataFrame({"shop": shop.astype(str)}), y)[:, 0]
    # The other half tells the noisy rows of a target that varies a fraction as much.
    between = encoded[noisy & (shop == 1)][0] - encoded[noisy & (shop == 0)][0]
    assert between * encoder.estimator_.state_.target.scale == pytest.approx(1.0, rel=0.01)


@pytest.mark.slow
def test_vectors_of_the_folds_lie_close_together(cross_fitted, geometry):
    encoder, encoded = cross_fitted
    in_sample = encoder.transform(geometry.X)
    for name in ("shop", "day"):
        columns = columns_of(encoder, name)
        apart = np.linalg.norm(encoded[:, columns] - in_sample[:, columns], axis=1)
        table = encoder.embeddings_[name].to_numpy()
        between = np.linalg.norm(table[:, None] - table, axis=2)
        assert apart.mean() < 0.2 * between[between > 0].mean()
        assert encoder.support_[name]["spread"].mean() < 0.2 * between[between > 0].mean()


def test_the_order_of_the_folds_changes_nothing(geometry, one_thread, learner):
    order = np.random.default_rng(0).permutation(1500)
    folds = [(None, f) for f in np.array_split(order, 3)]
    encoders = [EntityEmbeddingEncoder(learner(max_iter=1), cv=cv) for cv in (folds, folds[::-1])]
    first, second = (e.fit_transform(geometry.X, geometry.y) for e in encoders)
    assert_array_equal(first, second)
    for name in ("shop", "day"):
        pd.testing.assert_frame_equal(*(e.support_[name] for e in encoders), rtol=1e-6)


@pytest.mark.slow
def test_two_seeds_have_the_same_leading_axes(geometry, cross_fitted, learner):
    first = cross_fitted[0].embeddings_["shop"]
    second = EntityEmbeddingEncoder(learner(seed=1), cv=None).fit(geometry.X, geometry.y)
    second = second.embeddings_["shop"]
    for k in range(2):
        assert np.corrcoef(first.iloc[:, k], second.iloc[:, k])[0, 1] > 0.95


@pytest.mark.slow
def test_support_says_which_vectors_not_to_trust(geometry, learner):
    rng = np.random.default_rng(0)
    rare = geometry.X.iloc[:40].assign(shop=[f"rare{i}" for i in range(40)])
    X, y = (
        pd.concat([geometry.X, rare], ignore_index=True),
        np.append(geometry.y, rng.normal(size=40)),
    )
    encoder = EntityEmbeddingEncoder(learner(), cv=3)
    encoder.fit_transform(X, y)
    support = encoder.support_["shop"]
    assert_array_equal(support["count"], X["shop"].value_counts().sort_index())
    is_rare = support.index.str.startswith("rare")
    assert support["trusted"][~is_rare].mean() > 0.9
    assert not support["trusted"][is_rare].any()
    assert support["trusted"].notna().all()
    assert support["spread"][is_rare].isna().sum() == 0  # two of three networks have seen it
    assert support["deviation"][is_rare].min() > support["deviation"][~is_rare].max()
    # Rare vectors are drawn towards the average category.
    length = np.linalg.norm(encoder.embeddings_["shop"], axis=1)
    assert length[is_rare].mean() < 0.7 * length[~is_rare].mean()


@pytest.mark.slow
@pytest.mark.parametrize("cv", [None, 3])
def test_without_folds_no_vector_is_trusted_and_some_are_not(cv, geometry, learner):
    X = geometry.X.copy()
    X.loc[:19, "shop"] = [f"once {i}" for i in range(20)]
    support = EntityEmbeddingEncoder(learner(max_iter=8), cv=cv).fit(X, geometry.y).support_["shop"]
    once = support.index.str.startswith("once")
    assert support["spread"].isna().all()
    # The posterior alone tells against a vector, but not for it.
    assert support["trusted"][~once].isna().all()
    assert (support["trusted"][once] == False).all()  # noqa: E712
    assert not support["trusted"].fillna(False).any()


@pytest.mark.parametrize("kind", ["classes", "targets"])
def test_several_outputs_have_an_effect_each(kind, geometry, learner):
    if kind == "classes":
        y = np.digitize(geometry.y, [-1, 1, 3])
        inside = EntityEmbeddingClassifier(max_iter=3, hidden_layer_sizes=(32,), random_state=0)
    else:
        y = np.column_stack([geometry.y, -geometry.y, geometry.X["price"], geometry.y**2])
        inside = learner(max_iter=3)
    encoder = EntityEmbeddingEncoder(inside, cv=2, n_components=None)
    encoded = encoder.fit_transform(geometry.X, y)
    assert encoded.shape == (1500, len(encoder.get_feature_names_out()))
    for k in range(4):
        own = y == k if kind == "classes" else y[:, k]
        means = np.bincount(geometry.shop, own) / np.bincount(geometry.shop)
        effect = encoder.embeddings_["shop"].iloc[:, k]
        assert np.corrcoef(effect, means)[0, 1] > (0.99 if kind == "classes" else 0.5)
    assert np.isfinite(encoded).all()


def test_groups_are_routed_to_the_splitter(geometry, learner):
    groups = geometry.shop
    encoder = EntityEmbeddingEncoder(learner(max_iter=1), n_components=1)
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        encoder.fit_transform(geometry.X, geometry.y, groups=groups)
    with config_context(enable_metadata_routing=True):
        encoder.set_params(cv=GroupKFold(3).set_split_request(groups=True))
        encoded = encoder.fit_transform(geometry.X, geometry.y, groups=groups)
        pipeline = make_pipeline(encoder, Ridge()).fit(geometry.X, geometry.y, groups=groups)
    alone = Ridge().fit(encoded, geometry.y)
    # A shop's network has not seen the shop.
    assert_array_equal(encoded[:, 0], 0)
    assert abs(encoder.transform(geometry.X)[:, 0]).max() > 0.5
    assert_allclose(pipeline[-1].coef_, alone.coef_, rtol=1e-4, atol=1e-4)


def test_it_encodes_the_categorical_columns_of_a_column_transformer(geometry, learner):
    encoder = EntityEmbeddingEncoder(learner(max_iter=2), cv=2)
    columns = make_column_transformer(
        (encoder, ["shop", "day"]), remainder="passthrough", verbose_feature_names_out=False
    )
    pipeline = make_pipeline(columns.set_output(transform="pandas"), Ridge())
    pipeline.fit(geometry.X, geometry.y)
    names = pipeline[0].get_feature_names_out().tolist()
    assert names[0] == "shop_effect"
    assert names[-1] == "price"
    assert pipeline.score(geometry.X, geometry.y) > 0.3


def test_nothing_fitted_is_lost_by_a_fit_that_fails(geometry, learner):
    encoder = EntityEmbeddingEncoder(learner(max_iter=1), cv=2).fit(geometry.X, geometry.y)
    before = encoder.transform(geometry.X)
    with pytest.raises(ValueError, match="Input y contains NaN"):
        encoder.fit_transform(geometry.X, np.append(geometry.y[1:], np.nan))
    assert_array_equal(encoder.transform(geometry.X), before)


@pytest.mark.parametrize("n_components", ["auto", 1, 5, 0.9, None])
@pytest.mark.parametrize("cross_fit", ["tables", "networks"])
def test_a_column_alone_has_its_effect_as_its_vector(n_components, cross_fit, geometry, learner):
    encoder = EntityEmbeddingEncoder(
        learner(max_iter=2), cv=2, n_components=n_components, cross_fit=cross_fit
    )
    encoded = encoder.fit_transform(geometry.X[["shop"]], geometry.y)
    assert encoder.get_feature_names_out().tolist() == ["shop_effect"]
    means = pd.Series(geometry.y).groupby(geometry.X["shop"]).mean()
    effects = encoder.embeddings_["shop"]["shop_effect"]
    assert np.corrcoef(means[effects.index], effects)[0, 1] > 0.999
    assert encoded.shape == (1500, 1)


def rows_of(network, X, y):
    """As a fitted network codes them."""
    frame, y, weight = network._check_rows(X, y, None)
    return Examples(network.state_.coder.code(frame), network.state_.target.code(y), weight)


def test_tables_are_fitted_without_the_targets_of_a_fold(geometry, learner):
    X, y = geometry.X, geometry.y
    network = learner(max_iter=3).fit(X, y)
    folds = [np.arange(k, 1500, 3) for k in range(3)]
    columns = refit_columns(network, rows_of(network, X, y), folds)
    for k, fold in enumerate(folds):
        other = y.copy()
        other[fold] += 100 * np.random.default_rng(0).normal(size=len(fold))
        of_other = refit_columns(network, rows_of(network, X, other), folds)
        for a, b in zip(columns[1 + k], of_other[1 + k], strict=True):
            assert_array_equal(a.table.mean, b.table.mean)
            assert_array_equal(a.means.effects, b.means.effects)
        assert (columns[0][0].table.mean != of_other[0][0].table.mean).any()


def test_a_category_of_one_fold_only_is_unknown_in_it(geometry, learner):
    X = geometry.X.copy()
    X.loc[:2, "shop"] = "rare"
    network = learner(max_iter=3).fit(X, geometry.y)
    whole, without = refit_columns(
        network, rows_of(network, X, geometry.y), [np.arange(3), np.arange(3, 1500)]
    )[:2]
    row = whole[0].vocabulary.rows[whole[0].vocabulary.categories.get_loc("rare")]
    assert_array_equal(without[0].table.mean[row], without[0].table.mean[0])
    assert (whole[0].table.mean[row] != whole[0].table.mean[0]).any()
    assert (without[0].means.effects[row] == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("cross_fit", ["tables", "networks"])
def test_an_identifier_that_tells_something_by_chance_only_is_not_trusted(cross_fit, learner):
    """As scikit-learn's own test of TargetEncoder: what the columns tell, and the identifier."""
    rng = np.random.default_rng(0)
    n_samples = 3000
    group, identifier = rng.integers(0, 20, n_samples), rng.integers(0, n_samples, n_samples)
    y = rng.normal(size=20)[group] + rng.normal(size=n_samples)
    X = pd.DataFrame({"group": group.astype(str), "identifier": identifier.astype(str)})
    weights, scores = {}, {}
    for cv in (5, None):
        encoder = EntityEmbeddingEncoder(
            learner(max_iter=5), cv=cv, n_components=1, cross_fit=cross_fit
        )
        model = make_pipeline(encoder, Ridge(alpha=1e-6)).fit(X[:2000], y[:2000])
        effects = encoder.transform(X[:2000])
        weights[cv] = model[-1].coef_ * effects.std(axis=0)
        scores[cv] = model.score(X[2000:], y[2000:])
    assert abs(weights[5][1]) < 0.2 * abs(weights[5][0])
    assert abs(weights[None][1]) > abs(weights[None][0])
    assert scores[5] > scores[None] + 0.2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_of_the_numbers_is_kept(dtype, geometry, learner):
    X = geometry.X.astype({"price": dtype})
    encoder = EntityEmbeddingEncoder(learner(max_iter=1), cv=2)
    assert encoder.fit_transform(X, geometry.y).dtype == dtype
    assert encoder.transform(X).dtype == dtype


@pytest.mark.slow
@pytest.mark.parametrize(("cross_fit", "most"), [("tables", 0.1), ("networks", 0.2)])
def test_training_and_prediction_see_nearly_the_same_vectors(cross_fit, most, geometry, learner):
    encoder = EntityEmbeddingEncoder(learner(), cross_fit=cross_fit, remainder="drop")
    learned, looked_up = (
        encoder.fit_transform(geometry.X, geometry.y),
        encoder.transform(geometry.X),
    )
    apart = ((learned - looked_up) ** 2).mean(axis=0)
    assert np.sqrt(apart.sum() / looked_up.var(axis=0).sum()) < most
    assert (apart > 0).all()


@pytest.mark.parametrize("inside_of", [None, CategoryMerger])
def test_a_target_that_varies_in_one_fold_is_refused_before_training(
    inside_of, regressor, sales, monkeypatch
):
    monkeypatch.setattr("sk_entity._estimators.start.FreshStart.code_table", None)
    y = np.where(np.arange(120) < 30, np.arange(120.0), 7)
    encoder = EntityEmbeddingEncoder(regressor, cv=KFold(4), cross_fit="networks")
    estimator = encoder if inside_of is None else inside_of(encoder)
    with pytest.raises(ValueError, match="Outside of fold 0 of cv, y is constant"):
        estimator.fit_transform(sales, y)
