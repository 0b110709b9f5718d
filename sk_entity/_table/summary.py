"""A table that comes in batches is summed up; how to code it is learned from the summary."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import narwhals as nw
import numpy as np

from .coder import TableCoder
from .columns import CategoricalColumn, NumericColumn, arrange, groups_of, warn_if_empty
from .counting import ValueCounts
from .distribution import Distribution
from .reading import column_at
from .scaler import NumericScaler
from .series import numeric_values
from .values import Cells
from .vocabulary import INFREQUENT, Vocabulary


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
            cells = Cells.read(name, column_at(frame, position), self.lists[position])
            counts.add(cells.values, cells.count(rows))
        for position, distribution in self.numbers.items():
            name = self.names[position]
            distribution.add(numeric_values(name, column_at(frame, position))[rows], sample_weight)

    def merge(self, other: Self) -> None:
        """Add the rows of another summary."""
        for position, counts in self.counts.items():
            counts.merge(other.counts[position])
        for position, distribution in self.numbers.items():
            distribution.merge(other.numbers[position])

    def coder(
        self,
        min_frequency: float | None = None,
        max_categories: int | None = None,
        n_hashed: int | dict[str, int] = 0,
    ) -> TableCoder:
        """Learn how to code such tables.

        Parameters
        ----------
        min_frequency, max_categories
            See `Vocabulary.learn`.
        n_hashed : int or dict of int by column name
            Hashed rows, see `Vocabulary`: of each column that has values without a row of
            their own, or of these columns. Of those that share a table the first one counts.
        """
        found: dict[int, Vocabulary] = {}
        for owner, group in groups_of(self.order, self.owner_of).items():
            values, counts = zip(*(self.counts[p].result() for p in group), strict=True)
            learn = partial(
                Vocabulary.learn,
                values,
                counts,
                min_frequency,
                max_categories,
                n_uncounted=[self.counts[p].n_uncounted for p in group],
            )
            learned = learn()
            n_rows = n_hashed if isinstance(n_hashed, int) else n_hashed.get(self.names[owner], 0)
            if n_rows and (isinstance(n_hashed, dict) or _has_others(learned)):
                learned = learn(n_hashed=n_rows)
            found.update(zip(group, learned, strict=True))
        place_of = {p: place for place, p in enumerate(self.order)}
        categorical = [
            CategoricalColumn(self.names[p], p, found[p], place_of[self.owner_of[p]], self.lists[p])
            for p in self.order
        ]
        for column in categorical:
            counted = self.counts[column.position]
            warn_if_empty(column.name, counted.n_values == 0, counted.n_missing)
        numbers = [self._number(p, distribution) for p, distribution in self.numbers.items()]
        return TableCoder(self.names, tuple(categorical), tuple(numbers))

    def _number(self, position: int, distribution: Distribution) -> NumericColumn:
        name, n_rows = self.names[position], distribution.n_rows
        warn_if_empty(name, distribution.n_missing == n_rows, n_rows)
        scaler = NumericScaler.of_masses(*distribution.masses(), distribution.n_missing > 0)
        return NumericColumn(name, position, scaler)


def _has_others(vocabularies):
    """Whether some values have no row of their own."""
    first = vocabularies[0]
    return not first.is_complete or bool((first.rows == INFREQUENT).any())
