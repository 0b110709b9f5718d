"""Colours: of numbers around a center or from low to high, and of labels."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from sk_entity._pictures.colors import (
    MOST_LABELS,
    draw_colorbar,
    draw_legend,
    label_colors,
    number_colors,
    values_of_mapping,
)


@pytest.fixture
def rows():
    index = pd.Index(["a", "b", "c", "infrequent"], name="name")
    kind = ["category"] * 3 + ["infrequent"]
    return pd.DataFrame({"kind": kind, "count": [9, 5, 3, 2]}, index=index)


@pytest.mark.parametrize("mapping", [{"a": 1, "b": 2.5}, pd.Series({"a": 1, "b": 2.5})])
def test_numbers_are_looked_up(rows, mapping):
    values = values_of_mapping(mapping, rows)
    assert values.dtype == float
    np.testing.assert_array_equal(values, [1, 2.5, np.nan, np.nan])


def test_labels_are_looked_up(rows):
    values = values_of_mapping({"a": "x", "b": np.nan, "c": 3, "d": "y"}, rows)
    assert values.tolist() == ["x", None, "3", None]
    assert values_of_mapping({"a": True, "b": False}, rows).tolist()[:2] == ["True", "False"]


def test_a_category_called_infrequent_is_not_the_infrequent_ones(rows):
    values = values_of_mapping({"a": 1.0, "infrequent": 7.0}, rows)
    assert np.isnan(values.iloc[-1])


def test_what_is_no_mapping_or_fits_nothing_is_refused(rows):
    with pytest.raises(TypeError, match="neither 'effect', None, nor a dict or Series"):
        values_of_mapping(["x"], rows)
    with pytest.raises(ValueError, match="Its keys are such as 1, 2; the categories are such as"):
        values_of_mapping({1: "x", 2: "y"}, rows)
    with pytest.raises(ValueError, match="Its keys are such as none"):
        values_of_mapping({}, rows)


def test_both_sides_of_the_center_are_alike():
    cmap, norm = number_colors(np.array([-1.0, 0, 3]), 0.0, None)
    assert (norm.vmin, norm.vmax) == (-3, 3)
    assert cmap.name == "coolwarm"
    cmap, norm = number_colors(np.array([1.0, 5, np.nan]), 2.0, "PiYG")
    assert (norm.vmin, norm.vmax) == (-1, 5)
    assert cmap.name == "PiYG"
    np.testing.assert_allclose(cmap(np.nan), to_rgba("0.8"))


def test_a_few_far_numbers_do_not_take_all_colours():
    values = np.r_[np.linspace(-0.5, 1, 200), 50.0]
    _, norm = number_colors(values, 0.0, None)
    assert norm.vmax < 1.1
    figure, ax = plt.subplots()
    bar = draw_colorbar(figure, ax, *number_colors(values, 0.0, None), values, "$ of y")
    assert bar.extend == "max"
    assert bar.ax.get_ylabel() == r"\$ of y"
    near = values[:200]
    bar = draw_colorbar(figure, ax, *number_colors(near, 0.0, None), near, "")
    assert bar.extend == "neither"


def test_the_sequential_map_is_the_users():
    with matplotlib.rc_context({"image.cmap": "magma"}):
        cmap, norm = number_colors(np.array([3.0, 1, 2]), None, None)
    assert cmap.name == "magma"
    assert (norm.vmin, norm.vmax) == (1, 3)


def test_all_alike_numbers_have_a_scale():
    for values in np.zeros(3), np.array([]), np.full(2, np.nan):
        _, norm = number_colors(values, 0.0, None)
        assert (norm.vmin, norm.vmax) == (-1, 1)


def test_few_labels_have_the_users_colours():
    with matplotlib.rc_context({"axes.prop_cycle": matplotlib.cycler(color=["r", "g", "b"])}):
        colors = label_colors(pd.Series(["y", "x", None, "y"]), [1, 1, 1, 1], None)
    assert colors == {"x": to_rgba("r"), "y": to_rgba("g")}


def test_more_labels_have_different_colours():
    names = pd.Series([f"l{k:02d}" for k in range(15)])
    assert len(set(label_colors(names, np.ones(15), None).values())) == 15
    assert len(set(label_colors(names, np.ones(15), "viridis").values())) == 15


def test_of_too_many_labels_the_frequent_have_colours():
    names = pd.Series([f"l{k:02d}" for k in range(50)])
    colors = label_colors(names, np.arange(50), None)
    assert list(colors) == [f"l{k:02d}" for k in range(50 - MOST_LABELS, 50)]
    figure, ax = plt.subplots()
    legend = draw_legend(ax, colors, others=True)
    assert legend.get_texts()[-1].get_text() == "others"
    assert len(legend.get_texts()) == MOST_LABELS + 1
