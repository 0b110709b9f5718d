"""Vectors of two fits are laid over each other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sk_entity._table.vocabulary import FIRST_CATEGORY, INFREQUENT, Vocabulary
from sk_entity._vectors.axes import Axes
from sk_entity._vectors.comparison import compare_columns
from sk_entity._vectors.encoded_column import EncodedColumn

ONE = np.ones(1)


def column(vectors, counts, deviation=0.1):
    """A column with these vectors by category, of which the first component is an effect."""
    counts = pd.Series(counts)
    rows = np.arange(len(counts), dtype=np.int32) + FIRST_CATEGORY
    n_axes = np.shape(vectors)[1] - 1
    return EncodedColumn(
        name="city",
        position=0,
        owner=0,
        holds_lists=False,
        vocabulary=Vocabulary(counts.index, counts.to_numpy(), rows, n_missing=0),
        table=np.vstack([np.zeros((3, n_axes + 1)), vectors]).astype(np.float32),
        deviations=np.full(3 + len(counts), deviation, dtype=np.float32),
        n_effects=1,
        n_outputs=1,
        axes=Axes(np.empty((1, n_axes)), np.ones(n_axes)),
        origin=np.zeros(1),
        loadings=np.zeros((1, n_axes)),
    )


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(12, 3))


COUNTS = {f"city {i:02d}": 10 + i for i in range(12)}


def test_turned_axes_and_a_common_shift_are_no_move(vectors):
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(2, 2)))[0]
    other = np.hstack([vectors[:, :1] + 0.5, vectors[:, 1:] @ turn])
    found = compare_columns(column(vectors, COUNTS), column(other, COUNTS), ONE)
    assert (found["moved"] < 1e-5).all()
    np.testing.assert_allclose(found["uncertainty"], 0.1 * 2**0.5, rtol=1e-6)


def test_what_has_moved_is_on_top_by_its_distance(vectors):
    other = vectors.copy()
    other[3] += [2.0, 0, 0]
    found = compare_columns(column(vectors, COUNTS), column(other, COUNTS), ONE)
    assert found.index[0] == "city 03"
    assert found["moved"].iloc[0] == pytest.approx(2)
    assert found["surprise"].iloc[0] == pytest.approx(2 / (0.1 * 2**0.5))
    assert (found["moved"].iloc[1:] < 1e-5).all()
    assert found.loc["city 03", "city_effect_b"] - found.loc["city 03", "city_effect_a"] == (
        pytest.approx(2)
    )


def test_an_axis_that_one_fit_has_not_found_is_zero_there(vectors):
    vectors[:, 2] = 0
    vectors[4, 2] = 3
    found = compare_columns(column(vectors[:, :2], COUNTS), column(vectors, COUNTS), ONE)
    assert found.index[0] == "city 04"
    assert found["surprise"].iloc[0] > 5 * found["surprise"].iloc[1]
    alone = compare_columns(column(vectors[:, :1], COUNTS), column(vectors[:, :1], COUNTS), ONE)
    assert (alone["moved"] == 0).all()


def test_the_unit_is_that_of_a(vectors):
    found = compare_columns(
        column(vectors, COUNTS), column(vectors / 4, COUNTS, 0.1 / 4), np.array([4.0])
    )
    assert (found["moved"] < 1e-5).all()
    np.testing.assert_allclose(found["uncertainty"], 0.1 * 2**0.5, rtol=1e-6)
    np.testing.assert_allclose(found["city_effect_a"], found["city_effect_b"], rtol=1e-6)


def test_categories_are_matched_by_value(vectors):
    names = list(COUNTS)
    a = column(vectors, COUNTS)
    order = np.random.default_rng(2).permutation(12)
    b = column(vectors[order], {names[i]: COUNTS[names[i]] for i in order})
    assert (compare_columns(a, b, ONE)["moved"] < 1e-5).all()


def test_new_gone_and_infrequent_ones_come_last(vectors):
    names = list(COUNTS)
    a = column(vectors[:11], {name: COUNTS[name] for name in names[:11]})
    b = column(vectors[1:], {name: COUNTS[name] for name in names[1:]})
    rows = b.vocabulary.rows.copy()
    rows[0] = INFREQUENT
    b = replace(b, vocabulary=replace(b.vocabulary, rows=rows))
    found = compare_columns(a, b, ONE)
    kinds = {"city 00": "gone", "city 01": "infrequent", "city 11": "new"}
    assert found["kind"].iloc[:-3].eq("both").all()
    assert found["kind"].iloc[-3:].to_dict() == kinds
    assert found.loc[list(kinds), ["moved", "uncertainty", "surprise"]].isna().all(axis=None)
    assert found.loc[list(kinds), "count_a"].tolist() == [10, 11, 0]
    assert found.loc[list(kinds), "count_b"].tolist() == [0, 11, 21]
    assert found["city_effect_a"].isna().sum() == found["city_effect_b"].isna().sum() == 1


def test_a_category_without_training_rows_is_in_no_fit(vectors):
    counts = COUNTS | {"city 05": 0}
    found = compare_columns(column(vectors, COUNTS), column(vectors, counts), ONE)
    assert found.loc["city 05", "kind"] == "gone"
    assert np.isnan(found.loc["city 05", "city_effect_b"])


def test_integers_and_objects_compare_as_python_does(vectors):
    a = column(vectors, dict.fromkeys(range(12), 5))
    b = column(vectors, dict.fromkeys([*range(11), "x"], 5))
    assert compare_columns(a, a, ONE).index.dtype.kind == "i"
    assert compare_columns(a, b, ONE)["kind"].value_counts().to_dict() == {
        "both": 11,
        "new": 1,
        "gone": 1,
    }


def test_trust_is_that_of_both(vectors):
    sure, shaky = column(vectors, COUNTS), column(vectors, COUNTS, deviation=9.0)
    known = replace(sure, spread=np.full(12, 0.01))
    assert compare_columns(known, known, ONE)["trusted"].all()
    assert compare_columns(known, sure, ONE)["trusted"].isna().all()
    assert not compare_columns(known, shaky, ONE)["trusted"].any()
