"""Bags of tensors give what those of arrays give."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sk_entity._network.arrays import bags_of_arrays
from sk_entity._network.bags import Bags
from sk_entity._table import bags as of_arrays


@given(
    st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=4), min_size=1, max_size=9),
    st.data(),
)
def test_any_rows(cells, data):
    members = np.array([m for cell in cells for m in cell], dtype=np.int32)
    arrays = of_arrays.Bags.of(members, np.array([len(cell) for cell in cells]))
    (tensors,) = bags_of_arrays([arrays])
    rows = data.draw(st.lists(st.integers(0, len(cells) - 1), min_size=1, max_size=12))
    taken = tensors.index_select(0, torch.tensor(rows))
    expected, row_of_each = arrays[np.array(rows)].flat()
    flat, of_row = taken.flat()
    assert flat.tolist() == expected.tolist()
    assert of_row.tolist() == row_of_each.tolist()
    table = torch.arange(21.0).reshape(7, 3)
    mean = arrays[np.array(rows)].mean(table.numpy())
    assert_allclose(taken.mean(table[flat], of_row), mean, rtol=1e-6)
    padded = Bags.of_padded(torch.from_numpy(arrays[np.array(rows)].padded()))
    assert padded.flat()[0].tolist() == expected.tolist()
    assert taken[1:3].flat()[0].tolist() == arrays[np.array(rows)][1:3].flat()[0].tolist()
