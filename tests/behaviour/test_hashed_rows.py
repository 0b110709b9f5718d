"""Values without a row of their own share hashed rows, wherever estimators look at them."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from vocabularies import hashed_rows

from sk_entity import (
    CategoryMerger,
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
)
from sk_entity.inspection import (
    EmbeddingDisplay,
    category_effects,
    cluster,
    compare,
    export_projector,
    most_similar,
    unseen,
)
from sk_entity.onnx import to_onnx
from sk_entity.persistence import load, save

N_HASHED, N_OWN = 5, 6
SMALL = {
    "embedding_dim": 2,
    "hidden_layer_sizes": (8,),
    "max_iter": 3,
    "batch_size": 64,
    "min_frequency": 20,
    "random_state": 0,
    "device": "cpu",
}
OWN = [f"shop {k}" for k in range(N_OWN)]


@pytest.fixture(scope="module")
def table():
    """Six frequent shops, sixty rare ones, and missing cells."""
    rng = np.random.default_rng(0)
    rare = [f"rare {k}" for k in range(60)]
    shop = np.array([*rng.choice(OWN, 280), *rng.choice(rare, 100), *[None] * 20], dtype=object)
    shop = shop[rng.permutation(len(shop))]
    day = rng.choice(["mon", "tue"], len(shop))
    X = pd.DataFrame({"shop": shop, "day": day, "price": rng.normal(size=len(shop))})
    effect = {value: rng.normal() for value in [*OWN, *rare, None]}
    return X, np.array([effect[value] for value in shop]) + 0.1 * rng.normal(size=len(shop))


@pytest.fixture(scope="module")
def regressor(table):
    with hashed_rows(shop=N_HASHED):
        return EntityEmbeddingRegressor(**SMALL).fit(*table)


@pytest.fixture(scope="module")
def encoder(table):
    with hashed_rows(shop=N_HASHED):
        encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SMALL), cv=2)
        encoder.fit_transform(*table)
        return encoder


def fresh(*shops):
    return pd.DataFrame({"shop": shops, "day": "mon", "price": 0.5})


def codes(estimator, X):
    network = getattr(estimator, "estimator_", estimator)
    return network.to_codes(X)[0][:, 0]


def test_the_table_has_rows_for_own_and_hashed_values_only(regressor, table):
    X, _ = table
    n_rows = 3 + N_HASHED + N_OWN
    assert regressor.state_.weights.tables[0].mean.shape == (n_rows, 2)
    assert regressor.categories_["shop"].tolist() == OWN
    assert regressor.embeddings_["shop"].index.tolist() == OWN
    assert regressor.special_embeddings_["shop"].index.tolist() == [
        "unknown",
        "missing",
        "infrequent",
    ]
    found = codes(regressor, X)
    rare = X["shop"].str.startswith("rare").eq(True).to_numpy(bool)
    assert set(found[rare]) == set(range(3, 3 + N_HASHED))
    assert set(found[X["shop"].isin(OWN)]) == set(range(3 + N_HASHED, n_rows))
    assert set(found[X["shop"].isna()]) == {1}
    counts = regressor.state_.coder.row_counts[0]
    assert_array_equal(counts, np.bincount(found, minlength=n_rows))


def test_a_hashed_row_is_trained_and_has_an_effect(encoder):
    mean = encoder.state_.network.weights.tables[0].mean
    assert len(np.unique(mean[3 : 3 + N_HASHED], axis=0)) == N_HASHED
    effects = encoder.state_.columns[0].table[3 : 3 + N_HASHED, 0]
    assert len(np.unique(effects)) == N_HASHED
    rows = codes(encoder, fresh("rare 1", "never seen"))
    out = encoder.transform(fresh("rare 1", "never seen"))
    width = encoder.state_.columns[0].table.shape[1]
    assert_array_equal(out[:, :width], encoder.state_.columns[0].table[rows])


def test_a_hashed_row_that_no_training_row_has_reached_is_unknown(table):
    with hashed_rows(shop=3000):
        regressor = EntityEmbeddingRegressor(**SMALL | {"max_iter": 1}).fit(*table)
    counts = regressor.state_.coder.row_counts[0]
    mean = regressor.state_.weights.tables[0].mean
    empty = np.flatnonzero(counts[3:3003] == 0) + 3
    assert len(empty) > 2900
    assert (mean[empty] == mean[0]).all()


def test_one_row_is_predicted_as_many_are(regressor):
    X = fresh("shop 1", "rare 3", "never", None)
    assert_array_equal(
        regressor.predict(X), [regressor.predict(X[k : k + 1])[0] for k in range(len(X))]
    )
    assert_array_equal(regressor.predict(X), regressor.predict(pd.concat([X] * 60))[:4])


def test_nothing_is_unknown(regressor):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.loads(pickle.dumps(regressor)).set_params(handle_unknown="error").predict(
            fresh("never seen", "nor this")
        )
    found = unseen(regressor, fresh("never seen", "rare 3", "shop 1", None, None))
    assert found.loc["shop", "n_rows"].to_dict() == {"unknown": 0, "missing": 2, "infrequent": 2}
    assert found.loc[("shop", "infrequent"), "values"] == {"never seen": 1, "rare 3": 1}
    assert found.loc[("shop", "infrequent"), "training_fraction"] == 0.25
    assert found.loc[("shop", "unknown"), "training_fraction"] == 0


def test_files_and_pickles_keep_them(regressor, encoder, table, tmp_path):
    X = fresh("shop 1", "rare 3", "never", None)
    for estimator, method in ((regressor, "predict"), (encoder, "transform")):
        path = tmp_path / "file.safetensors"
        save(estimator, path)
        for other in (load(path), pickle.loads(pickle.dumps(estimator))):
            assert_array_equal(getattr(other, method)(X), getattr(estimator, method)(X))
            vocabulary = other.state_.columns[0].vocabulary
            assert vocabulary.n_hashed == N_HASHED
            assert vocabulary.other_counts.sum() == 100


def test_a_value_with_a_row_of_its_own_starts_at_the_hashed_row_that_it_had(encoder, table):
    X = pd.concat([fresh("rare 3")] * 30 + [fresh("rare 4")], ignore_index=True)
    y = np.full(len(X), 5.0)
    kept = fresh(*OWN, "rare 4", "never", None)
    before = encoder.transform(kept)
    grown = pickle.loads(pickle.dumps(encoder)).partial_fit(X, y, only_new=True)
    assert grown.state_.columns[0].vocabulary.own.tolist() == [*OWN, "rare 3"]
    assert_array_equal(grown.transform(kept), before)
    assert codes(grown, fresh("rare 3")) == 3 + N_HASHED + N_OWN
    moved = grown.transform(fresh("rare 3"))[0, 0] - encoder.transform(fresh("rare 3"))[0, 0]
    assert moved > 1
    all_of_it = pickle.loads(pickle.dumps(encoder)).partial_fit(X, y)
    assert_array_equal(codes(all_of_it, kept), codes(encoder, kept))
    counts = all_of_it.state_.network.coder.row_counts[0]
    assert counts.sum() == len(table[0]) + len(X)


def test_a_regressor_goes_on_learning(regressor):
    X = pd.concat([fresh("rare 3")] * 30 + [fresh("new", "shop 1", None)], ignore_index=True)
    grown = pickle.loads(pickle.dumps(regressor)).partial_fit(X, np.full(len(X), 5.0))
    assert grown.categories_["shop"].tolist() == ["rare 3", *OWN]
    assert_array_equal(codes(grown, fresh(*OWN, "new")), codes(regressor, fresh(*OWN, "new")))
    fixed = pickle.loads(pickle.dumps(regressor)).partial_fit(
        X, np.full(len(X), 5.0), only_new=True
    )
    kept = fresh(*OWN, "new", None)
    assert_array_equal(fixed.predict(kept), regressor.predict(kept))


def test_a_classifier_encodes_them_as_levels():
    rng = np.random.default_rng(0)
    user, effect = rng.integers(300, size=1500), rng.normal(size=300)
    X = pd.DataFrame({"user": [f"user {u}" for u in user]})
    with hashed_rows(user=150):
        classifier = EntityEmbeddingClassifier(**SMALL).fit(X, effect[user] > 0)
    assert len(classifier.state_.encoding) == 1
    asked = pd.DataFrame({"user": ["user 1", "user 2", "never seen"]})
    assert len(np.unique(classifier.to_codes(asked)[1])) == 3
    proba = classifier.predict_proba(asked)
    assert_array_equal(proba[:1], classifier.predict_proba(asked[:1]))


def test_lists_and_shared_tables_have_them(table):
    X, y = table
    members = [[s, "rare too"] if isinstance(s, str) else [] for s in X["shop"]]
    X = X.assign(day=X["shop"].to_numpy()[::-1], tags=members)
    with hashed_rows(shop=N_HASHED, tags=2):
        regressor = EntityEmbeddingRegressor(
            **SMALL,
            shared_embeddings=[("shop", "day")],
            categorical_features=["shop", "day", "tags"],
        ).fit(X, y)
    first, second, tags = (c.vocabulary for c in regressor.state_.coder.categorical)
    assert (first.n_hashed, second.n_hashed, tags.n_hashed) == (N_HASHED, N_HASHED, 2)
    assert regressor.state_.weights.tables[0] is regressor.state_.weights.tables[1]
    assert np.isfinite(regressor.predict(X.head())).all()


def test_an_encoder_looks_them_up_and_says_what_is_infrequent(encoder, table):
    X, _ = table
    vectors = encoder.transform(fresh("shop 2", "rare 3", None))
    back = encoder.inverse_transform(vectors)
    shops = back["shop"] if hasattr(back, "columns") else back[:, 0]
    assert list(shops)[:2] == ["shop 2", "infrequent_sklearn"]
    assert encoder.support_["shop"].index.tolist() == OWN
    assert encoder.support_["shop"]["spread"].notna().all()
    frame = encoder.to_frame("shop")
    assert frame["kind"].tolist() == ["category"] * N_OWN + ["missing", "unknown"]


def test_neighbours_and_groups_are_of_categories(encoder):
    assert set(most_similar(encoder, "shop", "shop 0").index) == set(OWN[1:])
    with pytest.raises(ValueError, match="no category 'rare 3'.*keeps its frequent values only"):
        most_similar(encoder, "shop", "rare 3")
    assert cluster(encoder, "shop", 3, random_state=0).index.tolist() == OWN


def test_effects_of_rare_values_are_those_of_their_hashed_rows(regressor, table):
    X, _ = table
    found = category_effects(
        regressor, X, "shop", categories=["shop 1", "rare 3"], n_samples=20, random_state=0
    )
    assert (found["upper"] > found["lower"]).all()
    row = codes(regressor, fresh("rare 3"))[0]
    vocabulary = regressor.state_.coder.categorical[0].vocabulary
    same = [v for v in X["shop"].dropna().unique() if codes(regressor, fresh(v))[0] == row]
    assert len(same) > 1
    assert vocabulary.rows_of(pd.Index(same, dtype=object)).tolist() == [row] * len(same)
    other = category_effects(
        regressor, X, "shop", categories=["shop 1", same[-1]], n_samples=20, random_state=0
    )
    assert_allclose(other.loc[same[-1], "mean"], found.loc["rare 3", "mean"])


def test_a_rare_value_of_another_fit_is_infrequent_in_a_comparison(encoder, table):
    X, y = table
    with hashed_rows(shop=N_HASHED):
        network = EntityEmbeddingRegressor(**SMALL | {"max_categories": 4})
        fewer = EntityEmbeddingEncoder(network, cv=2)
        fewer.fit_transform(X, y)
    found = compare(encoder, fewer, "shop")
    own = fewer.state_.columns[0].vocabulary.own.tolist()
    assert found["kind"].to_dict() == {s: "both" if s in own else "infrequent" for s in OWN}
    other = next(s for s in OWN if s not in own)
    effect = fewer.state_.columns[0].table[codes(fewer, fresh(other))[0], 0]
    assert_allclose(found.loc[other, "shop_effect_b"], effect)


def test_groups_have_them(table):
    X, y = table
    with hashed_rows(shop=N_HASHED):
        merger = CategoryMerger(
            EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SMALL), cv=2),
            n_clusters=3,
            random_state=0,
        )
        merged = merger.fit_transform(X, y)
    assert merged["shop"].notna().all()
    assert merger.mapping_["shop"].index.tolist() == OWN
    out = merger.transform(fresh("rare 3", "never", "shop 1"))["shop"]
    assert out.astype(str).str.startswith("group_").all()


def test_pictures_and_files_show_categories(encoder, tmp_path):
    pytest.importorskip("matplotlib")
    display = EmbeddingDisplay.from_estimator(encoder, "shop", min_count=1)
    assert display is not None
    _, metadata = export_projector(encoder, "shop", tmp_path)
    names = pd.read_csv(metadata, sep="\t")["category"].tolist()
    assert names == [*OWN, "missing", "unknown"]


def test_html_says_how_many(regressor):
    html = regressor._repr_html_()
    assert "<th>hashed rows</th>" in html
    assert f"<td>{N_HASHED}</td>" in html


def test_torch_looks_up_the_same_rows(regressor):
    torch = pytest.importorskip("torch")
    X = fresh("shop 1", "rare 3", "never", None)
    module = regressor.to_torch()
    with torch.no_grad():
        out = module(*map(torch.from_numpy, regressor.to_codes(X)))
    assert_allclose(out.numpy().ravel(), regressor.predict(X), rtol=1e-4)


def test_onnx_refuses_and_says_the_way_out(regressor, table):
    with pytest.raises(ValueError, match="Column 'shop' has 5 rows for the hashes"):
        to_onnx(regressor, table[0])


def test_networks_of_folds_may_keep_fewer_values(table):
    X, y = table
    most = X["shop"].value_counts().iloc[:N_OWN]
    network = EntityEmbeddingRegressor(**SMALL | {"min_frequency": int(most.iloc[2] // 2)})
    with hashed_rows(shop=N_HASHED):
        encoder = EntityEmbeddingEncoder(network, cv=2, cross_fit="networks")
        assert np.isfinite(encoder.fit_transform(X.drop(columns="price"), y)).all()
    support = encoder.support_["shop"]
    # What no fold has kept, none has confirmed.
    assert support["spread"].isna().any()
    assert support["spread"].notna().any()


def test_given_vectors_stand_beside_hashed_rows(table):
    X, y = table
    given = pd.DataFrame([[1.0, 2.0], [3.0, -1.0]], index=["rare 3", "shop 1"])
    with hashed_rows(shop=N_HASHED):
        regressor = EntityEmbeddingRegressor(
            **SMALL, embedding_init={"shop": given}, freeze_embeddings=True
        ).fit(X, y)
    assert_allclose(regressor.embeddings_["shop"].loc[given.index], given, rtol=1e-5)
    assert regressor.categories_["shop"].tolist() == ["rare 3", *OWN]
