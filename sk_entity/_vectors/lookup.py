"""Vectors are looked up for the rows of a table, and categories for vectors."""

from collections.abc import Sequence

import numpy as np

from .._predict.blocks import for_each_block
from .._table.coder import CodedTable
from .._table.vocabulary import INFREQUENT, MISSING, UNKNOWN
from .encoded_column import EncodedColumn

# So few that they stay in the processor's cache from the first column to the last.
ROWS_PER_LOOKUP = 4096


def look_up(tables: Sequence[np.ndarray], coded: CodedTable, numbers: np.ndarray) -> np.ndarray:
    """Look up the vectors of each row; its numbers follow, and decide the dtype.

    Parameters
    ----------
    tables : sequence of ndarray of float32, shape (n_rows, n_components)
    coded : CodedTable
    numbers : ndarray of float32 or float64, shape (n_samples, n_numbers)
    """
    widths = [table.shape[1] for table in tables]
    out = np.empty((len(coded), sum(widths) + numbers.shape[1]), dtype=numbers.dtype)
    out[:, sum(widths) :] = numbers
    stops = np.cumsum(widths)
    slices = [slice(stop - width, stop) for stop, width in zip(stops, widths, strict=True)]
    n_single = coded.categorical.shape[1]
    pairs = []
    for table, columns in zip(tables[:n_single], slices, strict=False):
        # As one item of many bytes a vector is copied in half the time.
        vector = np.dtype((np.void, table.shape[1] * out.itemsize))
        vectors = np.ascontiguousarray(table, dtype=out.dtype).view(vector)
        pairs.append((vectors, out[:, columns].view(vector)))

    def fill(rows):
        for j, (vectors, cells) in enumerate(pairs):
            cells[rows] = vectors.take(coded.categorical[rows, j], axis=0)
        for bags, table, columns in zip(
            coded.bags, tables[n_single:], slices[n_single:], strict=True
        ):
            out[rows, columns] = bags[rows].mean(table)

    for_each_block(fill, len(coded), ROWS_PER_LOOKUP)
    return out


def special_and_own(column: EncodedColumn) -> tuple[np.ndarray, np.ndarray]:
    """List the values that have vectors of their own, to find the nearest one.

    Returns
    -------
    values : ndarray of object, shape (n_vectors,)
        As in `sklearn.preprocessing.OrdinalEncoder.inverse_transform`: None is
        unknown, NaN missing, "infrequent_sklearn" infrequent.
    vectors : ndarray of float64, shape (n_vectors, n_components)
    """
    vocabulary = column.vocabulary
    rows = list(range(vocabulary.first_own, vocabulary.n_rows))
    values = list(vocabulary.own)
    # Hashed rows are infrequent ones, too: they stand behind the one of this name.
    shared = np.arange(INFREQUENT, vocabulary.first_own)
    shared = shared[vocabulary.row_counts[shared] > 0].tolist()
    rows += [*shared, UNKNOWN, MISSING]
    values += ["infrequent_sklearn"] * len(shared) + [None, np.nan]
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found, column.table[rows].astype(np.float64)
