"""The categories in the plane: where they lie, how large and of which colour they are."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.manifold import TSNE
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import EmbeddingDisplay

draw = EmbeddingDisplay.from_estimator


def vectors_of(encoder, display, column="shop"):
    """The vectors of the points, in their order."""
    return encoder.embeddings_[column].loc[display.points.index]


def test_a_point_lies_at_its_effect_and_its_first_axis(shops):
    display = draw(shops, "shop")
    vectors, points = vectors_of(shops, display), display.points
    np.testing.assert_array_equal(points["x"], vectors["shop_effect"])
    np.testing.assert_array_equal(points["y"], vectors["shop_axis_1"])
    np.testing.assert_array_equal(display.scatter_.get_offsets(), points[["x", "y"]])
    assert display.ax_.get_xlabel() == "shop_effect (standard deviations of y)"
    assert display.ax_.get_ylabel() == "shop_axis_1 (standard deviations of y)"
    assert display.ax_.get_title(loc="left").startswith("shop: 31 categories")
    assert display.figure_ is display.ax_.figure


def test_what_is_known_of_a_category_is_beside_its_point(shops):
    points = draw(shops, "shop", max_labels=0).points
    support = shops.support_["shop"].loc[points.index]
    assert points["count"].tolist() == support["count"].tolist()
    assert points["count"].is_monotonic_decreasing
    pd.testing.assert_series_equal(points["trusted"], support["trusted"])
    assert set(points["kind"]) == {"category"}
    assert (points["n_categories"] == 1).all()


def test_the_components_can_be_chosen(shops):
    display = draw(shops, "shop", components=("shop_axis_2", "count"), max_labels=0)
    np.testing.assert_array_equal(display.points["x"], vectors_of(shops, display)["shop_axis_2"])
    np.testing.assert_array_equal(display.points["y"], display.points["count"])
    assert display.ax_.get_yscale() == "log"


def test_a_column_of_one_component_is_drawn_against_the_count(shops):
    one = EntityEmbeddingEncoder(shops.estimator, n_components=1)
    X = pd.DataFrame({"shop": list("aab") * 20, "x": np.arange(60.0)})
    display = draw(one.fit(X, X["x"]), "shop")
    assert display.ylabel == "training rows"
    assert display.points["y"].to_dict() == {"a": 40, "b": 20}


def test_areas_follow_the_counts(shops):
    display = draw(shops, "shop", max_labels=0)
    areas, counts = display.scatter_.get_sizes(), display.points["count"]
    assert len(areas) == len(counts)
    np.testing.assert_allclose(areas[:-1] / counts[:-1], areas[0] / counts.iloc[0])
    # The shop of a single row would not be seen.
    assert areas[-1] > areas[0] / counts.iloc[0]
    assert areas[-1] == areas.min()


def test_colours_are_effects_around_zero(shops):
    display = draw(shops, "shop", max_labels=0)
    effects = vectors_of(shops, display)["shop_effect"].to_numpy()
    np.testing.assert_allclose(display.scatter_.get_array(), effects)
    assert display.scatter_.norm.vmin == -display.scatter_.norm.vmax
    assert display.colorbar_.ax.get_ylabel() == "effect (standard deviations of y)"
    assert display.legend_ is None
    assert draw(shops, "shop", color_label="dear", max_labels=0).color_label == "dear"


def test_vectors_that_are_not_trusted_are_pale(shops):
    display = draw(shops, "shop", max_labels=0)
    pale = (display.points["trusted"] == False).to_numpy(bool)  # noqa: E712
    assert pale.any()
    assert not pale.all()
    alpha = display.scatter_.get_alpha()
    assert alpha[pale].max() < 0.5 < alpha[~pale].min()
    note = [text.get_text() for text in display.ax_.texts]
    assert "area: training rows, pale: not trusted" in note


def test_what_is_not_known_to_be_trusted_is_not_pale(with_rare):
    display = draw(with_rare, "name", max_labels=0)
    unknown = display.points["trusted"].isna().to_numpy()
    assert unknown.any()
    assert (display.scatter_.get_alpha()[unknown] > 0.5).all()


def test_numbers_of_ones_own_have_a_scale(shops):
    numbers = pd.Series({f"s{k:02d}": k / 2 for k in range(10)})
    display = draw(shops, "shop", color=numbers, color_label="kilometres", max_labels=0)
    color = display.points["color"]
    assert color["s04"] == 2.0
    assert color.isna().sum() == 31 - 10
    assert display.colorbar_.ax.get_ylabel() == "kilometres"
    norm = display.scatter_.norm
    assert (norm.vmin, norm.vmax) == (0.0, 4.5)
    display.figure_.canvas.draw()
    missing = display.points.index.get_loc("s20")
    assert display.scatter_.get_facecolors()[missing][:3] == pytest.approx(to_rgba("0.8")[:3])


def test_labels_of_ones_own_have_a_legend(shops):
    region = {"s00": "east", "s01": "east", "s02": "west"}
    display = draw(shops, "shop", color=region, color_label="region", max_labels=0)
    texts = [text.get_text() for text in display.legend_.get_texts()]
    assert texts == ["east", "west", "others"]
    assert display.legend_.get_title().get_text() == "region"
    assert display.colorbar_ is None
    place = display.points.index.get_loc
    rgb = display.scatter_.get_facecolors()[:, :3]
    np.testing.assert_array_equal(rgb[place("s00")], rgb[place("s01")])
    assert (rgb[place("s00")] != rgb[place("s02")]).any()
    np.testing.assert_allclose(rgb[place("s05")], to_rgba("0.8")[:3])


def test_points_need_no_colours(shops):
    display = draw(shops, "shop", color=None, max_labels=0)
    assert display.colorbar_ is None
    assert display.legend_ is None
    assert "color" not in display.points


def test_any_transformer_projects(shops):
    display = draw(shops, "shop", projection=PCA(2), max_labels=0)
    expected = PCA(2).fit_transform(vectors_of(shops, display))
    np.testing.assert_allclose(display.points[["x", "y"]], expected, atol=1e-5)
    assert display.ax_.get_xlabel() == "PCA 1 of shop"

    scaled = make_pipeline(StandardScaler(), PCA(2))
    display = draw(shops, "shop", projection=scaled, max_labels=0)
    assert display.xlabel == "PCA 1 of shop"
    assert not hasattr(scaled, "n_features_in_")  # a clone was fitted


def test_tsne_projects(shops):
    tsne = TSNE(perplexity=5, max_iter=250, random_state=0)
    display = draw(shops, "shop", projection=tsne, max_labels=0)
    assert np.isfinite(display.points[["x", "y"]]).all(axis=None)
    assert display.ylabel == "TSNE 2 of shop"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # umap's own
def test_umap_projects(shops):
    umap = pytest.importorskip("umap")
    reducer = umap.UMAP(n_neighbors=5, random_state=0, n_jobs=1)
    display = draw(shops, "shop", projection=reducer, max_labels=0)
    assert display.xlabel == "UMAP 1 of shop"
    assert np.isfinite(display.points[["x", "y"]]).all(axis=None)


def test_a_projection_can_be_given_some_components(shops):
    axes = ["shop_axis_1", "shop_axis_2"]
    display = draw(shops, "shop", projection=PCA(2), components=axes, max_labels=0)
    expected = PCA(2).fit_transform(vectors_of(shops, display)[axes])
    np.testing.assert_allclose(display.points[["x", "y"]], expected, atol=1e-5)


def test_infrequent_categories_are_one_point(with_rare):
    display = draw(with_rare, "name")
    row = display.points.loc["infrequent"]
    assert (row["kind"], row["n_categories"], row["count"]) == ("infrequent", 3, 4)
    assert "infrequent (3)" in [text.get_text() for text in display.texts_]
    assert display.points.index.tolist()[-1] == "infrequent"
    assert row["x"] == with_rare.special_embeddings_["name"].loc["infrequent", "name_effect"]
    assert "held out" not in display.points.index


def test_categories_without_training_rows_can_be_drawn(with_rare):
    points = draw(with_rare, "name", min_count=0, max_labels=0).points
    assert points.loc["unknown", "n_categories"] == 1
    assert points.loc["unknown", "count"] == 0
    points = draw(with_rare, "name", min_count=10, max_labels=0).points
    assert sorted(points.index) == ["a", "b", "c"]


def test_the_class_that_colours_can_be_chosen(three_classes):
    display = draw(three_classes, "town", target="top", max_labels=0)
    effects = three_classes.embeddings_["town"]["town_effect_2"].loc[display.points.index]
    np.testing.assert_allclose(display.points["color"], effects)
    assert display.color_label == "effect (log-odds of class 'top')"
    assert display.xlabel == "town_effect_2 (log-odds of class 'top')"
    assert display.ylabel == "town_axis_1 (log-odds of the outputs)"
    assert draw(three_classes, "town", max_labels=0).color_label.endswith("class 'low')")
    with pytest.raises(ValueError, match=r"no target='tip': the outputs are \['low', 'mid', 'top'"):
        draw(three_classes, "town", target="tip")


def test_the_output_that_colours_can_be_chosen(geometry, quick):
    X, y = geometry.X[:300], geometry.y[:300]
    y = np.column_stack([y, -y, y**2])
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**quick), n_components=1)
    encoder.fit(X, y)
    # The vectors hold one effect only, the network knows all.
    first = draw(encoder, "shop", target=0, max_labels=0).points["color"]
    display = draw(encoder, "shop", target=1, max_labels=0)
    np.testing.assert_allclose(display.points["color"], -first, rtol=1e-3, atol=1e-3)
    assert display.color_label == "effect (standard deviations of y[:, 1])"
    assert display.xlabel == "shop_effect_0 (standard deviations of y[:, 0])"


def test_a_network_needs_rows(geometry, quick):
    X = geometry.X[:300]
    model = EntityEmbeddingRegressor(**quick).fit(X, geometry.y[:300])
    with pytest.raises(ValueError, match="pass X, rows"):
        draw(model, "shop")
    display = draw(model, "shop", X, max_labels=0)
    assert len(display.points) == 30


def test_columns_share_a_table_and_hold_lists(trips, quick):
    X, y = trips
    network = EntityEmbeddingRegressor(**quick, shared_embeddings=[["origin", "dest"]])
    X = X.assign(origin=X["origin"].where(X["origin"] != "t11", "only here"))
    encoder = EntityEmbeddingEncoder(network, n_components=2).fit(X, y)
    assert "only here" in draw(encoder, "origin", max_labels=0).points.index
    assert "only here" not in draw(encoder, "dest", max_labels=0).points.index
    points = draw(encoder, "tags", max_labels=0).points
    assert sorted(points.index) == list("abcdef")
    assert points["count"].sum() == X["tags"].map(len).sum()


def test_categories_of_any_type_are_drawn(quick):
    month, late = np.arange(120) % 12, np.arange(120) % 2 == 0
    X = pd.DataFrame({"month": month, "late": late, "x": np.arange(120.0)})
    network = EntityEmbeddingRegressor(**quick, categorical_features=["month", "late"])
    encoder = EntityEmbeddingEncoder(network, n_components=2).fit(X, month + late)
    seasons = dict.fromkeys([11, 0, 1], "winter")
    display = draw(encoder, "month", color=seasons)
    assert (display.points["color"] == "winter").sum() == 3
    assert {text.get_text() for text in display.texts_} <= set(map(str, range(12)))
    assert sorted(draw(encoder, "late").points.index) == [False, True]


@pytest.mark.slow
def test_fifty_thousand_categories_are_drawn(many):
    display = draw(many, "item")
    assert len(display.points) == len(display.scatter_.get_offsets()) == 50_000
    assert display.scatter_.get_rasterized()
    assert 5 <= len(display.texts_) <= 40
    assert display.scatter_.get_sizes().min() < 3
    display.figure_.canvas.draw()


@pytest.mark.slow
def test_a_display_draws_again_where_one_says(shops):
    display = draw(shops, "shop", max_labels=3)
    figure, (left, right) = plt.subplots(1, 2)
    first = display.ax_
    assert display.plot(right, max_labels=0, scatter_kwargs={"marker": "s"}) is display
    assert display.ax_ is right
    assert display.ax_ is not first
    assert display.figure_ is figure
    assert display.texts_ == []
    assert not left.collections
    assert len(display.scatter_.get_offsets()) == 31
    drawn = draw(shops, "shop", max_labels=0, ax=left, cmap="PiYG")
    assert drawn.ax_ is left
    assert drawn.scatter_.get_cmap().name == "PiYG"


def test_settings_of_points_have_any_alias(shops):
    settings = {"lw": 2, "edgecolor": "black", "alpha": 1}
    display = draw(shops, "shop", max_labels=0, scatter_kwargs=settings)
    assert display.scatter_.get_linewidths()[0] == 2
    np.testing.assert_array_equal(display.scatter_.get_edgecolors()[0], to_rgba("black"))


def test_a_subfigure_can_be_drawn_on(shops):
    figure = plt.figure(layout="constrained")
    inside = figure.subfigures(1, 2)[0]
    display = draw(shops, "shop", max_labels=3, ax=inside.subplots())
    assert display.texts_


class _Halves:
    """Makes one column, or does so with an error."""

    def __init__(self, error=None):
        self.error = error

    def fit_transform(self, X):
        if self.error:
            raise ValueError(self.error)
        return X[:, :1]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"column": "shpo"}, ValueError, "'shpo' is no categorical column"),
        ({"max_labels": -1}, ValueError, "max_labels=-1 is negative"),
        ({"min_count": -1}, ValueError, "min_count=-1 is negative"),
        ({"min_count": 9999}, ValueError, "No category of 'shop' has min_count=9999"),
        ({"projection": "tsne"}, TypeError, "projection='tsne' has no fit_transform"),
        ({"projection": _Halves()}, ValueError, r"shape \(31, 1\) of the 31 vectors"),
        ({"projection": _Halves("too few")}, ValueError, r"shape \(31, 3\): too few"),
        ({"components": ["shop_axis1", "count"]}, ValueError, "Did you mean 'shop_axis_1'"),
        ({"components": ["shop_effect"]}, ValueError, "must be two, unless with a projection"),
        ({"components": "shop_effect"}, ValueError, "must be two"),
        ({"color": "efect"}, TypeError, "color='efect' is neither 'effect', None"),
        ({"color": {1: 2.0}}, ValueError, "Its keys are such as 1; the categories are such as 's"),
        ({"target": 1}, ValueError, r"no target=1: the outputs are \[0\]"),
    ],
)
def test_mistakes_are_named(shops, settings, error, message):
    settings = {"column": "shop"} | settings
    with pytest.raises(error, match=message):
        draw(shops, settings.pop("column"), **settings)
    assert not plt.get_fignums()


def test_only_fitted_estimators_of_sk_entity_are_drawn():
    with pytest.raises(NotFittedError):
        draw(EntityEmbeddingEncoder(), "shop")
    with pytest.raises(TypeError, match="Pipeline is no estimator of sk-entity"):
        draw(make_pipeline(EntityEmbeddingEncoder()), "shop")
