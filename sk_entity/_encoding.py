"""From trained networks to the vectors that the encoder hands out."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd

from ._axes import Axes, Vectors, align
from ._blocks import for_each_block
from ._vocabulary import FIRST_CATEGORY, INFREQUENT, MISSING, UNKNOWN, Vocabulary

# Rows of data in which the networks are asked what a vector does.
N_CONTEXTS = 2000
# An axis is kept if the categories' deviation along it is this part of that of all effects ...
LEAST_PART = 0.02
# ... and if that much of its variance, at least, is no uncertainty of the vectors.
LEAST_CERTAINTY = 0.3
# So few that they stay in the processor's cache from the first column to the last.
ROWS_AT_A_TIME = 4096


@dataclass(frozen=True)
class EncodedColumn:
    """The vectors of one column: own effects, then coordinates along its axes.

    Attributes
    ----------
    vocabulary : Vocabulary
    table : ndarray of float32, shape (n_rows, n_components)
    deviations : ndarray of float32, shape (n_rows,)
        Length of the vector's uncertainty, as a standard deviation.
    n_effects : int
        Components that are effects.
    axes : Axes
        Of the other components.
    """

    vocabulary: Vocabulary
    table: np.ndarray
    deviations: np.ndarray
    n_effects: int
    axes: Axes

    @property
    def of_categories(self):
        """The vector of each category, (n_categories, n_components)."""
        return self.table[self.vocabulary.rows]

    def support(self, spread):
        """What speaks for the vector of each category, given its spread, a DataFrame."""
        counts = self.vocabulary.counts
        deviation = self.deviations[self.vocabulary.rows]
        squares = self.table.astype(np.float64) ** 2
        length = np.sqrt(np.average(squares.sum(axis=1), weights=self.vocabulary.row_counts))
        trusted = (deviation < length / 2) & ~(spread >= length / 2) & (counts > 0)
        columns = {"count": counts, "deviation": deviation, "spread": spread, "trusted": trusted}
        index = pd.Index(self.vocabulary.categories, name=self.vocabulary.name)
        return pd.DataFrame(columns, index=index)

    def to_frame(self):
        """Category, kind, count and vector, see `EntityEmbeddingEncoder.to_frame`."""
        vocabulary = self.vocabulary
        rows = np.append(vocabulary.rows, [MISSING, UNKNOWN])
        named = np.full(len(vocabulary.rows), "category", dtype=object)
        named[vocabulary.rows == INFREQUENT] = "infrequent"
        named[vocabulary.rows == UNKNOWN] = "unknown"
        names = vocabulary.components(self.table.shape[1])
        frame = pd.DataFrame(self.table[rows], columns=names)
        frame.insert(0, "category", _with_missing(vocabulary.categories, 2))
        frame.insert(1, "kind", [*named, "missing", "unknown"])
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


def spread_out(n_samples):
    """Positions of the contexts among the rows."""
    return np.unique(np.linspace(0, n_samples - 1, N_CONTEXTS).astype(int))


def encode(network, coded, n_components):
    """The vectors of each column of a network.

    Parameters
    ----------
    network : BaseEntityEmbedding
        Fitted.
    coded : Coded
        The contexts, as the network reads them.
    n_components : "auto", int, float or None
        See `EntityEmbeddingEncoder`.

    Returns
    -------
    list of EncodedColumn
    """
    columns = list(zip(_vectors(network, coded), network._effects, strict=True))
    of_all = np.sqrt(sum(_own_variance(*column) for column in columns))
    encoded = []
    for (vectors, effects), vocabulary, log_deviations in zip(
        columns, network._coder.vocabularies, network._weights.log_deviations, strict=True
    ):
        axes = Axes.find(vectors, effects.means)
        n_effects = effects.means.shape[1]
        if n_components == "auto":
            large = axes.sizes >= LEAST_PART * of_all
            axes = axes[large & _certain(vectors, axes, log_deviations)]
        elif isinstance(n_components, Integral):
            n_effects = min(n_effects, n_components)
            axes = axes[: n_components - n_effects]
        elif n_components is not None:
            axes = axes[: _explaining(n_components, axes, _own_variance(vectors, effects))]
        table = _table(effects.means, n_effects, vectors.along(axes))
        doubt = vectors.deviations_along(axes, log_deviations)
        doubt = np.hstack([effects.deviations[:, :n_effects], doubt])
        deviations = np.linalg.norm(doubt, axis=1).astype(np.float32)
        encoded.append(EncodedColumn(vocabulary, table, deviations, n_effects, axes))
    return encoded


def _vectors(network, coded):
    weights, counts = network._weights, network._coder.row_counts
    return [
        Vectors(*of_column)
        for of_column in zip(weights.tables, counts, network._gradients(coded), strict=True)
    ]


def _own_variance(vectors, effects):
    return (vectors.share @ effects.means.astype(np.float64) ** 2).sum()


def _certain(vectors, axes, log_deviations):
    """Of which axes enough of the variance is between categories, rather than doubt."""
    between = vectors.share @ vectors.along(axes) ** 2
    doubt = vectors.share @ vectors.deviations_along(axes, log_deviations) ** 2
    return between >= LEAST_CERTAINTY * (between + doubt)


def _explaining(part, axes, own_variance):
    """How many axes it takes, beside the effects, for this part of the variance."""
    explained = own_variance + np.cumsum([0, *axes.sizes**2])
    return int(np.searchsorted(explained, part * explained[-1]))


def _table(effects, n_effects, coordinates):
    return np.hstack([effects[:, :n_effects], coordinates]).astype(np.float32)


def encode_fold(network, coded, reference, encoded):
    """The vectors of a network that has seen other rows, along the axes of the reference.

    Parameters
    ----------
    network, coded
        As in `encode`.
    reference : BaseEntityEmbedding
        A network of the same kind.
    encoded : list of EncodedColumn
        What `encode` has returned for it.

    Returns
    -------
    list of ndarray of float32, shape (n_rows, n_components)
        Rows as in the vocabularies of the network.
    """
    unit = network._target.unit_of_shift / reference._target.unit_of_shift
    tables = []
    for vocabulary, vectors, effects, column in zip(
        network._coder.vocabularies,
        _vectors(network, coded),
        network._effects,
        encoded,
        strict=True,
    ):
        n_effects = column.n_effects
        coordinates = vectors.along(column.axes)
        coordinates = coordinates @ align(
            coordinates[vocabulary.rows], column.of_categories[:, n_effects:], vocabulary.counts
        )
        tables.append(_table(effects.means * unit, n_effects, coordinates))
    return tables


def spreads(encoded, networks, tables):
    """`spread` of each column, from the networks of the folds and the tables of each."""
    return [
        spread(
            column,
            [(n._coder.vocabularies[j], t[j]) for n, t in zip(networks, tables, strict=True)],
        )
        for j, column in enumerate(encoded)
    ]


def spread(encoded, of_folds):
    """How far the vectors of a category lie apart between the networks of the folds.

    Parameters
    ----------
    encoded : EncodedColumn
        The reference.
    of_folds : list of (Vocabulary, ndarray of shape (n_rows, n_components))
        The same column in each fold.

    Returns
    -------
    ndarray of float64, shape (n_categories,)
        Root mean square of the distances from the reference; NaN for a category
        that no fold's network has seen.
    """
    total, times = np.zeros((2, len(encoded.vocabulary.categories)))
    for vocabulary, table in of_folds:
        seen = vocabulary.counts > 0
        apart = table[vocabulary.rows[seen]] - encoded.of_categories[seen]
        total[seen] += (apart**2).sum(axis=1)
        times += seen
    return np.sqrt(np.divide(total, times, out=np.full(len(times), np.nan), where=times > 0))


def look_up(tables, codes, numbers):
    """The vectors of each row, then its numbers, in the type of the numbers."""
    width = sum(table.shape[1] for table in tables)
    out = np.empty((len(codes), width + numbers.shape[1]), dtype=numbers.dtype)
    out[:, width:] = numbers
    pairs, start = [], 0
    for table in tables:
        stop = start + table.shape[1]
        # As one item of many bytes a vector is copied in half the time.
        vector = np.dtype((np.void, table.shape[1] * out.itemsize))
        vectors = np.ascontiguousarray(table, dtype=out.dtype).view(vector)
        pairs.append((vectors, out[:, start:stop].view(vector)))
        start = stop

    def look_up(rows):
        for j, (vectors, cells) in enumerate(pairs):
            cells[rows] = vectors.take(codes[rows, j], axis=0)

    for_each_block(look_up, len(codes), ROWS_AT_A_TIME)
    return out


def nearest(vectors, table, vocabulary):
    """The value whose vector is nearest, object array of shape (n_samples,)."""
    rows = list(range(FIRST_CATEGORY, vocabulary.n_rows))
    values = list(vocabulary.own)
    for row, value in ((INFREQUENT, "infrequent_sklearn"), (UNKNOWN, None), (MISSING, np.nan)):
        if row != INFREQUENT or vocabulary.row_counts[row] > 0:
            rows.append(row)
            values.append(value)
    from sklearn.metrics import pairwise_distances_argmin  # slow to import

    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found[pairwise_distances_argmin(vectors, table[rows].astype(np.float64))]
