"""Cells of a categorical column become embedding rows."""

import sys
from functools import reduce

import numpy as np
from onnx import TensorProto

from .._shown import shown
from .._table.columns import CategoricalColumn
from .._table.reading import half_pair
from .._table.vocabulary import INFREQUENT, MISSING
from .graph import Graph
from .inputs import Input

_LARGEST = 2.0**63


def add_codes(graph: Graph, column: CategoricalColumn, x: Input, missing_string: str) -> str:
    """Find the embedding row of each cell, int64 of shape (n_samples, 1).

    Of a column of lists, the shape is (n_samples, longest); what fills up is missing.

    Raises
    ------
    TypeError
        If the categories are not of the input's type.
    ValueError
        If the string for missing cells is a category, or if the column has hashed rows.
    """
    vocabulary = column.vocabulary
    if vocabulary.n_hashed:
        raise ValueError(
            f"Column {shown(column.name)} has {vocabulary.n_hashed} rows for the hashes of values "
            "without a row of their own, and ONNX has no operator for this hash. Export an "
            "estimator that was fitted without hashed rows (n_hashed=0), in which such values "
            "share the infrequent row; or save this one by sk_entity.persistence."
        )
    codes = _add_codes(graph, column, x, missing_string)
    if vocabulary.is_complete:
        return codes
    # What is found nowhere is 0; here it is one of the values that the vocabulary does not keep.
    nowhere = graph.add("Equal", codes, graph.constant(np.array(0, dtype=np.int64)))
    infrequent = graph.constant(np.array(INFREQUENT, dtype=np.int64))
    return graph.add("Where", nowhere, infrequent, codes)


def _add_codes(graph, column, x, missing_string):
    if column.holds_lists != x.in_lists:
        kinds = "single values", "lists"
        raise TypeError(
            f"Column {shown(column.name)} held {kinds[column.holds_lists]} in fit; its input is of "
            f"{kinds[x.in_lists]}. Export with a table of the kind that was fitted."
        )
    if x.type == TensorProto.STRING:
        return _add_codes_of_strings(graph, column, x, missing_string)
    keys, rows = _numbers(column, x)
    if x.type in (TensorProto.INT64, TensorProto.BOOL):
        whole = x.value if x.type == TensorProto.INT64 else graph.cast(x.value, TensorProto.INT64)
        found = {as_int64(key): row for key, row in zip(keys, rows, strict=True)}
        found.pop(None, None)
        return graph.look_up(whole, list(found), _integers(found.values()))
    double = x.value if x.type == TensorProto.DOUBLE else graph.cast(x.value, TensorProto.DOUBLE)
    exact = [(float(key), row) for key, row in zip(keys, rows, strict=True) if _is_double(key)]
    codes = _add_codes_of_doubles(graph, double, exact)
    missing = graph.constant(np.array(MISSING, dtype=np.int64))
    return graph.add("Where", graph.add("IsNaN", double), missing, codes)


def _add_codes_of_strings(graph, column, x, missing_string):
    categories, rows = column.vocabulary.categories, column.vocabulary.rows
    other = [value for value in categories if not isinstance(value, str)]
    if other:
        raise TypeError(
            f"Column {shown(column.name)} has the category {shown(other[0])}, a "
            f"{type(other[0]).__name__}, which an input of strings does not hold. Export with a "
            "table of the kind that was fitted; of categories of several types, convert the "
            f"column before fit, as in X[{shown(column.name)}].astype(str)."
        )
    keys = categories.tolist()
    wrong = half_pair(keys)
    if wrong is not None:
        raise ValueError(
            f"Column {shown(column.name)} has the category {shown(wrong)} with half of a surrogate "
            "pair, which a string of ONNX does not hold. Replace it before fit."
        )
    if missing_string in categories:
        raise ValueError(
            f"Column {shown(column.name)} has the category {shown(missing_string)}, which is to "
            "stand for missing cells. Choose another string for them, as in to_onnx(estimator, X, "
            "missing_string='<missing>')."
        )
    return graph.look_up(x.value, [missing_string, *keys], np.append(MISSING, rows).astype(int))


def _numbers(column, x):
    """Categories as numbers of Python, with their rows."""
    categories = column.vocabulary.categories
    of_objects = categories.dtype.kind == "O"
    # Whole numbers that have met floats, as in vectors from elsewhere, are objects.
    other = [c for c in categories if not isinstance(c, int | float)] if of_objects else []
    if other:
        raise TypeError(
            f"Column {shown(column.name)} has categories such as {shown(other[0])}, which "
            f"its input of type {x.type_name} does not hold. Export with a table of the kind that "
            "was fitted; if the column has categories of several types, convert it before fit, as "
            f"in X[{shown(column.name)}].astype(str)."
        )
    return categories.tolist(), column.vocabulary.rows.tolist()


def as_int64(key: float) -> int | None:
    """Return a number as the int64 that equals it, or None."""
    return int(key) if -_LARGEST <= key < _LARGEST and int(key) == key else None


def _is_double(key):
    return abs(key) <= sys.float_info.max and float(key) == key


def _integers(values):
    return np.array(list(values), dtype=np.int64)


def _add_codes_of_doubles(graph, x, exact):
    """Look doubles up by way of a narrower type, as LabelEncoder knows none.

    What is found is compared, so that the narrower type need not be exact: keys
    that it takes for one are looked up one after the other.
    """
    whole = all(as_int64(key) is not None for key, _ in exact)
    narrow = graph.cast(x, TensorProto.INT64 if whole else TensorProto.FLOAT)
    codes = [
        _add_codes_of_distinct(graph, x, narrow, some) for some in _distinct_parts(exact, whole)
    ]
    if not codes:
        return graph.look_up(narrow, [], _integers([]))
    # Of one cell, all but one are 0, which is unknown.
    return reduce(lambda some, more: graph.add("Add", some, more), codes)


def _distinct_parts(exact, whole):
    """Parts of the keys, of each of which the narrower values are distinct."""
    parts: list[dict] = []
    n_before: dict = {}
    with np.errstate(over="ignore"):
        for key, row in exact:
            narrow = int(key) if whole else float(np.float32(key))
            k = n_before.get(narrow, 0)
            n_before[narrow] = k + 1
            if k == len(parts):
                parts.append({})
            parts[k][narrow] = key, row
    return parts


def _add_codes_of_distinct(graph, x, narrow, part):
    place = graph.look_up(narrow, list(part), np.arange(1, len(part) + 1))
    keys, rows = zip(*part.values(), strict=True)
    key = graph.add("Gather", graph.constant(np.array([np.nan, *keys])), place)
    row = graph.add("Gather", graph.constant(_integers([0, *rows])), place)
    unknown = graph.constant(np.array(0, dtype=np.int64))
    return graph.add("Where", graph.add("Equal", x, key), row, unknown)
