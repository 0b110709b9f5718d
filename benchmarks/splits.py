"""This module draws the rows to learn from and the rows that test.

The rows that test are fixed for each table, whatever the seed: the newest where time
orders the table, else drawn once. A seed draws the rows to learn from out of all
others. `inner` splits those others once more, in the same way, so that settings can be
chosen without a look at a row that tests.
"""

import functools
import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

SMALL = 2_000
# Of all rows, where neither time nor the source says which rows test.
TEST_SHARE = 0.25
# Of rows in the order of time, those that are old.
OLD_SHARE = 0.9
# Of the rows to learn from, so that they differ by seed in tables below the cap, too.
LEARN_SHARE = 0.9


@dataclass(frozen=True)
class Table:
    """Columns, target and which rows test; validation rows only where time orders the table."""

    X: pd.DataFrame
    y: np.ndarray
    test: np.ndarray
    validation: np.ndarray | None = None
    weight: np.ndarray | None = None

    def rows(self, at):
        """Columns, target and weights of these rows."""
        weight = None if self.weight is None else self.weight[at]
        return self.X.iloc[at], self.y[at], weight


@dataclass(frozen=True)
class Split:
    """What a model learns from and what it is scored on."""

    X: pd.DataFrame
    y: np.ndarray
    weight: np.ndarray | None
    X_test: pd.DataFrame
    y_test: np.ndarray
    weight_test: np.ndarray | None

    @functools.cached_property
    def checksum(self):
        """Changes with the rows, so that stored results of other rows are not taken for these."""
        first = pd.util.hash_pandas_object(self.X[:1000], index=False).to_numpy()
        parts = (first, self.y, self.y_test, "|".join(self.X.columns).encode())
        return functools.reduce(lambda crc, part: zlib.crc32(part, crc), parts, 0)


def at_random(n_rows):
    """The rows that test, drawn once and for all."""
    return np.random.default_rng(2016).random(n_rows) < TEST_SHARE


def newest(n_rows):
    """Of rows in the order of time: the newest 10 %, and of the rest the newest 10 %."""
    rows, n_old = np.arange(n_rows), int(OLD_SHARE * n_rows)
    test = rows >= n_old
    return test, ~test & (rows >= int(OLD_SHARE * n_old))


def outer(table, size, seed, cap, test_cap):
    """Rows to learn from ("full", "small" or "all" of them) and the rows that test."""
    pool, test = np.flatnonzero(~table.test), np.flatnonzero(table.test)
    return _draw(table, pool, test, _n_learn(size, cap, len(pool), LEARN_SHARE), seed, test_cap)


def inner(table, size, seed, cap, test_cap):
    """The same without the rows that test: others, as late or drawn by the seed, score."""
    pool = np.flatnonzero(~table.test)
    if table.validation is None:
        validates = np.random.default_rng([seed, 1]).random(len(pool)) < TEST_SHARE
    else:
        validates = table.validation[pool]
    pool, test = pool[~validates], pool[validates]
    return _draw(table, pool, test, _n_learn(size, cap, len(pool), 1.0), seed, test_cap)


def _n_learn(size, cap, n_pool, share):
    n_learn = {"small": SMALL, "full": cap, "all": n_pool}[size]
    return min(n_learn, n_pool if size == "all" else int(share * n_pool))


def _draw(table, pool, test, n_learn, seed, test_cap):
    learn = np.random.default_rng([seed, 0]).choice(pool, size=n_learn, replace=False)
    n_test = min(test_cap, len(test))
    test = np.random.default_rng(0).choice(test, size=n_test, replace=False)
    return Split(*table.rows(learn), *table.rows(test))


def old_and_new(n_rows, n_drawn):
    """Of rows in the order of time: so many of the oldest 90 %, as many of the newest 10 %."""
    n_old = int(OLD_SHARE * n_rows)
    rng = np.random.default_rng(0)
    learn = rng.choice(n_old, size=min(n_drawn, n_old), replace=False)
    new = np.arange(n_old, n_rows)
    return learn, rng.choice(new, size=min(n_drawn, len(new)), replace=False)
