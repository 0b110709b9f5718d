"""Files of one dataset have the same columns, of dtypes that go together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .._estimators.inside import did_you_mean
from .._shown import shortened, shown

if TYPE_CHECKING:
    import pyarrow as pa


class SharedSchema:
    """The columns that all files have, of the widest dtype that any file has.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the first file.
    where : str
        Name of that file.
    """

    def __init__(self, schema: pa.Schema, where: str):
        refuse_repeated(schema, where)
        schema = visible(schema)
        self.where = where
        self.types = {field.name: _plain(field.type) for field in schema}
        # The file that the dtype of each column is from, for errors.
        self._from = dict.fromkeys(self.types, where)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the first file."""
        return tuple(self.types)

    def add(self, schema: pa.Schema, where: str, has_values: Callable[[str], bool]) -> None:
        """Compare a further file, and widen the dtypes to hold its values.

        Parameters
        ----------
        schema : pyarrow.Schema
        where : str
            Name of the file.
        has_values : callable
            Whether the column of this name has any value in the file; asked where
            dtypes do not go together.

        Raises
        ------
        ValueError
            If a column is missing, additional, or of another kind.
        """
        refuse_repeated(schema, where)
        schema = visible(schema)
        refuse_other_names(schema.names, where, self.names, self.where)
        for field in schema:
            self._add_column(field.name, _plain(field.type), where, has_values)

    def _add_column(self, name, other, where, has_values):
        one = self.types[name]
        wide = _wider(one, other)
        if wide is None and not has_values(name):
            return
        if wide is None:
            raise ValueError(
                f"{where}: column {shown(name)} has dtype {other}, but {one} in "
                f"{self._from[name]}. {way_out(name)}"
            )
        if wide != one:
            self.types[name], self._from[name] = wide, where

    def conform(self, table: pa.Table, names: Sequence[str]) -> pa.Table:
        """Take these columns of a table, in this order, and cast them to the shared dtypes."""
        import pyarrow as pa

        return pa.table({name: self._cast(name, table[name]) for name in names})

    def _cast(self, name, column):
        import pyarrow as pa

        dtype = self.types[name]
        if column.type == dtype:
            return column
        try:
            return column.cast(dtype)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            if column.null_count == len(column):
                return pa.chunked_array([pa.nulls(len(column), dtype)])
            raise ValueError(
                f"Column {shown(name)} has dtype {column.type} here and {dtype} in "
                f"{self._from[name]}, which does not hold all its values: {shortened(error)}. "
                f"{way_out(name)}"
            ) from None


def way_out(name: str) -> str:
    """Say how a column gets the same dtype in all files."""
    return (
        "Write the file again with the dtype of the others, or pass a function that casts, as "
        f"lambda: (pandas.read_parquet(path).astype({{{shown(name)}: 'str'}}) for path in paths)."
    )


def refuse_repeated(schema: pa.Schema, where: str) -> None:
    """Raise ValueError if two columns have the same name."""
    names = schema.names
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ValueError(
            f"{where} has several columns named {shown(repeated[0])}. Rename or drop some."
        )


def refuse_other_names(
    names: Sequence[str],
    where: str,
    expected: tuple[str, ...],
    first: str,
) -> None:
    """Raise ValueError if these are not the columns expected, in whatever order.

    Parameters
    ----------
    names : sequence of str
        Columns of the table or file `where`.
    where : str
    expected : tuple of str
        Columns of the table or file `first`.
    first : str
    """
    absent = [name for name in expected if name not in set(names)]
    further = [name for name in names if name not in set(expected)]
    if absent:
        hint = did_you_mean(absent[0], further) or _ADD_OR_DROP
        raise ValueError(f"{where} lacks the column {shown(absent[0])}, which {first} has. {hint}")
    if further:
        raise ValueError(
            f"{where} has the column {shown(further[0])}, which {first} lacks. {_ADD_OR_DROP}"
        )


_ADD_OR_DROP = "Give it to all of them (its cells may be missing) or to none."


def visible(schema: pa.Schema) -> pa.Schema:
    """Leave out the nameless index that pandas writes along."""
    import pyarrow as pa

    stored = (schema.pandas_metadata or {}).get("index_columns", ())
    index = {n for n in stored if isinstance(n, str) and n.startswith("__index_level_")}
    return pa.schema([field for field in schema if field.name not in index])


def _plain(dtype):
    """The dtype of the values, where only their storage is peculiar."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(dtype):
        if _kind(dtype.value_type) == "text":
            return _plain(dtype.value_type)
        # Of whatever size the codes are; of numbers it stays a category, which numbers are not.
        return pa.dictionary(pa.int32(), dtype.value_type, dtype.ordered)
    if str(dtype).startswith("run_end_encoded"):
        return _plain(dtype.value_type)
    if str(dtype) == "string_view":
        return pa.large_string()
    if str(dtype) == "binary_view":
        return pa.large_binary()
    return dtype


_KINDS = {
    "numbers": ("is_integer", "is_floating", "is_decimal"),
    "text": ("is_string", "is_large_string"),
    "bytes": ("is_binary", "is_large_binary"),
    "lists": ("is_list", "is_large_list", "is_fixed_size_list"),
    "timestamps": ("is_timestamp",),
    "dates": ("is_date",),
    "times": ("is_time",),
    "durations": ("is_duration",),
}


def _kind(dtype):
    """What the values are, by a name; that of the dtype where it goes with itself only."""
    from pyarrow import types

    if str(dtype) == "string_view":
        return "text"
    for kind, tests in _KINDS.items():
        if any(getattr(types, test)(dtype) for test in tests):
            return kind
    return str(dtype)


def _wider(one, other):
    """The dtype that holds the values of both without a change of kind, or None."""
    import pyarrow as pa
    from pyarrow import types

    if one == other or types.is_null(other):
        return one
    if types.is_null(one):
        return other
    kind = _kind(one)
    if kind != _kind(other):
        return None
    if kind == "numbers" and types.is_floating(one) != types.is_floating(other):
        return pa.float64()  # as pandas, which has integers with missing cells as floats
    if kind == "lists":
        inner = _wider(_plain(one.value_type), _plain(other.value_type))
        return None if inner is None else pa.large_list(inner)
    try:
        pair = [pa.schema([("", dtype)]) for dtype in (one, other)]
        return pa.unify_schemas(pair, promote_options="permissive").field(0).type
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
