"""Target statistics: what the other rows of a category, or of a pair of categories, tell.

What two columns tell together the network has to find in their vectors, and of
thousands of levels no pair is in rows enough for that. So a pair of columns,
and a column of many levels, enters as a number too: the mean of the target over
the rows of its level, shrunk to the mean of all rows.

A row must not find its own target in that number. So in training the mean is
over the rows that come before it in a random order (ordered target statistics,
Prokhorenkova et al. 2018), and each epoch draws another order, so that none can
be learned by heart.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ._blocks import for_each_block
from ._effects import centre, variances
from ._numeric import N_BINS, bin_edges, squash
from ._table import Coded

# Levels of many rows, and columns of few levels, the network knows well enough by their vectors.
LEAST_LEVELS = 100
MOST_ROWS_PER_LEVEL = 50
# Weight of the mean of all rows, in rows.
LEAST_PSEUDO_COUNT = 1.0
# Of the target's variance: a smaller part of it between levels is nothing to learn from.
LEAST_SHARE = 1e-4
# Pairs are made of the columns of most levels; those that tell most are kept.
MOST_COLUMNS = 20
MOST_STATISTICS = 64
# So that what is looked up for them stays in the processor's cache.
ROWS_AT_A_TIME = 1024


@dataclass(frozen=True)
class TargetStatistics:
    """Shrunken means of the target by level of a column or of a pair of columns.

    The target is centred and divided by its deviation. The statistic of a level
    whose n rows have the mean m is ``n * m / (n + pseudo_count)``; the pseudo
    count is the variance within levels over that between them, which makes it
    the best linear guess at what a further row of the level will have. That of
    a level without rows is 0.

    Attributes
    ----------
    factors : ndarray of int64, shape (n_categorical, n_statistics)
        Codes times factors number the levels of a statistic.
    first : ndarray of int64, shape (n_statistics,)
        Added to them, they number the levels of all statistics.
    keys : ndarray of int64, ascending
        These numbers, for all levels of the training rows.
    values : ndarray of float32
        The statistic of each level, squashed like a number.
    pseudo_counts : list of float
    edges : ndarray of float32, shape (n_statistics, N_BINS + 1)
        Bins by which the network reads them.
    """

    factors: np.ndarray
    first: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    pseudo_counts: list
    edges: np.ndarray

    @classmethod
    def learn(cls, categorical, sizes, target, sample_weight):
        """Learn from the training rows.

        Parameters
        ----------
        categorical : ndarray of int, shape (n_samples, n_categorical)
        sizes : list of int
            Table rows of each column.
        target : ndarray of shape (n_samples,)
        sample_weight : ndarray of shape (n_samples,) or None
        """
        z, weight = _standardise(target, sample_weight)
        least_levels = max(LEAST_LEVELS, len(target) / MOST_ROWS_PER_LEVEL)
        all_of_them = (
            _Statistic.learn(categorical, sizes, columns, z, weight)
            for columns in _candidates(sizes)
        )
        found = [s for s in all_of_them if len(s.keys) >= least_levels and s.share > LEAST_SHARE]
        kept = sorted(found, key=lambda s: -s.share)[:MOST_STATISTICS]
        if not kept:
            return cls.none(len(sizes))
        first = np.cumsum([0, *(s.n_keys for s in kept[:-1])], dtype=np.int64)
        return cls(
            factors=np.stack([s.factors for s in kept], axis=1),
            first=first,
            keys=np.concatenate([s.keys + start for s, start in zip(kept, first, strict=True)]),
            values=np.concatenate([s.values for s in kept]).astype(np.float32),
            pseudo_counts=[s.pseudo_count for s in kept],
            edges=np.array([s.edges for s in kept], dtype=np.float32),
        )

    @classmethod
    def none(cls, n_categorical=0):
        """No statistics."""
        no_keys, no_values = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        factors = np.empty((n_categorical, 0), dtype=np.int64)
        edges = np.empty((0, N_BINS + 1), dtype=np.float32)
        return cls(factors, no_keys, no_keys, no_values, [], edges)

    def __len__(self):
        return len(self.pseudo_counts)

    def edges_before(self, edges):
        """Bins of all numbers that have vectors: the statistics, then those of the table."""
        return np.concatenate([self.edges, edges])

    @property
    def columns(self):
        """Positions of the one or two columns of each statistic, a list of tuples."""
        return [tuple(np.flatnonzero(f).tolist()) for f in self.factors.T]

    def before_numbers(self, coded):
        """A coded table whose numbers begin with the statistics."""
        if len(self) == 0:
            return coded
        numbers = np.empty((len(coded), len(self) + coded.numerical.shape[1]), dtype=np.float32)
        numbers[:, len(self) :] = coded.numerical

        def look_up(rows):
            wanted = coded.categorical[rows] @ self.factors + self.first
            place = self.keys.searchsorted(wanted).clip(max=len(self.keys) - 1)
            found = self.keys[place] == wanted
            numbers[rows, : len(self)] = np.where(found, self.values[place], 0)

        for_each_block(look_up, len(coded), ROWS_AT_A_TIME)
        return Coded(coded.categorical, numbers)

    def ordered(self, categorical, target, sample_weight):
        """The statistics as training rows see them.

        Parameters
        ----------
        categorical : ndarray of int, shape (n_samples, n_categorical)
        target : ndarray of shape (n_samples,)
        sample_weight : ndarray of shape (n_samples,) or None

        Returns
        -------
        OrderedStatistics or None
            None if there are no statistics.
        """
        if len(self) == 0:
            return None
        keys = (categorical @ factors for factors in self.factors.T)
        levels = [np.unique(k, return_inverse=True)[1].astype(np.int32) for k in keys]
        return OrderedStatistics(levels, self.pseudo_counts, *_standardise(target, sample_weight))


@dataclass(frozen=True)
class _Statistic:
    """One of `TargetStatistics`, with the part of the target's variance between its levels."""

    factors: np.ndarray
    n_keys: int
    keys: np.ndarray
    values: np.ndarray
    mass: np.ndarray
    pseudo_count: float
    share: float

    @classmethod
    def learn(cls, categorical, sizes, columns, z, weight):
        factors, n_keys = _factors(columns, sizes)
        keys, level = np.unique(categorical @ factors, return_inverse=True)
        mass = np.bincount(level, weights=weight)
        mean = np.bincount(level, weights=weight * z) / mass
        share, pseudo_count = _between(mass, mean)
        values = squash(mass * mean / (mass + pseudo_count))
        return cls(factors, n_keys, keys, values, mass, pseudo_count, share)

    @property
    def edges(self):
        distinct, position = np.unique(self.values, return_inverse=True)
        return bin_edges(distinct, np.bincount(position, weights=self.mass))


@dataclass(frozen=True)
class OrderedStatistics:
    """Statistics of each training row from the rows before it in an order.

    Attributes
    ----------
    levels : list of ndarray of int32, shape (n_samples,)
        The level of each row, by statistic.
    pseudo_counts : list of float
    target, sample_weight : ndarray of float64, shape (n_samples,)
        Centred and of deviation 1; of mean 1.
    """

    levels: list
    pseudo_counts: list
    target: np.ndarray
    sample_weight: np.ndarray

    def draw(self, order):
        """Statistics for an order of the rows, float32 (n_samples, n_statistics)."""
        out = np.empty((len(order), len(self.levels)), dtype=np.float32)
        weighted = self.sample_weight * self.target
        for j, (level, pseudo_count) in enumerate(
            zip(self.levels, self.pseudo_counts, strict=True)
        ):
            # Rows of a level one after another, each level in this order.
            rows = order[np.argsort(level[order], kind="stable")]
            first = np.flatnonzero(np.diff(level[rows], prepend=-1))
            total, mass = (_before(x[rows], first) for x in (weighted, self.sample_weight))
            out[rows, j] = squash(total / (mass + pseudo_count))
        return out


def _before(x, first):
    """Sum of the elements before each one within its run; runs begin at `first`."""
    before = np.cumsum(x) - x
    return before - np.repeat(before[first], np.diff(first, append=len(x)))


def _standardise(target, sample_weight):
    """Target of mean 0 and deviation 1, weights of mean 1."""
    centred, weight = centre(target, sample_weight)
    deviation = np.sqrt(np.average(centred**2, weights=weight))
    return centred / (deviation or 1.0), weight


def _candidates(sizes):
    """Every column, and the pairs of those that have most levels."""
    singles = range(len(sizes))
    paired = sorted(sorted(singles, key=lambda j: -sizes[j])[:MOST_COLUMNS])
    return [*((j,) for j in singles), *combinations(paired, 2)]


def _factors(columns, sizes):
    """What to multiply codes by to number the combinations of these columns, and how many."""
    factors, n_keys = np.zeros(len(sizes), dtype=np.int64), 1
    for j in reversed(columns):
        factors[j], n_keys = n_keys, n_keys * sizes[j]
    return factors, n_keys


def _between(mass, mean):
    """Part of the variance that lies between levels, and the pseudo count that follows from it.

    For a target of mean 0 and variance 1.
    """
    within, between = variances(mass, mean, mass.sum())
    if between == 0:
        return 0.0, np.inf
    return between, max(within / between, LEAST_PSEUDO_COUNT)
