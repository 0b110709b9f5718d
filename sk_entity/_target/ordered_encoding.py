"""Ordered target encoding: what the other rows of a level tell, as a number.

What two columns tell together the network has to find in their vectors, and of
thousands of levels no pair is in rows enough for that. So a pair of columns,
and a column of many levels, enters as a number too: the mean of the target over
the rows of its level, smoothed.

A row must not find its own target in that number. So in training the mean is
over the rows that come before it in a random order (ordered target statistics,
Prokhorenkova et al. 2018), and each epoch draws another order, so that none can
be learned by heart.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Self

import numpy as np

from .._predict.blocks import for_each_block
from .._table.coder import CodedTable
from .._table.scaler import N_BINS, bin_edges, squash
from .examples import Examples
from .ordered_statistics import OrderedStatistics
from .shrinkage import center, smooth, smoothing_of, variances

# Levels of many rows, and columns of few levels, the network knows well enough by their vectors.
LEAST_LEVELS = 100
MOST_ROWS_PER_LEVEL = 50
# In rows: a row with few rows before it must not be told too much by them.
LEAST_SMOOTHING = 1.0
# Of the target's variance: a smaller part of it between levels is nothing to learn from.
LEAST_EXPLAINED = 1e-4
# Pairs are made of the columns of most levels; those that tell most are kept.
MOST_COLUMNS = 20
MOST_ENCODINGS = 16
# So that what is looked up for them stays in the processor's cache.
ROWS_PER_LOOKUP = 1024


@dataclass(frozen=True)
class OrderedTargetEncoding:
    """Smoothed means of the target by level of a column or of a pair of columns.

    The network reads them as numbers, before all others. The target is centered
    and divided by its deviation; the mean of a level without rows is 0. All
    levels are in one list, so that one search finds those of all encodings.
    Columns of lists have no level to a row, and no part in this.

    Attributes
    ----------
    factors : ndarray of int64, shape (n_categorical, n_encodings)
        Codes times factors number the levels of an encoding.
    first : ndarray of int64, shape (n_encodings,)
        Added to them, they number the levels of all encodings.
    keys : ndarray of int64, ascending
        These numbers, for all levels of the training rows.
    values : ndarray of float32
        The smoothed mean of each level, squashed like a number.
    smoothing : tuple of float
        Of each encoding.
    edges : ndarray of float32, shape (n_encodings, N_BINS + 1)
        Bins by which the network reads them.
    """

    factors: np.ndarray
    first: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    smoothing: tuple[float, ...]
    edges: np.ndarray

    @classmethod
    def learn(cls, training: Examples, n_rows: list[int]) -> Self:
        """Choose and learn the columns and pairs that tell most.

        Parameters
        ----------
        training : Examples
            With a target of shape (n_samples,).
        n_rows : list of int
            Embedding rows of each column.
        """
        z, weight = _standardise(training.target, training.sample_weight)
        least_levels = max(LEAST_LEVELS, len(z) / MOST_ROWS_PER_LEVEL)
        categorical = training.coded.categorical
        learned = (
            _LevelMeans.learn(categorical, n_rows, columns, z, weight)
            for columns in _candidates(n_rows)
            if math.prod(n_rows[j] for j in columns) >= least_levels  # there cannot be more
        )
        found = [
            means
            for means in learned
            if len(means.keys) >= least_levels and means.explained > LEAST_EXPLAINED
        ]
        kept = sorted(found, key=lambda means: -means.explained)[:MOST_ENCODINGS]
        return cls._of(kept, n_rows) if kept else cls.none(len(n_rows))

    @classmethod
    def _of(cls, kept, n_rows):
        first = np.cumsum([0, *(means.n_keys for means in kept[:-1])], dtype=np.int64)
        return cls(
            factors=np.stack([_factors(m.columns, n_rows)[0] for m in kept], axis=1),
            first=first,
            keys=np.concatenate([m.keys + start for m, start in zip(kept, first, strict=True)]),
            values=np.concatenate([means.values for means in kept]).astype(np.float32),
            smoothing=tuple(means.smoothing for means in kept),
            edges=np.array([means.edges() for means in kept], dtype=np.float32),
        )

    @classmethod
    def none(cls, n_categorical: int = 0) -> Self:
        """Return one without encodings."""
        no_keys, no_values = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        factors = np.empty((n_categorical, 0), dtype=np.int64)
        edges = np.empty((0, N_BINS + 1), dtype=np.float32)
        return cls(factors, no_keys, no_keys, no_values, (), edges)

    def __len__(self):
        return len(self.smoothing)

    @property
    def columns(self) -> list[tuple[int, ...]]:
        """Positions of the one or two columns of each encoding."""
        return [tuple(np.flatnonzero(f).tolist()) for f in self.factors.T]

    def grown(self, n_rows: list[int], n_rows_now: list[int]) -> Self:
        """Return the same encodings for columns that have more embedding rows now.

        A level with a new category has no rows: its encoding is 0.

        Parameters
        ----------
        n_rows, n_rows_now : list of int
            Embedding rows of each column, before and now.
        """
        if len(self) == 0 or n_rows == n_rows_now:
            return self
        n_rows_now = n_rows_now[: len(self.factors)]  # columns of lists have no part in it
        factors = np.zeros_like(self.factors)
        first, keys, start = np.empty_like(self.first), self.keys.copy(), 0
        ends = np.append(self.first[1:], np.iinfo(np.int64).max)
        for k, columns in enumerate(self.columns):
            factors[:, k], n_keys = _factors(columns, n_rows_now)
            of_encoding = slice(*self.keys.searchsorted([self.first[k], ends[k]]))
            before = self.keys[of_encoding] - self.first[k]
            now = np.full(len(before), start)
            for j in columns:
                now += before // self.factors[j, k] % n_rows[j] * factors[j, k]
            first[k], keys[of_encoding] = start, now
            start += n_keys
        return replace(self, factors=factors, first=first, keys=keys)

    def add_to(self, coded: CodedTable) -> CodedTable:
        """Return the coded table with the encodings before its numbers."""
        if len(self) == 0:
            return coded
        numbers = np.empty((len(coded), len(self) + coded.numerical.shape[1]), dtype=np.float32)
        numbers[:, len(self) :] = coded.numerical

        def look_up(rows):
            wanted = coded.categorical[rows] @ self.factors + self.first
            place = self.keys.searchsorted(wanted).clip(max=len(self.keys) - 1)
            found = self.keys[place] == wanted
            numbers[rows, : len(self)] = np.where(found, self.values[place], 0)

        for_each_block(look_up, len(coded), ROWS_PER_LOOKUP)
        return replace(coded, numerical=numbers)

    def add_to_training(self, training: Examples) -> Examples:
        """Return training rows with encodings that are drawn anew in each epoch."""
        if len(self) == 0:
            return training
        keys = (training.coded.categorical @ factors for factors in self.factors.T)
        levels = tuple(np.unique(k, return_inverse=True)[1].astype(np.int32) for k in keys)
        z, weight = _standardise(training.target, training.sample_weight)
        ordered = OrderedStatistics(levels, self.smoothing, z, weight)
        return replace(training, coded=self.add_to(training.coded), ordered=ordered)


@dataclass(frozen=True)
class _LevelMeans:
    """One encoding, and the part of the target's variance that lies between its levels."""

    columns: tuple[int, ...]
    n_keys: int
    keys: np.ndarray
    values: np.ndarray
    mass: np.ndarray
    smoothing: float
    explained: float

    @classmethod
    def learn(cls, categorical, n_rows, columns, z, weight):
        """Learn from a target of mean 0 and variance 1, and weights of mean 1."""
        # As the product with the factors of all columns, in the time of one or two.
        number, n_keys = np.zeros(len(categorical), dtype=np.int64), 1
        for j in reversed(columns):
            number += categorical[:, j].astype(np.int64) * n_keys
            n_keys *= n_rows[j]
        keys, level = np.unique(number, return_inverse=True)
        mass = np.bincount(level, weights=weight)
        mean = np.bincount(level, weights=weight * z) / mass
        within, between = variances(mass, mean, mass.sum())
        smoothing = max(smoothing_of(within, between), LEAST_SMOOTHING)
        values = squash(smooth(mass * mean, mass, smoothing))
        return cls(columns, n_keys, keys, values, mass, smoothing, between)

    def edges(self):
        """Find the bins of the values; asked for encodings that are kept only."""
        distinct, position = np.unique(self.values, return_inverse=True)
        return bin_edges(distinct, np.bincount(position, weights=self.mass))


def _standardise(target, sample_weight):
    """Target of mean 0 and deviation 1, weights of mean 1."""
    centered, weight = center(target, sample_weight)
    deviation = np.sqrt(np.average(centered**2, weights=weight))
    return centered / (deviation or 1.0), weight


def _candidates(n_rows) -> Iterator[tuple[int, ...]]:
    """Every column, and the pairs of those that have most levels."""
    singles = range(len(n_rows))
    paired = sorted(sorted(singles, key=lambda j: -n_rows[j])[:MOST_COLUMNS])
    yield from ((j,) for j in singles)
    yield from combinations(paired, 2)


def _factors(columns, n_rows):
    """What to multiply codes by to number the combinations of these columns, and how many."""
    factors, n_keys = np.zeros(len(n_rows), dtype=np.int64), 1
    for j in reversed(columns):
        factors[j], n_keys = n_keys, n_keys * n_rows[j]
    return factors, n_keys
