"""A table in batches leads to the coder that the table as a whole leads to."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sk_entity._table.coder import TableCoder
from sk_entity._table.reading import as_frame
from sk_entity._table.summary import TableSummary


def summary_of(frames, categorical, shared=(), rows=slice(None), max_counted=None):
    frames = [as_frame(frame) for frame in frames]
    total = TableSummary.begin(frames[0], categorical, shared, max_counted)
    for frame in frames:
        part = TableSummary.begin(frames[0], categorical, shared, max_counted)
        part.add(frame, rows, None)
        total.merge(part)
    return total


def assert_same(found, expected):
    assert found.names == expected.names
    for one, other in zip(found.categorical, expected.categorical, strict=True):
        assert (one.name, one.position, one.owner) == (other.name, other.position, other.owner)
        assert one.holds_lists == other.holds_lists
        a, b = one.vocabulary, other.vocabulary
        assert a.categories.tolist() == b.categories.tolist()
        assert a.counts.tolist() == b.counts.tolist()
        assert a.rows.tolist() == b.rows.tolist()
        assert a.n_missing == b.n_missing
    for one, other in zip(found.numerical, expected.numerical, strict=True):
        assert (one.name, one.position) == (other.name, other.position)
        a, b = one.scaler, other.scaler
        assert (a.center, a.scale, a.has_indicator) == (b.center, b.scale, b.has_indicator)
        np.testing.assert_allclose(a.edges, b.edges, rtol=1e-9)


CELLS = st.sampled_from(["a", "b", "c", "d", None])
ROWS = st.tuples(CELLS, CELLS, st.sampled_from([1, 2, 2**53 + 1]), st.floats(-2, 2) | st.none())


@given(
    st.lists(ROWS, min_size=4, max_size=40),
    st.lists(st.integers(0, 40), max_size=3),
    st.sampled_from([(None, None), (3, None), (None, 3), (0.2, None)]),
)
@settings(deadline=None, max_examples=50)
@pytest.mark.filterwarnings("ignore:Column .* has no value")
def test_any_batches(rows, cuts, limits):
    names = ["one", "other", "code", "number"]
    table = pd.DataFrame(rows, columns=names).astype({"number": float})
    table[["one", "other"]] = table[["one", "other"]].astype(object)
    bounds = sorted({0, len(table), *(c for c in cuts if c < len(table))})
    frames = [table[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]
    shared = [[0, 1]]
    expected, _ = TableCoder.learn(as_frame(table), [0, 1, 2], slice(None), None, *limits, shared)
    assert_same(summary_of(frames, [0, 1, 2], shared).coder(*limits), expected)


def test_lists_and_weights():
    table = pd.DataFrame({"tags": [["a", "b"], [], ["b"], None], "x": [1.0, 2.0, 3.0, 4.0]})
    frame, rows, weight = as_frame(table), np.array([0, 2]), np.array([1.0, 3.0])
    found = TableSummary.begin(frame, [0])
    found.add(frame, rows, weight)
    expected, _ = TableCoder.learn(frame, [0], rows, weight, None, None)
    # Of rows that are not for training, a coder in memory keeps the values, as unknown ones.
    assert_same(found.coder(), expected)


def test_a_column_without_values_is_warned_of():
    table = pd.DataFrame({"shop": ["a", "b"], "empty": [np.nan, np.nan]})
    with pytest.warns(UserWarning, match="Column 'empty' has no value: all 2 training rows"):
        summary_of([table], [0]).coder()


@pytest.fixture(scope="module")
def frames():
    rng = np.random.default_rng(0)
    shops = [f"shop {k}" for k in np.minimum(rng.zipf(1.3, 3000), 10_000)]
    table = pd.DataFrame({"shop": shops, "sex": ["f", "m"] * 1500})
    return np.array_split(np.arange(3000), 5), table


class TestTail:
    def test_counts_are_bounded(self, frames):
        parts, table = frames
        found = summary_of([table.iloc[p] for p in parts], [0, 1], max_counted=20).coder()
        shop, sex = (column.vocabulary for column in found.categorical)
        assert shop.n_levels <= 20
        assert not shop.is_complete
        assert "shop 1" in shop.categories
        assert shop.row_counts.sum() == 3000
        assert sex.is_complete

    def test_only_columns_with_a_tail_are_hashed(self, frames):
        parts, table = frames
        found = summary_of([table.iloc[p] for p in parts], [0, 1]).coder(None, 10, 8)
        shop, sex = (column.vocabulary for column in found.categorical)
        assert shop.n_hashed == 8
        assert shop.n_rows == 3 + 8 + shop.n_levels
        assert sex.n_hashed == 0

    def test_named_columns_are_hashed(self, frames):
        _, table = frames
        found = summary_of([table], [0, 1]).coder(n_hashed={"sex": 2})
        assert [column.vocabulary.n_hashed for column in found.categorical] == [0, 2]
