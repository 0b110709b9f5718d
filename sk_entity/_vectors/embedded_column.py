"""What a network has learned of one categorical column."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._predict.weights import EmbeddingTable
from .._table.columns import CategoricalColumn
from .._table.vocabulary import SPECIAL_ROWS
from .._target.smoothed_means import SmoothedMeans


@dataclass(frozen=True)
class EmbeddedColumn(CategoricalColumn):
    """The categories of a column with all that a network knows of each.

    Attributes
    ----------
    table : EmbeddingTable
    means : SmoothedMeans
    """

    table: EmbeddingTable
    means: SmoothedMeans

    def vectors(self) -> pd.DataFrame:
        """Return the vector of each category, along the network's own axes."""
        return frame_of_categories(self, self.table.mean, self._names())

    def special_vectors(self) -> pd.DataFrame:
        """Return the vectors for "unknown", "missing" and "infrequent"."""
        return frame_of_special_rows(self, self.table.mean, self._names())

    def _names(self):
        return [f"{self.name}_{k}" for k in range(self.table.dim)]


def frame_of_categories(
    column: CategoricalColumn, vectors: np.ndarray, names: list[str]
) -> pd.DataFrame:
    """Make a table with the vector of each category, given those of all embedding rows."""
    index = pd.Index(column.vocabulary.categories, name=column.name)
    return pd.DataFrame(vectors[column.vocabulary.rows], index=index, columns=names)


def frame_of_special_rows(
    column: CategoricalColumn, vectors: np.ndarray, names: list[str]
) -> pd.DataFrame:
    """Make a table of the vectors for "unknown", "missing" and "infrequent"."""
    index = pd.Index(list(SPECIAL_ROWS), name=column.name)
    return pd.DataFrame(vectors[: len(SPECIAL_ROWS)], index=index, columns=names)
