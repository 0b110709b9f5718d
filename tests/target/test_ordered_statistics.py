"""Means of the target over the rows before each row of its level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sk_entity._table.scaler import squash
from sk_entity._target.ordered_statistics import OrderedStatistics


@given(st.data())
def test_ordered_statistics_are_those_of_the_rows_before(data):
    n_samples = data.draw(st.integers(1, 12))
    level = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n_samples, max_size=n_samples)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    target, weight = rng.normal(size=n_samples), rng.gamma(1.0, size=n_samples)
    order = rng.permutation(n_samples)
    drawn = OrderedStatistics((level.astype(np.int32),), (2.0,), target, weight).draw(order)
    for place, row in enumerate(order):
        before = [r for r in order[:place] if level[r] == level[row]]
        expected = sum(weight[r] * target[r] for r in before) / (weight[before].sum() + 2)
        assert drawn[row, 0] == pytest.approx(squash(np.array([expected]))[0], abs=1e-6)


def test_a_row_never_sees_its_own_target():
    rng = np.random.default_rng(0)
    level, target, weight = rng.integers(0, 8, 400), rng.normal(size=400), np.ones(400)
    ordered = OrderedStatistics((level,), (1.0,), target, weight)
    changed = OrderedStatistics((level,), (1.0,), np.r_[9.0, target[1:]], weight)
    for _ in range(20):
        order = rng.permutation(400)
        assert ordered.draw(order)[0] == changed.draw(order)[0]
