"""Which axes there are, and in which unit."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from sk_entity._pictures.plane import in_the_plane
from sk_entity._pictures.rows import rows_to_draw
from sk_entity._pictures.units import Outputs


@pytest.fixture
def plane(shops):
    """Call `in_the_plane` for the shops, or for a column that differs from it."""
    column = shops.state_.columns[0]
    outputs = Outputs.of(shops.state_.network.target)

    def call(projection=None, components=None, output=0, outputs=outputs, **changes):
        changed = replace(column, **changes)
        rows = rows_to_draw(changed, 1)
        return in_the_plane(changed, rows, outputs, output, projection, components)

    return call


def test_the_effect_and_the_first_axis_are_usual(plane):
    points, axes = plane()
    assert points.shape == (31, 2)
    assert axes == {
        "xlabel": "shop_effect (standard deviations of y)",
        "ylabel": "shop_axis_1 (standard deviations of y)",
    }


def test_the_effect_of_the_output_is_usual(plane):
    outputs = Outputs(["a", "b"], ["class 'a'", "class 'b'"], "log-odds of {}")
    _, axes = plane(output=1, outputs=outputs, n_effects=2, n_outputs=2)
    assert axes["xlabel"] == "shop_effect_1 (log-odds of class 'b')"
    assert axes["ylabel"] == "shop_axis_1 (log-odds of the outputs)"


def test_without_axes_another_effect_or_the_count_is_usual(plane, shops):
    table = shops.state_.columns[0].table
    outputs = Outputs([0, 1], ["y[:, 0]", "y[:, 1]"], "log of {}")
    _, axes = plane(output=1, outputs=outputs, n_effects=2, n_outputs=2, table=table[:, :2])
    assert axes["xlabel"] == "shop_effect_1 (log of y[:, 1])"
    assert axes["ylabel"] == "shop_effect_0 (log of y[:, 0])"
    points, axes = plane(table=table[:, :1])
    assert axes["ylabel"] == "training rows"
    assert axes["yscale"] == "log"
    assert points[:, 1].sum() == 1500


def test_counts_of_zero_have_a_scale(with_rare):
    column, outputs = with_rare.state_.columns[0], Outputs([0], ["y"], "{}")
    rows = rows_to_draw(column, 0)
    _, axes = in_the_plane(column, rows, outputs, 0, None, ["count", "name_effect"])
    assert axes["xscale"] == "symlog"
    assert "yscale" not in axes


def test_a_projection_is_fitted_as_a_clone(plane):
    pca = PCA(2)
    points, axes = plane(pca)
    assert axes == {"xlabel": "PCA 1 of shop", "ylabel": "PCA 2 of shop"}
    assert not hasattr(pca, "components_")
    assert np.isfinite(points).all()


def test_a_projection_needs_no_parameters_of_scikit_learn(plane):
    class Corner:
        def fit_transform(self, X):
            self.seen = X.shape
            return X[:, :2].tolist()

    corner = Corner()
    points, axes = plane(corner, components=["shop_axis_1", "shop_axis_2"])
    assert axes["xlabel"] == "Corner 1 of shop"
    assert points.shape == (31, 2)
    assert not hasattr(corner, "seen")
