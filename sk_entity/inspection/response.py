"""What of an estimator's predictions is looked at."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier

from .._shown import shown

METHODS = ("auto", "predict", "predict_proba", "decision_function")


@dataclass(frozen=True)
class Response:
    """Numbers that an estimator predicts.

    Attributes
    ----------
    method : str
        The method of the estimator that gives them.
    classes : list or None
        Of a classifier.
    """

    method: str
    classes: list[Any] | None

    @classmethod
    def choose(cls, estimator: Any, method: str) -> Self:
        """Find the response that "auto", or another `response_method`, stands for.

        Raises
        ------
        ValueError, AttributeError
            If there is no such method, or the estimator has none of it.
        """
        if method not in METHODS:
            raise ValueError(f"response_method must be one of {METHODS}; got {shown(method)}.")
        classifier = is_classifier(estimator)
        if method == "auto":
            proba = classifier and hasattr(estimator, "predict_proba")
            method = "predict_proba" if proba else "decision_function" if classifier else "predict"
        if classifier and method == "predict":
            raise ValueError(
                "The predictions of a classifier are classes, which have no mean. Use "
                "response_method='predict_proba' or 'decision_function'."
            )
        if not hasattr(estimator, method):
            raise AttributeError(f"{type(estimator).__name__} has no method {shown(method)}.")
        return cls(method, list(estimator.classes_) if classifier else None)

    def of(self, estimator: Any, X: Any) -> np.ndarray:
        """Predict, float64 of shape (n_samples, n_outputs); of two classes, the second alone."""
        out = np.asarray(getattr(estimator, self.method)(X), dtype=np.float64)
        out = out.reshape(len(out), -1)
        return out[:, 1:] if self.bounded and out.shape[1] == 2 else out

    @property
    def bounded(self) -> bool:
        """Whether the numbers are probabilities."""
        return self.method == "predict_proba"

    def names(self, n_outputs: int) -> list[Any] | None:
        """Return the classes, or the numbers of the outputs; None if there is one output."""
        if n_outputs == 1:
            return None
        return list(range(n_outputs)) if self.classes is None else self.classes
