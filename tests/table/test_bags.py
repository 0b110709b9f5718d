"""Ragged rows of a table: taken, laid flat, averaged, padded."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sk_entity._table.bags import Bags

cells = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=4), min_size=1, max_size=12)


def bags(cells):
    members = np.array([m for cell in cells for m in cell], dtype=np.int32)
    return Bags.of(members, np.array([len(cell) for cell in cells]))


@given(cells, st.data())
def test_any_rows_in_any_order(cells, data):
    rows = data.draw(st.lists(st.integers(0, len(cells) - 1), min_size=1, max_size=20))
    taken = bags(cells)[np.array(rows)]
    members, row_of_each = taken.flat()
    expected = [cells[row] for row in rows]
    assert members.tolist() == [m for cell in expected for m in cell]
    assert row_of_each.tolist() == [k for k, cell in enumerate(expected) for _ in cell]
    table = np.random.default_rng(0).normal(size=(7, 3))
    assert_allclose(taken.mean(table), [table[cell].mean(axis=0) for cell in expected])
    padded = taken.padded()
    assert padded.shape == (len(rows), max(map(len, expected)))
    assert [[m for m in row if m >= 0] for row in padded.tolist()] == expected


@given(cells)
def test_a_mean_has_the_same_bits_whatever_rows_stand_beside(cells):
    table = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    together = bags(cells).mean(table)
    assert together.dtype == np.float32
    alone = [bags(cells)[row : row + 1].mean(table)[0] for row in range(len(cells))]
    assert_array_equal(together, alone)


def test_no_rows():
    none = bags([[1, 2]])[:0]
    assert len(none) == 0
    assert none.mean(np.ones((7, 3))).shape == (0, 3)
    assert none.padded().shape == (0, 1)
