"""Targets are checked before training."""

import datetime
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

from .._network.losses import Loss
from .._shown import shown
from .._target.regression import named_outputs
from .validation import refuse_extreme

# Beyond it, sums over rows leave the range of floats.
LARGEST_TARGET = 1e300


def check_regression_target(y: Any, n_samples: int, loss: Loss) -> np.ndarray:
    """Refuse what no regression with this loss can learn from.

    Returns
    -------
    ndarray of float64, shape (n_samples,) or (n_samples, n_outputs)
    """
    _refuse_missing_or_complex(y)
    _refuse_non_numbers(y)
    y = check_array(
        y,
        ensure_2d=False,
        dtype=np.float64,
        ensure_all_finite=False,
        ensure_min_samples=0,
        input_name="y",
    )
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    _check_length(y, n_samples)
    _refuse_infinite(y)
    for name, column in named_outputs(y):
        _refuse_huge(name, column)
        loss.check_domain(name, column)
    return y


def check_classification_target(y: Any, n_samples: int) -> np.ndarray:
    """Refuse what no classifier can learn from.

    Returns
    -------
    ndarray of shape (n_samples,)
    """
    _refuse_missing_or_complex(y)
    if isinstance(y, pd.Series | pd.Index):
        y = y.to_numpy()  # where scikit-learn makes floats of nullable integers
    y = column_or_1d(y, warn=True)
    _check_length(y, n_samples)
    _refuse_infinite(y)
    check_classification_targets(y)
    return y


def check_class_weight(class_weight: Any) -> None:
    """Refuse weights of classes that are no numbers of at least 0."""
    if not isinstance(class_weight, dict):
        return
    for label, weight in class_weight.items():
        # A truth value is a number, as for scikit-learn; a string is none.
        if not isinstance(weight, Real) or not 0 <= float(weight) < np.inf:
            raise ValueError(
                f"class_weight gives {shown(weight)} for the class {shown(label)}: a weight "
                "must be a finite number of at least 0."
            )


def balanced_weight(class_weight: Any, y: np.ndarray, sample_weight: np.ndarray | None):
    """Multiply the weights by those of the classes, as scikit-learn does."""
    if class_weight is None:
        return sample_weight
    check_class_weight(class_weight)
    factor = compute_sample_weight(class_weight, y)
    if not factor.any():
        raise ValueError("class_weight gives every class of y the weight 0.")
    refuse_extreme(factor, "class_weight")
    if sample_weight is None:
        return factor
    return refuse_extreme(factor * sample_weight, "sample_weight times class_weight")


def class_factors(class_weight: Any, classes: np.ndarray, counts: np.ndarray) -> np.ndarray | None:
    """Find what `balanced_weight` multiplies by, given how many rows each class has."""
    if class_weight is None:
        return None
    if isinstance(class_weight, str):  # "balanced"
        return counts.sum() / (len(classes) * counts)
    check_class_weight(class_weight)
    factors = compute_class_weight(class_weight, classes=classes, y=classes)
    return refuse_extreme(factors, "class_weight")


def _refuse_missing_or_complex(y):
    if y is None:
        # The first words are scikit-learn's.
        raise ValueError(
            "fit requires y to be passed, but the target y is None. Pass one value per row of X."
        )
    values = np.asarray(y)
    if values.dtype.kind == "c":
        raise ValueError(
            "Complex data not supported: y holds complex numbers. Use real ones, such as their "
            "real part or their modulus."
        )
    missing = pd.isna(values)
    if isinstance(y, np.ma.MaskedArray):
        missing = missing | np.ma.getmaskarray(y)
    if missing.any():
        row = int(np.argwhere(missing)[0][0])
        raise ValueError(
            f"Input y contains NaN: {missing.sum()} missing value(s), the first in row {row}. "
            "Drop these rows; a target cannot be filled in."
        )


def _refuse_non_numbers(y):
    """Refuse strings and dates, which scikit-learn converts where it can."""
    values = np.asarray(y).ravel()
    if values.dtype.kind not in "USOmM":
        return
    for row, value in enumerate(values):
        if isinstance(value, str | bytes):
            raise ValueError(
                f"A regression target must hold numbers; y holds {shown(str(value))} in row {row}. "
                "Convert it, or use EntityEmbeddingClassifier if its values are classes."
            )
        if isinstance(value, datetime.date | datetime.timedelta | np.datetime64 | np.timedelta64):
            raise TypeError(
                f"A regression target must hold numbers; y holds dates or times ({value} in row "
                f"{row}). Use the time since a fixed date, in days for instance."
            )


def _refuse_infinite(y):
    if y.dtype.kind != "f":
        return
    infinite = np.isinf(y)
    if infinite.any():
        row = int(np.argwhere(infinite)[0][0])
        # The first words are scikit-learn's.
        raise ValueError(
            f"Input y contains infinity or a value too large for {shown(y.dtype)}. "
            f"{infinite.sum()} value(s), the first in row {row}: correct or drop these rows."
        )


def _refuse_huge(name, column):
    if len(column) and max(column.max(), -column.min()) > LARGEST_TARGET:
        row = int(np.abs(column).argmax())
        raise ValueError(
            f"{name} holds {column[row]:g} in row {row}, and sums of such numbers are beyond the "
            f"range of floats. Divide {name} by {LARGEST_TARGET:g}, or correct the row."
        )


def _check_length(y, n_samples):
    if y.ndim == 0:
        raise ValueError(f"y must hold one value per row of X; got the scalar {shown(y[()])}.")
    if len(y) != n_samples:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {n_samples} "
            f"rows, y has {len(y)}."
        )
