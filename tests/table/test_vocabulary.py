import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import OrdinalEncoder
from vocabularies import learn, split

from sk_entity._table.vocabulary import FIRST_CATEGORY, INFREQUENT, MISSING, UNKNOWN


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
