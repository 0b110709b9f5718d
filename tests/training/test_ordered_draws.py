"""Means of the target over the rows before each row of its level."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sk_entity._table.scaler import squash
from sk_entity._target.ordered_statistics import OrderedStatistics
from sk_entity._training.ordered_draws import OrderedDraws


def drawn(order, *statistics):
    draws = OrderedDraws(OrderedStatistics(*statistics), "cpu")
    return draws.draw(torch.from_numpy(order)).numpy()


@given(st.data())
def test_ordered_statistics_are_those_of_the_rows_before(data):
    n_samples = data.draw(st.integers(1, 12))
    level = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n_samples, max_size=n_samples)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    target, weight = rng.normal(size=n_samples), rng.gamma(1.0, size=n_samples)
    order = rng.permutation(n_samples)
    found = drawn(order, (level.astype(np.int32),), (2.0,), target, weight)
    for place, row in enumerate(order):
        before = [r for r in order[:place] if level[r] == level[row]]
        expected = sum(weight[r] * target[r] for r in before) / (weight[before].sum() + 2)
        assert found[row, 0] == pytest.approx(squash(np.array([expected]))[0], abs=1e-6)


def test_a_row_never_sees_its_own_target():
    rng = np.random.default_rng(0)
    level, target, weight = rng.integers(0, 8, 400), rng.normal(size=400), np.ones(400)
    changed = np.r_[9.0, target[1:]]
    for _ in range(20):
        order = rng.permutation(400)
        before, after = (drawn(order, (level,), (1.0,), y, weight) for y in (target, changed))
        assert before[0] == after[0]
        assert not np.array_equal(before, after)
