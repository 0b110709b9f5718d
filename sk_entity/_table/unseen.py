"""Which cells of a table have no vector of their own, and what they hold."""

from numbers import Number
from typing import Any

import narwhals as nw
import numpy as np

from .coder import CodedTable, TableCoder
from .columns import CategoricalColumn
from .values import Cells
from .vocabulary import MISSING, UNKNOWN, sorted_positions


def rows_not_known(
    coder: TableCoder, coded: CodedTable
) -> list[tuple[CategoricalColumn, np.ndarray]]:
    """Find the rows with what no training row held: a value, or a missing cell.

    No value is unknown to a vocabulary that is not complete, see `Vocabulary`.

    Parameters
    ----------
    coder : TableCoder
    coded : CodedTable

    Returns
    -------
    list of (CategoricalColumn, ndarray of int)
        Columns with such rows, and these rows in ascending order.
    """
    # Of columns that share a table, the missing cells of one are known in all.
    with_missing = {c.owner for c in coder.categorical if c.vocabulary.n_missing}
    found = []
    for column, (codes, rows) in zip(coder.categorical, coded.occurrences(), strict=True):
        not_known = codes == UNKNOWN
        if column.owner not in with_missing:
            not_known |= codes == MISSING
        if not_known.any():
            found.append((column, rows_of(not_known, rows)))
    return found


def of_other_types(
    coder: TableCoder, frame: nw.DataFrame, coded: CodedTable
) -> list[tuple[CategoricalColumn, Any, Any]]:
    """Find the columns that have values of another type than in fit, and none that is known.

    Parameters
    ----------
    coder : TableCoder
    frame : narwhals.DataFrame of shape (n_samples, n_features)
    coded : CodedTable
        What the coder has made of it.

    Returns
    -------
    list of (CategoricalColumn, object, object)
        The column, a value that it has, and a category that it had in fit.
    """
    found = []
    for column, codes, rows in _nothing_known(coder, coded):
        categories = column.vocabulary.categories
        # Sorted, so that of several types the first and the last category are of two.
        known = {_kind_of(categories[0]), _kind_of(categories[-1])}
        place = int(np.argmax(codes == UNKNOWN))
        row = place if isinstance(rows, slice) else int(rows[place])
        value = column.read(frame[row : row + 1]).values[0]
        if _kind_of(value) not in known:
            found.append((column, _plain(value), _plain(categories[0])))
    return found


def _nothing_known(coder, coded):
    """Columns whose cells are unknown or missing, and not all missing; codes, and their rows."""
    # Where the first row is known, no other one is looked at.
    suspects = np.flatnonzero(coded.categorical[0] <= MISSING).tolist()
    suspects += [
        coded.categorical.shape[1] + k
        for k, bags in enumerate(coded.bags)
        if bags.members[bags.starts[0]] <= MISSING
    ]
    for j in suspects:
        column = coder.categorical[j]
        codes, rows = coded.occurrence(j)
        learned = len(column.vocabulary.categories) and column.vocabulary.is_complete
        if learned and codes.max() <= MISSING and (codes == UNKNOWN).any():
            yield column, codes, rows


def _kind_of(value):
    return "number" if isinstance(value, Number) else type(value)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def rows_of(chosen: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
    """Find the rows of chosen cells, a mask, given what `CodedTable.occurrences` says of rows."""
    return np.flatnonzero(chosen) if isinstance(rows, slice) else np.unique(rows[chosen])


def values_of_rows(
    column: CategoricalColumn, frame: nw.DataFrame, rows: np.ndarray, special_row: int
) -> dict:
    """Count the values in some rows that look up a special row of the table.

    Parameters
    ----------
    column : CategoricalColumn
    frame : narwhals.DataFrame of shape (n_samples, n_features)
    rows : ndarray of int
    special_row : int
        Such as `UNKNOWN`; `INFREQUENT` stands for hashed rows, too.

    Returns
    -------
    dict
        Occurrences by value, the most frequent value first, equally frequent ones
        sorted. Missing cells are no value.
    """
    if len(rows) == 0:
        return {}
    cells = Cells.read(column.name, frame[:, column.position][rows], column.holds_lists)
    looked_up = column.vocabulary.lookup(cells.codes, cells.values)
    chosen = column.vocabulary.kinds_of(looked_up) == special_row
    counts = np.bincount(cells.codes[chosen] + 1, minlength=len(cells.values) + 1)[1:]
    order = sorted_positions(cells.values)
    order = order[counts[order] > 0]
    order = order[np.argsort(-counts[order], kind="stable")]
    return dict(zip(cells.values[order].tolist(), counts[order].tolist(), strict=True))
