import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import OrdinalEncoder
from vocabularies import learn, split

from sk_entity._table.counting import ValueCounts
from sk_entity._table.vocabulary import (
    FIRST_CATEGORY,
    INFREQUENT,
    MISSING,
    UNKNOWN,
    Vocabulary,
    as_dtype,
)


def look_up(vocabulary, cells):
    return vocabulary.lookup(*split(cells)).tolist()


def test_categories_are_sorted_and_follow_the_special_rows():
    vocabulary = learn(["b", None, "a", "c", "b"])
    assert vocabulary.categories.tolist() == ["a", "b", "c"]
    assert look_up(vocabulary, ["a", "b", "c", None]) == [3, 4, 5, MISSING]
    assert vocabulary.n_levels == 3
    assert vocabulary.n_rows == FIRST_CATEGORY + 3


def test_unknown_missing_and_infrequent_stay_apart():
    vocabulary = learn(["a", "a", "b", None], min_frequency=2)
    assert look_up(vocabulary, ["a", "b", "new", None]) == [
        FIRST_CATEGORY,
        INFREQUENT,
        UNKNOWN,
        MISSING,
    ]
    assert vocabulary.row_counts.tolist() == [0, 1, 1, 2]


def test_only_training_rows_are_counted():
    vocabulary = learn(["a", "a", "b", "b", None, None], training=[0, 1, 4])
    assert vocabulary.categories.tolist() == ["a", "b"]
    assert vocabulary.counts.tolist() == [2, 0]
    assert vocabulary.n_missing == 1
    assert look_up(vocabulary, ["a", "b"]) == [FIRST_CATEGORY, UNKNOWN]


def test_a_share_of_the_rows_counts_missing_ones_too():
    cells = ["a"] * 3 + ["b"] * 2 + [None] * 5
    assert learn(cells, min_frequency=0.3).own.tolist() == ["a"]
    assert learn(cells, min_frequency=0.2).own.tolist() == ["a", "b"]


def test_no_category_may_deserve_a_row():
    vocabulary = learn(["a", "b", "a"], max_categories=1)
    assert vocabulary.n_levels == 0
    assert look_up(vocabulary, ["a", "b", "c"]) == [INFREQUENT, INFREQUENT, UNKNOWN]


def test_mixed_types_sort_as_numbers_then_strings_then_the_rest():
    vocabulary = learn(["b", 10, 2.5, b"x", "a", True, -1, None])
    assert vocabulary.categories.tolist() == [-1, True, 2.5, 10, "a", "b", b"x"]


@pytest.mark.parametrize(
    ("categories", "cells", "expected"),
    [
        ([1, 2], [1.0, 2.5, np.int8(2)], [3, 0, 4]),
        ([1.0, 2.5], [1, 2], [3, 0]),
        ([True, False], [0, 1, 2], [3, 4, 0]),
        ([0, 1], [True, False], [4, 3]),
        ([1, "1"], ["1", 1], [4, 3]),
        (["True"], [True], [0]),
        ([1], ["1"], [0]),
        ([2**53 + 1], [float(2**53)], [0]),
        ([2**63 + 1, 5], [5, 2**63 + 1, -1], [3, 4, 0]),
        (["a"], [1.5], [0]),
        (["a"], [b"a"], [0]),
    ],
)
def test_values_are_compared_as_python_compares_them(categories, cells, expected):
    assert look_up(learn(categories), cells) == expected


def test_a_column_of_missing_cells_can_be_looked_up():
    assert look_up(learn(["a"]), [None, np.nan, pd.NaT]) == [MISSING] * 3


# Letters with repeats and gaps; among them missing cells.
cells = st.lists(st.sampled_from([*"aaabbcdefg", None]), min_size=1, max_size=40).filter(
    lambda column: any(v is not None for v in column)
)
limits = st.fixed_dictionaries(
    {
        "min_frequency": st.none() | st.integers(1, 6) | st.floats(0.01, 0.5),
        "max_categories": st.none() | st.integers(1, 9),
    }
)


def frequent_to_ordinal_encoder(column, limits):
    column = [np.nan if v is None else v for v in column]  # to it None is a category
    encoder = OrdinalEncoder(**limits).fit(np.array(column, dtype=object)[:, None])
    # Without limits the attribute is absent.
    infrequent = getattr(encoder, "infrequent_categories_", [None])[0]
    categories = [c for c in encoder.categories_[0] if isinstance(c, str)]
    return [c for c in categories if infrequent is None or c not in infrequent]


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True)
@given(column=cells, limits=limits)
@example(column=list("aabbc"), limits={"min_frequency": 2, "max_categories": 2})
@example(column=list("aabbc"), limits={"min_frequency": None, "max_categories": 2})
def test_frequent_categories_are_those_of_ordinal_encoder(column, limits):
    vocabulary = learn(column, **limits)
    nothing_shared = vocabulary.row_counts[INFREQUENT] == 0
    if vocabulary.n_levels == limits["max_categories"] and nothing_shared:
        return  # the deviation below
    assert vocabulary.own.tolist() == frequent_to_ordinal_encoder(column, limits)


def test_as_many_categories_as_allowed_are_kept_where_ordinal_encoder_drops_one():
    column = list("aabbbcccc")
    limits = {"min_frequency": None, "max_categories": 3}
    assert learn(column, **limits).own.tolist() == ["a", "b", "c"]
    # scikit-learn's "infrequent" then stands for the single category "a".
    assert frequent_to_ordinal_encoder(column, limits) == ["b", "c"]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(column=cells, limits=limits)
def test_every_training_row_is_counted_behind_one_table_row(column, limits):
    vocabulary = learn(column, **limits)
    rows = np.array(look_up(vocabulary, column))
    np.testing.assert_array_equal(
        vocabulary.row_counts, np.bincount(rows, minlength=vocabulary.n_rows)
    )
    assert vocabulary.row_counts[UNKNOWN] == 0
    if limits["max_categories"] is not None:
        shared = vocabulary.row_counts[INFREQUENT] > 0
        assert vocabulary.n_levels + shared <= limits["max_categories"]


def test_hashed_rows_stand_between_the_special_ones_and_the_categories():
    cells = ["b"] * 3 + ["a"] * 2 + ["rare", "seldom", None]
    vocabulary = learn(cells, min_frequency=2, n_hashed=4)
    assert vocabulary.categories.tolist() == ["a", "b"]
    assert look_up(vocabulary, ["a", "b", None]) == [7, 8, MISSING]
    assert (vocabulary.n_levels, vocabulary.first_own, vocabulary.n_rows) == (2, 7, 9)
    others = look_up(vocabulary, ["rare", "seldom", "new", 1.5])
    assert all(FIRST_CATEGORY <= row < 7 for row in others)
    counts = vocabulary.row_counts
    assert counts.sum() == len(cells)
    assert counts[[UNKNOWN, MISSING, INFREQUENT, 7, 8]].tolist() == [0, 1, 0, 2, 3]
    assert counts[3:7].tolist() == np.bincount(others[:2], minlength=7)[3:].tolist()
    kinds = vocabulary.kinds_of(np.array([0, 1, 2, 3, 6, 7, 8]))
    assert kinds.tolist() == [0, 1, 2, 2, 2, 7, 8]


def test_the_hashed_row_of_a_value_never_changes():
    vocabulary = learn([None], n_hashed=1000)
    assert vocabulary.n_levels == 0
    assert look_up(vocabulary, ["fig", "Zürich", 7, 2.5]) == [954, 633, 607, 716]
    assert look_up(vocabulary, [7, 7.0, np.int8(7)]) == look_up(vocabulary, [7]) * 3
    assert look_up(vocabulary, [True, 1.0, 1]) == look_up(vocabulary, [1]) * 3


@settings(max_examples=100, deadline=None, derandomize=True)
@given(column=cells, limits=limits, n_hashed=st.integers(0, 5))
def test_counts_of_hashed_rows_are_those_of_the_training_rows(column, limits, n_hashed):
    limits = limits | {"n_hashed": n_hashed}
    vocabulary = learn(column, **limits)
    rows = np.array(look_up(vocabulary, column))
    counts = np.bincount(rows, minlength=vocabulary.n_rows)
    np.testing.assert_array_equal(vocabulary.row_counts, counts)
    assert vocabulary.is_complete == (n_hashed == 0)
    assert vocabulary.own.tolist() == learn(column, **limits | {"n_hashed": 0}).own.tolist()
    if n_hashed:
        assert len(vocabulary.categories) == vocabulary.n_levels
        assert UNKNOWN not in look_up(vocabulary, [*"xyz", 1, 2.5])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    column=st.lists(st.sampled_from([*"aaaaabbbcdefghijk", None]), min_size=1, max_size=60),
    max_counted=st.integers(1, 6),
    n_hashed=st.integers(0, 4),
    max_categories=st.none() | st.integers(1, 5),
)
def test_counts_of_a_bounded_summary_are_corrected_by_those_of_rows(
    column, max_counted, n_hashed, max_categories
):
    summary = ValueCounts(max_counted)
    codes, values = split(column)
    summary.add(values, np.bincount(codes + 1, minlength=len(values) + 1))
    values, counts = summary.result()
    (vocabulary,) = Vocabulary.learn(
        [values],
        [counts],
        max_categories=max_categories,
        n_hashed=n_hashed,
        n_uncounted=[summary.n_uncounted],
    )
    assert vocabulary.row_counts.sum() == len(column)
    assert vocabulary.is_complete == (n_hashed == summary.n_uncounted == 0)
    if max_categories is not None:
        shared = vocabulary.row_counts[INFREQUENT] > 0
        assert vocabulary.n_levels + shared <= max_categories
    exact = np.bincount(look_up(vocabulary, column), minlength=vocabulary.n_rows)
    recounted = vocabulary.recounted(exact)
    np.testing.assert_array_equal(recounted.row_counts, exact)
    of_categories = recounted.counts[recounted.is_own]
    own = recounted.categories[recounted.is_own]
    assert of_categories.tolist() == [column.count(value) for value in own]
    assert recounted.n_missing == column.count(None)


def test_dropped_values_are_infrequent_where_there_are_no_hashed_rows():
    values, counts = pd.Index(["a", "b", "c"], dtype=object), np.array([1, 5, 4, 1])
    (found,) = Vocabulary.learn([values], [counts], min_frequency=2, n_uncounted=[10])
    assert found.categories.tolist() == ["a", "b"]
    assert look_up(found, ["a", "b", "c", "new", None]) == [3, 4, 2, 2, MISSING]
    assert found.row_counts.tolist() == [0, 1, 11, 5, 4]
    assert found.n_others == 11
    # A share of all rows, dropped values included.
    (found,) = Vocabulary.learn([values], [counts], min_frequency=0.2, n_uncounted=[10])
    assert found.own.tolist() == ["a"]  # 4 of 21 are less than a fifth
    # The row that the others share counts as one of max_categories.
    (found,) = Vocabulary.learn([values], [counts], max_categories=3, n_uncounted=[10])
    assert found.own.tolist() == ["a", "b"]


def test_hashed_rows_have_equal_parts_of_what_was_dropped():
    values, counts = pd.Index(["a"], dtype=object), np.array([0, 5])
    (found,) = Vocabulary.learn([values], [counts], n_hashed=3, n_uncounted=[7])
    assert found.row_counts.tolist() == [0, 0, 0, 3, 2, 2, 5]


def test_columns_that_share_a_table_share_its_hashed_rows():
    a, b = pd.Index(["x", "y"], dtype=object), pd.Index(["y", "z", "w"], dtype=object)
    counts = [np.array([0, 4, 1]), np.array([2, 4, 1, 1])]
    limits = {"min_frequency": 2, "n_hashed": 2}
    first, second = Vocabulary.learn([a, b], counts, **limits, n_uncounted=[0, 6])
    assert first.categories.equals(second.categories)
    assert first.rows.tolist() == second.rows.tolist() == [5, 6]
    assert (first.counts.tolist(), second.counts.tolist()) == ([4, 1], [0, 4])
    assert (first.n_others, second.n_others) == (0, 8)
    assert second.row_counts.sum() == 14
    assert not first.is_complete
    assert look_up(first, ["z"]) == look_up(second, ["z"])


def test_other_rows_than_those_learned_from_are_no_correction():
    complete = learn(["a", "a", "b"], min_frequency=2)
    assert complete.recounted(np.array([0, 0, 1, 2])).counts.tolist() == [2, 1]
    assert complete.recounted(np.array([0, 5, 1, 3])).counts.tolist() == [3, 1]
    for row_counts in ([0, 0, 0, 2], [1, 0, 1, 2]):
        with pytest.raises(ValueError, match="not the training rows that the vocabulary"):
            complete.recounted(np.array(row_counts))
    hashed = learn(["a", "a", "b"], min_frequency=2, n_hashed=1)
    assert hashed.recounted(np.array([0, 0, 0, 7, 2])).n_others == 7
    with pytest.raises(ValueError, match="of unknown values they have 1"):
        hashed.recounted(np.array([1, 0, 0, 7, 2]))


def test_pickles_keep_hashed_rows_and_old_ones_have_none():
    vocabulary = learn(["a", "a", "b"], min_frequency=2, n_hashed=3)
    copy = pickle.loads(pickle.dumps(vocabulary))
    assert copy.row_counts.tolist() == vocabulary.row_counts.tolist()
    assert look_up(copy, ["b", "c"]) == look_up(vocabulary, ["b", "c"])
    old = learn(["a"])
    state = old.__getstate__()
    del state["n_hashed"], state["other_counts"]
    read = object.__new__(Vocabulary)
    read.__setstate__(state)
    assert (read.n_rows, read.is_complete) == (4, True)


@pytest.mark.parametrize(
    ("values", "dtype", "exact"),
    [
        ([1, 2], np.float64, True),
        ([2**53 + 1], np.float64, False),
        ([2**63 - 1], np.float64, False),
        ([1.0, -2.0], np.int64, True),
        ([0.5], np.int64, False),
        ([2.0**63], np.int64, False),
        ([np.inf], np.int64, False),
        ([-1], np.uint64, False),
        ([True], np.int64, False),
        (["1"], np.int64, False),
    ],
)
def test_values_change_their_dtype_only_if_it_is_exact(values, dtype, exact):
    found = as_dtype(pd.Index(values), dtype)
    assert (found is not None) == exact
    if exact:
        assert found.dtype == dtype
        assert found.tolist() == values
