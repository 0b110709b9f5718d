"""Rows that come in batches: their parts drawn at random, their columns and weights checked."""

from typing import Any, NamedTuple

import narwhals as nw
import numpy as np

from .._table.series import numeric_values


class RowBatch(NamedTuple):
    """Some rows of a table, checked.

    Attributes
    ----------
    frame : narwhals.DataFrame
        The features.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    sample_weight : ndarray of float64, shape (n_samples,), or None
    """

    frame: nw.DataFrame
    y: np.ndarray
    sample_weight: np.ndarray | None


class Draws(NamedTuple):
    """What is drawn for the rows of a batch.

    Attributes
    ----------
    held_out : ndarray of bool, shape (n_samples,)
        Whether a row is held out for validation.
    folds : ndarray of int, shape (n_samples,), or None
        The fold of each row.
    rng : numpy.random.Generator
        For further draws.
    """

    held_out: np.ndarray
    folds: np.ndarray | None
    rng: np.random.Generator


class RowDraws(NamedTuple):
    """Draws the same for the rows of a batch in each pass, from the batch's number.

    Attributes
    ----------
    seed : int
    validation_fraction : float
        0 holds none out.
    n_folds : int
        1 if there are none.
    """

    seed: int
    validation_fraction: float = 0.0
    n_folds: int = 1

    def of_batch(self, number: int, n_samples: int) -> Draws:
        """Draw for the rows of the batch with this number."""
        rng = np.random.default_rng([self.seed, number])
        held_out = np.zeros(n_samples, dtype=bool)
        if self.validation_fraction:
            held_out = rng.random(n_samples) < self.validation_fraction
        folds = rng.integers(self.n_folds, size=n_samples) if self.n_folds > 1 else None
        return Draws(held_out, folds, rng)


def read_weights_of_batch(name: str, column: nw.Series) -> np.ndarray:
    """Read the weights of a batch; unlike those of a whole table, all may be 0."""
    weight = numeric_values(name, column)
    wrong = np.flatnonzero(~(weight >= 0))
    if len(wrong):
        row, value = int(wrong[0]), weight[wrong[0]]
        said = "is missing" if np.isnan(value) else f"is {value:g}"
        raise ValueError(
            f"Column {name!r} holds the weights, and that of row {row} {said}: weights must be "
            "numbers of at least 0. Use 0 to leave a row out."
        )
    return weight


def read_target_of_batch(frame: nw.DataFrame, names: tuple[str, ...], *, several: bool) -> Any:
    """Read the target of a batch as an array: of one output, or of several."""
    columns = [_values(frame[name]) for name in names]
    return np.column_stack(columns) if several else columns[0]


def _values(column):
    if isinstance(column.dtype, nw.String | nw.Categorical | nw.Enum) or not hasattr(
        column, "to_numpy"
    ):
        return np.array(column.to_list(), dtype=object)
    return column.to_numpy()
