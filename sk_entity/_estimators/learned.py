"""Fitted networks become vectors: those of all rows, and those that do not know a fold."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any, NamedTuple

from .._table.coder import CodedTable
from .._target.examples import Examples
from .._vectors.encoded_column import EncodedColumn
from .._vectors.encoding import (
    MeasuredColumn,
    background_sample,
    encode,
    encode_fold,
    measure_folds,
    with_spread,
)
from .._vectors.growing import follow
from .growing import learn_tables
from .refit import refit_columns
from .state import FittedEncoder, FittedNetwork


class Fold(NamedTuple):
    """The vectors for the rows of a fold, which have seen all others.

    Attributes
    ----------
    coded : CodedTable
        All rows, for these tables.
    columns : list of MeasuredColumn
    """

    coded: CodedTable
    columns: list[MeasuredColumn]


class Learned(NamedTuple):
    """All that an encoder learns from its rows.

    Attributes
    ----------
    estimator : BaseEntityEmbedding
        The network of all rows.
    columns : tuple of EncodedColumn
        The vectors of all rows.
    folds : list of Fold
    """

    estimator: Any
    columns: tuple[EncodedColumn, ...]
    folds: list[Fold]


def learn_from_networks(networks: Sequence[Any], X: Any, n_components: Any) -> Learned:
    """Read vectors from the network of all rows and from one for each fold.

    Parameters
    ----------
    networks : sequence of BaseEntityEmbedding
    X : data frame or array-like of shape (n_samples, n_features)
    n_components : "auto", int, float or None
        See `EntityEmbeddingEncoder`.
    """
    coded = [network._code(X) for network in networks]
    background = background_sample(len(coded[0]))
    columns, measured = read_vectors(
        [network.state_ for network in networks], [c[background] for c in coded], n_components
    )
    folds = [Fold(c, of_fold) for c, of_fold in zip(coded[1:], measured, strict=True)]
    return Learned(networks[0], columns, folds)


def read_vectors(
    networks: Sequence[FittedNetwork], backgrounds: Sequence[CodedTable], n_components: Any
) -> tuple[tuple[EncodedColumn, ...], list[list[MeasuredColumn]]]:
    """Read vectors from the network of all rows, then measure those of each fold's alike.

    Parameters
    ----------
    networks : sequence of FittedNetwork
    backgrounds : sequence of CodedTable
        The background sample, as each of them codes it.
    n_components : "auto", int, float or None
        See `EntityEmbeddingEncoder`.
    """
    network, *others = networks
    gradients = network.gradients(backgrounds[0])
    columns = encode(network.columns, gradients, n_components, alone=_is_alone(network))
    measured = []
    for other, background in zip(others, backgrounds[1:], strict=True):
        unit = other.target.working_unit / network.target.working_unit
        gradients = other.gradients(background)
        measured.append(encode_fold(other.columns, gradients, columns, unit))
    return with_spread(columns, measured), measured


def learn_from_tables(
    estimator: Any, X: Any, y: Any, sample_weight: Any, folds: Sequence[Any], n_components: Any
) -> Learned:
    """Fit the tables of one network to all rows, and to those outside of each fold.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
        Fitted to these rows.
    X, y, sample_weight
        See `EntityEmbeddingEncoder.fit`.
    folds : sequence of ndarray of int
    n_components : "auto", int, float or None
        See `EntityEmbeddingEncoder`.
    """
    state = estimator.state_
    frame, y, weight = estimator._check_rows(X, y, sample_weight)
    rows = Examples(state.coder.code(frame), state.target.code(y), weight)
    fitted, *of_folds = refit_columns(estimator, rows, folds)
    # The effects of all rows are what further rows are added to.
    state = estimator.state_ = replace(state, means=tuple(column.means for column in fitted))
    weights = replace(state.weights, tables=tuple(column.table for column in fitted))
    background = state.encoding.add_to(rows.coded[background_sample(len(rows))])
    gradients = replace(state, weights=weights).gradients(background)
    columns = encode(fitted, gradients, n_components, alone=_is_alone(state))
    measured = measure_folds(of_folds, columns)
    return Learned(
        estimator,
        with_spread(columns, measured),
        [Fold(rows.coded, of_fold) for of_fold in measured],
    )


def learn_further(
    estimator: Any,
    fitted: FittedEncoder,
    X: Any,
    y: Any,
    sample_weight: Any,
    *,
    only_new: bool,
) -> tuple[Any, FittedEncoder]:
    """Fit the tables to further rows, and move the vectors with them.

    Parameters
    ----------
    estimator : BaseEntityEmbedding
        The network of the encoder; it is not changed.
    fitted : FittedEncoder
    X, y, sample_weight, only_new
        See `EntityEmbeddingEncoder.partial_fit`.

    Returns
    -------
    estimator, FittedEncoder
    """
    before = fitted.network
    network = learn_tables(estimator, X, y, sample_weight, only_new=only_new)
    columns = follow(fitted.columns, before.weights.tables, network.columns, only_new=only_new)
    estimator = copy(estimator)
    estimator.state_ = network
    return estimator, FittedEncoder(network, columns)


def _is_alone(network):
    """Whether the network reads nothing but one column of single categories."""
    coder = network.coder
    return len(coder.categorical) == 1 and not coder.numerical and not coder.n_bags
