"""A model with shared tables and lists is fitted, grown, saved, exported and looked at."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from onnx_sessions import assert_same

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import compare, unseen
from sk_entity.persistence import load, save

SHARED = [("origin", "dest")]


def encoder_around(estimator):
    return EntityEmbeddingEncoder(estimator, cv=None)


KINDS = {
    "regressor": lambda small: EntityEmbeddingRegressor(**small, shared_embeddings=SHARED),
    "classifier": lambda small: EntityEmbeddingClassifier(**small, shared_embeddings=SHARED),
    "encoder": lambda small: encoder_around(
        EntityEmbeddingRegressor(**small, shared_embeddings=SHARED)
    ),
}


def answers(estimator, X):
    for method in ("predict_proba", "predict", "transform"):
        if hasattr(estimator, method):
            return getattr(estimator, method)(X)
    raise AssertionError


@pytest.fixture
def later(trips):
    """Further trips, some to a new town and some with a new tag."""
    X, y = trips[0][:60].copy(), trips[1][:60]
    X.loc[:9, "dest"] = "t99"
    for row in range(10, 20):
        X.at[row, "tags"] = ["new", "a"]
    return X, y


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_it(kind, trips, later, small, tmp_path):
    (X, y), (further, of_further) = trips, later
    if kind == "classifier":
        y, of_further = y > np.median(y), of_further > np.median(y)
    first = KINDS[kind](small).fit(X, y)
    counted = unseen(first, further)["n_rows"]
    assert counted[("dest", "unknown")] == counted[("tags", "unknown")] == 10

    save(first, tmp_path / "first")
    grown = load(tmp_path / "first")
    before = answers(grown, X)
    grown.partial_fit(further, of_further, only_new=True)
    assert_array_equal(answers(grown, X), before)
    assert (answers(grown, further[:20]) != answers(first, further[:20])).any()
    assert "t99" in grown.embeddings_["origin"].index
    assert unseen(grown, further)["n_rows"].xs("unknown", level="kind").sum() == 0

    grown.partial_fit(further, of_further)
    save(grown, tmp_path / "grown")
    again = load(tmp_path / "grown")
    assert_array_equal(answers(again, further), answers(grown, further))
    assert_same(again, X, further)
    tables = (again.estimator_ if kind == "encoder" else again).state_.weights.tables
    assert tables[0] is tables[1]
    moved = compare(first, again, "dest", None if kind == "encoder" else X)
    assert moved.loc["t99", "kind"] == "new"
