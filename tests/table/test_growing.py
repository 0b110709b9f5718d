"""Vocabularies grow: old categories keep their rows, and new ones follow."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sk_entity._table import growing
from sk_entity._table.coder import TableCoder
from sk_entity._table.values import Cells
from sk_entity._table.vocabulary import INFREQUENT, MISSING, UNKNOWN, Vocabulary


def cells_of(cells):
    codes, values = pd.factorize(np.array(cells, dtype=object))
    index = pd.Index(values, dtype=object).infer_objects()
    return Cells(codes, index if index.dtype.kind in "iufb" else index.astype(object), None)


def learn(cells, **limits):
    found = cells_of(cells)
    return Vocabulary.learn([found.values], [found.count(slice(None))], **limits)[0]


def look_up(vocabulary, cells):
    return cells_of(cells).look_up(vocabulary).tolist()


def grow(vocabulary, cells, training=slice(None), **options):
    found = cells_of(cells)
    return growing.grow([vocabulary], [found.values], [found.count(training)], **options)[0]


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


@pytest.mark.parametrize("cells", [["a", "b"], [1, 2], [0.5, 2.5], [True, False]])
def test_categories_keep_their_dtype(cells):
    before = learn(cells[:1])
    assert grow(before, cells).categories.dtype == before.categories.dtype
    assert grow(learn([None]), cells).categories.dtype == before.categories.dtype


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
    known = growing.with_categories([vocabulary], pd.Index(["rare", "a"], dtype=object))[0]
    assert known.categories.tolist() == ["a", "b", "rare"]
    assert look_up(known, ["a", "b", "rare"]) == [3, 4, 5]
    assert known.counts.tolist() == [0, 2, 1]


def coder_of(data, **options):
    frame = nw.from_native(pd.DataFrame(data))
    n_columns = len(frame.columns)
    return TableCoder.learn(frame, list(range(n_columns)), slice(None), None, None, None, **options)


def test_columns_that_share_a_table_grow_together():
    coder, _ = coder_of({"a": ["x", "y"], "b": ["y", "y"]}, shared=[[0, 1]])
    further = nw.from_native(pd.DataFrame({"a": ["z", "x"], "b": ["w", "z"]}))
    grown, coded = coder.grow(further, slice(None), None, None)
    first, second = (column.vocabulary for column in grown.categorical)
    assert first.categories is second.categories
    assert first.rows is second.rows
    assert first.counts.tolist() == [0, 2, 1, 1]
    assert second.counts.tolist() == [1, 0, 2, 1]
    assert coded.categorical.tolist() == [[6, 5], [3, 6]]
    assert grown.row_counts[0].tolist() == [0, 0, 0, 2, 3, 1, 2]


def test_columns_of_lists_grow():
    coder, _ = coder_of({"tags": [["x", "y"], []]})
    further = nw.from_native(pd.DataFrame({"tags": [["z", "x"], ["z"], []]}))
    grown, coded = coder.grow(further, slice(None), None, None)
    assert coded.bags[0].flat()[0].tolist() == [5, 3, 5, MISSING]
    assert grown.categorical[0].vocabulary.counts.tolist() == [2, 1, 2]


@pytest.mark.parametrize(
    ("learned", "further"), [(["x", "y"], [1, 2]), ([1, 2], ["x", "y"]), ([True, False], ["x"])]
)
def test_a_column_of_another_kind_is_refused(learned, further):
    coder, _ = coder_of({"shop": learned})
    with pytest.raises(ValueError, match="Column 'shop' held (text|numbers) such as"):
        coder.grow(nw.from_native(pd.DataFrame({"shop": further})), slice(None), None, None)


def test_text_may_join_what_is_neither_text_nor_numbers():
    coder, _ = coder_of({"shop": [b"x", b"y"]})
    further = nw.from_native(pd.DataFrame({"shop": ["x", b"y"]}))
    grown, coded = coder.grow(further, slice(None), None, None)
    assert set(grown.categorical[0].vocabulary.categories) == {b"x", b"y", "x"}
    assert coded.categorical[:, 0].tolist() == [5, 4]


def test_categories_can_be_given_to_columns_that_share_a_table():
    coder, _ = coder_of({"a": ["x"], "b": ["y"]}, shared=[[0, 1]])
    assert coder.categorical[0].vocabulary.categories.dtype == object
    known = coder.with_categories({0: pd.Index(["w", "y"], dtype=object)})
    first, second = (column.vocabulary for column in known.categorical)
    assert first.own.tolist() == second.own.tolist() == ["w", "x", "y"]
    assert first.counts.tolist() == [0, 1, 0]
    assert second.counts.tolist() == [0, 0, 1]


def test_numbers_of_another_dtype_are_compared_exactly():
    before = learn([float(2**53), 0.5])
    after = grow(before, [2**53 + 1, 2**53])
    assert after.counts.tolist() == [1, 2, 1]
    assert after.categories.tolist() == [0.5, 2**53, 2**53 + 1]


def test_rows_that_there_are_stay_where_hashed_rows_are():
    before = learn(["a", "a", "b", "b", "rare"], min_frequency=2, n_hashed=3)
    asked = ["a", "b", "rare", "new", "newer", None]
    after = grow(before, ["new", "new", "newer", "a", None], min_frequency=2)
    assert after.categories.tolist() == ["a", "b", "new"]
    kept = [0, 1, 2, 4, 5]
    assert [look_up(after, asked)[k] for k in kept] == [look_up(before, asked)[k] for k in kept]
    assert look_up(after, ["new"]) == [before.n_rows]
    assert before.origins(after).tolist() == look_up(before, ["new"])
    assert after.n_rows == before.n_rows + 1
    counts = before.row_counts
    counts[look_up(before, ["newer"])] += 1
    counts[[1, 6]] += 1
    assert after.row_counts.tolist() == [*counts, 2]


def test_values_that_were_dropped_start_from_the_infrequent_row():
    values, counts = pd.Index(["a"], dtype=object), np.array([0, 9])
    (before,) = Vocabulary.learn([values], [counts], n_uncounted=[90])
    after = grow(before, ["b"] * 10 + ["c"], min_frequency=0.05)  # of 110 rows, not of 20
    assert look_up(after, ["a", "b", "c", "d"]) == [3, 4, INFREQUENT, INFREQUENT]
    assert before.origins(after).tolist() == [INFREQUENT]
    assert after.row_counts.tolist() == [0, 0, 91, 9, 10]


def test_there_may_be_no_room_beside_hashed_rows():
    before = learn(["a", "a", "b", "c"], max_categories=2, n_hashed=2)
    after = grow(before, ["c"] * 9, max_categories=2)
    assert after.own.tolist() == ["a"]
    assert after.row_counts.sum() == 13


def test_only_new_leaves_the_counts_of_others_alone():
    before = learn(["a", "a", "b"], min_frequency=2, n_hashed=2)
    after = grow(before, ["a", "c", "c", "d", None], min_frequency=2, only_new=True)
    assert after.own.tolist() == ["a", "c"]
    assert after.row_counts.tolist() == [*before.row_counts, 2]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([*"abcdefg", None]), min_size=1), min_size=1, max_size=4),
    st.integers(1, 4),
    st.none() | st.integers(1, 5),
    st.integers(1, 3),
)
def test_growing_counts_each_training_row_behind_one_row(calls, n_hashed, most, least):
    limits = {"min_frequency": least, "max_categories": most}
    grown = learn(calls[0], **limits, n_hashed=n_hashed)
    n_cells = len(calls[0])
    for call in calls[1:]:
        before, grown = grown, grow(grown, call, **limits)
        n_cells += len(call)
        assert grown.row_counts.sum() == n_cells
        kept = [*before.own, None]
        assert look_up(grown, kept) == look_up(before, kept)
        codes = np.array(look_up(grown, [*call, "new"]))
        added = np.bincount(codes[:-1], minlength=grown.n_rows)
        old = np.pad(before.row_counts, (0, grown.n_rows - before.n_rows))
        np.testing.assert_array_equal(grown.row_counts, old + added)


def test_given_categories_have_a_row_beside_hashed_ones():
    vocabulary = learn(["b", "b", "rare"], min_frequency=2, n_hashed=4)
    known = growing.with_categories([vocabulary], pd.Index(["rare", "a"], dtype=object))[0]
    assert look_up(known, ["a", "b", "rare"]) == [7, 8, 9]
    assert known.counts.tolist() == [0, 2, 0]
    exact = np.bincount(look_up(known, ["b", "b", "rare"]), minlength=known.n_rows)
    assert known.recounted(exact).counts.tolist() == [0, 2, 1]
    assert known.recounted(exact).n_others == 0
