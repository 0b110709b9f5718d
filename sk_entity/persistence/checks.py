"""What must hold within a record and between records, so that no lookup leaves its array.

The same checks run before a file is written and after it was read.
"""

from collections.abc import Callable
from itertools import pairwise
from operator import lt
from typing import Any

import numpy as np
import pandas as pd

from .._predict.forward import ACTIVATIONS
from .._shown import shown
from .._table.scaler import N_BINS
from .._table.vocabulary import FIRST_CATEGORY


def check(record: Any) -> None:
    """Check a record whose fields are of the right types.

    Raises
    ------
    ValueError
        That says which record, and what is wrong.
    """
    function = CHECKS.get(type(record).__name__)
    if function is not None:
        function(record)


def _require(condition, record, problem):
    if not condition:
        raise ValueError(f"a {type(record).__name__} is not consistent: {problem}")


def _array(record, name, dtype, shape, *, finite=True):
    """Check the dtype and shape of a field; None stands for any length."""
    array = getattr(record, name)
    _require(array.dtype == dtype, record, f"{name} has dtype {array.dtype}")
    fits = array.ndim == len(shape) and all(
        wanted in (None, n) for n, wanted in zip(array.shape, shape, strict=True)
    )
    _require(fits, record, f"{name} has shape {array.shape}")
    if finite and array.size and array.dtype.kind == "f":
        ends = array.min(), array.max()  # which NaN passes through
        _require(np.isfinite(ends).all(), record, f"{name} holds NaN or infinity")


def _ascending(array):
    return bool((array[1:] >= array[:-1]).all())


def _vocabulary(v):
    n = len(v.categories)
    _require(not v.categories.hasnans, v, "a category is missing")
    _require(_distinct(v.categories), v, "a category is there twice")
    _array(v, "counts", v.counts.dtype, (n,))
    _require(v.counts.dtype.kind in "iu", v, "counts are no integers")
    _require(v.counts.min(initial=0) >= 0 and v.n_missing >= 0, v, "a count is negative")
    _array(v, "rows", np.int32, (n,))
    _others(v)
    own = v.rows[v.rows >= FIRST_CATEGORY] - v.first_own
    _require(v.rows.min(initial=0) >= 0, v, "a row is negative")
    # Before anything as long as the highest row is made.
    _require(own.max(initial=-1) < len(own), v, "a row is beyond the table")
    _require((np.bincount(own) == 1).all(), v, "two categories have one row")


def _others(v):
    """Rows and counts of values that are no categories."""
    _require(0 <= v.n_hashed < 2**31, v, "it has a negative number of hashed rows, or too many")
    if v.is_complete:
        _require(v.n_hashed == 0, v, "hashed rows have no counts")
        return
    _array(v, "other_counts", np.int64, (max(1, v.n_hashed),))
    _require(v.other_counts.min() >= 0, v, "a count is negative")
    _require(bool(v.is_own.all()), v, "a category has no row of its own, and others are not kept")


def _distinct(categories):
    values = categories.tolist() if categories.dtype == object else categories.to_numpy()
    try:
        # Categories are sorted, and neighbours are compared faster than all are hashed.
        if isinstance(values, list):
            return all(map(lt, values, values[1:])) or categories.is_unique
        return bool((values[1:] > values[:-1]).all()) or categories.is_unique
    except TypeError:
        return categories.is_unique


def _scaler(s):
    _require(np.isfinite(s.center) and s.scale > 0, s, "its scale is no positive number")
    _array(s, "edges", np.float64, (N_BINS + 1,))
    _require(_ascending(s.edges), s, "edges are not sorted")


def _coder(c):
    columns = {column.position: column for column in (*c.categorical, *c.numerical)}
    _require(len(columns) == len(c.categorical) + len(c.numerical), c, "two columns of one place")
    _require(columns.keys() == set(range(len(c.names))), c, "a column has no place")
    named = all(columns[i].name == name for i, name in enumerate(c.names))
    _require(named and len(set(c.names)) == len(c.names), c, "names do not agree")
    lists = [column.holds_lists for column in c.categorical]
    _require(lists == sorted(lists), c, "columns of lists are not the last ones")
    for j, column in enumerate(c.categorical):
        _require(
            0 <= column.owner <= j, c, f"the table of column {shown(column.name)} is no earlier one"
        )
        owner = c.categorical[column.owner]
        a, b = owner.vocabulary, column.vocabulary
        same = owner.owner == column.owner and a.n_rows == b.n_rows
        same &= (a.n_hashed, a.is_complete) == (b.n_hashed, b.is_complete)
        _require(same, c, f"column {shown(column.name)} does not fit the table that it shares")


def _smoothed_means(m):
    shape = m.sums.totals.shape[1:]
    for name in ("reference", "mean", "within", "smoothing"):
        _array(m, name, np.float64, shape)
    _require(0 < m.per_row < np.inf, m, "weights have no mean")
    smallest = min(m.within.min(initial=0), m.smoothing.min(initial=0))
    _require(smallest >= 0, m, "a variance or smoothing is negative")


def _level_sums(s):
    _array(s, "totals", np.float64, (None, None))
    _array(s, "mass", np.float32, s.totals.shape[:1])
    for name in ("squares", "total"):
        _array(s, name, np.float64, s.totals.shape[1:])
    _require(s.n_samples > 0 and 0 < s.weight < np.inf, s, "there are no rows")
    _require(s.mass.min(initial=0) >= 0, s, "a mass is negative")


def _embedding_table(t):
    _array(t, "mean", np.float32, (None, None))
    _array(t, "log_deviation", np.float32, t.mean.shape)
    _array(t, "log_prior", np.float32, t.mean.shape[1:])
    _require(t.prior is None or t.prior.mean.shape == t.mean.shape, t, "its prior is another's")


def _table_prior(p):
    _array(p, "mean", np.float32, (None, None))
    for name in ("held", "given"):
        _array(p, name, np.bool_, p.mean.shape[:1])
    for name in ("center", "unit"):
        _array(p, name, np.float32, p.mean.shape[1:])
    _require((p.unit > 0).all(), p, "a unit is not positive")
    if p.log_deviation is not None:
        _array(p, "log_deviation", np.float32, p.mean.shape)


def _numeric_table(t):
    _array(t, "steps", np.float32, (N_BINS, None))
    _array(t, "log_deviation", np.float32, t.steps.shape)
    _array(t, "edges", np.float32, (N_BINS + 1,))
    _require(_ascending(t.edges), t, "edges are not sorted")


def _layer(layer):
    _array(layer, "kernel", np.float32, (None, None))
    _array(layer, "bias", np.float32, layer.kernel.shape[1:])


def _weights(w):
    _require(w.activation in ACTIVATIONS, w, f"there is no activation {shown(w.activation[:50])}")
    _require(len(w.layers) > 0, w, "there is no layer")
    chained = all(len(b.kernel) == len(a.bias) for a, b in pairwise(w.layers))
    _require(chained, w, "a layer does not fit the one before")
    widths = {t.steps.shape[1] for t in w.numeric_tables}
    _require(len(widths) <= 1, w, "vectors of numbers differ in width")
    _require(w.n_numerical >= len(w.numeric_tables), w, "the first layer is too small")


def _regression(t):
    _require(t.link in ("identity", "log"), t, f"there is no link {shown(t.link[:50])}")
    _array(t, "scale", np.float64, (None,))
    _array(t, "offset", np.float64, t.scale.shape)
    _require(t.n_outputs >= 1, t, "there is no output")
    _require(not t.one_dimensional or t.n_outputs == 1, t, "there are several outputs")


def _index(values):
    # pandas would make a column of text of strings, which holds no half of a surrogate pair.
    return pd.Index(values, dtype=object if values.dtype.kind in "OUS" else values.dtype)


def _classification(t):
    n_classes = len(t.classes)
    _require(t.classes.ndim == 1 and n_classes >= 2, t, "there are fewer than two classes")
    _require(_distinct(_index(t.classes)), t, "a class is there twice")
    _array(t, "frequency", np.float64, (n_classes,))


def _ordered_encoding(e):
    n, n_keys = len(e), len(e.keys)
    _array(e, "factors", np.int64, (None, n))
    _array(e, "first", np.int64, (n,))
    _array(e, "keys", np.int64, (n_keys,))
    _array(e, "values", np.float32, (n_keys,))
    _array(e, "edges", np.float32, (n, N_BINS + 1))
    _require(_ascending(e.keys) and (n_keys > 0 or n == 0), e, "its levels are not sorted")
    _require(np.isfinite(e.smoothing).all(), e, "its smoothing is no number")


def _network(n):
    coder, weights = n.coder, n.weights
    n_outputs = weights.n_outputs
    counts = len(coder.categorical), len(weights.tables), len(n.means)
    _require(len(set(counts)) == 1, n, f"columns, tables and effects are {counts}")
    for column in n.columns:
        n_rows = column.vocabulary.n_rows
        same = n_rows == len(column.table.mean) == len(column.means.sums.mass)
        _require(same, n, f"rows of column {shown(column.name)} differ")
        _require(column.means.sums.totals.shape[1] == n_outputs, n, "effects are of other outputs")
    _require(n.target.n_outputs == n_outputs, n, "the target has other outputs")
    _require(n.n_samples > 0, n, "it has learned from no rows")
    n_numbers = len(n.encoding) + len(coder.numerical)
    _require(len(weights.numeric_tables) == n_numbers, n, "a number has no table")
    n_given = len(n.encoding) + len(coder.numerical_names)
    _require(weights.n_numerical == n_given, n, "the first layer is of other columns")
    for table, owner in zip(weights.tables, (c.owner for c in coder.categorical), strict=True):
        same = table.mean.shape == weights.tables[owner].mean.shape
        _require(same, n, "tables that are shared differ")
    n_single = len(coder.categorical) - coder.n_bags
    known = len(n.encoding) == 0 or len(n.encoding.factors) == n_single
    _require(known, n, "encodings are of other columns")


def _axes(a):
    _array(a, "sizes", np.float64, (None,))
    _array(a, "directions", np.float64, (None, len(a.sizes)))


def _encoded_column(c):
    _array(c, "table", np.float32, (c.vocabulary.n_rows, None))
    _array(c, "deviations", np.float32, (c.vocabulary.n_rows,))
    parts = c.n_effects, c.n_outputs - c.n_effects, c.table.shape[1]
    _require(min(parts) >= 0, c, "it has a negative number of components")
    _require(c.table.shape[1] == c.n_effects + len(c.axes) > 0, c, "components are no axes")
    _array(c, "origin", np.float64, (None,))
    _array(c, "loadings", np.float64, (len(c.origin), len(c.axes)))
    if c.spread is not None:
        _array(c, "spread", np.float64, (len(c.vocabulary.categories),), finite=False)


def _encoder(e):
    known = e.network.coder.categorical
    _require(len(known) == len(e.columns), e, "columns differ in number")
    for j, (a, b) in enumerate(zip(known, e.columns, strict=True)):
        same = (a.name, a.position, a.owner) == (b.name, b.position, b.owner)
        same &= (a.holds_lists, a.vocabulary.n_rows) == (b.holds_lists, len(b.table))
        same &= a.vocabulary.n_hashed == b.vocabulary.n_hashed
        same &= e.network.weights.tables[j].dim == len(b.origin)
        _require(same, e, f"its column {shown(b.name)} is another in the network")


def _groups(g):
    _array(g, "centers", np.float64, (None, None))
    _array(g, "of_rows", np.int32, (None,))
    ends = g.of_rows.min(initial=0), g.of_rows.max(initial=0)
    _require(ends[0] >= 0 and ends[1] < len(g.centers), g, "a row is in no group")


def _merger(m):
    _require(len(m.groups) == len(m.encoder.columns), m, "columns differ in number")
    for column, groups in zip(m.encoder.columns, m.groups, strict=True):
        same = column.name == groups.name and len(column.table) == len(groups.of_rows)
        same &= column.table.shape[1] == groups.centers.shape[1]
        _require(same, m, f"the groups of column {shown(groups.name)} are another's")


CHECKS: dict[str, Callable[[Any], None]] = {
    "Axes": _axes,
    "ClassificationTarget": _classification,
    "EmbeddingTable": _embedding_table,
    "EncodedColumn": _encoded_column,
    "FittedEncoder": _encoder,
    "FittedMerger": _merger,
    "FittedNetwork": _network,
    "Groups": _groups,
    "Layer": _layer,
    "LevelSums": _level_sums,
    "NumericScaler": _scaler,
    "NumericTable": _numeric_table,
    "OrderedTargetEncoding": _ordered_encoding,
    "RegressionTarget": _regression,
    "SmoothedMeans": _smoothed_means,
    "TableCoder": _coder,
    "TablePrior": _table_prior,
    "Vocabulary": _vocabulary,
    "Weights": _weights,
}
