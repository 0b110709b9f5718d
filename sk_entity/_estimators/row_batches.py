"""Rows that come in batches: their parts drawn at random, their columns and weights checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import numpy as np

from .._shown import listed, shortened, shown
from .._table.series import numeric_values
from .inside import did_you_mean
from .validation import refuse_extreme

if TYPE_CHECKING:
    from .base import BaseEntityEmbedding


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


class Roles(NamedTuple):
    """What the columns of a dataset are.

    Attributes
    ----------
    features : tuple of str
    target : tuple of str
    several : bool
        Whether the target is a matrix, even of one column.
    sample_weight : str or None
    """

    features: tuple[str, ...]
    target: tuple[str, ...]
    several: bool
    sample_weight: str | None

    @classmethod
    def choose(cls, names: Sequence[str], target: Any, sample_weight: str | None) -> Roles:
        """Tell the features from the other columns.

        Parameters
        ----------
        names : sequence of str
            Columns of the dataset.
        target : str or list of str
        sample_weight : str or None
        """
        several = not isinstance(target, str)
        targets = tuple(target) if several else (target,)
        others = targets if sample_weight is None else (*targets, sample_weight)
        for name in others:
            if name not in names:
                what = "target" if name in targets else "sample_weight"
                raise ValueError(
                    f"{what} names column {shown(name)}, which the dataset does not have. It has "
                    f"{listed(names)}. {did_you_mean(name, names)}".rstrip()
                )
        if not targets or len(set(others)) < len(others):
            raise ValueError(
                f"target={shown(target)} and sample_weight={shown(sample_weight)}: name one "
                "column or several, each once."
            )
        features = tuple(name for name in names if name not in others)
        if not features:
            raise ValueError(
                f"The dataset has no column beside {listed(others)}: no feature is left."
            )
        return cls(features, targets, several, sample_weight)

    def check_like(self, other: Roles) -> None:
        """Refuse validation rows that have other features than the rows to train on."""
        for more, less, which in ((self, other, "validation"), (other, self, "dataset")):
            extra = [name for name in more.features if name not in less.features]
            if extra:
                raise ValueError(
                    f"Only the {which} has a column {shown(extra[0])}: both must have the same "
                    "columns."
                )

    @property
    def all(self) -> list[str]:
        """All columns that are read."""
        more = [] if self.sample_weight is None else [self.sample_weight]
        return [*self.features, *self.target, *more]

    def read(self, estimator: BaseEntityEmbedding, frame: nw.DataFrame) -> RowBatch:
        """Read a batch; refuse a target or weights that cannot be learned from."""
        y = self.target_of(frame)
        named = ", ".join(map(shown, self.target[:3]))
        try:
            y = estimator._check_target(y, len(frame))
        except (TypeError, ValueError) as error:
            raise type(error)(f"Column {named}, the target: {shortened(error)}") from None
        weight = None
        if self.sample_weight is not None:
            weight = _weights(self.sample_weight, frame[self.sample_weight])
        return RowBatch(frame.select(list(self.features)), y, weight)

    def target_of(self, frame: nw.DataFrame) -> np.ndarray:
        """Read the target as it is."""
        columns = [_array(frame[name]) for name in self.target]
        return np.column_stack(columns) if self.several else columns[0]


def _weights(name, column):
    """The weights of a batch; unlike those of a whole table, all may be 0."""
    weight = numeric_values(name, column)
    wrong = np.flatnonzero(~(weight >= 0))
    if len(wrong):
        row, value = int(wrong[0]), weight[wrong[0]]
        said = "is missing" if np.isnan(value) else f"is {value:g}"
        raise ValueError(
            f"Column {shown(name)} holds the weights, and that of row {row} {said}: weights must "
            "be numbers of at least 0. Use 0 to leave a row out."
        )
    return refuse_extreme(weight, f"Column {shown(name)}, the weights,", least=0)


def _array(column):
    if isinstance(column.dtype, nw.String | nw.Categorical | nw.Enum):
        return np.array(column.to_list(), dtype=object)
    return column.to_numpy()
