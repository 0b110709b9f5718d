"""The network inside of an estimator."""

from typing import Any

from sklearn.utils.validation import check_is_fitted

from .._estimators.state import FittedNetwork


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
