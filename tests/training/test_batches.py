"""Batches are slices of tensors: every row once, in random order, with no Python per row."""

import numpy as np
import pytest
import torch
from counting import calls

from sk_entity import EntityEmbeddingRegressor
from sk_entity._target.examples import Examples
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
