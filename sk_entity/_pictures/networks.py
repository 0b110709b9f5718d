"""The networks inside of whatever a user has fitted."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from .._estimators.base import BaseEntityEmbedding
from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.inside import network_inside, parts


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
    found = (_search(part) for part, _ in parts(estimator))
    return next((inside for inside in found if inside is not None), None)
