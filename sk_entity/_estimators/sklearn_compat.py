"""The only file that knows scikit-learn's less public names and what differs by its version."""

from typing import Any

import pandas as pd
from sklearn.base import _fit_context as fit_context
from sklearn.utils._metadata_requests import _raise_for_params as refuse_unroutable
from sklearn.utils._param_validation import (
    Interval,
    RealNotInt,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import validate_data

from .._table.reading import column_names

__all__ = [
    "Interval",
    "RealNotInt",
    "StrOptions",
    "check_feature_names",
    "check_feature_names_in",
    "check_sample_weight",
    "fit_context",
    "output_container",
    "refuse_unroutable",
    "validate_params",
]


def check_feature_names(estimator: Any, X: Any, *, reset: bool) -> None:
    """Learn the names and number of columns of X, or compare with those learned."""
    if hasattr(X, "columns") and not isinstance(X, pd.DataFrame):
        # Of polars' and Arrow's tables not every version sees the names.
        X = pd.DataFrame(columns=column_names(X))
    validate_data(estimator, X, reset=reset, skip_check_array=True)


def validate_params(estimator: Any) -> None:
    """Refuse parameters of the wrong type or outside of their range."""
    validate_parameter_constraints(
        estimator._parameter_constraints,
        estimator.get_params(deep=False),
        caller_name=type(estimator).__name__,
    )


def output_container(estimator: Any) -> str:
    """Return what `set_output` asks for: "default", "pandas" or "polars"."""
    return _get_output_config("transform", estimator)["dense"]
