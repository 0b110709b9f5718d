"""What a network has learned of one categorical column."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._predict.weights import EmbeddingTable
from .._table.vocabulary import SPECIAL_ROWS, Vocabulary
from .._target.smoothed_means import SmoothedMeans


@dataclass(frozen=True)
class EmbeddedColumn:
    """The categories of a column with all that is known of each.

    Attributes
    ----------
    name : str
    vocabulary : Vocabulary
    table : EmbeddingTable
    means : SmoothedMeans
    """

    name: str
    vocabulary: Vocabulary
    table: EmbeddingTable
    means: SmoothedMeans

    def vectors(self) -> pd.DataFrame:
        """Return the vector of each category, along the network's own axes."""
        names = self._names()
        return frame_of_categories(self.name, self.vocabulary, self.table.mean, names)

    def special_vectors(self) -> pd.DataFrame:
        """Return the vectors for "unknown", "missing" and "infrequent"."""
        return frame_of_special_rows(self.name, self.table.mean, self._names())

    def _names(self):
        return [f"{self.name}_{k}" for k in range(self.table.dim)]


def frame_of_categories(
    name: str, vocabulary: Vocabulary, table: np.ndarray, columns: list[str]
) -> pd.DataFrame:
    """Make a table with a row per category, (n_categories, dim)."""
    index = pd.Index(vocabulary.categories, name=name)
    return pd.DataFrame(table[vocabulary.rows], index=index, columns=columns)


def frame_of_special_rows(name: str, table: np.ndarray, columns: list[str]) -> pd.DataFrame:
    """Make a table of the rows for "unknown", "missing" and "infrequent", (3, dim)."""
    index = pd.Index(list(SPECIAL_ROWS), name=name)
    return pd.DataFrame(table[: len(SPECIAL_ROWS)], index=index, columns=columns)
