"""Vectors from elsewhere are checked before training, and become priors."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity._estimators.given_vectors import DEVIATION_IN_TRAINING, GivenVectors
from sk_entity._table.vocabulary import Vocabulary

CATEGORIES = pd.Index(["b", "a"])
VECTORS = pd.DataFrame(
    np.arange(8.0).reshape(4, 2), index=["north", "south", "east", "west"], columns=["u", "v"]
)


def learn(values):
    """A vocabulary of values that occur once each."""
    counts = np.append(0, np.ones(len(values), dtype=int))
    return Vocabulary.learn([pd.Index(values)], [counts])[0]


def test_rows_are_drawn_to_their_vectors_and_others_to_the_mean():
    vocabulary = learn(["a", "b", "c"])
    vectors = np.array([[4.0, 0.0], [0.0, 2.0]], dtype=np.float32)
    prior = GivenVectors(CATEGORIES, vectors, frozen=True).prior(vocabulary)
    mean = [2, 1]
    assert_allclose(prior.mean, [mean, mean, mean, vectors[1], vectors[0], mean])
    assert prior.given.tolist() == prior.held.tolist() == [False] * 3 + [True, True, False]
    assert not GivenVectors(CATEGORIES, vectors, frozen=False).prior(vocabulary).held.any()
    seen = prior.in_training().mean[3:5]
    assert_allclose(seen.mean(axis=0), 0, atol=1e-6)
    assert np.sqrt(np.mean(seen**2)) == pytest.approx(DEVIATION_IN_TRAINING)


def test_vectors_that_are_all_alike_have_a_unit():
    prior = GivenVectors(pd.Index(["a"]), np.full((1, 3), 7, np.float32), False).prior(learn(["a"]))
    assert_array_equal(prior.unit, 1)
    assert_array_equal(prior.in_training().mean, 0)


def with_cell(value):
    frame = VECTORS.astype(object)
    frame.iloc[2, 1] = value
    return frame.astype(float)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (VECTORS.to_numpy(), "must be a pandas DataFrame .* got ndarray"),
        (VECTORS[:0], "shape"),
        (VECTORS[[]], "shape"),
        (VECTORS.set_index([VECTORS.index, VECTORS.index]), "2 levels"),
        (VECTORS.assign(w="x"), "column 'w' has dtype"),
        (VECTORS.assign(w=1j), "column 'w' has dtype complex"),
        (with_cell(np.nan), "nan for the category 'east' in column 'v'.*fill it in"),
        (with_cell(np.inf), "inf for the category 'east'"),
        (with_cell(1e300), "1e\\+300 for the category 'east'"),
        (pd.concat([VECTORS, VECTORS[1:2]]), "several vectors for the category 'south'"),
        (VECTORS.set_axis(["north", None, "east", "west"]), "no category in row 1"),
        (VECTORS.set_axis(range(4)), "none of the 3 categories .* holds 'east', the index 0"),
    ],
)
def test_a_frame_that_cannot_serve_is_refused(frame, message, sales, revenue, no_training):
    model = EntityEmbeddingRegressor(embedding_init={"shop": frame})
    with pytest.raises((ValueError, TypeError), match=f"embedding_init\\['shop'\\].*{message}"):
        model.fit(sales, revenue)
    assert not hasattr(model, "state_")
    with pytest.raises(no_training):
        model.set_params(embedding_init={"shop": VECTORS}).fit(sales, revenue)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"embedding_init": {"shpo": VECTORS}}, "'shpo', which is no column of X"),
        ({"embedding_init": {"price": VECTORS}}, "'price', which is not categorical"),
        ({"freeze_embeddings": True}, "there are none"),
        ({"freeze_embeddings": ["shop"]}, "names column 'shop'"),
        (
            {"embedding_init": {"shop": VECTORS}, "embedding_dim": 3},
            "has 2 dimensions, and embedding_dim=3 asks for 3",
        ),
        (
            {"embedding_init": {"shop": VECTORS}, "embedding_dim": {"shop": 4, "product": 2}},
            "has 2 dimensions, and .* asks for 4.*without column 'shop'",
        ),
    ],
)
def test_parameters_that_do_not_fit_are_refused(settings, message, sales, revenue):
    with pytest.raises(ValueError, match=message):
        EntityEmbeddingRegressor(**settings).fit(sales, revenue)


@pytest.mark.parametrize("embedding_dim", ["auto", {"product": 5}, lambda n: 5])
def test_the_frame_says_how_wide_the_vectors_are(embedding_dim, sales, size):
    model = EntityEmbeddingClassifier(
        embedding_init={"shop": VECTORS},
        embedding_dim=embedding_dim,
        hidden_layer_sizes=8,
        max_iter=1,
    ).fit(sales, size)
    dims = model.embedding_dims_
    assert dims["shop"] == 2
    assert dims["product"] == (6 if embedding_dim == "auto" else 5)


def test_vectors_are_given_once_for_columns_that_share_a_table():
    X = pd.DataFrame({"origin": ["a", "b"] * 6, "dest": ["b", "c"] * 6})
    frame = pd.DataFrame({"u": [1.0, 2.0, 4.0]}, index=list("abc"))
    model = EntityEmbeddingRegressor(
        shared_embeddings=[("origin", "dest")],
        embedding_init={"dest": frame},
        freeze_embeddings=True,
        hidden_layer_sizes=4,
        max_iter=1,
    ).fit(X, np.arange(12.0))
    assert model.embedding_dims_ == {"origin": 1, "dest": 1}
    for column in ("origin", "dest"):
        assert model.embeddings_[column][f"{column}_0"].tolist() == [1, 2, 4]
    twice = model.set_params(embedding_init={"dest": frame, "origin": frame})
    with pytest.raises(ValueError, match="another one that shares its table"):
        twice.fit(X, np.arange(12.0))


def test_categories_are_matched_by_value():
    X = pd.DataFrame({"store": [1, 2, 3] * 4})
    y = np.arange(12.0)
    frame = pd.DataFrame({"u": [30.0, 10.0, 20.0]}, index=[3.0, 1.0, 2.0])
    model = EntityEmbeddingRegressor(
        categorical_features=["store"],
        embedding_init={"store": frame},
        freeze_embeddings=["store"],
        hidden_layer_sizes=4,
        max_iter=1,
    ).fit(X, y)
    assert model.embeddings_["store"]["store_0"].to_dict() == {1: 10, 2: 20, 3: 30}
