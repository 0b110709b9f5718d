"""Distributions of numbers over batches: exact up to a limit, then a t-digest."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sk_entity._table import distribution as module
from sk_entity._table.distribution import Distribution
from sk_entity._table.scaler import NumericScaler

NUMBERS = st.lists(st.sampled_from([np.nan, -1.5, 0.0, 2.0, 1e300]) | st.floats(-5, 5), max_size=20)


def of(values, weight=None):
    found = Distribution()
    found.add(np.array(values, dtype=float), weight)
    return found


@given(st.lists(NUMBERS, min_size=1, max_size=5), st.booleans())
@settings(deadline=None, max_examples=60)
def test_batches_add_up_to_the_scale_of_the_whole(batches, weighted):
    values = np.concatenate([np.array(b, dtype=float) for b in batches])
    weight = np.arange(1.0, len(values) + 1) if weighted else None
    total, start = Distribution(), 0
    for batch in batches:
        stop = start + len(batch)
        total.merge(of(batch, None if weight is None else weight[start:stop]))
        start = stop
    assert total.n_rows == len(values)
    assert total.n_missing == np.isnan(values).sum()
    scaler = NumericScaler.of_masses(*total.masses(), total.n_missing > 0)
    whole = NumericScaler.learn(values, weight)
    assert (scaler.center, scaler.scale) == (whole.center, whole.scale)
    assert scaler.has_indicator == whole.has_indicator
    np.testing.assert_allclose(scaler.edges, whole.edges, rtol=1e-9)


class TestDigest:
    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch):
        monkeypatch.setattr(module, "MOST_DISTINCT", 200)

    def ranks_wrong_by(self, found, values, weight=None):
        weight = np.ones(len(values)) if weight is None else weight
        points, mass = found.masses()
        order = np.argsort(values)
        exact = np.cumsum(weight[order]) / weight.sum()
        levels = (np.cumsum(mass) - mass / 2) / mass.sum()
        at = np.searchsorted(values[order], points)
        return np.abs(exact[np.minimum(at, len(values) - 1)] - levels).max()

    def test_ranks_are_nearly_right(self):
        rng = np.random.default_rng(0)
        values = np.exp(2 * rng.normal(size=20_000))
        total = Distribution()
        for batch in np.split(values, 20):
            total.add(batch, None)
        points, mass = total.masses()
        assert len(points) < 2000
        assert mass.sum() == pytest.approx(20_000)
        assert self.ranks_wrong_by(total, values) < 0.005

    def test_weights_count(self):
        rng = np.random.default_rng(0)
        values, weight = rng.normal(size=20_000), rng.exponential(size=20_000)
        weight[values > 0] *= 10
        total = of(values, weight)
        assert total.masses()[1].sum() == pytest.approx(weight.sum())
        assert self.ranks_wrong_by(total, values, weight) < 0.005

    def test_exact_ones_and_digests_merge(self):
        rng = np.random.default_rng(0)
        values = rng.normal(size=5000)
        total = of(values[:50])
        total.merge(of(values[50:]))
        again = of(values[50:])
        again.merge(of(values[:50]))
        for found in (total, again):
            assert found.masses()[1].sum() == pytest.approx(5000)
            assert self.ranks_wrong_by(found, values) < 0.005

    def test_the_same_batches_give_the_same(self):
        values = np.random.default_rng(0).normal(size=5000)
        first, second = of(values), pickle.loads(pickle.dumps(of(values)))
        for one, other in zip(first.masses(), second.masses(), strict=True):
            assert (one == other).all()
