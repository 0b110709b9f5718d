"""Records of the fitted state: which classes a file may name, and the types of their fields.

A record is stored field by field, as its dataclass lists them. So another field
needs nothing here; a check of its shape belongs into `checks`.
"""

import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from .._estimators.groups import Groups
from .._estimators.second_pass import Prepared
from .._estimators.state import FittedEncoder, FittedMerger, FittedNetwork
from .._predict.table_prior import TablePrior
from .._predict.weights import EmbeddingTable, Layer, NumericTable, Weights
from .._shown import shown
from .._table.coder import TableCoder
from .._table.columns import CategoricalColumn, NumericColumn
from .._table.scaler import NumericScaler
from .._table.vocabulary import Vocabulary
from .._target.classification import ClassificationTarget
from .._target.ordered_encoding import OrderedTargetEncoding
from .._target.regression import RegressionTarget
from .._target.smoothed_means import LevelSums, SmoothedMeans
from .._vectors.axes import Axes
from .._vectors.encoded_column import EncodedColumn
from .checks import check
from .objects import Kind, Reader

RECORDS = {
    record.__name__: record
    for record in (
        Axes,
        CategoricalColumn,
        ClassificationTarget,
        EmbeddingTable,
        EncodedColumn,
        FittedEncoder,
        FittedMerger,
        FittedNetwork,
        Groups,
        Layer,
        LevelSums,
        NumericColumn,
        NumericScaler,
        NumericTable,
        OrderedTargetEncoding,
        Prepared,
        RegressionTarget,
        SmoothedMeans,
        TableCoder,
        TablePrior,
        Vocabulary,
        Weights,
    )
}


def _is_record(value):
    return is_dataclass(value) and RECORDS.get(type(value).__name__) is type(value)


def _write_record(record, writer, path):
    check(record)
    kind = type(record)
    names = writer.fields.setdefault(kind.__name__, [field.name for field in fields(kind)])
    if isinstance(getattr(record, "name", None), str):
        path = (*path, f"Column {shown(record.name)}")
    return [kind.__name__, *(writer.value(getattr(record, n), (*path, n)) for n in names)]


def _read_record(reader: Reader, class_name, *values):
    kind = RECORDS[class_name]
    found = dict(zip(reader.fields[class_name], map(reader.value, values), strict=True))
    known = {field.name: field for field in fields(kind)}
    more = sorted(found.keys() - known.keys())
    if more and not reader.newer:
        raise ValueError(f"a {class_name} has no field {shown(more[0][:50])}")
    lacking = [
        name
        for name, field in known.items()
        if name not in found and field.default is MISSING and field.default_factory is MISSING
    ]
    if lacking:
        raise ValueError(f"a {class_name} lacks the field {shown(lacking[0])}")
    found = {name: value for name, value in found.items() if name in known}
    for name, value in found.items():
        if not _fits(value, _hints(kind)[name]):
            raise ValueError(f"{name} of a {class_name} is of another type: {type(value).__name__}")
    record = kind(**found)
    check(record)
    return record


@cache
def _hints(kind):
    return get_type_hints(kind)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of the type that a field is annotated with."""
    if hint is Any:
        return True
    if hint is float:
        return type(value) in (float, int)
    if hint in (int, bool, type(None)):  # to Python True is an int
        return type(value) is hint
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, option) for option in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(part, arguments[0]) for part in value)
    return isinstance(value, origin or hint)


RECORD_KIND = Kind("record", _is_record, _write_record, _read_record)
