"""What cross-fitting gives: vectors without their own target, in one basis, with their support."""

from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._vectors import encoding
from sk_entity._vectors.encoding import background_sample, encode, encode_fold

GEOMETRY_ROWS = 1500


@pytest.fixture(scope="module")
def geometry():
    """Shops with a level and a slope in price, days that shift it; rows, target and the truth."""
    rng = np.random.default_rng(0)
    shop, day = rng.integers(0, 30, GEOMETRY_ROWS), rng.integers(0, 7, GEOMETRY_ROWS)
    price = rng.normal(size=GEOMETRY_ROWS)
    level, slope = rng.normal(size=30), rng.normal(size=30)
    y = level[shop] + slope[shop] * price + 0.3 * day + rng.normal(0, 0.3, GEOMETRY_ROWS)
    X = pd.DataFrame({"shop": [f"s{s:02d}" for s in shop], "day": day.astype(str), "price": price})
    return SimpleNamespace(X=X, y=y, level=level, slope=slope, shop=shop)


def learner(seed=0, **settings):
    settings = {"max_iter": 15, "device": "cpu", "hidden_layer_sizes": (64, 32)} | settings
    return EntityEmbeddingRegressor(random_state=seed, **settings)


@pytest.fixture(scope="module")
def cross_fitted(geometry):
    """An encoder after fit_transform, and what that has returned."""
    encoder = EntityEmbeddingEncoder(learner())
    return encoder, encoder.fit_transform(geometry.X, geometry.y)


def columns_of(encoder, name):
    names = encoder.get_feature_names_out()
    return [i for i, n in enumerate(names) if n.startswith(f"{name}_")]


def gradients_of(network, X):
    """Of the outputs with respect to the vectors, on the background sample."""
    return network.state_.gradients(network._code(X)[background_sample(len(X))])


def encoded_columns(network, X, n_components):
    return encode(network.state_.columns, gradients_of(network, X), n_components)


def test_the_first_component_is_the_effect_and_the_next_the_interaction(cross_fitted, geometry):
    vectors = cross_fitted[0].embeddings_["shop"].to_numpy(float)
    means = np.bincount(geometry.shop, geometry.y) / np.bincount(geometry.shop)
    assert np.corrcoef(vectors[:, 0], means)[0, 1] > 0.999
    # The slope in the price is the second thing there is to know about a shop.
    coefficients = Ridge(1e-3).fit(vectors, geometry.slope)
    assert coefficients.score(vectors, geometry.slope) > 0.9
    assert abs(np.corrcoef(vectors[:, 1], geometry.slope)[0, 1]) > 0.8


def test_the_average_training_row_is_the_origin(cross_fitted, geometry):
    encoder, _ = cross_fitted
    encoded = encoder.transform(geometry.X)[:, : len(columns_of(encoder, "shop"))]
    assert_allclose(encoded[:, 1:].mean(axis=0), 0, atol=1e-6)
    assert_allclose(encoded[:, 0].mean(), 0, atol=0.01)  # effects of few rows are shrunk more


def test_rows_have_vectors_of_networks_that_have_not_seen_their_target(geometry):
    folds = [(None, np.arange(0, GEOMETRY_ROWS, 2)), (None, np.arange(1, GEOMETRY_ROWS, 2))]
    encoder = EntityEmbeddingEncoder(learner(max_iter=4), cv=folds, n_components=1)
    encoded = encoder.fit_transform(geometry.X, geometry.y)
    other = geometry.y.copy()
    other[::2] = np.random.default_rng(0).permutation(other[::2])
    again = clone(encoder).fit_transform(geometry.X, other)
    # The unit is a deviation of all targets, which a permutation within a fold leaves as it is.
    assert_allclose(again[::2], encoded[::2], rtol=1e-5)
    assert abs(again[1::2] - encoded[1::2]).max() > 0.1


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


def test_the_order_of_the_folds_changes_nothing(geometry, one_thread):
    order = np.random.default_rng(0).permutation(GEOMETRY_ROWS)
    folds = [(None, f) for f in np.array_split(order, 3)]
    encoders = [EntityEmbeddingEncoder(learner(max_iter=3), cv=cv) for cv in (folds, folds[::-1])]
    first, second = (e.fit_transform(geometry.X, geometry.y) for e in encoders)
    assert_array_equal(first, second)
    for name in ("shop", "day"):
        pd.testing.assert_frame_equal(*(e.support_[name] for e in encoders), rtol=1e-6)


def test_a_rotated_network_has_the_same_vectors(geometry):
    network = learner(max_iter=5).fit(geometry.X, geometry.y)
    reference = encoded_columns(network, geometry.X, None)
    rotated = learner(max_iter=5).fit(geometry.X, geometry.y)
    kernel, start = rotated.state_.weights.layers[0].kernel, 0
    for j, table in enumerate(rotated.state_.weights.tables):
        rows = slice(start, start + table.dim)
        turn = np.linalg.qr(np.random.default_rng(j).normal(size=(table.dim, table.dim)))[0]
        table.mean[:] = table.mean @ turn
        kernel[rows] = turn.T @ kernel[rows]
        start += table.dim
    assert_allclose(rotated.predict(geometry.X), network.predict(geometry.X), atol=1e-3)
    measured = encode_fold(
        rotated.state_.columns, gradients_of(rotated, geometry.X), reference, np.ones(1)
    )
    for column, of_fold in zip(reference, measured, strict=True):
        assert_allclose(of_fold.table, column.table, atol=2e-4 * abs(column.table).max())


def test_two_seeds_have_the_same_leading_axes(geometry, cross_fitted):
    first = cross_fitted[0].embeddings_["shop"]
    second = EntityEmbeddingEncoder(learner(seed=1), cv=None).fit(geometry.X, geometry.y)
    second = second.embeddings_["shop"]
    for k in range(2):
        assert np.corrcoef(first.iloc[:, k], second.iloc[:, k])[0, 1] > 0.95


def test_components_may_be_limited(geometry):
    network = FrozenEstimator(learner().fit(geometry.X, geometry.y))

    def widths(n_components):
        encoder = EntityEmbeddingEncoder(network, n_components=n_components).fit(geometry.X)
        return [v.shape[1] for v in encoder.embeddings_.values()], encoder.embeddings_["shop"]

    all_of_them, full = widths(None)
    assert all_of_them[0] > 3
    for k in (1, 2, 3):
        limited, vectors = widths(k)
        assert limited[0] == k
        assert_array_equal(vectors, full.iloc[:, :k])  # the first are the best
    parts = [widths(part)[0][0] for part in (0.01, 0.5, 0.9, 0.999)]
    assert parts == sorted(parts)
    assert parts[0] == 1
    assert parts[-1] > 1
    assert 1 < widths("auto")[0][0] < all_of_them[0]


def axes_kept(network, X):
    return [len(column.axes) for column in encoded_columns(network, X, "auto")]


def test_auto_keeps_axes_that_are_large(geometry, monkeypatch):
    network = learner().fit(geometry.X, geometry.y)
    kept, found = (encoded_columns(network, geometry.X, n) for n in ("auto", None))
    effects = np.sqrt(
        sum(np.average(c.table[:, 0] ** 2, weights=c.vocabulary.row_counts) for c in found)
    )
    monkeypatch.setattr(encoding, "LEAST_RELIABILITY", 0.0)
    for n, every in zip(axes_kept(network, geometry.X), found, strict=True):
        assert n == (every.axes.sizes >= 0.02 * effects).sum() < len(every.axes)
    for some, every in zip(kept, found, strict=True):
        assert set(some.axes.sizes) <= set(every.axes.sizes)


def test_auto_keeps_axes_that_are_more_than_posterior_variance(geometry, monkeypatch):
    network = learner().fit(geometry.X, geometry.y)
    kept = axes_kept(network, geometry.X)
    monkeypatch.setattr(encoding, "LEAST_SIZE", 0.0)
    for reliability, more_or_fewer in ((0.0, 1), (0.999, -1)):
        monkeypatch.setattr(encoding, "LEAST_RELIABILITY", reliability)
        assert np.sign(sum(axes_kept(network, geometry.X)) - sum(kept)) == more_or_fewer


def test_auto_keeps_no_axis_where_there_is_nothing_to_learn(geometry):
    noise = np.random.default_rng(0).permutation(geometry.y)
    assert axes_kept(learner().fit(geometry.X, geometry.y), geometry.X) != [0, 0]
    assert axes_kept(learner().fit(geometry.X, noise), geometry.X) == [0, 0]


def test_support_says_which_vectors_not_to_trust(geometry):
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


@pytest.mark.parametrize("cv", [None, 3])
def test_without_folds_no_vector_is_trusted_and_some_are_not(cv, geometry):
    X = geometry.X.copy()
    X.loc[:19, "shop"] = [f"once {i}" for i in range(20)]
    support = EntityEmbeddingEncoder(learner(), cv=cv).fit(X, geometry.y).support_["shop"]
    once = support.index.str.startswith("once")
    assert support["spread"].isna().all()
    # The posterior alone tells against a vector, but not for it.
    assert support["trusted"][~once].isna().all()
    assert (support["trusted"][once] == False).all()  # noqa: E712
    assert not support["trusted"].fillna(False).any()


@pytest.mark.parametrize("kind", ["classes", "targets"])
def test_several_outputs_have_an_effect_each(kind, geometry):
    if kind == "classes":
        y = np.digitize(geometry.y, [-1, 1, 3])
        inside = EntityEmbeddingClassifier(max_iter=3, random_state=0)
    else:
        y = np.column_stack([geometry.y, -geometry.y, geometry.X["price"], geometry.y**2])
        inside = learner(max_iter=3)
    encoder = EntityEmbeddingEncoder(inside, cv=2, n_components=None)
    encoded = encoder.fit_transform(geometry.X, y)
    assert encoded.shape == (GEOMETRY_ROWS, len(encoder.get_feature_names_out()))
    for k in range(4):
        own = y == k if kind == "classes" else y[:, k]
        means = np.bincount(geometry.shop, own) / np.bincount(geometry.shop)
        effect = encoder.embeddings_["shop"].iloc[:, k]
        assert np.corrcoef(effect, means)[0, 1] > (0.99 if kind == "classes" else 0.5)
    assert np.isfinite(encoded).all()


def test_groups_are_routed_to_the_splitter(geometry):
    groups = geometry.shop
    encoder = EntityEmbeddingEncoder(learner(max_iter=2), n_components=1)
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


def test_weights_are_routed(geometry):
    weight = np.where(geometry.shop < 15, 5.0, 0.2)
    encoder = EntityEmbeddingEncoder(learner(max_iter=2), cv=2, n_components=1)
    expected = encoder.fit_transform(geometry.X, geometry.y, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        requesting = clone(encoder).set_fit_request(sample_weight=True)
        pipeline = make_pipeline(requesting, Ridge().set_fit_request(sample_weight=True))
        pipeline.fit(geometry.X, geometry.y, sample_weight=weight)
    fitted = pipeline[0]
    assert_allclose(fitted.embeddings_["shop"], encoder.embeddings_["shop"], rtol=1e-4, atol=1e-6)
    alone = Ridge().fit(expected, geometry.y, sample_weight=weight)
    assert_allclose(pipeline[-1].coef_, alone.coef_, rtol=1e-3, atol=1e-4)
    unweighted = clone(encoder).fit_transform(geometry.X, geometry.y)
    assert abs(unweighted - expected).max() > 0.05


def test_it_encodes_the_categorical_columns_of_a_column_transformer(geometry):
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


def test_nothing_fitted_is_lost_by_a_fit_that_fails(cross_fitted, geometry):
    encoder = cross_fitted[0]
    before = encoder.transform(geometry.X)
    with pytest.raises(ValueError, match="Input y contains NaN"):
        encoder.fit_transform(geometry.X, np.append(geometry.y[1:], np.nan))
    assert_array_equal(encoder.transform(geometry.X), before)


# Joins. The table holds what transform does with any value.


@pytest.fixture(scope="module")
def with_special_values(geometry):
    """An encoder that knows missing and infrequent shops, and rows of all kinds to encode."""
    X = geometry.X.copy()
    X.loc[::50, "shop"] = None
    X.loc[[1, 2, 3], "shop"] = ["seldom", "seldom", "once"]
    encoder = EntityEmbeddingEncoder(learner(max_iter=2, min_frequency=5), cv=None)
    encoder.fit(X, geometry.y)
    rows = X.iloc[:60].copy()
    rows.loc[[5, 6], "shop"] = ["never seen", "neither"]
    return encoder, rows


def test_the_table_of_a_column_names_every_kind(with_special_values):
    encoder, _ = with_special_values
    frame = encoder.to_frame("shop")
    kinds = frame.groupby("kind").size()
    assert kinds.to_dict() == {"category": 30, "infrequent": 2, "missing": 1, "unknown": 1}
    by_category = frame.dropna(subset="category").set_index("category")
    names = [n for n in encoder.get_feature_names_out() if n.startswith("shop_")]
    assert list(frame.columns) == ["category", "kind", "count", *names]
    assert_array_equal(by_category[names], encoder.embeddings_["shop"])
    assert_array_equal(
        frame.set_index("kind").loc[["unknown", "missing"], names],
        encoder.special_embeddings_["shop"].loc[["unknown", "missing"]],
    )
    assert by_category.loc["seldom", "count"] == 2
    assert frame.loc[frame["kind"] == "missing", "count"].item() == 30
    with pytest.raises(ValueError, match=r"'price' is no categorical column .*: \['shop', 'day'\]"):
        encoder.to_frame("price")


def test_a_join_in_duckdb_is_transform(with_special_values):
    encoder, rows = with_special_values
    names = [n for n in encoder.get_feature_names_out() if n.startswith("shop_")]
    vectors, rows_of_sql = encoder.to_frame("shop"), rows[["shop"]].reset_index(names="row")  # noqa: F841
    chosen = ", ".join(f"coalesce(v.{n}, u.{n}) AS {n}" for n in names)
    joined = duckdb.sql(
        f"""
        SELECT {chosen}
        FROM rows_of_sql AS x
        LEFT JOIN (FROM vectors WHERE kind <> 'unknown') AS v
            ON x.shop IS NOT DISTINCT FROM v.category
        CROSS JOIN (FROM vectors WHERE kind = 'unknown') AS u
        ORDER BY x.row
        """
    ).df()
    assert_array_equal(
        joined.to_numpy(np.float32), encoder.transform(rows)[:, : len(names)].astype(np.float32)
    )


def test_a_join_in_polars_is_transform(with_special_values):
    encoder, rows = with_special_values
    names = [n for n in encoder.get_feature_names_out() if n.startswith("shop_")]
    vectors = pl.from_pandas(encoder.to_frame("shop"))
    unknown = vectors.filter(pl.col("kind") == "unknown").row(0, named=True)
    joined = (
        pl.from_pandas(rows[["shop"]])
        .join(
            vectors.filter(pl.col("kind") != "unknown"),
            left_on="shop",
            right_on="category",
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .select(pl.col(n).fill_null(unknown[n]) for n in names)
    )
    assert_array_equal(
        joined.to_numpy(), encoder.transform(rows)[:, : len(names)].astype(np.float32)
    )


@pytest.mark.parametrize(
    ("values", "dtype"), [([3, 5, 2**60], "Int64"), ([True, False, True], "boolean")]
)
def test_categories_in_the_table_keep_their_type(values, dtype):
    X = pd.DataFrame({"code": pd.Series(values * 10), "x": np.arange(30.0)})
    encoder = EntityEmbeddingEncoder(
        learner(max_iter=1), cv=None, categorical_features=["code"]
    ).fit(X, np.arange(30.0) % 7)
    frame = encoder.to_frame("code")
    assert frame["category"].dtype == dtype
    assert frame["category"].dropna().tolist() == sorted(set(values))
