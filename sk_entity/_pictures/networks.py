"""The networks inside of whatever a user has fitted."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from .._estimators.base import BaseEntityEmbedding
from .._estimators.inside import network_inside, ours_inside


def find_network(estimator: Any) -> BaseEntityEmbedding:
    """Return the fitted network in an estimator, or in what the estimator is made of.

    Raises
    ------
    TypeError
        If there is none.
    sklearn.exceptions.NotFittedError
    """
    check_is_fitted(estimator)
    inside, _ = next(ours_inside(estimator), (None, None))
    if inside is None:
        raise TypeError(f"There is no estimator of sk-entity in {estimator!r}.")
    return network_inside(inside)
