"""Batches of rows on disk: each row once an epoch, shuffled, and begun anywhere."""

import numpy as np
import pytest
import torch

from sk_entity._table.coder import CodedTable
from sk_entity._target.examples import Examples
from sk_entity._training import spill as module
from sk_entity._training import spilled_batches
from sk_entity._training.spill import Layout, SpillWriter
from sk_entity._training.spilled_batches import SpilledBatches, SpilledRows


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BYTES_PER_PART", 4 * 3 * 90)
    monkeypatch.setattr(spilled_batches, "BATCHES_PER_GATHER", 3)
    n = 400
    coded = CodedTable(np.zeros((n, 1), np.int32), np.arange(n, dtype=np.float32)[:, None])
    writer = SpillWriter(tmp_path / "rows", Layout(1, 0, 1, 1, False, False, False), n)
    target = np.arange(n, dtype=np.float32)[:, None]
    writer.write(Examples(coded, target, None), np.random.default_rng(0))
    return SpilledRows(writer.close(), "cpu")


def keys(batches):
    return [X["numerical"][:, 0].int().tolist() for X, _ in batches]


def test_each_row_once_in_batches_of_nearly_equal_length(rows):
    batches = SpilledBatches(rows, 16, seed=0)
    found = keys(batches)
    assert len(found) == len(batches) == rows.n_batches(16)
    assert sorted(k for batch in found for k in batch) == list(range(400))
    assert {len(batch) for batch in found} <= set(range(12, 17))
    assert len(rows) == 400


def test_targets_belong_to_their_rows(rows):
    for X, y in SpilledBatches(rows, 16, seed=0):
        assert torch.equal(X["numerical"], y)


def test_epochs_differ_and_seeds_differ(rows):
    batches = SpilledBatches(rows, 16, seed=0)
    first, second = keys(batches), keys(batches)
    assert first != second
    assert first != keys(SpilledBatches(rows, 16, seed=1))
    again = SpilledBatches(rows, 16, seed=0)
    assert (keys(again), keys(again)) == (first, second)


def test_without_a_seed_the_order_is_that_of_the_parts(rows):
    batches = SpilledBatches(rows, 1000)
    assert keys(batches) == keys(batches)
    assert batches.epoch == 2


def test_an_epoch_can_be_begun_wherever_a_group_ended(rows):
    batches = SpilledBatches(rows, 16, seed=0)
    whole, places = [], [0]
    for X, _ in batches:
        whole.append(X["numerical"][:, 0].int().tolist())
        if batches.between:
            places.append(batches.step)
    assert places[-1] == len(whole)
    assert len(places) > 6
    for place in places:
        later = SpilledBatches(rows, 16, seed=0)
        later.step = place
        assert keys(later) == whole[place:]
        assert (later.epoch, later.step) == (1, 0)


def test_groups_are_prepared_together(rows):
    batches, groups = SpilledBatches(rows, 16, seed=0), []

    def prepare(X):
        groups.append(len(X["numerical"]))
        return {**X, "prepared": X["numerical"] + 1}

    batches.prepare = prepare
    for X, y in batches:
        assert torch.equal(X["prepared"], y + 1)
    assert sum(groups) == 400
    assert max(groups) <= 3 * 16


def test_an_end_in_the_middle_leaves_no_thread(rows):
    import threading

    before = threading.active_count()
    iterator = iter(SpilledBatches(rows, 16, seed=0))
    next(iterator)
    iterator.close()
    assert threading.active_count() == before


def test_some_rows_are_of_a_random_part(rows):
    X, y = rows.some(10)
    assert 5 <= len(y) <= 10
    assert X["numerical"].max() > 200
