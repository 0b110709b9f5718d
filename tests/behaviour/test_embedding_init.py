"""Vectors from elsewhere are where a table starts, and what its rows are drawn to."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sk_entity import (
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
)
from sk_entity.persistence import load, save

SETTINGS = {
    "hidden_layer_sizes": (16,),
    "learning_rate_init": 0.01,
    "max_iter": 10,
    "device": "cpu",
    "random_state": 0,
}
N, N_SHOPS = 600, 40
RNG = np.random.default_rng(0)
SHOPS = pd.Index([f"s{k:02d}" for k in range(N_SHOPS)])
TRUTH = pd.DataFrame(RNG.normal(size=(N_SHOPS, 3)), index=SHOPS)
SHOP = RNG.integers(N_SHOPS, size=N)
X = pd.DataFrame({"shop": SHOPS[SHOP], "x": RNG.normal(size=N)})
Y = TRUTH.to_numpy()[SHOP] @ [1.0, -1.0, 0.5] + 0.3 * X["x"].to_numpy()
SEEN = np.flatnonzero(SHOP < 30)[:120]
UNSEEN = np.flatnonzero(SHOP >= 30)


def fitted(vectors=TRUTH, rows=SEEN, **options):
    given = {} if vectors is None else {"embedding_init": {"shop": vectors}}
    return EntityEmbeddingRegressor(**SETTINGS | given | options).fit(X.iloc[rows], Y[rows])


def rmse(model, rows=UNSEEN):
    return np.sqrt(np.mean((model.predict(X.iloc[rows]) - Y[rows]) ** 2))


@pytest.mark.slow
def test_categories_that_no_row_holds_are_predicted_by_their_vectors():
    assert rmse(fitted(max_iter=40)) < 0.5 * rmse(fitted(None, max_iter=40))
    assert rmse(fitted(max_iter=40)) < 0.5 * rmse(fitted(TRUTH.iloc[:30], max_iter=40))


@pytest.mark.parametrize("frozen", [True, ["shop"]])
@pytest.mark.parametrize("scale", [1e-3, 1e4])
def test_frozen_vectors_keep_their_bits(frozen, scale):
    vectors = (scale * (TRUTH + 3)).astype(np.float32)
    model = fitted(vectors, freeze_embeddings=frozen, max_iter=2)
    assert_array_equal(model.embeddings_["shop"].to_numpy(), vectors.to_numpy())
    model.partial_fit(X, Y).partial_fit(X, Y, only_new=True)
    assert_array_equal(model.embeddings_["shop"].to_numpy(), vectors.to_numpy())
    model.set_params(warm_start=True).fit(X, Y)
    assert_array_equal(model.embeddings_["shop"].to_numpy(), vectors.to_numpy())


@pytest.mark.slow
@pytest.mark.parametrize("frozen", [False, True])
def test_the_unit_of_the_vectors_does_not_matter(frozen):
    plain = fitted(freeze_embeddings=frozen, max_iter=40)
    scaled = fitted(1000 * TRUTH + 400, freeze_embeddings=frozen, max_iter=40)
    assert rmse(scaled) == pytest.approx(rmse(plain), abs=0.05)
    apart = scaled.embeddings_["shop"] - (1000 * plain.embeddings_["shop"] + 400)
    assert np.abs(apart).to_numpy().max() < 100


def test_rare_categories_stay_close_to_their_vectors():
    rows = np.flatnonzero(SHOP < 10)
    rows = np.concatenate([rows, [np.flatnonzero(SHOP == 20)[0]]])
    model = fitted(rows=rows, max_iter=30)
    moved = np.linalg.norm(model.embeddings_["shop"].to_numpy() - TRUTH.to_numpy(), axis=1)
    assert 0 < moved[20] < moved[:10].mean()
    assert_array_equal(moved[30:] < 1e-6, True)


def test_a_category_without_a_vector_starts_at_their_mean():
    known = TRUTH.drop(index="s00")
    model = fitted(known, learning_rate_init=1e-9, max_iter=1)
    np.testing.assert_allclose(model.embeddings_["shop"].loc["s00"], known.mean(), atol=1e-5)
    np.testing.assert_allclose(
        model.special_embeddings_["shop"].loc["unknown"], known.mean(), atol=1e-5
    )
    np.testing.assert_allclose(model.embeddings_["shop"].drop(index="s00"), known, atol=1e-5)


def test_a_row_without_a_vector_is_learned_beside_frozen_ones():
    known = TRUTH.drop(index=["s00", "s01"]).astype(np.float32)
    model = fitted(known, freeze_embeddings=True, rows=np.arange(N))
    found = model.embeddings_["shop"]
    assert_array_equal(found.loc[known.index].to_numpy(), known.to_numpy())
    assert (found.loc["s00"] != found.loc["s01"]).all()


def test_rows_are_matched_by_name_in_any_order():
    expected = fitted(max_iter=1).predict(X)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(N_SHOPS)
        assert_array_equal(fitted(TRUTH.iloc[order], max_iter=1).predict(X), expected)


@pytest.mark.slow
def test_vectors_of_another_estimator_serve_as_they_come():
    source = EntityEmbeddingRegressor(**SETTINGS).fit(X, Y)
    model = EntityEmbeddingClassifier(
        embedding_init=source.embeddings_, freeze_embeddings=True, **SETTINGS
    ).fit(X, Y > 0)
    for name, frame in source.embeddings_.items():
        assert_array_equal(model.embeddings_[name].to_numpy(), frame.to_numpy())
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SETTINGS)).fit(X, Y)
    model = EntityEmbeddingRegressor(embedding_init=encoder.embeddings_, **SETTINGS).fit(X, Y)
    assert model.embedding_dims_["shop"] == encoder.embeddings_["shop"].shape[1]


@pytest.mark.parametrize("cross_fit", ["tables", "networks"])
def test_an_encoder_takes_them_through_its_estimator(cross_fit):
    inner = EntityEmbeddingRegressor(
        embedding_init={"shop": TRUTH}, freeze_embeddings=True, **SETTINGS
    )
    encoder = EntityEmbeddingEncoder(inner, cv=2, cross_fit=cross_fit, n_components=None)
    encoded = encoder.fit_transform(X.iloc[SEEN], Y[SEEN])
    assert len(encoded) == len(SEEN)
    coordinates = encoder.embeddings_["shop"].filter(like="axis").to_numpy()
    # A frozen vector is where it is for all rows: its coordinates are a linear map of it.
    design = np.column_stack([TRUTH, np.ones(N_SHOPS)])
    rest = coordinates - design @ np.linalg.lstsq(design, coordinates, rcond=None)[0]
    assert np.abs(rest).max() < 1e-3 * np.abs(coordinates).max()
    assert encoder.support_["shop"]["count"].loc[SHOPS[30:]].eq(0).all()


def test_rare_categories_with_a_vector_are_not_infrequent():
    model = fitted(min_frequency=50, max_categories=3)
    assert (model.state_.columns[0].vocabulary.rows >= 3).all()


def test_they_are_part_of_the_parameters():
    model = EntityEmbeddingRegressor(embedding_init={"shop": TRUTH}, **SETTINGS)
    copy = clone(model)
    assert copy.embedding_init["shop"] is not TRUTH
    pd.testing.assert_frame_equal(copy.embedding_init["shop"], TRUTH)
    before = model.fit(X, Y).predict(X)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), before)
    assert model.embedding_init["shop"] is TRUTH


def test_a_warm_start_keeps_what_rows_are_drawn_to():
    model = fitted(warm_start=True)
    prior = model.state_.weights.tables[0].prior
    model.fit(X, Y)
    assert model.state_.weights.tables[0].prior is prior
    with pytest.raises(ValueError, match="embedding_dim"):
        model.set_params(embedding_init={"shop": TRUTH.iloc[:, :2]}).fit(X, Y)


def test_new_categories_of_later_calls_are_drawn_to_the_mean():
    model = fitted(TRUTH.iloc[:30], rows=SEEN)
    model.partial_fit(X, Y)
    prior = model.state_.weights.tables[0].prior
    assert len(prior.mean) == 3 + N_SHOPS
    np.testing.assert_allclose(prior.mean[33:], np.tile(TRUTH[:30].mean(), (10, 1)), rtol=1e-5)


def test_they_are_saved_with_the_model(tmp_path):
    model = fitted(TRUTH.iloc[:30], freeze_embeddings=True)
    save(model, tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors")
    pd.testing.assert_frame_equal(loaded.embedding_init["shop"], model.embedding_init["shop"])
    assert_array_equal(loaded.partial_fit(X, Y).predict(X), model.partial_fit(X, Y).predict(X))
