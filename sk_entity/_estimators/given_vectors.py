"""Vectors from elsewhere are checked, and become the prior of the tables that they are for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from .._predict.table_prior import TablePrior
from .._shown import listed, shown
from .._table.columns import CategoricalColumn
from .._table.series import factorize
from .._table.vocabulary import Vocabulary

# Deviation of the vectors as training sees them: that of vectors that start at random.
DEVIATION_IN_TRAINING = 0.3


@dataclass(frozen=True)
class GivenVectors:
    """The vectors that a user gives for a column.

    Attributes
    ----------
    categories : pandas.Index
        Distinct values.
    vectors : ndarray of float32, shape (n_categories, embedding_dim)
    frozen : bool
        Whether they are to stay as they are.
    """

    categories: pd.Index
    vectors: np.ndarray
    frozen: bool

    @property
    def dim(self) -> int:
        """Number of dimensions of a vector."""
        return self.vectors.shape[1]

    def prior(self, vocabulary: Vocabulary) -> TablePrior:
        """Make the prior of a table: its given rows, and their mean for all others."""
        rows = vocabulary.lookup(np.arange(len(self.categories)), self.categories)
        # Sums depend on the order of their terms; here it is that of the table.
        vectors = self.vectors[np.argsort(rows)]
        center = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        unit = np.sqrt(np.mean((vectors - center) ** 2)) / DEVIATION_IN_TRAINING
        mean = np.tile(center, (vocabulary.n_rows, 1))
        mean[rows] = self.vectors
        given = np.zeros(vocabulary.n_rows, dtype=bool)
        given[rows] = True
        return TablePrior(
            mean,
            held=given & self.frozen,
            given=given,
            center=center,
            unit=np.full(self.dim, unit or 1.0, dtype=np.float32),
        )


def read_given_vectors(
    embedding_init: dict[str, Any] | None,
    freeze_embeddings: bool | Sequence[str],
    columns: Sequence[CategoricalColumn],
    names: Sequence[str],
) -> dict[int, GivenVectors]:
    """Check the vectors that a user gives.

    Parameters
    ----------
    embedding_init, freeze_embeddings
        See `EntityEmbeddingRegressor`.
    columns : sequence of CategoricalColumn
    names : sequence of str
        All columns of X.

    Returns
    -------
    dict of GivenVectors
        By the owner of each table, see `CategoricalColumn`.
    """
    embedding_init = embedding_init or {}
    categorical = {column.name: column for column in columns}
    for name in embedding_init:
        if name not in names:
            raise ValueError(
                f"embedding_init has vectors for {shown(name)}, which is no column of X: "
                f"{listed(names)}."
            )
        if name not in categorical:
            raise ValueError(
                f"embedding_init has vectors for column {shown(name)}, which is not categorical: a "
                f"number has no row to start at them. Add {shown(name)} to categorical_features, "
                "or take it out of embedding_init."
            )
    frozen = _frozen(freeze_embeddings, embedding_init)
    found: dict[int, GivenVectors] = {}
    for name, frame in embedding_init.items():
        column = categorical[name]
        if column.owner in found:
            raise ValueError(
                f"embedding_init has vectors for column {shown(name)} and for another one that "
                "shares its table. Give them for one of the two."
            )
        found[column.owner] = _read(name, frame, name in frozen, column.vocabulary)
    return found


def _frozen(freeze_embeddings, embedding_init):
    """Names of the columns whose given vectors stay as they are."""
    if not isinstance(freeze_embeddings, bool | np.bool_):
        other = [name for name in freeze_embeddings if name not in embedding_init]
        if other:
            raise ValueError(
                f"freeze_embeddings names column {shown(other[0])}, for which embedding_init has "
                f"no vectors: it has some for {listed(embedding_init)}."
            )
        return set(freeze_embeddings)
    if freeze_embeddings and not embedding_init:
        raise ValueError(
            "freeze_embeddings=True holds the vectors of embedding_init still, and there are none: "
            "give some, or set freeze_embeddings=False."
        )
    return set(embedding_init) if freeze_embeddings else set()


def _read(name, frame, frozen, vocabulary):
    what = f"embedding_init[{shown(name)}]"
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            f"{what} must be a pandas DataFrame whose index holds the categories of the column; "
            f"got {type(frame).__name__}."
        )
    if 0 in frame.shape:
        raise ValueError(f"{what} has the shape {frame.shape}: there is no vector in it.")
    if isinstance(frame.index, pd.MultiIndex):
        raise ValueError(
            f"{what} has an index of {frame.index.nlevels} levels; it must hold the categories of "
            "one column."
        )
    return GivenVectors(_categories(name, what, frame, vocabulary), _numbers(what, frame), frozen)


def _categories(name, what, frame, vocabulary):
    labels = pd.Series(frame.index.to_numpy(dtype=object), dtype=object)
    codes, values = factorize(name, nw.from_native(labels, series_only=True))
    if (codes < 0).any():
        raise ValueError(
            f"{what} has no category in row {int(np.argmax(codes < 0))} of its index. Drop the "
            "row: a missing cell has a vector of its own, which is learned."
        )
    if len(values) < len(codes):
        twice = values[np.argmax(np.bincount(codes))]
        raise ValueError(
            f"{what} has several vectors for the category {shown(twice)}. Keep one, as "
            "frame[~frame.index.duplicated()] does."
        )
    learned = vocabulary.categories
    if len(learned) and not (vocabulary.lookup(codes, values) != 0).any():
        raise ValueError(
            f"{what} has none of the {len(learned)} categories of column {shown(name)}: the column "
            f"holds {shown(learned.tolist()[0])}, the index {shown(values.tolist()[0])}. "
            "Categories are matched by value, so that the index must hold those of the column."
        )
    return values.take(codes)


def _numbers(what, frame):
    for column, dtype in frame.dtypes.items():
        if not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_complex_dtype(dtype):
            raise TypeError(
                f"{what} must hold numbers; its column {shown(column)} has dtype {dtype}. Drop or "
                "convert it."
            )
    with np.errstate(over="ignore"):
        vectors = frame.to_numpy(dtype=np.float64, na_value=np.nan).astype(np.float32)
    bad = ~np.isfinite(vectors)
    if bad.any():
        row, column = (int(k) for k in np.argwhere(bad)[0])
        raise ValueError(
            f"{what} holds {frame.iloc[row, column]} for the category "
            f"{shown(frame.index[row])} in column {shown(frame.columns[column])}. Drop the row, "
            "so that the category starts at the mean of the others, or fill it in."
        )
    return vectors


def given_dims(
    given: dict[int, GivenVectors], embedding_dim: Any, columns: Sequence[CategoricalColumn]
) -> Any:
    """Return `embedding_dim` with the widths of the given vectors; refuse two widths for one."""
    if not given:
        return embedding_dim
    of_columns = {c.name: given[c.owner] for c in columns if c.owner in given}
    for name, vectors in of_columns.items():
        wanted = embedding_dim.get(name) if isinstance(embedding_dim, dict) else embedding_dim
        if isinstance(wanted, Integral) and wanted != vectors.dim:
            raise ValueError(
                f"embedding_init[{shown(name)}] has {vectors.dim} dimensions, and embedding_dim="
                f"{shown(embedding_dim)} asks for {wanted}. Pass embedding_dim as a dict without "
                f"column {shown(name)}, as its vectors say how wide they are."
            )
    explicit = embedding_dim
    if not isinstance(embedding_dim, dict):
        explicit = {column.name: embedding_dim for column in columns}
    return {**explicit, **{name: vectors.dim for name, vectors in of_columns.items()}}
