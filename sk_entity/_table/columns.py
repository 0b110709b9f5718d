"""One column of a table: where it stands, what it is called, and how its cells are coded."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np

from .._shown import shown
from .bags import Bags
from .lists import holds_lists
from .reading import column_at
from .scaler import NumericScaler
from .series import numeric_values
from .values import Cells
from .vocabulary import Vocabulary


@dataclass(frozen=True)
class CategoricalColumn:
    """A column whose cells are looked up in a vocabulary.

    Attributes
    ----------
    name : str
    position : int
        Its place among the columns of the table.
    vocabulary : Vocabulary
    owner : int
        Place, among the categorical columns, of the first one that looks up the same
        table; its own, unless it shares the table of another.
    holds_lists : bool
        Whether a cell holds several values, whose vectors are averaged.
    """

    name: str
    position: int
    vocabulary: Vocabulary
    owner: int
    holds_lists: bool

    def code(self, frame: nw.DataFrame) -> np.ndarray | Bags:
        """Find the embedding rows of each cell; int32 of shape (n_samples,), or bags of them."""
        return self.read(frame).look_up(self.vocabulary)

    def read(self, frame: nw.DataFrame) -> Cells:
        """Read the cells of the column in a table."""
        column = column_at(frame, self.position)
        self._refuse_other_kind(column)
        return Cells.read(self.name, column, self.holds_lists)

    def _refuse_other_kind(self, column):
        now = holds_lists(column)
        if now == self.holds_lists or column.null_count() == len(column):
            return
        kinds = "single values", "lists"
        raise TypeError(
            f"Column {shown(self.name)} holds {kinds[now]}, but held {kinds[self.holds_lists]} in "
            "fit. "
            + (
                "Give it one value per cell."
                if now
                else "Put single values in lists, as ['a'] in the place of 'a'."
            )
        )


def learn_categorical(
    frame: nw.DataFrame,
    positions: Sequence[int],
    training: Any,
    min_frequency: float | None,
    max_categories: int | None,
    shared: Sequence[Sequence[int]] = (),
    n_hashed: Mapping[str, int] | None = None,
) -> tuple[list[CategoricalColumn], list[np.ndarray | Bags]]:
    """Learn the vocabularies of columns from the training rows, and code all rows.

    Parameters
    ----------
    frame : narwhals.DataFrame of shape (n_samples, n_features)
    positions : sequence of int
        Of the columns.
    training : ndarray of int or slice
    min_frequency, max_categories
        As in `sklearn.preprocessing.OrdinalEncoder`.
    shared : sequence of sequence of int
        Positions of columns that share a table.
    n_hashed : dict of int by column name, or None
        Hashed rows of the columns that have any; of those that share a table, the first
        one's count.

    Returns
    -------
    list of CategoricalColumn
        Those of single values, then those of lists, both in the order of the table.
    list of ndarray of int32, shape (n_samples,), or Bags
    """
    order, owner_of, lists = arrange(frame, positions, shared)
    names, place_of = frame.columns, {p: place for place, p in enumerate(order)}
    found = {}
    for owner, group in groups_of(order, owner_of).items():
        cells = [Cells.read(names[p], column_at(frame, p), lists[p]) for p in group]
        counts = [c.count(training) for c in cells]
        values = [c.values for c in cells]
        vocabularies = Vocabulary.learn(
            values,
            counts,
            min_frequency,
            max_categories,
            n_hashed=(n_hashed or {}).get(names[owner], 0),
        )
        for p, c, n, vocabulary in zip(group, cells, counts, vocabularies, strict=True):
            name = names[p]
            warn_if_empty(name, n[1:].sum() == 0, n[0])
            column = CategoricalColumn(name, p, vocabulary, place_of[owner], lists[p])
            found[p] = column, c.look_up(vocabulary)
    return [found[p][0] for p in order], [found[p][1] for p in order]


def arrange(
    frame: nw.DataFrame, positions: Sequence[int], shared: Sequence[Sequence[int]]
) -> tuple[list[int], dict[int, int], dict[int, bool]]:
    """Find the order of the categorical columns, the first of those that share, who holds lists.

    Parameters
    ----------
    frame, positions, shared
        See `learn_categorical`.

    Returns
    -------
    list of int
        The positions: of columns of single values, then of those of lists.
    dict of int
        By position that of the column whose table is looked up.
    dict of bool
        By position whether cells hold lists.
    """
    lists = {p: holds_lists(column_at(frame, p)) for p in positions}
    order = sorted(positions, key=lambda p: (lists[p], p))
    owner_of = {p: p for p in order}
    for group in shared:
        owner_of.update(dict.fromkeys(group, min(group, key=order.index)))
    return order, owner_of, lists


def groups_of(order: Sequence[int], owner_of: Mapping[int, int]) -> dict[int, list[int]]:
    """Group positions by the column whose table they look up, see `arrange`; both in order."""
    groups: dict[int, list[int]] = {}
    for position in order:
        groups.setdefault(owner_of[position], []).append(position)
    return groups


@dataclass(frozen=True)
class NumericColumn:
    """A column of numbers and its scale.

    Attributes
    ----------
    name : str
    position : int
        Its place among the columns of the table.
    scaler : NumericScaler
    """

    name: str
    position: int
    scaler: NumericScaler

    @classmethod
    def learn(cls, name, column, position, training, sample_weight):
        """Learn the scale of the training rows.

        Parameters
        ----------
        name : str
        column : narwhals.Series of length n_samples
        position : int
        training : ndarray of int or slice
        sample_weight : ndarray of shape (n_training,) or None

        Returns
        -------
        NumericColumn
        """
        values = numeric_values(name, column)[training]
        warn_if_empty(name, np.isnan(values).all(), len(values))
        return cls(name, position, NumericScaler.learn(values, sample_weight))

    def read(self, frame: nw.DataFrame) -> np.ndarray:
        """Read the numbers as they are, float64 of shape (n_samples,), NaN where missing."""
        return numeric_values(self.name, column_at(frame, self.position))


def warn_if_empty(name: str, empty: bool, n_samples: int) -> None:
    """Warn of a column without any value."""
    if empty:
        warnings.warn(
            f"Column {shown(name)} has no value: all {n_samples} training rows are missing. It is "
            "taken as constant. Leave it out, or fill it in.",
            UserWarning,
            stacklevel=2,
        )
