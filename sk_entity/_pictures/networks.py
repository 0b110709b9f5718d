"""The networks inside of whatever a user has fitted."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from .._estimators.base import BaseEntityEmbedding
from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.inside import network_inside, network_state
from .._estimators.state import FittedNetwork
from .._vectors.embedded_column import EmbeddedColumn

# Where scikit-learn's estimators keep those that they are made of, once fitted.
_PARTS = "best_estimator_", "estimator_", "regressor_", "steps", "transformers_"


def embedded_column(estimator: Any, name: str) -> tuple[EmbeddedColumn, FittedNetwork]:
    """Return what a network knows of a column, and all it has learned.

    Raises
    ------
    TypeError
        If the estimator is none of sk-entity.
    ValueError
        If there is no such categorical column.
    sklearn.exceptions.NotFittedError
    """
    if not isinstance(estimator, EntityEmbeddingEncoder | BaseEntityEmbedding):
        raise TypeError(
            f"{type(estimator).__name__} is no estimator of sk-entity. Pass the step of a pipeline "
            "that is one, such as pipeline[0]."
        )
    state = network_state(estimator)
    names = [column.name for column in state.columns]
    if name not in names:
        close = get_close_matches(str(name), names, 3)
        hint = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise ValueError(
            f"{name!r} is no categorical column of the fit. {hint}The categorical columns are "
            f"{names}."
        )
    return state.columns[names.index(name)], state


def find_network(estimator: Any) -> BaseEntityEmbedding:
    """Return the fitted network in an estimator, or in what the estimator is made of.

    Raises
    ------
    TypeError
        If there is none.
    sklearn.exceptions.NotFittedError
    """
    check_is_fitted(estimator)
    found = _search(estimator)
    if found is None:
        raise TypeError(f"There is no estimator of sk-entity in {estimator!r}.")
    return network_inside(found)


def _search(estimator: Any) -> Any:
    """The first estimator of sk-entity, or None."""
    if isinstance(estimator, EntityEmbeddingEncoder | BaseEntityEmbedding):
        return estimator
    if isinstance(estimator, FrozenEstimator):
        return _search(estimator.estimator)
    for name in _PARTS:
        part = getattr(estimator, name, None)
        # Steps are pairs of name and estimator, transformers triples.
        parts = [p[1] for p in part] if isinstance(part, list) else [part]
        for inside in parts:
            found = None if inside is None else _search(inside)
            if found is not None:
                return found
    return None
