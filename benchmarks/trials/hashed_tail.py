"""This script asks what rows for the hashes of rare values are worth beside more rows of their own.

    python -m benchmarks.trials.hashed_tail
    python -m benchmarks.trials.hashed_tail --rows 200000 --categories 50000 --epochs 2

Rows are made up: an item of a million, drawn by Zipf's law, and a number. The target is the
effect of the item, its slope times the number, and noise of 1, so that no error is below
1. The exact table has a row for each item that training saw. The others have rows for the most
frequent ones; all other items share the infrequent row, or fall into hashed rows. The
errors are the root mean square over validation rows drawn in the same way: of all, and of
those whose item is not among the most frequent of the smallest table, new items included.
A table's size is that of its means and deviations.

With 1,200,000 rows, of which training sees 346,000 items (``--rows 1200000``, three seeds,
November 2026, torch 2.13.0, scikit-learn 1.9.1):

| rows of their own | hashed rows | MB | error | error in the tail |
|---|---|---|---|---|
| all | 0 | 44.2 | 1.253 ± 0.0039 | 1.445 ± 0.0055 |
| 10,000 | 0 | 1.3 | 1.28 ± 0.0038 | 1.499 ± 0.0054 |
| 10,000 | 10,000 | 2.6 | 1.288 ± 0.0038 | 1.502 ± 0.0051 |
| 10,000 | 100,000 | 14.1 | 1.262 ± 0.0034 | 1.462 ± 0.0048 |
| 100,000 | 0 | 12.8 | 1.247 ± 0.0032 | 1.439 ± 0.0041 |
| 100,000 | 10,000 | 14.1 | 1.263 ± 0.0031 | 1.463 ± 0.0045 |
| 100,000 | 100,000 | 25.6 | 1.252 ± 0.0034 | 1.444 ± 0.0046 |

The spread is that of the tables: in each seed, the ways have the same order. So rows of
their own come first: 100,000 of them do better than as many hashed rows beside 10,000, in
less memory, and better than the exact table. Hashed rows that many items share do harm,
as these have nothing in common here.
"""

import argparse

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from sk_entity import EntityEmbeddingRegressor

from ..report import header, line, progress, spread
from ..speed.library import FreshStart, TableCoder

ITEM = "item"


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.trials.hashed_tail", description=about)
    add = parser.add_argument
    add("--rows", type=int, default=3_000_000)
    add("--categories", type=int, default=1_000_000)
    add("--exponent", type=float, default=0.9, help="of Zipf's law")
    add("--own", type=int, nargs="+", default=[10_000, 100_000], help="rows of their own")
    add("--hashed", type=int, nargs="+", default=[10_000, 100_000], help="rows for hashes")
    add("--epochs", type=int, default=3)
    add("--batch", type=int, default=4096, help="rows in a step of training")
    add("--seeds", type=int, default=3)
    add("--threads", type=int, default=1)
    return parser.parse_args(arguments)


class HashedStart(FreshStart):
    """The items that have no row of their own get hashed rows."""

    def code_table(self, X, frame, train_rows, weight):
        """Learn how to code the table, and code it."""
        most = self.estimator.max_categories
        n_hashed = {ITEM: self.estimator.n_hashed}
        return TableCoder.learn(frame, [0], train_rows, None, None, most, n_hashed=n_hashed)


class HashedRegressor(EntityEmbeddingRegressor):
    """A regressor whose rare items fall into so many rows."""

    n_hashed = 0

    def _start(self):
        return HashedStart(self)


def items(options, seed):
    """Rows to learn from and a sixth as many to validate on."""
    rng = np.random.default_rng(seed)
    n, n_items = options.rows + options.rows // 6, options.categories
    mass = np.arange(1, n_items + 1) ** -options.exponent
    name = rng.permutation(n_items)  # so that its size says nothing
    rank = np.searchsorted(np.cumsum(mass / mass.sum()), rng.random(n)).clip(max=n_items - 1)
    level, slope = rng.normal(size=(2, n_items))
    number = rng.normal(size=n)
    y = level[rank] + 0.5 * slope[rank] * number + rng.normal(size=n)
    X = pd.DataFrame({ITEM: name[rank], "number": number})
    learn = options.rows
    return (X[:learn], y[:learn]), (X[learn:], y[learn:])


def ways(options):
    """Most rows of their own, and hashed rows, of each table."""
    yield None, 0
    for own in options.own:
        yield own, 0
        for hashed in options.hashed:
            yield own, hashed


def fit(way, X, y, options, seed):
    """A fitted regressor of a table."""
    own, hashed = way
    model = HashedRegressor(
        categorical_features=[ITEM],
        max_categories=None if own is None else own + 1,  # with the one that others share
        max_iter=options.epochs,
        batch_size=options.batch,
        random_state=seed,
        device="cpu",
    )
    model.n_hashed = hashed
    with threadpool_limits(options.threads):
        return model.fit(X, y)


def tail_of(X, X_val, n_frequent):
    """Which rows hold none of the most frequent items."""
    frequent = X[ITEM].value_counts().index[:n_frequent]
    return ~X_val[ITEM].isin(frequent).to_numpy()


def main(arguments=None):
    """Progress to stderr, a table to stdout."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    errors, sizes = {}, {}
    for seed in range(options.seeds):
        (X, y), (X_val, y_val) = items(options, seed)
        tail = tail_of(X, X_val, min(options.own))
        progress(f"seed {seed}: {X[ITEM].nunique():,} items, {tail.mean():.0%} of rows in the tail")
        for way in ways(options):
            model = fit(way, X, y, options, seed)
            loss = (model.predict(X_val) - y_val) ** 2
            found = [float(np.sqrt(loss[rows].mean())) for rows in (slice(None), tail)]
            table = model.state_.weights.tables[0]
            sizes[way] = (table.mean.nbytes + table.log_deviation.nbytes) / 1e6
            errors.setdefault(way, []).append(found)
            progress(f"{way}: {found[0]:.4f}, tail {found[1]:.4f}, {sizes[way]:.1f} MB")
    for row in header(["rows of their own", "hashed rows", "MB", "error", "error in the tail"]):
        print(row)
    for (own, hashed), of_seeds in errors.items():
        named = "all" if own is None else f"{own:,}"
        of_all, of_tail = map(list, zip(*of_seeds, strict=True))
        size = f"{sizes[own, hashed]:.1f}"
        print(line([named, f"{hashed:,}", size, spread(of_all), spread(of_tail)]))


if __name__ == "__main__":
    main()
