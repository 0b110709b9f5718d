"""The vectors of a column as tables, and what speaks for each."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from vocabularies import learn

from sk_entity._vectors.axes import Axes
from sk_entity._vectors.encoded_column import EncodedColumn


def encoded(
    cells, *, n_effects=1, n_outputs=None, n_axes=2, training=slice(None), spread=None, **limits
):
    """A column of these cells with made-up vectors."""
    vocabulary = learn(cells, training, **limits)
    n_rows = vocabulary.n_rows
    table = np.random.default_rng(0).normal(size=(n_rows, n_effects + n_axes)).astype(np.float32)
    axes = Axes(np.empty((0, n_axes)), np.ones(n_axes))
    deviations = np.full(n_rows, 0.01, dtype=np.float32)
    return EncodedColumn(
        name="shop",
        position=0,
        vocabulary=vocabulary,
        owner=0,
        holds_lists=False,
        table=table,
        deviations=deviations,
        n_effects=n_effects,
        n_outputs=n_outputs or n_effects,
        axes=axes,
        origin=np.zeros(0),
        loadings=np.empty((0, len(axes))),
        spread=spread,
    )


FRUIT = ["fig"] * 5 + ["kiwi"] * 3 + ["lime", "plum", None, None]


def test_components_are_effects_then_axes():
    assert encoded(FRUIT).components() == ["shop_effect", "shop_axis_1", "shop_axis_2"]
    several = encoded(FRUIT, n_effects=2, n_axes=1)
    assert several.components("x3") == ["x3_effect_0", "x3_effect_1", "x3_axis_1"]
    assert encoded(FRUIT, n_axes=0).components() == ["shop_effect"]
    one_of_several = encoded(FRUIT, n_effects=1, n_outputs=3, n_axes=0)
    assert one_of_several.components() == ["shop_effect_0"]


def test_categories_of_a_kind_share_a_vector():
    column = encoded([*FRUIT, "held out"], training=np.arange(len(FRUIT)), min_frequency=2)
    vectors, special = column.vectors(), column.special_vectors()
    assert vectors.index.tolist() == ["fig", "held out", "kiwi", "lime", "plum"]
    assert special.index.tolist() == ["unknown", "missing", "infrequent"]
    assert vectors.index.name == special.index.name == "shop"
    assert_array_equal(special, column.table[:3])
    assert_array_equal(vectors.loc[["fig", "kiwi"]], column.table[3:])
    assert_array_equal(vectors.loc[["lime", "plum"]], column.table[[2, 2]])
    assert_array_equal(vectors.loc["held out"], column.table[0])


def test_the_frame_says_what_each_vector_is():
    column = encoded([*FRUIT, "held out"], training=np.arange(len(FRUIT)), min_frequency=2)
    frame = column.to_frame()
    assert frame["category"].tolist()[:5] == ["fig", "held out", "kiwi", "lime", "plum"]
    assert frame["category"].isna().tolist() == [False] * 5 + [True] * 2
    kinds = ["category", "unknown", "category", "infrequent", "infrequent", "missing", "unknown"]
    assert frame["kind"].tolist() == kinds
    assert frame["count"].tolist() == [5, 0, 3, 1, 1, 2, 0]
    assert_array_equal(frame[column.components()], column.table[[3, 0, 4, 2, 2, 1, 0]])


@pytest.mark.parametrize(
    ("values", "dtype"), [([3, 5, 2**60], "Int64"), ([True, False, True], "boolean")]
)
def test_categories_in_the_frame_keep_their_type(values, dtype):
    frame = encoded(values * 10).to_frame()
    assert frame["category"].dtype == dtype
    assert frame["category"].dropna().tolist() == sorted(set(values))


def support(deviation, spread):
    """Support of three categories in 5, 3 and 1 of ten rows, whose vectors have the length 1."""
    column = encoded(["a"] * 5 + ["b"] * 3 + ["c", None], n_axes=0)
    column.table[:] = 1.0
    column.deviations[3:] = deviation
    return column.support() if spread is None else encoded_with(column, spread).support()


def encoded_with(column, spread):
    return EncodedColumn(**vars(column) | {"spread": np.array(spread)})


def test_a_vector_is_trusted_if_deviation_and_spread_are_below_half_its_length():
    found = support([0.1, 0.49, 0.1], [0.1, 0.49, 0.1])
    assert found["count"].tolist() == [5, 3, 1]
    assert_allclose(found["deviation"], [0.1, 0.49, 0.1], rtol=1e-6)
    assert found["spread"].tolist() == [0.1, 0.49, 0.1]
    assert found["trusted"].tolist() == [True] * 3
    assert support([0.5, 0.1, 0.1], [0.1] * 3)["trusted"].tolist() == [False, True, True]
    assert support([0.1] * 3, [0.1, 0.5, 0.1])["trusted"].tolist() == [True, False, True]


def test_without_a_spread_a_vector_is_refuted_or_unknown():
    for spread in (None, [np.nan] * 3):
        trusted = support([0.1, 0.6, 0.1], spread)["trusted"]
        assert trusted.isna().tolist() == [True, False, True]
        assert trusted.fillna(True).tolist() == [True, False, True]
    trusted = support([0.1] * 3, [0.1, np.nan, 0.1])["trusted"]
    assert trusted.isna().tolist() == [False, True, False]


def test_a_category_without_training_rows_is_not_trusted():
    column = encoded(["a"] * 5 + ["held out"], training=np.arange(5), n_axes=0)
    found = encoded_with(column, [0.0, 0.0]).support()
    assert found["trusted"].tolist() == [True, False]


def test_the_length_is_that_of_the_average_training_row():
    column = encoded(["a"] * 9 + ["b"], n_axes=0)
    column.table[3:] = [[0.0], [1.0]]  # root mean square: the root of a tenth
    column.deviations[3:] = 0.15, 0.16
    assert encoded_with(column, [0.0, 0.0]).support()["trusted"].tolist() == [True, False]
