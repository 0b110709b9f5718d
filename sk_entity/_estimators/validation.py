"""Tables and weights are checked and read."""

from typing import Any

import narwhals as nw
import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from .._shown import bounded_errors, shortened
from .._table.reading import as_frame, frame_of_array, refuse_other_containers, without_mask
from .sklearn_compat import check_feature_names, check_sample_weight

# Masses of rows are kept in float32.
LARGEST_WEIGHT = 1e30


def read_table(X: Any, *, estimator: Any, min_samples: int = 1) -> nw.DataFrame:
    """Wrap any two-dimensional container as a narwhals DataFrame.

    Parameters
    ----------
    X : data frame, array or nested list, shape (n_samples, n_features)
    estimator : estimator
        For scikit-learn's error messages.
    min_samples : int
        Refuse shorter tables.

    Returns
    -------
    narwhals.DataFrame
        With columns x0, x1, … where X has no names.
    """
    frame = as_frame(X)
    if frame is None:
        refuse_other_containers(X)
        return frame_of_array(_check_array(X, estimator, min_samples))
    n_samples, n_features = frame.shape
    if n_features == 0:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={frame.shape}) while a minimum of 1 is required."
        )
    if n_samples < min_samples:
        raise ValueError(
            f"Found array with {n_samples} sample(s) (shape={frame.shape}) while a minimum of "
            f"{min_samples} is required."
        )
    return frame


def _check_array(X, estimator, min_samples):
    """An array; of objects, if rows have several types."""
    if isinstance(X, list | tuple) and all(isinstance(row, list | tuple) for row in X):
        # Rows of mixed types must not become strings, nor truth values numbers.
        X = np.array(X, dtype=object)
    with bounded_errors():
        return check_array(
            without_mask(X),
            accept_sparse=False,
            dtype=None,
            ensure_all_finite=False,
            ensure_min_samples=min_samples,
            estimator=estimator,
            input_name="X",
        )


def read_further_table(estimator: Any, X: Any) -> nw.DataFrame:
    """Read a table for an estimator that is fitted, with the columns it was fitted on."""
    check_is_fitted(estimator)
    frame = read_table(X, estimator=estimator)
    check_feature_names(estimator, X, reset=False)
    return frame


def check_weight(sample_weight: Any, n_samples: int, name: str) -> np.ndarray | None:
    """Return weights as float64, or None; refuse negative ones and a sum of zero."""
    if sample_weight is None:
        return None
    masked = np.ma.getmaskarray(sample_weight) if np.ma.is_masked(sample_weight) else np.zeros(1)
    if masked.any():
        raise ValueError(
            f"{name} is masked in row {int(np.argmax(masked))}: a weight cannot be missing. Use 0 "
            "to leave a row out."
        )
    try:
        weight = check_sample_weight(sample_weight, np.empty((n_samples, 0)), dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"{name}: {shortened(error)}") from None
    if not weight.any():  # which scikit-learn before 1.9 lets pass
        raise ValueError(f"{name}: Sample weights must contain at least one non-zero number.")
    if (weight < 0).any():
        row = int(np.argmax(weight < 0))
        raise ValueError(
            f"{name} must not be negative; row {row} has {weight[row]:g}. Use 0 to leave a row out."
        )
    return refuse_extreme(weight, name)


def refuse_extreme(weight: np.ndarray, name: str, least: float = 1 / LARGEST_WEIGHT) -> np.ndarray:
    """Refuse weights that are all tiny, or huge ones, as sums of them leave the range of floats.

    They are not scaled: further rows, in later calls or other batches, come with weights of
    their own, and these mean something beside those before.
    """
    largest = weight.max(initial=0)
    if 0 < largest < least or largest > LARGEST_WEIGHT:
        row = f" at most, in row {weight.argmax()}" if len(weight) > 1 else ""
        raise ValueError(
            f"{name} is {largest:g}{row}; the largest weight must be "
            f"from {1 / LARGEST_WEIGHT:g} to {LARGEST_WEIGHT:g}. A common factor of all weights "
            "changes nothing: divide them by their largest."
        )
    return weight
