"""A table is coded as the network receives it, by a coder that is learned once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np

from .columns import CategoricalColumn, NumericColumn
from .scaler import N_BINS


@dataclass(frozen=True)
class CodedTable:
    """A table as the network receives it.

    Attributes
    ----------
    categorical : ndarray of int32, shape (n_samples, n_categorical)
        Embedding rows, see `Vocabulary`.
    numerical : ndarray of float32, shape (n_samples, n_numerical)
        Scaled numbers, then missing-value indicators, see `NumericScaler`.
    """

    categorical: np.ndarray
    numerical: np.ndarray

    def __len__(self):
        return len(self.categorical)

    def __getitem__(self, rows):
        """Take some rows, by slice, index or mask."""
        return CodedTable(self.categorical[rows], self.numerical[rows])

    def codes(self) -> list[np.ndarray]:
        """Return the embedding rows column by column, each of shape (n_samples,)."""
        return list(self.categorical.T)


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
    def learn(cls, frame, categorical, training, sample_weight, min_frequency, max_categories):
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

        Returns
        -------
        TableCoder, CodedTable
        """
        codes = np.empty((len(frame), len(categorical)), dtype=np.int32)
        embedded = []
        for j, i in enumerate(categorical):
            column, codes[:, j] = CategoricalColumn.learn(
                frame, i, training, min_frequency, max_categories
            )
            embedded.append(column)
        others = [i for i in range(len(frame.columns)) if i not in set(categorical)]
        numbers = [NumericColumn.learn(frame, i, training, sample_weight) for i in others]
        coder = cls(tuple(frame.columns), tuple(embedded), tuple(numbers))
        # Numbers are read again, as all of them in double precision take twice the result's memory.
        return coder, CodedTable(codes, coder.code_numerical(frame))

    def with_categories(self, categories, frame, coded):
        """Give values a row of their own, also where no training row holds them.

        Parameters
        ----------
        categories : dict of pandas.Index
            Values by column name.
        frame : narwhals.DataFrame of shape (n_samples, n_features)
        coded : CodedTable
            The same table, as it is coded now.

        Returns
        -------
        TableCoder, CodedTable
        """
        columns, codes = list(self.categorical), coded.categorical.copy()
        for j, column in enumerate(columns):
            if column.name in categories:
                vocabulary = column.vocabulary.with_categories(categories[column.name])
                columns[j] = replace(column, vocabulary=vocabulary)
                codes[:, j] = columns[j].code(frame)
        return replace(self, categorical=tuple(columns)), CodedTable(codes, coded.numerical)

    def grow(self, frame, training, min_frequency, max_categories, *, only_new=False):
        """Add the categories of further rows, and code these; numbers keep their scale.

        Parameters
        ----------
        frame : narwhals.DataFrame of shape (n_samples, n_features)
            With the columns of the table learned from, in its order.
        training : ndarray of int or slice
            Rows to learn from; the others are coded only.
        min_frequency, max_categories, only_new
            See `Vocabulary.grow`.

        Returns
        -------
        TableCoder, CodedTable
        """
        codes = np.empty((len(frame), len(self.categorical)), dtype=np.int32)
        grown = []
        for j, column in enumerate(self.categorical):
            column, codes[:, j] = column.grow(
                frame, training, min_frequency, max_categories, only_new=only_new
            )
            grown.append(column)
        coder = replace(self, categorical=tuple(grown))
        return coder, CodedTable(codes, self.code_numerical(frame))

    def code(self, frame: nw.DataFrame) -> CodedTable:
        """Code a table that has the columns of the one learned from, in its order.

        Columns are taken by position, so that an array serves where a data
        frame was fitted; the estimator has compared the names before.
        """
        return CodedTable(self.code_categorical(frame), self.code_numerical(frame))

    def code_categorical(self, frame: nw.DataFrame) -> np.ndarray:
        """Code the categorical columns alone, int32 of shape (n_samples, n_categorical)."""
        out = np.empty((len(frame), len(self.categorical)), dtype=np.int32)
        for j, column in enumerate(self.categorical):
            out[:, j] = column.code(frame)
        return out

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
        narrow = all(frame[:, c.position].dtype == nw.Float32 for c in self.numerical)
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
