import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import OrdinalEncoder

from sk_entity._table.vocabulary import FIRST_CATEGORY, INFREQUENT, MISSING, UNKNOWN, Vocabulary


def split(cells):
    codes, values = pd.factorize(np.array(cells, dtype=object))
    index = pd.Index(values, dtype=object).infer_objects()
    return codes, index if index.dtype.kind in "iufb" else index.astype(object)


def learn(cells, training=slice(None), **limits):
    return Vocabulary.learn(*split(cells), training, **limits)


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


def grow(vocabulary, cells, training=slice(None), **options):
    return vocabulary.grow(*split(cells), training, **options)


def test_new_categories_get_rows_behind_those_that_there_are():
    before = learn(["b", "d", "b", None])
    after = grow(before, ["c", "b", "a", None, "c"])
    assert after.categories.tolist() == ["a", "b", "c", "d"]
    assert after.counts.tolist() == [1, 3, 2, 1]
    assert after.n_missing == 2
    assert look_up(after, ["b", "d"]) == look_up(before, ["b", "d"]) == [3, 4]
    assert look_up(after, ["a", "c", "new", None]) == [5, 6, UNKNOWN, MISSING]
    assert after.own.tolist() == ["b", "d", "a", "c"]
    assert before.origins(after).tolist() == [UNKNOWN, UNKNOWN]
    assert after.row_counts.tolist() == [0, 2, 0, 3, 1, 1, 2]


def test_rows_that_do_not_train_bring_no_row():
    after = grow(learn(["a"]), ["b", "c"], training=np.array([1]))
    assert look_up(after, ["b", "c"]) == [UNKNOWN, 4]
    assert after.categories.tolist() == ["a", "b", "c"]


def test_an_infrequent_category_gets_a_row_once_it_is_frequent():
    before = learn(["a", "a", "b", "c"], min_frequency=2)
    after = grow(before, ["b", "d", "e", "e"], min_frequency=2)
    assert look_up(after, ["a", "b", "c", "d", "e"]) == [3, 4, INFREQUENT, INFREQUENT, 5]
    assert before.origins(after).tolist() == [INFREQUENT, UNKNOWN]
    assert after.row_counts[INFREQUENT] == 2


def test_max_categories_leaves_room_for_the_most_frequent():
    before = learn(["a", "a", "b", "b"], max_categories=4)
    after = grow(before, ["c", "d", "d", "e"], max_categories=4)
    assert look_up(after, list("abcde")) == [3, 4, INFREQUENT, 5, INFREQUENT]
    full = grow(after, ["c"] * 9, max_categories=4)
    assert look_up(full, list("abcde")) == [3, 4, INFREQUENT, 5, INFREQUENT]
    assert look_up(grow(before, ["c", "d"], max_categories=4), list("abcd")) == [3, 4, 5, 6]


def test_only_new_counts_nothing_else():
    before = learn(["a", "a", "b", None], min_frequency=2)
    after = grow(before, ["a", "b", "c", "c", None], min_frequency=2, only_new=True)
    assert after.counts.tolist() == [2, 1, 2]
    assert after.n_missing == 1
    assert look_up(after, ["a", "b", "c"]) == [3, INFREQUENT, 4]


def test_values_of_another_dtype_are_the_same_categories():
    before = learn([1, 2])
    after = grow(before, [2.0, 3.0])
    assert after.categories.dtype == np.int64
    assert after.counts.tolist() == [1, 2, 1]
    mixed = grow(before, [2.5])
    assert look_up(mixed, [1, 2.5, 2]) == [3, 5, 4]
    assert grow(learn([None]), ["x"]).categories.tolist() == ["x"]
    assert grow(learn([1.5]), [None]).categories.tolist() == [1.5]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from([*"abcdefg", None]), min_size=1), min_size=1, max_size=5))
def test_any_calls_count_what_one_call_counts(calls):
    whole = learn([cell for call in calls for cell in call])
    grown = learn(calls[0])
    for call in calls[1:]:
        before, grown = grown, grow(grown, call)
        kept = before.categories
        assert look_up(grown, kept.tolist()) == look_up(before, kept.tolist())
    assert grown.categories.equals(whole.categories) or len(whole.categories) == 0
    assert grown.counts.tolist() == whole.counts.tolist()
    assert grown.n_missing == whole.n_missing
    assert sorted(grown.rows) == sorted(whole.rows)


def test_given_categories_have_a_row_though_no_row_holds_them():
    vocabulary = learn(["b", "b", "rare"], min_frequency=2)
    known = vocabulary.with_categories(pd.Index(["rare", "a"]))
    assert known.categories.tolist() == ["a", "b", "rare"]
    assert look_up(known, ["a", "b", "rare"]) == [3, 4, 5]
    assert known.counts.tolist() == [0, 2, 1]
