"""Coded rows are written to parts drawn at random, and read again."""

from dataclasses import replace

import numpy as np
import pytest

from sk_entity._table.bags import Bags
from sk_entity._table.coder import CodedTable
from sk_entity._target.examples import Examples
from sk_entity._training import spill as module
from sk_entity._training.spill import Layout, Spill, SpillWriter


def examples(n, seed=0, of_classes=False, weighted=True):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 4, n)
    bags = (Bags.of(rng.integers(9, size=lengths.sum()).astype(np.int32), lengths),)
    coded = CodedTable(
        rng.integers(9, size=(n, 2)).astype(np.int32),
        rng.normal(size=(n, 3)).astype(np.float32),
        bags,
    )
    # The first number tells the rows apart.
    coded.numerical[:, 0] = np.arange(n) + 1000 * seed
    target = rng.normal(size=(n, 1)).astype(np.float32)
    if of_classes:
        target = rng.integers(3, size=n)
    return Examples(coded, target, rng.random(n) if weighted else None)


def layout_of(rows, in_folds=False):
    of_classes = rows.target.ndim == 1
    return Layout(2, 1, 3, 1, of_classes, rows.sample_weight is not None, in_folds)


def read_all(spill):
    """All rows in the order of their first number."""
    parts = [spill.read(part) for part in range(len(spill.sizes))]
    assert [len(part) for part in parts] == spill.sizes.tolist()
    keys = np.concatenate([part.coded.numerical[:, 0] for part in parts])
    order = np.argsort(keys)
    categorical = np.concatenate([part.coded.categorical for part in parts])[order]
    numerical = np.concatenate([part.coded.numerical for part in parts])[order]
    target = np.concatenate([part.target for part in parts])[order]
    bags = [bag.tolist() for part in parts for bag in _bags(part)]
    weight = None
    if parts[0].sample_weight is not None:
        weight = np.concatenate([part.sample_weight for part in parts])[order]
    return categorical, numerical, [bags[i] for i in order], target, weight


def _bags(part):
    (bag,) = part.coded.bags
    return [bag[i : i + 1].flat()[0] for i in range(len(part))]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(module, "BYTES_PER_PART", 1000)
    monkeypatch.setattr(module, "BYTES_PER_WRITE", 3000)


@pytest.mark.parametrize("of_classes", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_row_is_there_once(tmp_path, of_classes, weighted):
    batches = [examples(n, seed, of_classes, weighted) for seed, n in enumerate((70, 1, 90))]
    writer = SpillWriter(tmp_path / "rows", layout_of(batches[0]), 161)
    for number, batch in enumerate(batches):
        writer.write(batch, np.random.default_rng(number))
    spill = writer.close()
    assert len(spill) == 161
    assert len(spill.sizes) > 3
    categorical, numerical, bags, target, weight = read_all(spill)
    expected = [batch.coded for batch in batches]
    np.testing.assert_array_equal(categorical, np.concatenate([c.categorical for c in expected]))
    np.testing.assert_array_equal(numerical, np.concatenate([c.numerical for c in expected]))
    assert bags == [bag.tolist() for batch in batches for bag in _bags(batch)]
    np.testing.assert_array_equal(target, np.concatenate([batch.target for batch in batches]))
    assert target.dtype == batches[0].target.dtype
    if weighted:
        given = np.concatenate([batch.sample_weight for batch in batches])
        np.testing.assert_allclose(weight, given, rtol=1e-6)


def test_parts_are_random_samples(tmp_path):
    rows = examples(2000)
    writer = SpillWriter(tmp_path / "rows", layout_of(rows), 2000)
    writer.write(rows, np.random.default_rng(0))
    spill = writer.close()
    for part in range(len(spill.sizes)):
        places = spill.read(part).coded.numerical[:, 0]
        assert places.min() < 500
        assert places.max() > 1500


def test_a_fold_is_left_out(tmp_path):
    rows = examples(300)
    folds = np.arange(300) % 3
    writer = SpillWriter(tmp_path / "rows", layout_of(rows, in_folds=True), 300, n_folds=3)
    writer.write(rows, np.random.default_rng(0), folds)
    spill = replace(writer.close(), without=1)
    assert len(spill) == 200
    assert (read_all(spill)[1][:, 0] % 3 != 1).all()


def test_saved_and_loaded(tmp_path):
    rows = examples(100)
    writer = SpillWriter(tmp_path / "rows", layout_of(rows), 100)
    writer.write(rows, np.random.default_rng(0))
    spill = writer.close()
    spill.save()
    again = Spill.load(tmp_path / "rows")
    assert again.layout == spill.layout
    np.testing.assert_array_equal(read_all(again)[1], read_all(spill)[1])
    again.remove()
    assert list((tmp_path / "rows").iterdir()) == []


def test_a_new_writer_begins_anew(tmp_path):
    rows = examples(100)
    for seed in range(2):
        writer = SpillWriter(tmp_path / "rows", layout_of(rows), 100)
        writer.write(rows, np.random.default_rng(seed))
        spill = writer.close()
    assert len(read_all(spill)[1]) == 100


def test_a_shortened_file_is_refused(tmp_path):
    rows = examples(100)
    writer = SpillWriter(tmp_path / "rows", layout_of(rows), 100)
    writer.write(rows, np.random.default_rng(0))
    spill = writer.close()
    path = tmp_path / "rows" / "part-0.rows"
    path.write_bytes(path.read_bytes()[: -spill.layout.bytes_per_row])
    with pytest.raises(OSError, match=r"part-0.rows' holds .* rows in the place of"):
        spill.read(0)


def test_bytes_per_row():
    layout = Layout(5, 0, 3, 1, of_classes=False, weighted=True, in_folds=False)
    assert layout.bytes_per_row == 40
