"""Distances between categories: their values, their order, their names."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.cluster.hierarchy import leaves_list
from scipy.spatial.distance import squareform

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import SimilarityDisplay

draw = SimilarityDisplay.from_estimator


def test_distances_are_those_of_the_vectors(shops):
    display = draw(shops, "shop")
    distances = display.distances
    assert distances.shape == (31, 31)
    vectors = shops.embeddings_["shop"].astype(float)
    expected = np.linalg.norm(vectors.loc["s03"] - vectors.loc[distances.columns], axis=1)
    np.testing.assert_allclose(distances.loc["s03"], expected)
    np.testing.assert_array_equal(display.image_.get_array(), distances)
    assert display.colorbar_.ax.get_ylabel() == "distance (standard deviations of y)"


def test_neighbours_in_the_picture_are_alike(shops):
    display = draw(shops, "shop")
    order = leaves_list(display.linkage)
    assert display.distances.index.tolist() == display.categories.index[order].tolist()
    neighbours = np.diag(display.distances, 1).sum()
    by_name = np.diag(display.distances.sort_index().sort_index(axis=1), 1).sum()
    assert neighbours < 0.7 * by_name


@pytest.mark.slow
def test_the_dendrogram_stands_above_its_categories(shops):
    display = draw(shops, "shop")
    lines = np.array(display.dendrogram_.get_segments())
    assert len(lines) == 30
    feet = lines[lines[:, :, 1] == 0][:, 0]
    np.testing.assert_allclose(np.sort(feet), np.arange(31))
    assert lines[:, :, 1].max() == pytest.approx(display.linkage[:, 2].max())
    assert display.dendrogram_ax_.get_xlim() == display.ax_.get_xlim()


def test_rows_and_columns_are_named_alike(shops):
    display = draw(shops, "shop")
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names == [label.get_text() for label in display.ax_.get_xticklabels()]
    assert names == display.distances.index.tolist()
    assert display.dendrogram_ax_.get_title(loc="left").startswith("shop: 31 categories")
    grey = [label.get_color() for label in display.ax_.get_yticklabels()].index("0.6")
    assert not display.categories.loc[names[grey], "trusted"]


def test_the_most_frequent_are_drawn_and_the_picture_says_so(shops):
    display = draw(shops, "shop", max_categories=4)
    counts = shops.support_["shop"]["count"]
    assert set(display.distances.index) == set(counts.nlargest(4).index)
    assert display.n_left_out == 27
    title = display.dendrogram_ax_.get_title(loc="left")
    assert title.startswith("shop: the 4 most frequent of 31 categories")


def test_infrequent_categories_are_one_row(with_rare):
    display = draw(with_rare, "name")
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert sorted(names) == ["a", "b", "c", "infrequent (3)"]
    assert "name: 6 categories" in display.dendrogram_ax_.get_title(loc="left")


@pytest.mark.slow
def test_many_categories_are_named_now_and_then(many):
    display = draw(many, "item", max_categories=300)
    assert display.distances.shape == (300, 300)
    assert 20 < len(display.ax_.get_yticklabels()) < 150
    place = display.ax_.get_yticks()[7]
    name = display.ax_.get_yticklabels()[7].get_text()
    assert display.distances.index[place] == name


def test_two_categories_that_are_the_same_are_drawn(quick):
    X = pd.DataFrame({"twin": ["a", "b"] * 30, "x": np.repeat(np.arange(30.0), 2)})
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**quick), n_components=1)
    display = draw(encoder.fit(X, X["x"]), "twin")
    assert display.distances.loc["a", "b"] == 0
    display.figure_.canvas.draw()


def test_a_display_draws_again_where_one_says(shops):
    display = draw(shops, "shop", max_categories=5)
    figure, ax = plt.subplots()
    assert display.plot(ax, cmap="Greens_r") is display
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert display.image_.get_cmap().name == "Greens_r"
    assert display.dendrogram_ax_ in ax.child_axes


def test_clusters_can_be_joined_otherwise(shops):
    heights = draw(shops, "shop", method="single").linkage[:, 2]
    condensed = squareform(draw(shops, "shop").distances, checks=False)
    assert heights[0] == pytest.approx(condensed.min())
    assert heights.max() < draw(shops, "shop", method="complete").linkage[:, 2].max()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"column": "shpo"}, "'shpo' is no categorical column"),
        ({"max_categories": 1}, "max_categories=1 is too few"),
        ({"min_count": 10_000}, "has min_count=10000 training rows"),
        ({"method": "avrage"}, "(?i)method"),
    ],
)
def test_mistakes_are_named(shops, settings, message):
    settings = {"column": "shop"} | settings
    with pytest.raises(ValueError, match=message):
        draw(shops, settings.pop("column"), **settings)
    assert not plt.get_fignums()


def test_a_distance_takes_two(with_rare):
    counts = with_rare.support_["name"]["count"]
    with pytest.raises(ValueError, match="has one vector to draw, that of"):
        draw(with_rare, "name", min_count=int(counts.max()))


def test_a_network_needs_rows(geometry, quick):
    X = geometry.X[:200]
    model = EntityEmbeddingRegressor(**quick).fit(X, geometry.y[:200])
    with pytest.raises(ValueError, match="pass X, rows"):
        draw(model, "shop")
    assert len(draw(model, "shop", X).distances) == X["shop"].nunique()
