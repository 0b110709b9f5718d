"""Rows to validate on: given, or a random part that is held out."""

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor


def test_all_rows_teach_where_nothing_is_held_out(slopes, small):
    X, y = slopes
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    assert model.state_.coder.categorical[0].vocabulary.counts.sum() == len(X)


def test_a_random_part_is_held_out_on_demand(slopes, small):
    X, y = slopes
    model = EntityEmbeddingRegressor(early_stopping=True, validation_fraction=0.2, **small)
    model.fit(X, y)
    assert model.state_.coder.categorical[0].vocabulary.counts.sum() == 400
    assert model.history_["valid_loss"].notna().all()


def test_held_out_classes_keep_their_shares(small):
    y = np.repeat(["a", "b"], [450, 50])
    X = pd.DataFrame({"label": y, "x": np.arange(500.0)})
    model = EntityEmbeddingClassifier(early_stopping=True, **small).fit(X, y)
    assert model.state_.coder.categorical[0].vocabulary.counts.tolist() == [405, 45]


def test_a_class_of_one_row_can_still_be_validated(slopes, small):
    X, _ = slopes
    y = np.repeat(["a", "b"], [499, 1])
    model = EntityEmbeddingClassifier(early_stopping=True, **small).fit(X, y)
    assert model.classes_.tolist() == ["a", "b"]


def test_validation_without_stopping_only_watches(slopes, small):
    X, y = slopes
    watched = EntityEmbeddingRegressor(early_stopping=False, **small).fit(X, y, X_val=X, y_val=y)
    alone = EntityEmbeddingRegressor(early_stopping=False, **small).fit(X, y)
    assert "valid_loss" in watched.history_
    assert watched.best_iter_ == watched.n_iter_
    assert np.array_equal(watched.predict(X), alone.predict(X))


def test_a_class_that_training_has_not_seen_is_refused(sales, size, classifier):
    other = np.where(size == "s", "xl", size)
    with pytest.raises(ValueError, match="class 'xl' is not among those learned: .*'s'"):
        classifier.fit(sales, size, X_val=sales, y_val=other)
