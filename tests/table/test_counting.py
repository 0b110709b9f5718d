"""Values are counted over batches, exactly or with a bounded error."""

import pickle
from collections import Counter

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sk_entity._table import counting
from sk_entity._table.counting import ValueCounts
from sk_entity._table.series import factorize
from sk_entity._table.vocabulary import Vocabulary


@pytest.fixture(autouse=True)
def few_entries_wait(monkeypatch):
    monkeypatch.setattr(counting, "_FEW", 3)


def batch(cells):
    column = nw.from_native(pd.Series(cells, dtype=object), series_only=True)
    codes, values = factorize("x", column)
    return values, np.bincount(codes + 1, minlength=len(values) + 1)


def counted(batches, max_counted=None):
    found = ValueCounts(max_counted)
    for cells in batches:
        found.add(*batch(cells))
    return found


def as_dict(summary):
    values, counts = summary.result()
    assert values.is_unique
    assert counts[0] == summary.n_missing
    return dict(zip(values.tolist(), counts[1:].tolist(), strict=True))


# Values of several types, some of them equal; None is a missing cell.
numbers = st.sampled_from([0, 1, 1.0, True, 2, 2.5, 2**53, 2**53 + 1, float(2**53), -1])
any_cells = st.lists(numbers | st.sampled_from([*"abc", "1", b"a", None]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(any_cells, max_size=6))
def test_batches_are_counted_as_python_counts_them(batches):
    together = [cell for cells in batches for cell in cells if cell is not None]
    summary = counted(batches)
    assert as_dict(summary) == Counter(together)
    assert summary.n_missing == sum(cells.count(None) for cells in batches)
    assert (summary.n_values, summary.error, summary.n_uncounted) == (len(together), 0, 0)


@pytest.mark.parametrize(
    ("batches", "dtype"),
    [
        ([[1, 2], [2, 3]], np.int64),
        ([[1, 2], [2.0, 3.0]], np.int64),
        ([[2.0, 3.0], [1, 2]], np.int64),
        ([[1, 2], [2.5]], np.float64),
        ([[2**53 + 1], [0.5]], object),
        ([[None], [0.5]], np.float64),
        ([[True, False], [True]], bool),
        ([["a"], ["b", "a"]], object),
        ([["a"], [1]], object),
    ],
)
def test_batches_of_several_dtypes_have_a_common_one_where_that_is_exact(batches, dtype):
    values, _ = counted(batches).result()
    assert values.dtype == dtype
    assert sorted(values, key=str) == sorted(
        {c for b in batches for c in b if c is not None}, key=str
    )


def test_nothing_was_counted():
    values, counts = ValueCounts().result()
    assert len(values) == 0
    assert counts.tolist() == [0]
    assert counted([[None], []]).result()[1].tolist() == [1]


@st.composite
def trees(draw):
    """Batches of cells, as leaves of a tree of pairs."""
    leaf = st.lists(st.integers(0, 12) | st.integers(0, 3) | st.none(), max_size=12)
    return draw(st.recursive(leaf, lambda t: st.tuples(t, t) | st.tuples(t, t, t), max_leaves=8))


def merged(tree, max_counted):
    if isinstance(tree, list):
        return counted([tree[:5], tree[5:]], max_counted)
    first, *others = (merged(part, max_counted) for part in tree)
    for other in others:
        before = as_dict(other)
        first.merge(other)
        assert as_dict(other) == before
    return first


def leaves(tree):
    return tree if isinstance(tree, list) else [cell for part in tree for cell in leaves(part)]


@settings(max_examples=100, deadline=None)
@given(tree=trees(), max_counted=st.integers(1, 8))
def test_a_bounded_count_is_too_low_by_its_error_at_most(tree, max_counted):
    cells = leaves(tree)
    summary, exact = merged(tree, max_counted), Counter(c for c in cells if c is not None)
    found = as_dict(summary)
    assert len(found) <= max_counted
    assert summary.n_missing == cells.count(None)
    assert summary.n_values == exact.total()
    for value, count in exact.items():
        assert count - summary.error <= found.get(value, 0) <= count
    assert summary.n_uncounted == exact.total() - sum(found.values())
    assert summary.error * (max_counted + 1) <= summary.n_uncounted
    if len(exact) <= max_counted:
        assert found == exact


@settings(max_examples=30, deadline=None)
@given(tree=trees())
def test_exact_summaries_are_merged_in_any_tree(tree):
    assert as_dict(merged(tree, None)) == Counter(c for c in leaves(tree) if c is not None)


def test_frequent_values_survive_a_long_tail():
    rng = np.random.default_rng(0)
    summary = ValueCounts(max_counted=100)
    for part in range(20):
        tail = [f"rare {part} {k}" for k in range(500)]
        often = rng.choice(["a", "b", "c"], 700, p=[0.6, 0.3, 0.1])
        summary.add(*batch([*tail, *often]))
    values, counts = summary.result()
    assert set(values[np.argsort(-counts[1:])[:3]]) == {"a", "b", "c"}
    assert 0 < summary.error <= summary.n_uncounted / 101


def test_the_same_batches_give_the_same_summary_and_pickles_keep_it():
    batches = [list("abcab"), ["c", "d", None], list("eeef")]
    first, second = counted(batches, 3), counted(batches, 3)
    values, counts = first.result()
    assert values.equals(second.result()[0])
    copy = pickle.loads(pickle.dumps(second))
    copy.add(*batch(["a"]))
    first.add(*batch(["a"]))
    assert as_dict(copy) == as_dict(first)
    assert (copy.error, copy.n_missing) == (first.error, 1)
    assert counts.dtype == np.int64


def test_values_that_no_training_row_holds_are_known_until_the_bound_is_reached():
    summary = ValueCounts(2)
    summary.add(pd.Index(["a", "b"], dtype=object), np.array([0, 2, 0]))
    assert as_dict(summary) == {"a": 2, "b": 0}
    summary.add(pd.Index(["c"], dtype=object), np.array([0, 1]))
    assert as_dict(summary) == {"a": 2, "c": 1}
    assert summary.error == summary.n_uncounted == 0


def test_summaries_of_another_bound_are_not_merged():
    with pytest.raises(ValueError, match="max_counted=3 and 4 cannot be merged"):
        ValueCounts(3).merge(ValueCounts(4))
    with pytest.raises(ValueError, match="max_counted=0 must be 1 or more"):
        ValueCounts(0)


def test_an_entry_takes_part_in_few_merges(monkeypatch):
    monkeypatch.setattr(counting, "_FEW", 64)
    merged, union_of = [], counting.union_of
    monkeypatch.setattr(
        counting,
        "union_of",
        lambda values: merged.append(sum(map(len, values))) or union_of(values),
    )
    summary = ValueCounts()
    for start in range(0, 200 * 50, 50):
        values = pd.Index(np.arange(start, start + 50))
        summary.add(values, np.append(0, np.ones(50, dtype=int)))
    summary.result()
    assert sum(merged) < 5 * 200 * 50


def test_a_vocabulary_of_batches_is_that_of_the_column():
    batches = [["b", "a", None], ["a", "c"], ["c", "c", "d"]]
    values, counts = batch([cell for cells in batches for cell in cells])
    whole = Vocabulary.learn([values], [counts], max_categories=3)[0]
    values, counts = counted(batches).result()
    found = Vocabulary.learn([values], [counts], max_categories=3)[0]
    assert found.categories.equals(whole.categories)
    assert found.rows.tolist() == whole.rows.tolist()
    assert found.counts.tolist() == whole.counts.tolist()
