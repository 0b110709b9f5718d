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

from .._shown import bounded_errors
from .._table.reading import column_names
from .._version import DOCUMENTATION

__all__ = [
    "DiagramMixin",
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
    with bounded_errors():
        validate_data(estimator, X, reset=reset, skip_check_array=True)


def validate_params(estimator: Any) -> None:
    """Refuse parameters of the wrong type or outside of their range."""
    with bounded_errors():
        validate_parameter_constraints(
            estimator._parameter_constraints,
            estimator.get_params(deep=False),
            caller_name=type(estimator).__name__,
        )


def output_container(estimator: Any) -> str:
    """Return what `set_output` asks for: "default", "pandas" or "polars"."""
    return _get_output_config("transform", estimator)["dense"]


class DiagramMixin:
    """scikit-learn's diagram of an estimator, with our documentation and what was learned."""

    _doc_link_module = "sk_entity"
    _doc_link_template = DOCUMENTATION + "api/{estimator_module}.{estimator_name}.html"

    def _html_below(self) -> str:
        """Hook: HTML below the diagram."""
        return ""

    def _repr_html_inner(self) -> str:
        return super()._repr_html_inner() + self._html_below()  # type: ignore[misc]

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if "text/html" in bundle:  # unless the user has asked for text
            bundle["text/html"] += self._html_below()
        return bundle
