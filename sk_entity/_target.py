"""The target: checked, coded for the network, and decoded from its output."""

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, softmax
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

LOG_LINK = ("poisson", "gamma")


@dataclass(frozen=True)
class RegressionTarget:
    """Unit of the network's output.

    Identity link: ``y = offset + scale * output``. Log link (Poisson, gamma):
    ``y = scale * exp(output)``, where scale is the mean of y.

    Attributes
    ----------
    loss : str
    offset, scale : ndarray of shape (n_outputs,)
        In the unit of y.
    one_dimensional : bool
        Whether y was of shape (n_samples,).
    """

    loss: str
    offset: np.ndarray
    scale: np.ndarray
    one_dimensional: bool

    @classmethod
    def learn(cls, y, sample_weight, loss):
        """Learn the unit from all rows; refuse a target that does not vary.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            From `check_regression_target`.
        sample_weight : ndarray of shape (n_samples,) or None
        loss : str
        """
        _refuse_constant(y if sample_weight is None else y[sample_weight > 0])
        columns = y.reshape(len(y), -1)
        mean = np.average(columns, axis=0, weights=sample_weight)
        if loss in LOG_LINK:
            return cls(loss, np.zeros_like(mean), mean, y.ndim == 1)
        # Divided by the largest first, no square leaves the range of a float.
        largest = np.abs(columns - mean).max(axis=0)
        square = np.average(((columns - mean) / largest) ** 2, axis=0, weights=sample_weight)
        deviation = largest * np.sqrt(square)
        return cls(loss, mean, deviation, y.ndim == 1)

    @property
    def link(self):
        """Of the loss: "log" or "identity"."""
        return "log" if self.loss in LOG_LINK else "identity"

    @property
    def n_outputs(self):
        """Outputs of the network."""
        return len(self.scale)

    @property
    def initial_output(self):
        """Where the output starts: the mean of y."""
        return np.zeros(self.n_outputs, dtype=np.float32)

    def code(self, y):
        """Target in the network's unit, float32 of shape (n_samples, n_outputs)."""
        return ((y.reshape(len(y), -1) - self.offset) / self.scale).astype(np.float32)

    def shift(self, coded):
        """By how much the output would have to differ for each row, to first order.

        Parameters
        ----------
        coded : ndarray of float32, shape (n_samples, n_outputs)

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Up to a constant.
        """
        return coded  # with the log link too, as the coded target has the mean 1

    @property
    def unit_of_shift(self):
        """In y where the link is the identity, else in shares of it; (n_outputs,)."""
        return self.scale if self.link == "identity" else np.ones_like(self.scale)

    def decode(self, output):
        """Predictions in the unit of y from outputs of shape (n_samples, n_outputs)."""
        if self.link == "log":
            output = np.exp(output)
        y = self.offset + self.scale * output
        return y[:, 0] if self.one_dimensional else y


@dataclass(frozen=True)
class ClassificationTarget:
    """Classes and their frequencies.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    frequency : ndarray of shape (n_classes,)
        Weighted share of each.
    """

    link = "logit"
    offset = 0.0
    scale = 1.0
    classes: np.ndarray
    frequency: np.ndarray

    @classmethod
    def learn(cls, y, sample_weight):
        """Count the classes of all rows of positive weight; refuse a single one.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
            From `check_classification_target`.
        sample_weight : ndarray of shape (n_samples,) or None
        """
        if sample_weight is not None:
            y, sample_weight = y[sample_weight > 0], sample_weight[sample_weight > 0]
        classes, index = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"y holds one class only, {classes.tolist()}, among the rows of positive weight. "
                "A classifier needs at least 2 classes."
            )
        count = np.bincount(index, weights=sample_weight)
        return cls(classes, count / count.sum())

    @property
    def n_outputs(self):
        """Outputs of the network: one log-odds, or a score per class."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    @property
    def initial_output(self):
        """Where the output starts: the classes' log-frequencies."""
        log = np.log(self.frequency).astype(np.float32)
        return log[1:] - log[:1] if self.n_outputs == 1 else log

    def code(self, y):
        """Position of each class, int64 of shape (n_samples,)."""
        return np.searchsorted(self.classes, y)

    def shift(self, coded):
        """By how much each log-odds would have to differ for each row, to first order.

        Parameters
        ----------
        coded : ndarray of int64, shape (n_samples,)

        Returns
        -------
        ndarray of float64, shape (n_samples, n_outputs)
            Up to a constant.
        """
        of_classes = np.arange(len(self.classes))[-self.n_outputs :]
        return (coded[:, None] == of_classes) / self.unit_of_shift

    @property
    def unit_of_shift(self):
        """In probability, (n_outputs,)."""
        frequency = self.frequency[-self.n_outputs :]
        return frequency * (1 - frequency)

    def scores(self, output):
        """Scores: (n_samples,) for two classes, else (n_samples, n_classes)."""
        return output[:, 0] if self.n_outputs == 1 else output

    def probabilities(self, output):
        """Probabilities of shape (n_samples, n_classes)."""
        if self.n_outputs == 1:
            positive = expit(output)
            return np.hstack([1 - positive, positive])
        return softmax(output, axis=1)


def check_regression_target(y, n_samples, loss):
    """Refuse what no regression can learn from.

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
    for name, column in _outputs(y):
        _check_domain(name, column, loss)
    return y


def _outputs(y):
    return [("y", y)] if y.ndim == 1 else [(f"y[:, {j}]", c) for j, c in enumerate(y.T)]


def _refuse_constant(y):
    for name, column in _outputs(y):
        if (column == column[0]).all():
            raise ValueError(
                f"{name} is constant ({column[0]:g} in all {len(column)} rows of positive "
                "weight): there is nothing to learn. Check that the right column was chosen."
            )


def _check_domain(name, column, loss):
    lowest = column.min()
    row = int(column.argmin())
    if loss == "gamma" and lowest <= 0:
        raise ValueError(
            f"loss='gamma' needs y > 0; {name} holds {lowest:g} in row {row}. "
            "Use loss='poisson' for values that can be 0, or 'squared_error'."
        )
    if loss == "poisson" and lowest < 0:
        raise ValueError(
            f"loss='poisson' needs y >= 0; {name} holds {lowest:g} in row {row}. "
            "Use loss='squared_error' for values that can be negative."
        )


def check_classification_target(y, n_samples):
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


def balanced_weight(class_weight, y, sample_weight):
    """Multiply the weights by those of the classes, as scikit-learn does."""
    if class_weight is None:
        return sample_weight
    factor = compute_sample_weight(class_weight, y)
    return factor if sample_weight is None else factor * sample_weight


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
                f"A regression target must hold numbers; y holds {str(value)!r} in row {row}. "
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
            f"Input y contains infinity or a value too large for {y.dtype!r}. "
            f"{infinite.sum()} value(s), the first in row {row}: correct or drop these rows."
        )


def _check_length(y, n_samples):
    if y.ndim == 0:
        raise ValueError(f"y must hold one value per row of X; got the scalar {y[()]!r}.")
    if len(y) != n_samples:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {n_samples} "
            f"rows, y has {len(y)}."
        )
