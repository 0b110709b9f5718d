"""Moments of a target over batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sk_entity._target.regression import RegressionTarget
from sk_entity._target.regression_summary import RegressionSummary


@given(
    st.lists(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=9), min_size=1, max_size=5),
    st.sampled_from(["identity", "log"]),
    st.booleans(),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_batches_add_up_to_the_whole(batches, link, weighted, several):
    batches = [np.array([*batch, 1.0, 2.0]) for batch in batches]
    if several:
        batches = [np.column_stack([batch, -batch]) for batch in batches]
    weights = [np.arange(1.0, len(b) + 1) if weighted else None for b in batches]
    total = RegressionSummary(link)
    for y, weight in zip(batches, weights, strict=True):
        part = RegressionSummary(link)
        part.add(y, weight)
        total.merge(part)
    weight = np.concatenate(weights) if weighted else None
    expected = RegressionTarget.learn(np.concatenate(batches), weight, link)
    found = total.target()
    assert found.link == link
    assert found.one_dimensional == expected.one_dimensional == (not several)
    np.testing.assert_allclose(found.offset, expected.offset, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.scale, expected.scale, rtol=1e-9)
    assert total.total()[0] == sum(map(len, batches))


def test_large_offsets_lose_no_digits():
    y = 1e9 + np.random.default_rng(0).normal(size=1000)
    total = RegressionSummary("identity")
    for part in np.split(y, 10):
        total.add(part, None)
    assert total.target().scale[0] == pytest.approx(y.std(), rel=1e-6)


def test_constant_target():
    total = RegressionSummary("identity")
    total.add(np.array([[1.0, 2.0], [0.0, 2.0]]), None)
    with pytest.raises(ValueError, match=r"y\[:, 1\] is constant \(2 in all 2 rows"):
        total.target()


def test_target_beyond_floats():
    total = RegressionSummary("identity")
    total.add(np.array([1e200, -1e200]), None)
    with pytest.raises(ValueError, match="y reaches from -1e\\+200 to 1e\\+200.*Divide it"):
        total.target()


def test_no_rows_change_nothing():
    total = RegressionSummary("identity")
    total.add(np.array([]), None)
    total.merge(RegressionSummary("identity"))
    assert total.total() == (0, 0.0)
