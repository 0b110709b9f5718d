"""Which cells of a table have no vector of their own, and what they hold."""

import narwhals as nw
import numpy as np

from .columns import CategoricalColumn
from .series import factorize
from .vocabulary import MISSING, UNKNOWN, sorted_positions


def rows_not_known(column: CategoricalColumn, codes: np.ndarray) -> np.ndarray:
    """Find the rows with what no training row held: a value, or a missing cell.

    Parameters
    ----------
    column : CategoricalColumn
    codes : ndarray of int32, shape (n_samples,)
        Embedding rows of the column's cells.

    Returns
    -------
    ndarray of int, ascending
    """
    not_known = codes == UNKNOWN
    if column.vocabulary.n_missing == 0:
        not_known |= codes == MISSING
    return np.flatnonzero(not_known)


def values_of_rows(column: CategoricalColumn, frame: nw.DataFrame, rows: np.ndarray) -> dict:
    """Count the values that some rows hold.

    Parameters
    ----------
    column : CategoricalColumn
    frame : narwhals.DataFrame of shape (n_samples, n_features)
    rows : ndarray of int

    Returns
    -------
    dict
        Rows by value, the most frequent value first, equally frequent ones sorted.
        Missing cells are no value.
    """
    if len(rows) == 0:
        return {}
    codes, values = factorize(column.name, frame[:, column.position][rows])
    counts = np.bincount(codes + 1, minlength=len(values) + 1)[1:]
    order = sorted_positions(values)
    order = order[np.argsort(-counts[order], kind="stable")]
    return dict(zip(values[order].tolist(), counts[order].tolist(), strict=True))
