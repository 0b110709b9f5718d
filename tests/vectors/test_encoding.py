"""Vectors of trained networks along axes that mean something, and how many of these are kept."""

import copy
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.frozen import FrozenEstimator

from sk_entity import EntityEmbeddingEncoder
from sk_entity._predict.weights import EmbeddingTable
from sk_entity._table.vocabulary import Vocabulary
from sk_entity._vectors import encoding
from sk_entity._vectors.axes import LinearisedColumn
from sk_entity._vectors.embedded_column import EmbeddedColumn
from sk_entity._vectors.encoding import (
    MeasuredColumn,
    background_sample,
    encode,
    encode_fold,
    with_spread,
)


@pytest.fixture(scope="module")
def network(geometry, learner):
    return learner().fit(geometry.X, geometry.y)


def gradients_of(network, X):
    """Of the outputs with respect to the vectors, on the background sample."""
    return network.state_.gradients(network._code(X)[background_sample(len(X))])


def encoded_columns(network, X, n_components):
    return encode(network.state_.columns, gradients_of(network, X), n_components)


def test_a_rotated_network_has_the_same_vectors(geometry, network):
    reference = encoded_columns(network, geometry.X, None)
    rotated = copy.deepcopy(network)
    kernel, start = rotated.state_.weights.layers[0].kernel, 0
    for j, table in enumerate(rotated.state_.weights.tables):
        rows = slice(start, start + table.dim)
        turn = np.linalg.qr(np.random.default_rng(j).normal(size=(table.dim, table.dim)))[0]
        table.mean[:] = table.mean @ turn
        kernel[rows] = turn.T @ kernel[rows]
        start += table.dim
    assert_allclose(rotated.predict(geometry.X), network.predict(geometry.X), atol=1e-3)
    measured = encode_fold(
        rotated.state_.columns, gradients_of(rotated, geometry.X), reference, np.ones(1)
    )
    for column, of_fold in zip(reference, measured, strict=True):
        assert_allclose(of_fold.table, column.table, atol=2e-4 * abs(column.table).max())


def test_components_may_be_limited(geometry, network):
    def widths(n_components):
        encoder = EntityEmbeddingEncoder(FrozenEstimator(network), n_components=n_components)
        encoder.fit(geometry.X)
        return [v.shape[1] for v in encoder.embeddings_.values()], encoder.embeddings_["shop"]

    all_of_them, full = widths(None)
    assert all_of_them[0] > 3
    for k in (1, 2, 3):
        limited, vectors = widths(k)
        assert limited[0] == k
        assert_array_equal(vectors, full.iloc[:, :k])  # the first are the best
    parts = [widths(part)[0][0] for part in (0.01, 0.5, 0.9, 0.999)]
    assert parts == sorted(parts)
    assert parts[0] == 1
    assert parts[-1] > 1
    assert 1 < widths("auto")[0][0] < all_of_them[0]


def axes_kept(network, X):
    return [len(column.axes) for column in encoded_columns(network, X, "auto")]


def test_auto_keeps_axes_that_are_large(geometry, network, monkeypatch):
    found = encoded_columns(network, geometry.X, None)
    effects = np.sqrt(
        sum(np.average(c.table[:, 0] ** 2, weights=c.vocabulary.row_counts) for c in found)
    )
    monkeypatch.setattr(encoding, "LEAST_RELIABILITY", 0.0)
    for n, every in zip(axes_kept(network, geometry.X), found, strict=True):
        assert n == (every.axes.sizes >= 0.02 * effects).sum() < len(every.axes)


def test_auto_keeps_axes_that_are_more_than_posterior_variance(geometry, network, monkeypatch):
    kept = axes_kept(network, geometry.X)
    monkeypatch.setattr(encoding, "LEAST_SIZE", 0.0)
    for reliability, more_or_fewer in ((0.0, 1), (0.999, -1)):
        monkeypatch.setattr(encoding, "LEAST_RELIABILITY", reliability)
        assert np.sign(sum(axes_kept(network, geometry.X)) - sum(kept)) == more_or_fewer


@pytest.mark.slow
def test_auto_keeps_no_axis_where_there_is_nothing_to_learn(geometry, network, learner):
    noise = np.random.default_rng(0).permutation(geometry.y)
    assert axes_kept(network, geometry.X) != [0, 0]
    assert axes_kept(learner().fit(geometry.X, noise), geometry.X) == [0, 0]


# Columns made up of arrays: no network is trained for what follows.

N_SAMPLES, N_CATEGORIES, DIM, N_BACKGROUND = 400, 12, 4, 60


def made_up(seed=0, n_outputs=1, rows=slice(None), scale=1.0, log_deviation=-1.0):
    """A column as a network might have learned it, and the gradients of its outputs.

    `rows` are those it has seen; by `scale` its vectors do more or less.
    """
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, N_CATEGORIES, N_SAMPLES)
    values = pd.Index([f"c{k:02d}" for k in range(N_CATEGORIES)])
    counts = np.bincount(codes[rows] + 1, minlength=N_CATEGORIES + 1)
    (vocabulary,) = Vocabulary.learn([values], [counts])
    shape = vocabulary.n_rows, DIM
    mean = rng.normal(size=shape) * [2.0, 1.0, 0.5, 0.2]
    effects, deviations = rng.normal(size=(2, vocabulary.n_rows, n_outputs))
    column = EmbeddedColumn(
        "c",
        0,
        vocabulary,
        0,
        False,
        EmbeddingTable(scale * mean, np.full(shape, log_deviation), np.zeros(DIM)),
        SimpleNamespace(
            effects=effects,
            deviations=np.exp(deviations),
            seen=np.ones(vocabulary.n_rows, dtype=bool),
        ),
    )
    return column, rng.normal(0.3, 1, size=(N_BACKGROUND, n_outputs, DIM))


def encode_one(column, gradients, n_components=None):
    return encode([column], [gradients], n_components)[0]


@pytest.mark.parametrize("n_samples", [1, 7, 2000, 2001, 30_000])
def test_the_background_sample_is_spread_over_the_rows(n_samples):
    rows = background_sample(n_samples)
    assert rows[0] == 0
    assert rows[-1] == n_samples - 1
    assert len(rows) == min(n_samples, 2000)
    assert len(set(np.diff(rows))) <= 2  # steps differ by rounding only


@pytest.mark.parametrize("n_components", [1, 2, 3, 5])
def test_a_number_of_components_counts_effects_first(n_components):
    column, gradients = made_up(n_outputs=3)
    encoded = encode_one(column, gradients, n_components)
    assert encoded.table.shape[1] == n_components
    assert encoded.n_effects == min(3, n_components)
    assert_allclose(
        encoded.table[:, : encoded.n_effects], column.means.effects[:, :n_components], rtol=1e-6
    )


@pytest.mark.parametrize("part", [0.5, 0.8, 0.9, 0.99, 0.999])
def test_a_part_of_the_variance_takes_the_fewest_axes_that_explain_it(part):
    column, gradients = made_up()
    every, some = (encode_one(column, gradients, n) for n in (None, part))
    of_rows = column.vocabulary.row_counts / N_SAMPLES
    of_effects = of_rows @ column.means.effects[:, 0] ** 2
    explained = of_effects + np.cumsum([0, *every.axes.sizes**2])
    n_axes = len(some.axes)
    assert explained[n_axes] >= part * explained[-1]
    assert n_axes == 0 or explained[n_axes - 1] < part * explained[-1]


def test_deviations_are_lengths_over_the_components_that_are_kept():
    column, gradients = made_up(n_outputs=2)
    for n_components in (1, 3, None):
        encoded = encode_one(column, gradients, n_components)
        line = LinearisedColumn(column.table.mean, column.vocabulary.row_counts, gradients)
        of_axes = line.deviations_along(encoded.axes, column.table.log_deviation)
        of_effects = column.means.deviations[:, : encoded.n_effects]
        expected = np.sqrt((of_axes**2).sum(axis=1) + (of_effects**2).sum(axis=1))
        assert_allclose(encoded.deviations, expected, rtol=1e-6)


def test_a_fold_whose_vectors_do_twice_as_much_has_the_same_coordinates():
    column, gradients = made_up()
    reference = encode_one(column, gradients)
    twice, _ = made_up(scale=2.0)
    table = encode_fold([twice], [gradients], [reference], np.ones(1))[0].table
    assert table.dtype == np.float32
    assert_allclose(table, reference.table, atol=1e-5)


def test_effects_of_a_fold_come_in_the_unit_of_the_reference():
    column, gradients = made_up(n_outputs=2)
    reference = encode_one(column, gradients)
    table = encode_fold([column], [gradients], [reference], np.array([0.5, 3.0]))[0].table
    assert_allclose(table[:, :2], column.means.effects * [0.5, 3.0], rtol=1e-6)
    assert_allclose(table[:, 2:], reference.table[:, 2:], atol=1e-5)


def test_categories_that_a_fold_has_not_seen_have_no_say_in_its_alignment():
    column, gradients = made_up()
    reference = encode_one(column, gradients)
    codes = np.random.default_rng(0).integers(0, N_CATEGORIES, N_SAMPLES)
    fold, _ = made_up(rows=np.flatnonzero(codes > 2), scale=2.0)  # its first three are unknown
    measured = encode_fold([fold], [gradients], [reference], np.ones(1))[0]
    assert_array_equal(measured.rows, fold.vocabulary.rows)
    assert_array_equal(measured.seen, fold.vocabulary.counts > 0)
    aligned = measured.table[:, 1:]
    line = LinearisedColumn(fold.table.mean, fold.vocabulary.row_counts, gradients)
    coordinates = line.along(reference.axes)
    seen = fold.vocabulary.counts > 0
    assert seen.sum() == N_CATEGORIES - 3
    root = np.sqrt(fold.vocabulary.counts[seen])[:, None]
    rows, of_reference = fold.vocabulary.rows[seen], reference.of_categories[seen][:, 1:]
    best = np.linalg.lstsq(root * coordinates[rows], root * of_reference, rcond=None)[0]
    assert_allclose(aligned, coordinates @ best, atol=1e-5)


def test_the_spread_is_the_root_mean_square_over_the_folds_that_have_seen_a_category():
    reference = encode_one(*made_up())
    codes = np.random.default_rng(0).integers(0, N_CATEGORIES, N_SAMPLES)
    folds = []
    for first, step in ((1, 3.0), (2, 4.0)):  # the first two categories are rarer and rarer
        column, _ = made_up(rows=np.flatnonzero(codes >= first))
        table = np.full((column.vocabulary.n_rows, reference.table.shape[1]), np.inf, np.float32)
        seen = column.vocabulary.counts > 0
        table[column.vocabulary.rows[seen]] = reference.of_categories[seen]
        table[:, 0] += step
        folds.append([MeasuredColumn(table, column.vocabulary.rows, seen)])
    spread = with_spread([reference], folds)[0].spread
    assert np.isnan(spread[0])
    assert spread[1] == pytest.approx(3.0, rel=1e-5)
    assert_allclose(spread[2:], np.sqrt((3**2 + 4**2) / 2), rtol=1e-5)
    assert with_spread([reference], [])[0].spread is None


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_auto_keeps_the_axes_that_are_large_and_more_than_posterior_variance(n_outputs):
    certain_but_small = made_up(1, n_outputs, scale=0.01, log_deviation=-9.0)
    both = [made_up(0, n_outputs), certain_but_small]
    columns, gradients = zip(*both, strict=True)
    found, kept = (encode(columns, gradients, n_components) for n_components in (None, "auto"))
    frequencies = [column.vocabulary.row_counts / N_SAMPLES for column in columns]
    variances = [f @ c.means.effects**2 for f, c in zip(frequencies, columns, strict=True)]
    size_of_all = np.sqrt(np.sum(variances))
    masks = []
    for (column, gradient), f, every, some in zip(both, frequencies, found, kept, strict=True):
        line = LinearisedColumn(column.table.mean, column.vocabulary.row_counts, gradient)
        between = f @ line.along(every.axes) ** 2
        posterior = f @ line.deviations_along(every.axes, column.table.log_deviation) ** 2
        large = every.axes.sizes >= 0.02 * size_of_all
        reliable = between / (between + posterior) >= 0.3
        masks.append((large, reliable))
        assert some.axes.sizes.tolist() == every.axes.sizes[large & reliable].tolist()
        components = np.append([True] * n_outputs, large & reliable)
        assert_allclose(some.table, every.table[:, components], rtol=1e-6)
    large, reliable = np.hstack(masks)
    assert (large & ~reliable).any()
    assert (~large & reliable).any()
    assert (large & reliable).any()
