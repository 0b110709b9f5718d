"""Learning goes on with further rows: what was learned is the prior, and tables grow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._predict.table_prior import TablePrior
from .._predict.weights import EmbeddingTable
from .._shown import shown
from .._table.coder import TableCoder
from .._table.vocabulary import UNKNOWN
from .._target.examples import Examples
from .._target.ordered_encoding import OrderedTargetEncoding
from .._target.smoothed_means import count_levels
from .memory import failed_allocations_explained
from .sizing import check_memory, resolve_max_iter
from .sklearn_compat import check_feature_names
from .start import WarmStart
from .state import FittedNetwork

if TYPE_CHECKING:
    from .base import BaseEntityEmbedding

# A new row may lie anywhere under the prior, but training begins close to where it starts.
LOG_START = np.log(1 / 3)
# Of the learning rates of a first training.
LAYER_RATE, NUMBER_RATE = 0.3, 0.3
# Of the epochs that a first training on all rows so far would take.
EPOCHS = 0.5


def check_growing(estimator: BaseEntityEmbedding) -> None:
    """Refuse parameters that need all rows at once."""
    if estimator.early_stopping is True:
        raise ValueError(
            "partial_fit holds out no rows, as the rows of one call say little of the next: set "
            "early_stopping=False."
        )
    if getattr(estimator, "class_weight", None) == "balanced":
        raise ValueError(
            "class_weight='balanced' needs all rows at once, and partial_fit sees those of one "
            "call. Give the weights as a dict, such as compute_class_weight('balanced', "
            "classes=classes, y=y) from sklearn.utils.class_weight makes them of a sample."
        )


def check_further_rows(
    estimator: BaseEntityEmbedding, before: FittedNetwork, y: np.ndarray
) -> np.ndarray:
    """Return the target of further rows, if it fits what was learned before."""
    link = estimator._make_loss().link
    if link != before.target.link:
        raise ValueError(
            "partial_fit continues with a network whose loss had the link "
            f"{shown(before.target.link)}; loss={shown(estimator.loss)} has the link "
            f"{shown(link)}. Use fit to start anew."
        )
    n_outputs = y.shape[1] if y.ndim == 2 else 1
    learned = before.target.n_outputs
    if n_outputs != learned and link != "logit":
        raise ValueError(
            f"y has {n_outputs} output(s), and {learned} in the calls before. Use fit to start "
            "anew."
        )
    return estimator._check_further_target(y, len(y), before.target)


class Growth(WarmStart):
    """Training goes on with further rows and, maybe, further categories.

    The posterior of each row of a table is its prior now (Nguyen et al. 2018); a new row is
    drawn to the vector that its category had so far, with the prior of the table.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
    before : FittedNetwork
    """

    least_rows = 1
    learns_names = False

    def __init__(self, estimator: BaseEntityEmbedding, before: FittedNetwork):
        super().__init__(estimator, before)
        self.n_before = before.n_samples

    def code_table(self, X, frame, train_rows, weight):
        """Add the new categories, and code the table."""
        return grow_coder(self.estimator, X, frame, train_rows)

    def learn_target(self, y, weight):
        """Return the unit learned before; refuse a target that does not fit it."""
        check_further_rows(self.estimator, self.before, y)
        return self.before.target

    def learn_encoding(self, coder, target, training):
        """Return the encoding learned before: new levels have none."""
        return grow_encoding(self.before, coder)

    def encode(self, training, encoding):
        """Add the encodings, which know nothing of these rows."""
        return replace(training, coded=encoding.add_to(training.coded))

    def learn_means(self, coder, target, training):
        """Add these rows to those that the effects are computed from."""
        sums = count_levels(coder.categorical, target, training)
        return tuple(m.update(s) for m, s in zip(self.before.means, sums, strict=True))

    def adjust(self, settings, coder):
        """Train as long as a first training would on all rows so far, at lower rates."""
        from .._training.loop import FurtherTraining

        n_before = self.n_before
        least_iter, max_iter = resolve_max_iter(self.estimator.max_iter, n_before + self.n_samples)
        if self.estimator.max_iter == "auto":
            least_iter, max_iter = (max(1, round(EPOCHS * n)) for n in (least_iter, max_iter))
        further = FurtherTraining(n_before, LAYER_RATE, NUMBER_RATE)
        return replace(settings, max_iter=max_iter, least_iter=least_iter, further=further)

    def build_network(self, coder, target, encoding, training, seed):
        """Make the network learned before, with rows for new categories."""
        self.n_samples = len(training)
        check_memory(coder.categorical, self.before.weights.embedding_dims)
        grown = grow_tables(self.before, coder)
        self.priors = [grown.weights.tables[j].prior for j in coder.owners]
        grown = replace(grown, weights=grown.weights.in_training())
        return grown.to_network(
            dropout=self.estimator.dropout,
            embedding_dropout=self.estimator.embedding_dropout,
            row_counts=coder.count(training.coded),
            priors=priors_of_call(grown, self.before),
        )


def grow_coder(estimator, X, frame, train_rows, *, only_new=False):
    """Add new categories to the vocabularies of a fitted estimator, and code a table."""
    check_feature_names(estimator, X, reset=False)
    return estimator.state_.coder.grow(
        frame, train_rows, estimator.min_frequency, estimator.max_categories, only_new=only_new
    )


def _n_rows(coder):
    return [column.vocabulary.n_rows for column in coder.categorical]


def grow_tables(before: FittedNetwork, coder: TableCoder) -> FittedNetwork:
    """Add rows for the new categories: each has the vector that its category had so far."""
    old = before.coder
    tables = [
        _grow_table(
            before.weights.tables[j],
            old.categorical[j].vocabulary.origins(coder.categorical[j].vocabulary),
        )
        for j in coder.owners
    ]
    weights = replace(before.weights, tables=tuple(tables[t] for t in coder.tables))
    return replace(before, coder=coder, weights=weights)


def _grow_table(table, origins):
    n_new = len(origins)
    start = np.tile(table.log_prior + np.float32(LOG_START), (n_new, 1))
    return EmbeddingTable(
        np.concatenate([table.mean, table.mean[origins]]),
        np.concatenate([table.log_deviation, start]),
        table.log_prior,
        table.prior and table.prior.grown(n_new),
    )


def priors_of_call(
    grown: FittedNetwork, before: FittedNetwork, *, only_new: bool = False
) -> list[TablePrior]:
    """Make the posterior of the rows so far the prior of each table.

    Parameters
    ----------
    grown : FittedNetwork
        With rows for new categories.
    before : FittedNetwork
    only_new : bool
        Whether the rows that there are already are held.
    """
    pairs = zip(grown.coder.owners, before.coder.row_counts, strict=True)
    return [_prior_of_call(grown.weights.tables[j], counts, only_new) for j, counts in pairs]


def _prior_of_call(table, row_counts, only_new):
    n_old = len(row_counts)
    # A row without training rows has no posterior. It is where its prior would have it.
    untrained = np.ones(len(table.mean), dtype=bool)
    untrained[:n_old] = row_counts == 0
    untrained[UNKNOWN] = False
    log_deviation = np.minimum(table.log_deviation, table.log_prior)
    log_deviation[untrained] = table.log_prior
    held = np.arange(len(table.mean)) < (n_old if only_new else 0)
    if table.prior is not None:
        held |= table.prior.held
    return TablePrior.around(table.mean, log_deviation, held)


@failed_allocations_explained()
def learn_tables(
    estimator: BaseEntityEmbedding, X: Any, y: Any, sample_weight: Any, *, only_new: bool
) -> FittedNetwork:
    """Fit the tables of a fitted estimator to further rows, while its layers stay.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
        It is not changed.
    X, y, sample_weight
        See `partial_fit`.
    only_new : bool
        Whether to fit the rows of new categories alone: all else stays, bit by bit.
    """
    before = estimator.state_
    frame, y, weight = estimator._check_rows(X, y, sample_weight, 1)
    y = check_further_rows(estimator, before, y)
    train_rows = slice(None) if weight is None else np.flatnonzero(weight)
    coder, coded = grow_coder(estimator, X, frame, train_rows, only_new=only_new)
    rows = Examples(coded, before.target.code(y), weight)
    rows = rows[np.arange(len(rows))[train_rows]]
    n_rows = _n_rows(before.coder)
    if only_new:
        rows = rows[_holds_new(rows, n_rows)]
    grown = replace(grow_tables(before, coder), encoding=grow_encoding(before, coder))
    if len(rows) == 0 or not n_rows:
        return grown
    first = n_rows if only_new else None
    sums = count_levels(coder.categorical, before.target, rows, first)
    return replace(
        grown,
        weights=_fit_tables(estimator, grown, before, rows, only_new=only_new),
        means=tuple(
            mean.extend(further) if only_new else mean.update(further)
            for mean, further in zip(before.means, sums, strict=True)
        ),
        n_samples=before.n_samples + len(rows),
    )


def grow_encoding(before: FittedNetwork, coder: TableCoder) -> OrderedTargetEncoding:
    """Keep the ordered target encodings; new levels have none."""
    return before.encoding.grown(_n_rows(before.coder), _n_rows(coder))


def _holds_new(rows, n_rows):
    """Whether each example holds a row that tables of these lengths do not have."""
    found = np.zeros(len(rows), dtype=bool)
    for n, (codes, of_data) in zip(n_rows, rows.coded.occurrences(), strict=True):
        found[np.arange(len(rows))[of_data][codes >= n]] = True
    return found


def _fit_tables(estimator, grown, before, rows, *, only_new):
    """The weights with tables that are fitted to rows, under what they were as the prior."""
    from .._training.table_fit import TableFit

    priors = priors_of_call(grown, before, only_new=only_new)
    network = grown.to_network(priors=priors).eval()
    examples = replace(rows, coded=grown.encoding.add_to(rows.coded))
    fit = TableFit(network, examples, estimator._make_loss(), before.dispersion)
    means = fit.fit(np.ones(len(rows), dtype=bool))
    tables = []
    for j, prior, mean, log_deviation in zip(
        grown.coder.owners, priors, means, fit.log_deviations(), strict=True
    ):
        table, stays = grown.weights.tables[j], prior.held.copy()
        stays[UNKNOWN] = True
        mean[stays], log_deviation[stays] = table.mean[stays], table.log_deviation[stays]
        tables.append(replace(table, mean=mean, log_deviation=log_deviation))
    of_columns = tuple(tables[t] for t in grown.coder.tables)
    return replace(grown.weights, tables=of_columns)
