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
    columns : list of tuple of int
        Positions of the one or two columns of each statistic.
    sizes : list of int
        Table rows of all categorical columns.
    pseudo_counts : list of float
    keys : list of ndarray of int64
        Levels of each statistic, ascending.
    values : list of ndarray of float32
        The statistic of each level, squashed like a number.
    edges : ndarray of float32, shape (n_statistics, N_BINS + 1)
        Bins by which the network reads them.
    """

    columns: list
    sizes: list
    pseudo_counts: list
    keys: list
    values: list
    edges: np.ndarray

    @classmethod
    def learn(cls, categorical, sizes, target, sample_weight):
        """Learn from the training rows.

        Parameters
        ----------
        categorical : ndarray of int, shape (n_samples, n_categorical)
        sizes : list of int
        target : ndarray of shape (n_samples,)
        sample_weight : ndarray of shape (n_samples,) or None
        """
        z, weight = _standardise(target, sample_weight)
        found = []
        for columns in _candidates(categorical):
            keys, level = np.unique(_key(categorical, sizes, columns), return_inverse=True)
            if len(keys) >= max(LEAST_LEVELS, len(target) / MOST_ROWS_PER_LEVEL):
                mass = np.bincount(level, weights=weight)
                mean = np.bincount(level, weights=weight * z) / mass
                share, pseudo_count = _between(mass, mean)
                if share > LEAST_SHARE:
                    found.append((share, columns, pseudo_count, keys, mass, mean))
        found = sorted(found, key=lambda f: -f[0])[:MOST_STATISTICS]
        values = [squash(mass * mean / (mass + p)) for _, _, p, _, mass, mean in found]
        edges = [_edges(v, mass) for v, (*_, mass, _) in zip(values, found, strict=True)]
        return cls(
            [columns for _, columns, *_ in found],
            sizes,
            [pseudo_count for _, _, pseudo_count, *_ in found],
            [keys for *_, keys, _, _ in found],
            [v.astype(np.float32) for v in values],
            np.array(edges, dtype=np.float32).reshape(len(found), N_BINS + 1),
        )

    @classmethod
    def none(cls):
        """No statistics."""
        return cls([], [], [], [], [], np.empty((0, N_BINS + 1), dtype=np.float32))

    def __len__(self):
        return len(self.columns)

    def before_numbers(self, coded):
        """A coded table whose numbers begin with the statistics."""
        if len(self) == 0:
            return coded
        out = np.zeros((len(coded), len(self)), dtype=np.float32)
        for j, (keys, values) in enumerate(zip(self.keys, self.values, strict=True)):
            wanted = _key(coded.categorical, self.sizes, self.columns[j])
            place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
            out[:, j] = np.where(keys[place] == wanted, values[place], 0)
        return Coded(coded.categorical, np.concatenate([out, coded.numerical], axis=1))

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
        keys = (_key(categorical, self.sizes, columns) for columns in self.columns)
        levels = [np.unique(k, return_inverse=True)[1].astype(np.int32) for k in keys]
        return OrderedStatistics(levels, self.pseudo_counts, *_standardise(target, sample_weight))


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
    weight = np.ones(len(target)) if sample_weight is None else sample_weight
    centred = target - np.average(target, weights=weight)
    deviation = np.sqrt(np.average(centred**2, weights=weight))
    return centred / (deviation or 1.0), weight / weight.mean()


def _candidates(categorical):
    """Every column, and the pairs of those that have most levels."""
    n_levels = [len(np.unique(codes)) for codes in categorical.T]
    singles = range(len(n_levels))
    paired = sorted(sorted(singles, key=lambda j: -n_levels[j])[:MOST_COLUMNS])
    return [*((j,) for j in singles), *combinations(paired, 2)]


def _key(categorical, sizes, columns):
    """A number for each combination of table rows, int64 of shape (n_samples,)."""
    key = np.zeros(len(categorical), dtype=np.int64)
    for j in columns:
        key = key * sizes[j] + categorical[:, j]
    return key


def _between(mass, mean):
    """Part of the variance that lies between levels, and the pseudo count that follows from it.

    By the method of moments (the analysis of variance of a random effect), for
    a target of mean 0 and variance 1.
    """
    n_samples, n_levels = mass.sum(), len(mass)
    if n_samples <= n_levels:
        return 0.0, np.inf
    explained = (mass * mean**2).sum()
    within = (n_samples - explained) / (n_samples - n_levels)
    between = (explained - (n_levels - 1) * within) / (n_samples - (mass**2).sum() / n_samples)
    if between <= 0:
        return 0.0, np.inf
    return between, max(within / between, LEAST_PSEUDO_COUNT)


def _edges(values, mass):
    distinct, position = np.unique(values, return_inverse=True)
    return bin_edges(distinct, np.bincount(position, weights=mass))
