"""A table is coded as the network receives it, by a coder that is learned once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import narwhals as nw
import numpy as np

from .bags import Bags
from .columns import CategoricalColumn, NumericColumn, learn_categorical
from .growing import grow_categorical, with_categories
from .reading import column_at
from .scaler import N_BINS


@dataclass(frozen=True)
class CodedTable:
    """A table as the network receives it.

    Attributes
    ----------
    categorical : ndarray of int32, shape (n_samples, n_single)
        Embedding rows of the columns of single values, see `Vocabulary`.
    numerical : ndarray of float32, shape (n_samples, n_numerical)
        Scaled numbers, then missing-value indicators, see `NumericScaler`.
    bags : tuple of Bags
        Embedding rows of the columns of lists.
    """

    categorical: np.ndarray
    numerical: np.ndarray
    bags: tuple[Bags, ...] = ()

    def __len__(self):
        return len(self.categorical)

    def __getitem__(self, rows):
        """Take some rows, by slice, index or mask."""
        bags = tuple(column[rows] for column in self.bags)
        return CodedTable(self.categorical[rows], self.numerical[rows], bags)

    def look_up(self, tables: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Look up the vectors of each column, given its table, each (n_samples, dim)."""
        n_single = self.categorical.shape[1]
        singles = zip(tables[:n_single], self.categorical.T, strict=True)
        vectors = [table.take(codes, axis=0) for table, codes in singles]
        several = zip(tables[n_single:], self.bags, strict=True)
        return vectors + [bags.mean(table) for table, bags in several]

    def occurrences(self) -> Iterator[tuple[np.ndarray, Any]]:
        """Yield, column by column, all embedding rows and the rows of the table they are in.

        The latter is a slice of all of them for a column of single values.
        """
        yield from map(self.occurrence, range(self.categorical.shape[1] + len(self.bags)))

    def occurrence(self, j: int) -> tuple[np.ndarray, Any]:
        """Return what `occurrences` yields of one categorical column."""
        n_single = self.categorical.shape[1]
        return (
            (self.categorical[:, j], slice(None))
            if j < n_single
            else self.bags[j - n_single].flat()
        )


@dataclass(frozen=True)
class TableCoder:
    """How to code tables of one shape: learned once, then applied to any of them.

    Attributes
    ----------
    names : tuple of str
        Columns of the table.
    categorical : tuple of CategoricalColumn
    numerical : tuple of NumericColumn
    """

    names: tuple[str, ...]
    categorical: tuple[CategoricalColumn, ...]
    numerical: tuple[NumericColumn, ...]

    @classmethod
    def learn(
        cls,
        frame,
        categorical,
        training,
        sample_weight,
        min_frequency,
        max_categories,
        shared=(),
        n_hashed=None,
    ):
        """Learn from the training rows and code all rows.

        Parameters
        ----------
        frame : narwhals.DataFrame of shape (n_samples, n_features)
        categorical : list of int
            From `select_categorical`.
        training : ndarray of int or slice
            Rows to learn from; the others are coded only.
        sample_weight : ndarray of shape (n_training,) or None
        min_frequency, max_categories
            As in `sklearn.preprocessing.OrdinalEncoder`.
        shared : list of list of int
            Columns that share a table, see `select_shared`.
        n_hashed : dict of int by column name, or None
            See `learn_categorical`.

        Returns
        -------
        TableCoder, CodedTable
        """
        embedded, coded = learn_categorical(
            frame, categorical, training, min_frequency, max_categories, shared, n_hashed
        )
        names, chosen = tuple(frame.columns), set(categorical)
        numbers = [
            NumericColumn.learn(name, column_at(frame, i), i, training, sample_weight)
            for i, name in enumerate(names)
            if i not in chosen
        ]
        coder = cls(names, tuple(embedded), tuple(numbers))
        # Numbers are read again, as all of them in double precision take twice the result's memory.
        return coder, coder.assemble(coded, coder.code_numerical(frame))

    def grow(self, frame, training, min_frequency, max_categories, *, only_new=False):
        """Add the categories of further rows, and code these; numbers keep their scale.

        Parameters
        ----------
        frame : narwhals.DataFrame of shape (n_samples, n_features)
            With the columns of the table learned from, in its order.
        training : ndarray of int or slice
            Rows to learn from; the others are coded only.
        min_frequency, max_categories, only_new
            See `grow`.

        Returns
        -------
        TableCoder, CodedTable
        """
        grown, coded = grow_categorical(
            frame, self.categorical, training, min_frequency, max_categories, only_new=only_new
        )
        coder = replace(self, categorical=tuple(grown))
        return coder, coder.assemble(coded, coder.code_numerical(frame))

    def with_categories(self, categories):
        """Give values a row of their own, also where no training row holds them.

        Parameters
        ----------
        categories : dict of pandas.Index
            Values by the owner of the table, see `CategoricalColumn`.

        Returns
        -------
        TableCoder
        """
        columns = list(self.categorical)
        for owner, values in categories.items():
            group = [j for j, column in enumerate(columns) if column.owner == owner]
            found = with_categories([columns[j].vocabulary for j in group], values)
            for j, vocabulary in zip(group, found, strict=True):
                columns[j] = replace(columns[j], vocabulary=vocabulary)
        return replace(self, categorical=tuple(columns))

    def recounted(self, row_counts: Sequence[np.ndarray]) -> Self:
        """Correct the counts of the vocabularies, see `Vocabulary.recounted`.

        Parameters
        ----------
        row_counts : sequence of ndarray of int, shape (n_rows,)
            For each categorical column, how often its training rows look up each row.
        """
        pairs = zip(self.categorical, row_counts, strict=True)
        columns = [replace(c, vocabulary=c.vocabulary.recounted(n)) for c, n in pairs]
        return replace(self, categorical=tuple(columns))

    def code(self, frame: nw.DataFrame) -> CodedTable:
        """Code a table that has the columns of the one learned from, in its order.

        Columns are taken by position, so that an array serves where a data
        frame was fitted; the estimator has compared the names before.
        """
        return replace(self.code_categorical(frame), numerical=self.code_numerical(frame))

    def code_categorical(self, frame: nw.DataFrame) -> CodedTable:
        """Code the categorical columns alone."""
        coded = [column.code(frame) for column in self.categorical]
        return self.assemble(coded, np.empty((len(frame), 0), dtype=np.float32))

    def assemble(self, coded: Sequence[Any], numerical: np.ndarray) -> CodedTable:
        """Put the codes of the categorical columns, given one by one, side by side."""
        n_single = len(self.categorical) - self.n_bags
        codes = np.empty((len(numerical), n_single), dtype=np.int32)
        for j, of_column in enumerate(coded[:n_single]):
            codes[:, j] = of_column
        return CodedTable(codes, numerical, tuple(coded[n_single:]))

    @property
    def tables(self) -> list[int]:
        """For each categorical column the number of the table that it looks up."""
        owners = self.owners
        place = {owner: table for table, owner in enumerate(owners)}
        return [place[column.owner] for column in self.categorical]

    @property
    def owners(self) -> list[int]:
        """For each table the first of the categorical columns that look it up."""
        return sorted({column.owner for column in self.categorical})

    @property
    def n_bags(self) -> int:
        """Columns of lists, the last of the categorical ones."""
        return sum(column.holds_lists for column in self.categorical)

    @property
    def row_counts(self) -> list[np.ndarray]:
        """Training rows behind each row of each table, by all columns that look it up."""
        counts: list[list[np.ndarray]] = [[] for _ in self.owners]
        for table, column in zip(self.tables, self.categorical, strict=True):
            counts[table].append(column.vocabulary.row_counts)
        return [np.sum(of_table, axis=0) for of_table in counts]

    def count(self, coded: CodedTable) -> list[np.ndarray]:
        """Count how often coded rows look each row of each table up."""
        counts = [
            np.zeros(self.categorical[j].vocabulary.n_rows, dtype=np.int64) for j in self.owners
        ]
        for table, (codes, _) in zip(self.tables, coded.occurrences(), strict=True):
            counts[table] += np.bincount(codes, minlength=len(counts[table]))
        return counts

    def code_numerical(self, frame: nw.DataFrame) -> np.ndarray:
        """Code the numeric columns alone, float32 of shape (n_samples, n_numerical)."""
        return self.scale((column.read(frame) for column in self.numerical), len(frame))

    def scale(self, values: Iterable[np.ndarray], n_samples: int) -> np.ndarray:
        """Scale numeric columns, given one by one; missing-value indicators follow.

        Parameters
        ----------
        values : iterable of ndarray of float64, shape (n_samples,)
        n_samples : int

        Returns
        -------
        ndarray of float32, shape (n_samples, n_numerical)
        """
        out = np.empty((n_samples, len(self.numerical_names)), dtype=np.float32)
        indicator = len(self.numerical)
        for j, (column, numbers) in enumerate(zip(self.numerical, values, strict=True)):
            out[:, j], missing = column.scaler.apply(numbers)
            if column.scaler.has_indicator:
                out[:, indicator] = missing
                indicator += 1
        return out

    def raw_numerical(self, frame: nw.DataFrame) -> np.ndarray:
        """Read the numeric columns as they are, of shape (n_samples, n_numeric_columns).

        They are float32 if all of them are (or if there are none), else float64.
        """
        narrow = all(column_at(frame, c.position).dtype == nw.Float32 for c in self.numerical)
        dtype = np.float32 if narrow else np.float64
        out = np.empty((len(frame), len(self.numerical)), dtype=dtype)
        for j, column in enumerate(self.numerical):
            out[:, j] = column.read(frame)
        return out

    @property
    def edges(self) -> np.ndarray:
        """Bins of the scaled numbers, float32 of shape (n_numeric_columns, N_BINS + 1)."""
        edges = [column.scaler.edges for column in self.numerical]
        return np.array(edges, dtype=np.float32).reshape(len(edges), N_BINS + 1)

    @property
    def numerical_names(self) -> list[str]:
        """Names of the numbers that the network receives, indicators included."""
        names = [column.name for column in self.numerical]
        return names + [f"{c.name}_missing" for c in self.numerical if c.scaler.has_indicator]
