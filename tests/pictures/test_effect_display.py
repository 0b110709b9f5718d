"""Effects with their uncertainty: values, intervals, names, and what lies between the ends."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import EffectDisplay

draw = EffectDisplay.from_estimator


def names_at(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


def test_effects_are_those_that_fit_has_learned(shops):
    display = draw(shops, "shop")
    effects = display.effects
    np.testing.assert_allclose(
        effects["effect"], shops.embeddings_["shop"]["shop_effect"].loc[effects.index]
    )
    assert effects["effect"].is_monotonic_decreasing
    means = shops.state_.network.columns[0].means
    row = shops.state_.columns[0].vocabulary.rows[3]
    assert effects.loc["s03", "deviation"] == pytest.approx(means.deviations[row, 0])
    np.testing.assert_allclose(
        effects["high"] - effects["low"], 2 * 1.96 * effects["deviation"], rtol=1e-4
    )
    assert effects["deviation"].idxmax() == "s99"  # of one row


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    level, shop = rng.normal(size=200), rng.integers(0, 200, 2_000)
    y = level[shop] + rng.normal(size=2_000)
    model = EntityEmbeddingRegressor(max_iter=1, hidden_layer_sizes=(4,), device="cpu")
    model.fit(pd.DataFrame({"shop": shop.astype(str)}), y)
    effects = draw(model, "shop", max_labels=0).effects
    truth = (level[effects.index.astype(int)] - y.mean()) / y.std()
    inside = (effects["low"] < truth) & (truth < effects["high"])
    assert 0.9 < inside.mean() < 0.99


def test_each_of_few_categories_is_drawn(shops):
    display = draw(shops, "shop", max_labels=31)
    effects = display.effects
    assert display.ribbon_ is None
    assert display.curve_ is None
    assert names_at(display) == effects.index.tolist()
    np.testing.assert_array_equal(display.points_.get_xdata(), effects["effect"])
    np.testing.assert_array_equal(display.points_.get_ydata(), np.arange(31))
    segments = np.array(display.intervals_.get_segments())
    np.testing.assert_allclose(segments[:, :, 0], effects[["low", "high"]])
    counts = [text.get_text() for text in display.texts_]
    assert counts == [f"{count:,}" for count in effects["count"]]
    assert display.ax_.get_xlabel() == "shop_effect (standard deviations of y)"
    bottom, top = display.ax_.get_ylim()
    assert bottom > 30
    assert top < 0


def test_of_many_categories_the_ends_are_named(shops):
    display = draw(shops, "shop", max_labels=5)
    order = display.effects.index.tolist()
    assert names_at(display) == [*order[:3], *order[-2:], "26 between"]
    np.testing.assert_array_equal(
        display.points_.get_xdata(), display.effects["effect"].iloc[[0, 1, 2, -2, -1]]
    )
    np.testing.assert_allclose(display.curve_.get_xdata(), display.effects["effect"].iloc[3:-2])
    ends = display.ribbon_.get_paths()[0].vertices[:, 0]
    between = display.effects.iloc[3:-2]
    assert ends.min() == pytest.approx(between["low"].min())
    assert ends.max() == pytest.approx(between["high"].max())
    # The curve lies between the rows of both ends.
    places = display.points_.get_ydata()
    assert places[2] < display.curve_.get_ydata().min()
    assert display.curve_.get_ydata().max() < places[3]


@pytest.mark.parametrize("max_labels", [0, 1, 30])
def test_any_number_can_be_named(shops, max_labels):
    display = draw(shops, "shop", max_labels=max_labels)
    assert len(display.texts_) == max_labels
    assert names_at(display)[-1] == f"{31 - max_labels} between"
    display.figure_.canvas.draw()


@pytest.mark.slow
def test_fifty_thousand_categories_are_drawn(many):
    display = draw(many, "item")
    assert len(display.effects) == 50_000
    assert len(display.curve_.get_xdata()) == 200
    assert names_at(display)[-1] == "49,970 between"
    # The ribbon is the median of the intervals at each rank.
    assert (np.diff(display.curve_.get_xdata()) <= 0).all()
    display.figure_.canvas.draw()


def test_a_network_needs_no_rows(geometry, quick):
    X, y = geometry.X[:200], geometry.y[:200]
    model = EntityEmbeddingRegressor(**quick).fit(X, y)
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**quick)).fit(X, y)
    pd.testing.assert_frame_equal(draw(model, "shop").effects, draw(encoder, "shop").effects)


def test_infrequent_categories_are_one_row(with_rare):
    display = draw(with_rare, "name")
    assert display.effects.loc["infrequent", "n_categories"] == 3
    assert "infrequent (3)" in names_at(display)
    assert "held out" not in names_at(display)
    assert display.ax_.get_title(loc="left").startswith("name: 6 categories")
    assert "infrequent" not in draw(with_rare, "name", min_count=5).effects.index


def test_the_class_can_be_chosen(three_classes):
    display = draw(three_classes, "town", target="top")
    expected = three_classes.embeddings_["town"]["town_effect_2"]
    np.testing.assert_allclose(display.effects["effect"], expected[display.effects.index])
    assert display.ax_.get_xlabel() == "town_effect_2 (log-odds of class 'top')"


def test_a_log_link_has_another_unit(quick):
    X = pd.DataFrame({"shop": ["a", "b"] * 50})
    model = EntityEmbeddingRegressor(loss="poisson", **quick).fit(X, np.tile([1.0, 3.0], 50))
    display = draw(model, "shop")
    assert display.effect_label == "shop_effect (log of y)"
    assert display.effects.index.tolist() == ["b", "a"]


def test_lists_and_shared_tables_are_drawn(trips, quick):
    X, y = trips
    network = EntityEmbeddingRegressor(**quick, shared_embeddings=[["origin", "dest"]])
    network.fit(X, y)
    assert sorted(draw(network, "tags").effects.index) == list("abcdef")
    of_origin = draw(network, "origin").effects["effect"]
    of_dest = draw(network, "dest").effects["effect"]
    assert (of_origin.sort_index() != of_dest.sort_index()).any()


def test_names_are_shown_as_they_stand(quick):
    X = pd.DataFrame({"price": ["$1", "$1 to $2", "a  long\nname " + "x" * 60] * 20})
    model = EntityEmbeddingRegressor(**quick).fit(X, np.tile([1.0, 2.0, 3.0], 20))
    display = draw(model, "price")
    display.figure_.canvas.draw()
    assert r"\$1 to \$2" in names_at(display)
    assert max(map(len, names_at(display))) <= 36


def test_a_display_draws_again_where_one_says(shops):
    display = draw(shops, "shop")
    figure, ax = plt.subplots()
    assert display.plot(ax, max_labels=4) is display
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert len(display.points_.get_xdata()) == 4


def test_mistakes_are_named(shops):
    with pytest.raises(ValueError, match="Did you mean 'shop'"):
        draw(shops, "shpo")
    with pytest.raises(ValueError, match="max_labels=-2 is negative"):
        draw(shops, "shop", max_labels=-2)
    with pytest.raises(ValueError, match="no target='a'"):
        draw(shops, "shop", target="a")
    with pytest.raises(TypeError, match="Pipeline is no estimator of sk-entity"):
        draw(make_pipeline(shops), "shop")
    with pytest.raises(NotFittedError):
        draw(EntityEmbeddingRegressor(), "shop")
    assert not plt.get_fignums()
