"""The vectors that the encoder hands out for one column."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._table.columns import CategoricalColumn
from .._table.vocabulary import INFREQUENT, MISSING, UNKNOWN
from .axes import Axes
from .embedded_column import frame_of_categories, frame_of_special_rows


@dataclass(frozen=True)
class EncodedColumn(CategoricalColumn):
    """The categories of a column with their vectors: effects, then coordinates along axes.

    Attributes
    ----------
    table : ndarray of float32, shape (n_rows, n_components)
    deviations : ndarray of float32, shape (n_rows,)
        Posterior standard deviation of each vector, as a length.
    n_effects, n_outputs : int
        Components that are effects, and outputs of the network.
    axes : Axes
        Of the other components.
    origin : ndarray of float64, shape (embedding_dim,)
        The vector of the network whose coordinates are 0.
    loadings : ndarray of float64, shape (embedding_dim, n_axes)
        What to multiply a vector of the network with, less the origin, for its coordinates.
    spread : ndarray of float64, shape (n_categories,) or None
        How far the vectors that do not know a fold lie from each category's; None
        without cross-fitting.
    """

    table: np.ndarray
    deviations: np.ndarray
    n_effects: int
    n_outputs: int
    axes: Axes
    origin: np.ndarray
    loadings: np.ndarray
    spread: np.ndarray | None = None

    def coordinates(self, table: np.ndarray) -> np.ndarray:
        """Return where vectors of the network lie along the axes, (n_rows, n_axes)."""
        return (table - self.origin) @ self.loadings

    @property
    def of_categories(self) -> np.ndarray:
        """The vector of each category, (n_categories, n_components)."""
        return self.table[self.vocabulary.rows]

    def components(self, name: str | None = None) -> list[str]:
        """Return the names of the components, for a column of this name."""
        name = self.name if name is None else name
        effects = [f"{name}_effect_{k}" for k in range(self.n_effects)]
        if self.n_outputs == 1:
            effects = [f"{name}_effect"]
        n_axes = self.table.shape[1] - self.n_effects
        return effects + [f"{name}_axis_{k}" for k in range(1, n_axes + 1)]

    def vectors(self) -> pd.DataFrame:
        """Return the vector of each category."""
        return frame_of_categories(self, self.table, self.components())

    def special_vectors(self) -> pd.DataFrame:
        """Return the vectors for "unknown", "missing" and "infrequent"."""
        return frame_of_special_rows(self, self.table, self.components())

    def support(self) -> pd.DataFrame:
        """Return what speaks for the vector of each category."""
        counts = self.vocabulary.counts
        deviation = self.deviations[self.vocabulary.rows]
        spread = np.full(len(counts), np.nan) if self.spread is None else self.spread
        squares = self.table.astype(np.float64) ** 2
        length = np.sqrt(np.average(squares.sum(axis=1), weights=self.vocabulary.row_counts))
        refuted = (counts == 0) | (deviation >= length / 2) | (spread >= length / 2)
        trusted = pd.array(~refuted, dtype="boolean")
        # What the posterior allows, no other network has confirmed.
        trusted[~refuted & np.isnan(spread)] = pd.NA
        columns = {"count": counts, "deviation": deviation, "spread": spread, "trusted": trusted}
        return pd.DataFrame(columns, index=pd.Index(self.vocabulary.categories, name=self.name))

    def to_frame(self) -> pd.DataFrame:
        """Return category, kind, count and vector, see `EntityEmbeddingEncoder.to_frame`."""
        vocabulary = self.vocabulary
        rows = np.append(vocabulary.rows, [MISSING, UNKNOWN])
        kind = np.full(len(vocabulary.rows), "category", dtype=object)
        kind[vocabulary.rows == INFREQUENT] = "infrequent"
        kind[vocabulary.rows == UNKNOWN] = "unknown"
        frame = pd.DataFrame(self.table[rows], columns=self.components())
        frame.insert(0, "category", _with_missing(vocabulary.categories, 2))
        frame.insert(1, "kind", [*kind, "missing", "unknown"])
        frame.insert(2, "count", [*vocabulary.counts, vocabulary.n_missing, 0])
        return frame


def _with_missing(categories, n):
    """The categories, then missing values of their type."""
    values = pd.Series(categories)
    if values.dtype.kind in "iu":
        values = values.astype("Int64")
    elif values.dtype.kind == "b":
        values = values.astype("boolean")
    return values.reindex(range(len(values) + n))
