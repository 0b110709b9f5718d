"""What a page is told of a column."""

import base64
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._pictures.page_data import column_data, json_in_html, packed
from sk_entity._vectors.points import points_of


def encoded(y, estimator=EntityEmbeddingRegressor, n_components=None, **settings):
    """An encoder of one column with the target y."""
    town = np.resize(["a", "b", "c", "c", "d", "d", "e"], len(y))
    settings = {"max_iter": 1, "random_state": 0, "device": "cpu"} | settings
    encoder = EntityEmbeddingEncoder(estimator(**settings), n_components=n_components)
    return encoder.fit(pd.DataFrame({"town": town, "size": np.arange(len(y)) % 3}), y)


def data_of(encoder):
    return column_data(encoder.state_.columns[0], encoder.state_.network.target)


def unpacked(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype)


def test_it_holds_every_point_to_the_last_bit():
    encoder = encoded(np.arange(28.0), min_frequency=5)
    column, data = encoder.state_.columns[0], data_of(encoder)
    points = points_of(column)
    assert data["name"] == "town"
    assert data["components"] == column.components()
    assert data["categories"] == ["c", "d"]
    assert data["special"] == ["infrequent", "unknown"]
    assert data["shared"] == ["a", "b", "e"]
    assert unpacked(data["shared_kinds"], "u1").tolist() == [1, 1, 1]
    assert unpacked(data["count"], "<u4").tolist() == points["count"].tolist()
    vectors = unpacked(data["vectors"], "<f4").reshape(len(points), -1)
    np.testing.assert_array_equal(vectors, points[column.components()])
    np.testing.assert_array_equal(unpacked(data["deviation"], "<f4"), points["deviation"])


def test_trust_is_yes_no_or_not_known():
    encoder = encoded(np.arange(28.0), min_frequency=5)
    column, target = encoder.state_.columns[0], encoder.state_.network.target
    sure = replace(column, deviations=np.zeros(len(column.deviations)))
    folds_differ_on_d = np.array([0.0, 0.0, 0.0, 99.0, 0.0])
    for spread, expected in ((None, [-1, -1, -1, 0]), (folds_differ_on_d, [1, 0, 1, 0])):
        data = column_data(replace(sure, spread=spread), target)  # c, d, infrequent, unknown
        assert unpacked(data["trusted"], "i1").tolist() == expected


@pytest.mark.parametrize(
    ("y", "estimator", "settings", "effects", "axes"),
    [
        (
            np.arange(28.0),
            EntityEmbeddingRegressor,
            {},
            ["standard deviations of y"],
            None,
        ),
        (
            np.arange(1.0, 29),
            EntityEmbeddingRegressor,
            {"loss": "poisson"},
            ["log of y"],
            None,
        ),
        (
            np.arange(56.0).reshape(28, 2),
            EntityEmbeddingRegressor,
            {},
            ["standard deviations of y[:, 0]", "standard deviations of y[:, 1]"],
            "standard deviations of the outputs",
        ),
        (
            np.resize(["no", "yes"], 28),
            EntityEmbeddingClassifier,
            {},
            ["log-odds of class 'yes'"],
            None,
        ),
        (
            np.resize(["s", "m", "l"], 28),
            EntityEmbeddingClassifier,
            {},
            ["log-odds of class 'l'", "log-odds of class 'm'", "log-odds of class 's'"],
            "log-odds of the outputs",
        ),
    ],
    ids=["numbers", "log link", "two outputs", "two classes", "three classes"],
)
def test_each_component_has_its_unit(y, estimator, settings, effects, axes):
    data = data_of(encoded(y, estimator, **settings))
    n_axes = len(data["components"]) - len(effects)
    assert n_axes > 0
    assert data["n_effects"] == len(effects)
    assert data["units"] == effects + [axes or effects[0]] * n_axes


def test_numbers_are_little_endian_row_by_row():
    assert unpacked(packed(np.array([[1, 2], [3, 4]], order="F"), "<u4"), "u1")[::4].tolist() == [
        1,
        2,
        3,
        4,
    ]


def test_json_has_no_markup_and_no_other_character_than_ascii():
    value = ["</script><!-- & -->", "Zürich", "\u2028", "\ud800"]
    text = json_in_html(value)
    assert not set(text) & set("<>&")
    assert text.isascii()
    assert json.loads(text) == value
