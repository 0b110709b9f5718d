"""A table in which one column is set to one category after another."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from .._estimators.draws import column_inside
from .._estimators.types import TableLike
from .._estimators.validation import read_table
from .._shown import listed, shown
from .._table.category import position_of
from .._table.lists import holds_lists
from .._table.reading import as_frame
from .._table.values import Cells


class AskedColumn:
    """The column that a model is asked about, in the rows that it is asked on.

    Parameters
    ----------
    X : data frame or array-like of shape (n_samples, n_features)
    estimator : estimator
        Fitted.
    name : str
        Of the column.

    Attributes
    ----------
    n_samples : int
    embedded : bool
        Whether a regressor, classifier or encoder inside of the estimator embeds the column.
    """

    def __init__(self, X: TableLike, estimator: Any, name: str):
        self._frame = read_table(X, estimator=estimator)
        if name not in self._frame.columns:
            raise ValueError(
                f"X has no column {shown(name)}. Its columns are {listed(self._frame.columns)}."
            )
        self._is_array = as_frame(X) is None
        self._name, self._column = name, self._frame[name]
        self._in_lists = holds_lists(self._column)
        cells = Cells.read(name, self._column, self._in_lists)
        self._of_table, self._counts = cells.values, cells.count(slice(None))[1:]
        firsts = pd.Series(np.arange(len(cells.codes))).groupby(cells.codes).first()
        self._first_cells = firsts[firsts.index >= 0].to_numpy()
        self._embedded = column_inside(estimator, name)
        self.n_samples, self.embedded = len(self._frame), self._embedded is not None

    def choose(
        self, categories: Sequence[Any] | None, max_categories: int | None
    ) -> tuple[pd.Index, nw.Series[Any], np.ndarray]:
        """Choose the categories to ask about.

        Returns
        -------
        values : pandas.Index
        cells : narwhals.Series
            A cell that holds each.
        counts : ndarray of int
            Rows of the table that hold each; members of its lists.
        """
        if categories is None:
            order = np.argsort(-self._counts, kind="stable")[:max_categories]
            if len(order) == 0:
                raise ValueError(
                    f"Column {shown(self._name)} of X holds nothing but missing cells."
                )
            return self._of_table[order], self._cells(order), self._counts[order]
        known, counts = self._known()
        asked = list(categories)
        if not asked:
            raise ValueError("categories is empty: name at least one, or pass None for all of X.")
        for value in asked:
            if pd.api.types.is_scalar(value) and pd.isna(value):
                raise ValueError("categories holds a missing value, which is no category.")
        chosen = np.array([position_of(value, known, counts, self._name) for value in asked])
        if (chosen < len(self._of_table)).all():
            return known[chosen], self._cells(chosen), counts[chosen]
        cells = [[value] for value in asked] if self._in_lists else asked
        new = nw.new_series(self._name, cells, backend=self._frame.implementation)
        return known[chosen], new, counts[chosen]

    def _known(self) -> tuple[pd.Index, np.ndarray]:
        """Categories of the table, then others that the estimator has embedded; their counts."""
        if self._embedded is None:
            return self._of_table, self._counts
        vocabulary = self._embedded.vocabulary
        learned = vocabulary.categories[vocabulary.counts > 0].astype(object)
        of_table = self._of_table.astype(object)
        more = learned[of_table.get_indexer(learned) < 0]
        known = pd.Index(np.concatenate([of_table, more]), dtype=object)
        return known, np.pad(self._counts, (0, len(more)))

    def _cells(self, positions: np.ndarray) -> nw.Series[Any]:
        """Cells of the table that hold its values at these positions, as they are there."""
        if self._in_lists:
            cells = [[value] for value in self._of_table[positions].tolist()]
            return nw.new_series(self._name, cells, backend=self._frame.implementation)
        return self._column[self._first_cells[positions].tolist()]

    def set_to(self, cells: nw.Series[Any], rows: np.ndarray) -> Any:
        """Set the column of some rows to each cell in turn.

        Parameters
        ----------
        cells : narwhals.Series of length n_cells
        rows : ndarray of int

        Returns
        -------
        data frame or ndarray of shape (n_cells * n_rows, n_features)
            In the container of X.
        """
        tiled = self._frame[np.tile(rows, len(cells)).tolist()]
        repeated = cells[np.repeat(np.arange(len(cells)), len(rows)).tolist()]
        if tiled.implementation.is_pandas():
            # Rows are told apart by place; their labels are repeated.
            native = tiled.to_native().reset_index(drop=True)
            tiled = nw.from_native(native, eager_only=True)
            column = repeated.to_native().reset_index(drop=True)
            repeated = nw.from_native(column, series_only=True)
        tiled = tiled.with_columns(repeated.alias(self._name))
        return tiled.to_numpy() if self._is_array else tiled.to_native()
