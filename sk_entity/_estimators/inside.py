"""The network and the vectors inside of an estimator."""

from difflib import get_close_matches
from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from .._vectors.embedded_column import EmbeddedColumn
from .._vectors.encoded_column import EncodedColumn
from .base import BaseEntityEmbedding
from .encoder import EntityEmbeddingEncoder
from .state import FittedNetwork
from .types import TableLike


def network_inside(estimator: Any) -> Any:
    """Return the estimator itself, or that of all rows inside an encoder.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    check_is_fitted(estimator)
    return getattr(estimator, "estimator_", estimator)


def network_state(estimator: Any) -> FittedNetwork:
    """Return what `fit` has learned of the network, as `network_inside` finds it."""
    return network_inside(estimator).state_


def encoded_columns(estimator: Any, X: TableLike | None = None) -> dict[str, EncodedColumn]:
    """Return the vectors along canonical axes, by column name.

    Parameters
    ----------
    estimator : EntityEmbeddingEncoder, EntityEmbeddingRegressor or EntityEmbeddingClassifier
    X : data frame or array-like, or None
        Rows on which a network is asked what its vectors do; an encoder knows.

    Raises
    ------
    TypeError
        If the estimator is neither.
    ValueError
        If it is a network, and X is missing.
    sklearn.exceptions.NotFittedError
    """
    _refuse_other_kinds(estimator)
    if isinstance(estimator, BaseEntityEmbedding):
        if X is None:
            raise ValueError(
                f"The axes of a {type(estimator).__name__}'s vectors are arbitrary: pass X, rows "
                "on which the network is asked what its vectors do. An EntityEmbeddingEncoder "
                "needs none."
            )
        estimator = EntityEmbeddingEncoder(FrozenEstimator(estimator), remainder="drop").fit(X)
    return {column.name: column for column in estimator.state_.columns}


def encoded_column(estimator: Any, name: str, X: TableLike | None = None) -> EncodedColumn:
    """Return the vectors of one column, see `encoded_columns`.

    Raises
    ------
    TypeError, ValueError, sklearn.exceptions.NotFittedError
        As `encoded_columns`; ValueError also if there is no such categorical column.
    """
    return _named(encoded_columns(estimator, X), name)


def embedded_column(estimator: Any, name: str) -> EmbeddedColumn:
    """Return what the network has learned of one column.

    Raises
    ------
    TypeError, ValueError, sklearn.exceptions.NotFittedError
        As `encoded_column`.
    """
    _refuse_other_kinds(estimator)
    return _named({column.name: column for column in network_state(estimator).columns}, name)


def _refuse_other_kinds(estimator: Any) -> None:
    if not isinstance(estimator, EntityEmbeddingEncoder | BaseEntityEmbedding):
        raise TypeError(
            f"{type(estimator).__name__} is no estimator of sk-entity. Pass the step of a pipeline "
            "that is one, such as pipeline[0]."
        )
    check_is_fitted(estimator)


def _named(columns: dict[str, Any], name: str) -> Any:
    if name not in columns:
        close = get_close_matches(str(name), map(str, columns), 3)
        hint = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise ValueError(
            f"{name!r} is no categorical column of the fit. {hint}The categorical columns are "
            f"{list(columns)}."
        )
    return columns[name]
