"""Batches are slices of tensors: every row once, in random order, with no Python per row."""

import numpy as np
import pytest
import torch
from counting import calls

from sk_entity import EntityEmbeddingRegressor
from sk_entity._table.coder import CodedTable
from sk_entity._target.examples import Examples
from sk_entity._target.ordered_statistics import OrderedStatistics
from sk_entity._training.batches import Batches, Rows


def test_python_runs_per_batch_and_not_per_row(slopes, small):
    X, y = slopes
    model = EntityEmbeddingRegressor(**small | {"max_iter": 2})
    model.fit(X, y)  # what is imported on first use is not counted
    small_batches = calls(lambda: model.set_params(batch_size=50).fit(X, y))
    rows = np.tile(np.arange(len(X)), 20)
    X, y = X.iloc[rows].reset_index(drop=True), y[rows]
    large_batches = calls(lambda: model.set_params(batch_size=1000).fit(X, y))
    assert large_batches == pytest.approx(small_batches, rel=0.02)


def test_batches_hold_every_row_once_and_in_random_order(slopes, small):
    X, y = slopes
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    examples = Examples(model._code(X), y.astype(np.float32), np.arange(1.0, 501.0))
    rows = Rows(examples, "cpu")
    batches = list(Batches(rows, 7, torch.Generator().manual_seed(0)))
    assert [len(target) for _, target in batches] == [7] * 71 + [3]
    target = torch.cat([target for _, target in batches])
    order = torch.cat([X["sample_weight"] for X, _ in batches]).argsort()
    assert torch.equal(target[order], rows.y)
    assert not torch.equal(target, rows.y)
    codes = torch.cat([X["categorical"] for X, _ in batches])
    assert torch.equal(codes[order], rows.X["categorical"])


def coded_rows(n_samples, n_numbers=2, **extra):
    """Rows whose numbers and target are their own number."""
    number = np.arange(n_samples, dtype=np.float32)
    coded = CodedTable(
        np.arange(n_samples, dtype=np.int32)[:, None], np.tile(number[:, None], n_numbers)
    )
    return Examples(coded, number[:, None], **{"sample_weight": None} | extra)


@pytest.mark.parametrize(("n_samples", "batch_size"), [(10, 3), (9, 3), (2, 5)])
def test_without_a_generator_rows_come_in_their_order(n_samples, batch_size):
    batches = Batches(Rows(coded_rows(n_samples), "cpu"), batch_size)
    targets = [y.flatten().tolist() for _, y in batches]
    assert sum(targets, []) == list(range(n_samples))
    assert len(targets) == len(batches)
    assert all(len(t) == batch_size for t in targets[:-1])


def test_rows_stay_together_when_they_are_gathered(monkeypatch):
    monkeypatch.setattr("sk_entity._training.batches.BATCHES_PER_GATHER", 2)
    rows = Rows(coded_rows(100, sample_weight=np.arange(1.0, 101.0)), "cpu")
    batches = Batches(rows, 7, torch.Generator().manual_seed(0))
    first, second = ([(X, y.flatten()) for X, y in batches] for _ in range(2))
    for X, y in first:
        assert torch.equal(X["categorical"][:, 0], y.int())
        assert torch.equal(X["numerical"], y[:, None].expand(-1, 2))
        assert torch.allclose(X["sample_weight"], (y + 1) / 50.5)
    orders = [torch.cat([y for _, y in epoch]).tolist() for epoch in (first, second)]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(100))
    assert orders[0] != orders[1]  # each epoch has an order of its own


@pytest.mark.parametrize(("batch_size", "expected"), [(4, [16, 4]), (7, [14, 6]), (30, [20])])
def test_rows_gathered_at_once_are_few(monkeypatch, batch_size, expected):
    monkeypatch.setattr("sk_entity._training.batches.MOST_ROWS_PER_GATHER", 16)
    batches = Batches(Rows(coded_rows(20), "cpu"), batch_size, torch.Generator())
    gathered = []
    batches.prepare = lambda X: gathered.append(len(X["numerical"])) or X
    assert [len(y) for _, y in batches] == list(_sizes(20, batch_size))
    assert gathered == expected


def _sizes(n_rows, batch_size):
    for start in range(0, n_rows, batch_size):
        yield min(batch_size, n_rows - start)


def test_weights_have_the_mean_one():
    X, _ = Rows(coded_rows(4, sample_weight=np.array([1.0, 2, 3, 10])), "cpu")[:]
    assert X["sample_weight"].tolist() == [0.25, 0.5, 0.75, 2.5]
    assert "sample_weight" not in Rows(coded_rows(4), "cpu")[:][0]


def test_each_epoch_draws_the_encodings_anew():
    level, target = np.zeros(50, dtype=np.int32), np.random.default_rng(0).normal(size=50)
    ordered = OrderedStatistics((level,), (1.0,), target, np.ones(50))
    rows = Rows(coded_rows(50, ordered=ordered), "cpu")
    batches = Batches(rows, 50, torch.Generator().manual_seed(0))
    (first, y), (second, z) = (next(iter(batches)) for _ in range(2))
    first, second = (X["numerical"][t.flatten().argsort()] for X, t in ((first, y), (second, z)))
    assert (first[:, 0] != second[:, 0]).float().mean() > 0.9
    assert 0 in first[:, 0]  # nothing is known of the first row
    assert torch.equal(first[:, 1], second[:, 1])  # the table's own numbers stay
    before = rows.X["numerical"].clone()
    list(Batches(rows, 50))  # unshuffled, as for validation
    assert torch.equal(rows.X["numerical"], before)
