"""The networks inside of whatever a user has fitted."""

from __future__ import annotations

from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from .._estimators.base import BaseEntityEmbedding
from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.inside import network_inside

# Where scikit-learn's estimators keep those that they are made of, once fitted.
_PARTS = "best_estimator_", "estimator_", "regressor_", "steps", "transformers_"


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
