"""Columns and pairs of columns are chosen and encoded as smoothed means of the target."""

import numpy as np
import pandas as pd
import pytest
from counting import peak_memory

from sk_entity._table.coder import CodedTable
from sk_entity._table.scaler import squash
from sk_entity._target import ordered_encoding
from sk_entity._target.examples import Examples
from sk_entity._target.ordered_encoding import OrderedTargetEncoding

SIZES = [40, 40]


@pytest.fixture
def few_levels(monkeypatch):
    monkeypatch.setattr(ordered_encoding, "LEAST_LEVELS", 2)


def codes_and_target(n_samples=400, seed=0):
    """Two columns of eight levels, which tell nothing one by one, and two classes."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(3, 11, (n_samples, 2))
    probability = np.where((codes.sum(axis=1)) % 2, 0.9, 0.2)
    return codes, (rng.random(n_samples) < probability).astype(np.int64)


def coded(codes):
    """A coded table without numbers."""
    return CodedTable(np.asarray(codes), np.empty((len(codes), 0), dtype=np.float32))


def learn(codes, n_rows, target, weight=None):
    return OrderedTargetEncoding.learn(Examples(coded(codes), target, weight), n_rows)


def of(encoding, codes):
    """The encodings of rows, without the numbers after them."""
    return encoding.add_to(coded(codes)).numerical


@pytest.mark.usefixtures("few_levels")
@pytest.mark.parametrize("weighted", [False, True])
def test_an_encoding_is_the_smoothed_mean_of_its_level(weighted):
    codes, y = codes_and_target()
    weight = np.random.default_rng(1).gamma(2.0, size=len(y)) if weighted else np.ones(len(y))
    encoding = learn(codes, SIZES, y, weight if weighted else None)
    assert (0, 1) in encoding.columns
    j = encoding.columns.index((0, 1))
    mean = np.average(y, weights=weight)
    z = (y - mean) / np.sqrt(mean * (1 - mean))
    rows = pd.DataFrame({"n": weight / weight.mean(), "sum": weight / weight.mean() * z})
    level = rows.groupby([codes[:, 0], codes[:, 1]]).transform("sum")
    expected = squash((level["sum"] / (level["n"] + encoding.smoothing[j])).to_numpy())
    assert of(encoding, codes)[:, j] == pytest.approx(expected, abs=1e-6)


@pytest.mark.usefixtures("few_levels")
def test_the_smoothing_finds_the_two_variances():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2000, (80_000, 1))
    y = rng.normal(0, 0.5, 2000)[codes[:, 0]] + rng.normal(0, 2, len(codes))
    encoding = learn(codes, [2000], y)
    assert encoding.smoothing[0] == pytest.approx(2**2 / 0.5**2, rel=0.1)


@pytest.mark.usefixtures("few_levels")
def test_a_row_is_never_told_more_than_a_smoothing_of_one_row_allows():
    codes = np.random.default_rng(0).integers(0, 8, (400, 1))
    y = codes[:, 0] % 2  # the level decides: there is no variance within
    assert learn(codes, [8], y).smoothing == (1.0,)


@pytest.mark.usefixtures("few_levels")
def test_pairs_are_made_of_the_columns_of_most_levels(monkeypatch):
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(0, n, 2000) for n in (20, 5, 30)], axis=1)
    y = (codes.sum(axis=1) + rng.normal(0, 5, 2000) > 25).astype(np.int64)
    assert set(learn(codes, [20, 5, 30], y).columns) == {(0, 1), (0, 2), (1, 2)}
    monkeypatch.setattr(ordered_encoding, "MOST_COLUMNS", 2)
    assert learn(codes, [20, 5, 30], y).columns == [(0, 2)]


@pytest.mark.usefixtures("few_levels")
def test_levels_without_a_row_have_zero():
    codes, y = codes_and_target()
    encoding = learn(codes, SIZES, y)
    never_seen = [[0, 3], [3, 0], [39, 39], [0, 0]]
    pairs = [j for j, columns in enumerate(encoding.columns) if len(columns) == 2]
    assert not of(encoding, never_seen)[:, pairs].any()


@pytest.mark.usefixtures("few_levels")
def test_equal_weights_are_none():
    codes, y = codes_and_target()
    without = learn(codes, SIZES, y)
    with_weights = learn(codes, SIZES, y, np.full(len(y), 3.0))
    assert of(with_weights, codes) == pytest.approx(of(without, codes), abs=1e-6)


def test_only_what_has_many_levels_and_repeats_itself_is_used():
    rng = np.random.default_rng(0)
    few, many, unique = rng.integers(0, 50, 3000), rng.integers(0, 150, 3000), np.arange(3000)
    effect = rng.normal(size=150)
    y = (effect[many] + 0.3 * (few % 2) + rng.normal(size=3000) > 0).astype(np.int64)
    codes = np.stack([few, many, unique], axis=1)
    encoding = learn(codes, [50, 150, 3000], y)
    assert set(encoding.columns) == {(1,), (0, 1)}


def test_those_that_tell_most_are_kept(monkeypatch):
    monkeypatch.setattr(ordered_encoding, "MOST_ENCODINGS", 1)
    monkeypatch.setattr(ordered_encoding, "LEAST_LEVELS", 2)
    codes, y = codes_and_target()
    assert learn(codes, SIZES, y).columns == [(0, 1)]


@pytest.mark.usefixtures("few_levels")
@pytest.mark.parametrize("weighted", [False, True])
def test_training_draws_encodings_from_the_rows_before(weighted):
    codes, y = codes_and_target()
    weight = np.random.default_rng(1).gamma(2.0, size=len(y)) if weighted else None
    examples = Examples(coded(codes), y, weight)
    encoding = OrderedTargetEncoding.learn(examples, SIZES)
    training = encoding.add_to_training(examples)
    assert training.target is y
    assert training.sample_weight is weight
    # Until an order is drawn, the encodings are those of all rows.
    assert training.coded.numerical == pytest.approx(of(encoding, codes))
    ordered = training.ordered
    assert ordered.smoothing == encoding.smoothing
    assert np.average(ordered.target, weights=weight) == pytest.approx(0, abs=1e-12)
    assert np.average(ordered.target**2, weights=weight) == pytest.approx(1)
    assert ordered.sample_weight.mean() == pytest.approx(1)
    for level, columns in zip(ordered.levels, encoding.columns, strict=True):
        own = pd.DataFrame(codes[:, columns]).groupby(list(range(len(columns)))).ngroup()
        assert pd.crosstab(level, own).gt(0).sum().eq(1).all()
        assert level.max() == own.max()


def test_without_encodings_nothing_is_added():
    codes, y = codes_and_target()
    none, examples = OrderedTargetEncoding.none(2), Examples(coded(codes), y, None)
    assert none.add_to(examples.coded) is examples.coded
    assert none.add_to_training(examples) is examples
    assert (len(none), none.columns) == (0, [])


@pytest.mark.usefixtures("few_levels")
def test_levels_stay_what_they_are_when_tables_grow():
    rng = np.random.default_rng(0)
    codes, y = codes_and_target()
    codes = np.column_stack([codes, rng.integers(3, 6, len(codes))])
    encoding = learn(codes, [11, 11, 6], y)
    assert len(encoding) >= 3
    grown = encoding.grown([11, 11, 6], [19, 11, 8])
    assert grown.columns == encoding.columns
    assert (np.diff(grown.keys) > 0).all()
    np.testing.assert_array_equal(of(grown, codes), of(encoding, codes))
    new = codes.copy()
    new[:, 0], new[:, 2] = 15, 7
    for j, columns in enumerate(grown.columns):
        of_new = of(grown, new)[:, j]
        if set(columns) & {0, 2}:
            assert (of_new == 0).all()
        else:
            np.testing.assert_array_equal(of_new, of(encoding, codes)[:, j])
    assert encoding.grown([11, 11, 6], [11, 11, 6]) is encoding


def test_columns_and_pairs_that_cannot_have_levels_enough_are_not_looked_at(monkeypatch):
    looked_at = []
    learn_level_means = ordered_encoding._LevelMeans.learn

    def record(categorical, n_rows, columns, z, weight):
        looked_at.append(columns)
        return learn_level_means(categorical, n_rows, columns, z, weight)

    monkeypatch.setattr(ordered_encoding._LevelMeans, "learn", record)
    rng = np.random.default_rng(0)
    n_rows = [5, 150, 11, 5]
    codes = np.column_stack([rng.integers(3, n, 400) for n in n_rows])
    learn(codes, n_rows, rng.integers(0, 2, 400))
    assert looked_at == [(1,), (0, 1), (1, 2), (1, 3)]  # of 100 levels or more


@pytest.mark.slow
def test_many_columns_of_many_levels_take_memory_by_their_number_only():
    rng = np.random.default_rng(0)

    def peak(n_columns):
        codes = rng.integers(3, 153, (200, n_columns)).astype(np.int32)
        target = rng.integers(0, 2, 200)
        return peak_memory(lambda: learn(codes, [153] * n_columns, target))[0]

    assert peak(1_600) < 2.6 * peak(800)
