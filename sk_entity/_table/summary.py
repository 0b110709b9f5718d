"""A table that comes in batches is summed up; how to code it is learned from the summary."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import narwhals as nw
import numpy as np

from .coder import TableCoder
from .columns import CategoricalColumn, NumericColumn, arrange, warn_if_empty
from .counting import ValueCounts
from .distribution import Distribution
from .scaler import NumericScaler
from .series import numeric_values
from .values import Cells
from .vocabulary import Vocabulary


@dataclass
class TableSummary:
    """What `TableCoder` is learned from, over batches of rows.

    Summaries of batches add up, in any grouping: of one batch, they lead to the coder
    that `TableCoder.learn` finds.

    Attributes
    ----------
    names : tuple of str
        Columns of the table.
    order : list of int
        Positions of the categorical columns, see `arrange`.
    owner_of : dict of int
    lists : dict of bool
    counts : dict of ValueCounts
        By position, of the categorical columns.
    numbers : dict of Distribution
        By position, of the others.
    """

    names: tuple[str, ...]
    order: list[int]
    owner_of: dict[int, int]
    lists: dict[int, bool]
    counts: dict[int, ValueCounts] = field(default_factory=dict)
    numbers: dict[int, Distribution] = field(default_factory=dict)

    @classmethod
    def begin(
        cls,
        frame: nw.DataFrame,
        categorical: Sequence[int],
        shared: Sequence[Sequence[int]] = (),
        max_counted: int | None = None,
    ) -> Self:
        """Make one of no rows, for tables like this one.

        Parameters
        ----------
        frame : narwhals.DataFrame
        categorical : sequence of int
            From `select_categorical`.
        shared : sequence of sequence of int
            From `select_shared`.
        max_counted : int or None
            Distinct values of a column to count, see `ValueCounts`.
        """
        order, owner_of, lists = arrange(frame, categorical, shared)
        others = [p for p in range(len(frame.columns)) if p not in owner_of]
        return cls(
            tuple(frame.columns),
            order,
            owner_of,
            lists,
            {p: ValueCounts(max_counted) for p in order},
            {p: Distribution() for p in others},
        )

    def add(self, frame: nw.DataFrame, rows: Any, sample_weight: np.ndarray | None) -> None:
        """Add the rows of a batch.

        Parameters
        ----------
        frame : narwhals.DataFrame
        rows : ndarray of int or slice
            Rows to learn from. The others are checked, and not counted.
        sample_weight : ndarray of shape (n_rows,) or None
        """
        for position, counts in self.counts.items():
            name = self.names[position]
            cells = Cells.read(name, frame[:, position], self.lists[position])
            counts.add(cells.values, cells.count(rows))
        for position, distribution in self.numbers.items():
            name = self.names[position]
            distribution.add(numeric_values(name, frame[:, position])[rows], sample_weight)

    def merge(self, other: Self) -> None:
        """Add the rows of another summary."""
        for position, counts in self.counts.items():
            counts.merge(other.counts[position])
        for position, distribution in self.numbers.items():
            distribution.merge(other.numbers[position])

    def coder(
        self, min_frequency: float | None, max_categories: int | None, n_hashed: int = 0
    ) -> TableCoder:
        """Learn how to code such tables.

        Parameters
        ----------
        min_frequency, max_categories, n_hashed
            See `Vocabulary.learn`.
        """
        found: dict[int, Vocabulary] = {}
        for owner in dict.fromkeys(self.owner_of[p] for p in self.order):
            group = [p for p in self.order if self.owner_of[p] == owner]
            values, counts = zip(*(self.counts[p].result() for p in group), strict=True)
            learned = Vocabulary.learn(values, counts, min_frequency, max_categories)
            found.update(zip(group, learned, strict=True))
        categorical = [
            CategoricalColumn(
                self.names[p], p, found[p], self.order.index(self.owner_of[p]), self.lists[p]
            )
            for p in self.order
        ]
        for column in categorical:
            no_value = column.vocabulary.counts.sum() == 0
            warn_if_empty(column.name, no_value, column.vocabulary.n_missing)
        numbers = [self._number(p, distribution) for p, distribution in self.numbers.items()]
        return TableCoder(self.names, tuple(categorical), tuple(numbers))

    def _number(self, position, distribution):
        name, n_rows = self.names[position], distribution.n_rows
        warn_if_empty(name, distribution.n_missing == n_rows, n_rows)
        scaler = NumericScaler.of_masses(*distribution.masses(), distribution.n_missing > 0)
        return NumericColumn(name, position, scaler)
