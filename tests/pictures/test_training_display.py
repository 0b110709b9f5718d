"""Losses by epoch: of one network, and of those of several folds."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import TrainingDisplay


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"shop": rng.choice(list("abcd"), 90), "x": rng.normal(size=90)})
    return X, X["x"] + (X["shop"] == "a")


@pytest.fixture(scope="module")
def stopped(table, quick):
    """A network with validation rows, whose best epoch is not its last."""
    settings = quick | {"max_iter": 12, "learning_rate_init": 0.3, "n_iter_no_change": 4}
    model = EntityEmbeddingRegressor(**settings, early_stopping=True).fit(*table)
    assert model.best_iter_ < model.n_iter_
    return model


@pytest.fixture(scope="module")
def cv_results(table, quick):
    pipeline = make_pipeline(EntityEmbeddingEncoder(EntityEmbeddingRegressor(**quick)), Ridge())
    return cross_validate(pipeline, *table, cv=3, return_estimator=True)


def test_curves_are_the_history(stopped):
    display = TrainingDisplay.from_estimator(stopped)
    history = stopped.history_
    (training,), (validation,) = display.lines_["train_loss"], display.lines_["valid_loss"]
    np.testing.assert_array_equal(training.get_xdata(), history.index)
    np.testing.assert_array_equal(training.get_ydata(), history["train_loss"])
    np.testing.assert_array_equal(validation.get_ydata(), history["valid_loss"])
    assert display.losses["epoch"].tolist() == history.index.tolist()
    assert display.ax_.get_xlabel() == "epoch"
    assert display.ax_.get_ylabel() == "loss (squared error)"
    texts = [text.get_text() for text in display.legend_.get_texts()]
    assert texts == ["training", "validation", "epoch kept"]


def test_the_epoch_that_was_kept_is_marked(stopped):
    display = TrainingDisplay.from_estimator(stopped)
    best = stopped.best_iter_
    assert display.kept.tolist() == [best]
    (mark,) = display.kept_
    assert mark.get_xdata().tolist() == [best]
    assert mark.get_ydata().tolist() == [stopped.history_.loc[best, "valid_loss"]]


def test_without_validation_rows_there_is_one_curve(shops):
    display = TrainingDisplay.from_estimator(shops)
    assert list(display.lines_) == ["train_loss"]
    assert display.kept_[0].get_xdata().tolist() == [shops.estimator_.n_iter_]
    assert "valid_loss" not in display.losses


def test_folds_are_drawn_over_each_other(cv_results):
    display = TrainingDisplay.from_cv_results(cv_results)
    assert len(display.axes_) == 1
    assert display.axes_[0] is display.ax_
    assert len(display.lines_["train_loss"]) == len(display.kept_) == 3
    for fold, pipeline in enumerate(cv_results["estimator"]):
        history = pipeline[0].estimator_.history_
        line = display.lines_["train_loss"][fold]
        np.testing.assert_array_equal(line.get_ydata(), history["train_loss"])
        assert line.axes is display.ax_
    assert display.losses["fold"].unique().tolist() == [0, 1, 2]
    assert len(display.legend_.get_texts()) == 2


def test_folds_are_drawn_side_by_side(cv_results):
    display = TrainingDisplay.from_cv_results(cv_results, side_by_side=True)
    assert len(display.axes_) == 3
    assert [ax.get_title(loc="left") for ax in display.axes_] == ["fold 0", "fold 1", "fold 2"]
    for ax, line in zip(display.axes_, display.lines_["train_loss"], strict=True):
        assert line.axes is ax
    assert len({ax.get_ylim() for ax in display.axes_}) == 1


def test_a_display_draws_again_where_one_says(cv_results):
    figure, axes = plt.subplots(1, 3)
    display = TrainingDisplay.from_cv_results(cv_results, side_by_side=True, ax=axes)
    assert display.figure_ is figure
    assert display.axes_.tolist() == axes.tolist()
    assert display.plot() is display
    assert display.figure_ is not figure
    with pytest.raises(ValueError, match="ax holds 3 axes, but 1 are needed"):
        display.plot(axes)


def test_networks_are_found_in_other_estimators(table, quick):
    X, y = table
    search = GridSearchCV(EntityEmbeddingRegressor(**quick), {"max_iter": [2]}, cv=2).fit(X, y)
    assert TrainingDisplay.from_estimator(search).losses["epoch"].tolist() == [1, 2]
    classes = np.where(y > 0, "high", "low")
    model = EntityEmbeddingClassifier(**quick).fit(X, classes)
    assert TrainingDisplay.from_estimator(model).loss_label == "loss (log loss)"


def test_mistakes_are_named(table, quick):
    X, y = table
    with pytest.raises(ValueError, match="return_estimator=True"):
        TrainingDisplay.from_cv_results({"test_score": [1.0]})
    with pytest.raises(TypeError, match=r"no estimator of sk-entity in Ridge\(\)"):
        TrainingDisplay.from_estimator(Ridge().fit(X[["x"]], y))
    with pytest.raises(NotFittedError):
        TrainingDisplay.from_estimator(EntityEmbeddingRegressor())
    assert not plt.get_fignums()
