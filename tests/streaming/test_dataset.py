"""Every kind of dataset gives the same batches in every pass, or says what is wrong where."""

import gc
import glob
import json
import os
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as arrow_dataset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from sk_entity._table.series import factorize
from sk_entity.streaming import dataset as module
from sk_entity.streaming.dataset import located, open_dataset

N_ROWS, PER_BATCH = 1000, 128


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(module, "ROWS_PER_BATCH", PER_BATCH)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    shops = np.array(["north", "süd", "east"], dtype=object)[rng.integers(0, 3, N_ROWS)]
    shops[::10] = None
    return pd.DataFrame({"row": range(N_ROWS), "shop": shops, "x": rng.normal(size=N_ROWS)})


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory):
    """Three files: of 400, 0 and 600 rows; in row groups that end where no batch does."""
    path = tmp_path_factory.mktemp("shops")
    for name, rows in {"a": table[:400], "b": table[:0], "c": table[400:]}.items():
        rows.to_parquet(path / f"{name}.parquet", row_group_size=150)
    return path


def tables_of(table):
    def tables():
        yield table[:300]
        yield pl.from_pandas(table[300:310])
        yield table[:0]
        yield from pa.Table.from_pandas(table[310:], preserve_index=False).to_batches()

    return tables


SOURCES = {
    "folder": lambda folder, table: folder,
    "glob": lambda folder, table: str(folder / "*.parquet"),
    "list": lambda folder, table: [folder / "a.parquet", str(folder / "c.parquet")],
    "pyarrow dataset": lambda folder, table: arrow_dataset.dataset(folder),
    "union": lambda folder, table: arrow_dataset.dataset(
        [arrow_dataset.dataset(folder / f"{name}.parquet") for name in "abc"]
    ),
    "lazy frame": lambda folder, table: pl.from_pandas(table).lazy(),
    "DuckDB": lambda folder, table: duckdb.sql(f"select * from '{folder}/*.parquet' order by row"),
    "function": lambda folder, table: tables_of(table),
    "pandas": lambda folder, table: table,
    "polars": lambda folder, table: pl.from_pandas(table),
    "pyarrow": lambda folder, table: pa.Table.from_pandas(table),
    "record batch": lambda folder, table: pa.RecordBatch.from_pandas(table),
}
each_source = pytest.mark.parametrize("kind", SOURCES)


def rows_of(batches):
    return [row for batch in batches for row in batch.frame.iter_rows()]


def same(rows, table):
    """Whether rows are those of a table, whose missing cells may be None or NaN."""
    plain = pd.DataFrame(rows, columns=table.columns)
    pd.testing.assert_frame_equal(
        plain.astype(object).where(plain.notna(), None),
        table.reset_index(drop=True).astype(object).where(table.notna().to_numpy(), None),
    )
    return True


@each_source
def test_all_rows_come_in_order_the_same_in_each_pass(kind, folder, table):
    dataset = open_dataset(SOURCES[kind](folder, table))
    assert dataset.names == ("row", "shop", "x")
    assert dataset.n_rows in (N_ROWS, None)
    first, second = list(dataset.batches()), list(dataset.batches())
    assert same(rows_of(first), table)
    assert [batch.where for batch in first] == [batch.where for batch in second]
    assert [len(batch.frame) for batch in first] == [len(batch.frame) for batch in second]
    assert same(rows_of(second), table)
    assert dataset.n_rows == N_ROWS
    assert all(0 < len(batch.frame) <= PER_BATCH for batch in first)


@each_source
def test_chosen_columns_are_read_in_the_order_asked_for(kind, folder, table):
    dataset = open_dataset(SOURCES[kind](folder, table))
    batches = list(dataset.batches(["x", "row"]))
    assert all(batch.frame.columns == ["x", "row"] for batch in batches)
    assert same(rows_of(batches), table[["x", "row"]])
    with pytest.raises(ValueError, match=r"has no column 'shops'\. Did you mean 'shop'\?"):
        dataset.batches(["shops"])


def test_a_batch_says_where_it_is_from(folder, table):
    places = [batch.where for batch in open_dataset(folder).batches()]
    a, c = folder / "a.parquet", folder / "c.parquet"
    assert places[:4] == [
        f"{a}, rows 0 to 127",
        f"{a}, rows 128 to 255",
        f"{a}, rows 256 to 383",
        f"{a}, rows 384 to 399",
    ]
    assert places[4:] == [
        f"{c}, rows {start} to {min(start + 127, 599)}" for start in range(0, 600, 128)
    ]
    arrow = [batch.where for batch in open_dataset(arrow_dataset.dataset(folder)).batches()]
    assert arrow == places
    named = open_dataset(pl.from_pandas(table).lazy(), "validation")
    assert next(named.batches()).where == "validation, rows 0 to 127"
    called = [batch.where for batch in open_dataset(tables_of(table)).batches()]
    assert called[2:5] == [
        "table 0 of dataset, rows 256 to 299",
        "table 1 of dataset, rows 0 to 9",
        "table 3 of dataset, rows 0 to 127",
    ]


def test_the_identity_of_files_is_their_paths_sizes_and_times(folder, table):
    a = folder / "a.parquet"
    expected = [[str(a), a.stat().st_size, a.stat().st_mtime_ns]]
    dataset = open_dataset(a)
    assert json.loads(json.dumps(dataset.identity)) == expected
    assert dataset.files == [str(a)]
    assert open_dataset(arrow_dataset.dataset(a)).identity == expected
    assert open_dataset(arrow_dataset.dataset(a)).files == [str(a)]
    filtered = arrow_dataset.dataset(a).filter(arrow_dataset.field("row") > 5)
    for other in filtered, pl.scan_parquet(a), tables_of(table), table:
        assert open_dataset(other).identity is None


def test_a_dataset_is_opened_once(folder):
    dataset = open_dataset(folder)
    assert open_dataset(dataset) is dataset


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(any),
    group=st.integers(1, 30),
    per_batch=st.integers(1, 50),
)
def test_whatever_the_row_groups_a_batch_is_full_or_the_last_of_its_file(sizes, group, per_batch):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS_PER_BATCH", per_batch)
        start = 0
        for number, size in enumerate(sizes):
            column = pa.array(range(start, start + size), pa.int64())
            path = f"{folder}/{number}.parquet"
            parquet.write_table(pa.table({"row": column}), path, row_group_size=group)
            start += size
        batches = list(open_dataset(folder).batches())
        assert [row for (row,) in rows_of(batches)] == list(range(sum(sizes)))
        expected = [min(per_batch, n - i) for n in sizes for i in range(0, n, per_batch)]
        assert [len(batch.frame) for batch in batches] == expected


def test_filtered_rows_of_a_pyarrow_dataset(folder, table):
    data = arrow_dataset.dataset(folder).filter(arrow_dataset.field("row") >= 390)
    dataset = open_dataset(data)
    assert same(rows_of(dataset.batches()), table[390:])
    assert dataset.n_rows == 610
    assert next(dataset.batches()).where == f"{folder / 'a.parquet'}, rows 0 to 9"


def test_names_of_folders_that_hold_values_are_a_column(table, tmp_path):
    for year, rows in {2012: table[:400], 2013: table[400:]}.items():
        (tmp_path / f"year={year}").mkdir()
        rows.to_parquet(tmp_path / f"year={year}" / "part.parquet")
    dataset = open_dataset(tmp_path)
    assert dataset.names == (*table.columns, "year")
    assert dataset.n_rows == N_ROWS
    expected = table.assign(year=[2012] * 400 + [2013] * 600)
    assert same(rows_of(dataset.batches()), expected)


def test_folders_are_searched_and_what_is_no_data_is_not(table, tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "_temporary").mkdir()
    table[:10].to_parquet(tmp_path / "sub" / "one.parquet")
    table[:10].to_parquet(tmp_path / "two.pq")
    for name in "_metadata", ".hidden.parquet", "notes.txt", "_temporary/part.parquet":
        (tmp_path / name).write_text("no data")
    assert open_dataset(tmp_path).n_rows == 20
    monkeypatch.chdir(tmp_path)
    assert open_dataset("[!_]*/*.p*q*").n_rows == 10
    assert open_dataset("s*").files == ["sub/one.parquet"]
    table[:3].to_parquet("[1].parquet")
    assert open_dataset("[1].parquet").n_rows == 3


def test_the_nameless_index_of_pandas_is_no_column(table, tmp_path):
    odd = table[(table.row % 7 == 1) | (table.row == 5)]
    odd.to_parquet(tmp_path / "odd.parquet")
    table[:10].to_parquet(tmp_path / "whole.parquet")
    assert "__index_level_0__" in parquet.read_schema(tmp_path / "odd.parquet").names
    for data in tmp_path, arrow_dataset.dataset(tmp_path):
        dataset = open_dataset(data)
        assert dataset.names == ("row", "shop", "x")
        assert same(rows_of(dataset.batches()), pd.concat([odd, table[:10]]))


# Each file after the first, and the dtype that all of them are read as.
HARMLESS = {
    "wider integers": ([pa.int32(), pa.int64(), pa.int8()], pa.int64()),
    "wider floats": ([pa.float32(), pa.float64()], pa.float64()),
    "integers with missing cells as floats": ([pa.int64(), pa.float64()], pa.float64()),
    "signed and unsigned": ([pa.uint8(), pa.int16()], pa.int16()),
    "decimals": ([pa.decimal128(5, 2), pa.float32()], pa.float64()),
    "large strings": ([pa.string(), pa.large_string()], pa.large_string()),
    "string views": ([pa.string_view(), pa.string()], pa.large_string()),
    "dictionaries": ([pa.dictionary(pa.int8(), pa.string()), pa.string()], pa.string()),
    "nothing first": ([pa.null(), pa.string()], pa.string()),
    "nothing then": ([pa.int64(), pa.null()], pa.int64()),
    "nothing at all": ([pa.null(), pa.null()], pa.null()),
    "lists": ([pa.list_(pa.string()), pa.list_(pa.null())], pa.large_list(pa.string())),
}


def cells_of(dtype):
    """Two cells, of which the second is missing but for lists."""
    if pa.types.is_null(dtype):
        return pa.nulls(2)
    if pa.types.is_list(dtype):
        return pa.array([[], None] if dtype.value_type == pa.null() else [["a"], ["b", "a"]], dtype)
    if pa.types.is_dictionary(dtype):
        return cells_of(dtype.value_type).dictionary_encode()
    cell = "a" if "string" in str(dtype) else dtype == pa.bool_() or 1
    return pa.array([cell, None], dtype)


def write_dtypes(folder, dtypes):
    for number, dtype in enumerate(dtypes):
        parquet.write_table(pa.table({"x": cells_of(dtype)}), folder / f"{number}.parquet")


@pytest.mark.parametrize("case", HARMLESS)
@pytest.mark.parametrize("opened", [lambda path: path, arrow_dataset.dataset], ids=["", "pyarrow"])
def test_dtypes_that_go_together_are_read_as_the_widest(case, opened, tmp_path):
    dtypes, expected = HARMLESS[case]
    try:
        write_dtypes(tmp_path, dtypes)
    except pa.ArrowNotImplementedError:
        pytest.skip("This version of pyarrow does not write string views.")
    batches = list(open_dataset(opened(tmp_path)).batches())
    assert len(batches) == len(dtypes)
    assert {batch.frame.to_native()["x"].type for batch in batches} == {expected}
    missing = sum(batch.frame["x"].null_count() for batch in batches)
    n_empty = sum(pa.types.is_null(dtype) for dtype in dtypes)
    assert missing == (1 if case == "lists" else len(dtypes) + n_empty)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (pa.int64(), pa.string()),
        (pa.string(), pa.float64()),
        (pa.bool_(), pa.int64()),
        (pa.list_(pa.string()), pa.string()),
        (pa.timestamp("ns"), pa.int64()),
    ],
)
def test_dtypes_that_do_not_are_refused_before_a_pass(first, other, tmp_path):
    write_dtypes(tmp_path, [first] * 9 + [other])
    for data in tmp_path, arrow_dataset.dataset(tmp_path):
        with pytest.raises(ValueError, match=r"9\.parquet: column 'x' has dtype") as caught:
            open_dataset(data)
        text = str(caught.value)
        assert f"has dtype {other}, but {first}" in text.replace("element", "item")
        assert f"in {tmp_path / '0.parquet'}. Write" in text
        assert "astype({'x': 'str'})" in text


def test_a_file_whose_column_is_all_missing_may_have_any_dtype(tmp_path):
    write_dtypes(tmp_path, [pa.string()] * 2)
    path = tmp_path / "2.parquet"
    parquet.write_table(pa.table({"x": pa.array([None] * 3, pa.float64())}), path)
    for data in tmp_path, arrow_dataset.dataset(tmp_path):
        batches = list(open_dataset(data).batches())
        assert rows_of(batches)[-3:] == [(None,)] * 3
        assert batches[-1].frame.to_native()["x"].type == pa.string()


def test_an_integer_that_no_float_is_names_file_column_and_value(tmp_path):
    for number, column in enumerate([pa.array([0.5]), pa.array([2**53 + 1])]):
        parquet.write_table(pa.table({"x": column}), tmp_path / f"{number}.parquet")
    pattern = rf"1\.parquet: Column 'x' has dtype int64 here and double .* {2**53 + 1} not in range"
    with pytest.raises(ValueError, match=pattern):
        list(open_dataset(tmp_path).batches())


def test_a_category_of_integers_stays_one(tmp_path):
    for number in range(2):
        values = np.roll(np.arange(200) % 7 * 10, number)
        column = pa.chunked_array(
            [pa.array(values[i : i + 50]).dictionary_encode() for i in (0, 9)]
        )
        with pa.OSFile(f"{tmp_path}/{number}.arrow", "wb") as sink:
            options = pa.ipc.IpcWriteOptions(unify_dictionaries=True)
            with pa.ipc.new_file(sink, pa.schema({"x": column.type}), options=options) as writer:
                writer.write_table(pa.table({"x": column}))
    batches = list(open_dataset(arrow_dataset.dataset(tmp_path, format="arrow")).batches())
    assert {str(batch.frame["x"].dtype) for batch in batches} == {"Categorical"}
    codes, values = factorize("x", batches[0].frame["x"])
    expected = [v % 7 * 10 for v in [*range(50), *range(9, 59)]]
    assert [values[code] for code in codes] == expected
    assert [row for (row,) in rows_of(batches)][:100] == expected


@pytest.mark.parametrize("make", ["union", "filtered"])
def test_a_pyarrow_dataset_that_cannot_be_widened_says_how(make, tmp_path):
    write_dtypes(tmp_path, [pa.int32(), pa.int64()])
    narrow = arrow_dataset.dataset(tmp_path)
    data = {
        "filtered": narrow.filter(arrow_dataset.field("x") > 0),
        "union": arrow_dataset.UnionDataset(narrow.schema, [narrow]),
    }[make]
    with pytest.raises(ValueError, match="Column 'x' has dtype int32 .* wider int64"):
        open_dataset(data)


def test_columns_in_another_order_are_found_by_name(table, tmp_path):
    table.to_parquet(tmp_path / "a.parquet")
    table[["x", "row", "shop"]].to_parquet(tmp_path / "b.parquet")
    for data in tmp_path, arrow_dataset.dataset(tmp_path):
        assert same(rows_of(open_dataset(data).batches()), pd.concat([table, table]))


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda t: t.drop(columns="shop"), r"c\.parquet lacks the column 'shop', which .*a\.parq"),
        (lambda t: t.rename(columns={"shop": "Shop"}), r"Did you mean 'Shop'\?"),
        (lambda t: t.assign(z=1), r"c\.parquet has the column 'z', which .*a\.parquet lacks"),
    ],
)
def test_other_columns_in_one_file_are_refused_before_a_pass(change, pattern, table, tmp_path):
    for name in "ab":
        table.to_parquet(tmp_path / f"{name}.parquet")
    change(table).to_parquet(tmp_path / "c.parquet")
    everything = arrow_dataset.dataset(tmp_path)
    for data in tmp_path, everything, everything.filter(arrow_dataset.field("row") > 3):
        with pytest.raises(ValueError, match=pattern):
            open_dataset(data)


def test_a_schema_that_somebody_chose_is_kept(table, tmp_path):
    table.to_parquet(tmp_path / "a.parquet")
    table.drop(columns="shop").to_parquet(tmp_path / "b.parquet")
    schema = pa.schema({"x": pa.float32(), "shop": pa.string(), "further": pa.int8()})
    dataset = open_dataset(arrow_dataset.dataset(tmp_path, schema=schema))
    assert dataset.names == ("x", "shop", "further")
    batches = list(dataset.batches())
    assert {batch.frame.to_native().schema.remove_metadata() for batch in batches} == {schema}


def test_files_that_are_no_parquet_are_named(folder, tmp_path):
    whole = (folder / "a.parquet").read_bytes()
    for name, content in {"zero": b"", "text": b"row,shop\n1,north\n", "cut": whole[:-9]}.items():
        (tmp_path / f"{name}.parquet").write_bytes(content)
    with pytest.raises(ValueError, match=r"zero\.parquet has zero bytes"):
        open_dataset([folder, tmp_path / "zero.parquet"])
    for name in "text", "cut":
        with pytest.raises(ValueError, match=rf"{name}\.parquet is no Parquet file"):
            open_dataset([folder, tmp_path / f"{name}.parquet"])
        with pytest.raises(ValueError, match=rf"{name}\.parquet"):
            open_dataset(arrow_dataset.dataset(tmp_path / f"{name}.parquet"))


def test_a_file_that_is_damaged_inside_is_named_in_the_pass(folder, tmp_path):
    content = bytearray((folder / "a.parquet").read_bytes())
    content[10:3000] = bytes(2990)
    (tmp_path / "damaged.parquet").write_bytes(content)
    dataset = open_dataset(tmp_path)
    with pytest.raises((OSError, ValueError), match=r"damaged\.parquet"):
        list(dataset.batches())


@pytest.mark.parametrize("opened", [lambda path: path, arrow_dataset.dataset], ids=["", "pyarrow"])
def test_a_file_that_changes_is_refused(opened, table, tmp_path):
    path = tmp_path / "a.parquet"
    table.to_parquet(path)
    dataset = open_dataset(opened(path))
    list(dataset.batches())
    table[:-1].to_parquet(path)
    with pytest.raises(ValueError, match=r"a\.parquet has changed since the dataset was opened"):
        list(dataset.batches())


def test_of_a_large_row_group_little_is_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROWS_PER_BATCH", 2**16)
    columns = {name: np.arange(1e6) for name in "abcd"}
    path = tmp_path / "a.parquet"
    parquet.write_table(
        pa.table(columns), path, row_group_size=10**6, use_dictionary=False, compression=None
    )
    gc.collect()
    before = pa.total_allocated_bytes()
    during = [pa.total_allocated_bytes() for _ in open_dataset(path).batches()]
    assert max(during) - before < 1e6 * 4 * 8 / 2
    assert pa.total_allocated_bytes() <= before


def test_other_formats_of_a_pyarrow_dataset(table, tmp_path):
    table[:600].to_csv(tmp_path / "a.csv", index=False)
    table[600:].to_csv(tmp_path / "b.csv", index=False)
    dataset = open_dataset(arrow_dataset.dataset(tmp_path, format="csv"))
    rows = pd.DataFrame(rows_of(dataset.batches()), columns=table.columns)
    assert rows.row.tolist() == table.row.tolist()
    assert np.allclose(rows.x, table.x)
    assert len(dataset.identity) == 2


def test_there_must_be_a_file_a_row_and_a_column(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for data, pattern in [
        ("days/*.parquet", "No file matches 'days/\\*.parquet', seen from"),
        ("days.parquet", "There is no 'days.parquet', seen from"),
        (Path("days/1.parquet"), "There is no 'days', seen from"),
        (tmp_path, r"holds no file named \*\.parquet"),
    ]:
        with pytest.raises(FileNotFoundError, match=pattern):
            open_dataset(data)
    with pytest.raises(ValueError, match="The list of paths is empty"):
        open_dataset([])
    table[:0].to_parquet("empty.parquet")
    for data in "empty.parquet", table[:0], pl.scan_parquet("empty.parquet"):
        with pytest.raises(ValueError, match=r"valid has no row"):
            open_dataset(data, "valid")
    with pytest.raises(ValueError, match="has no row"):
        list(open_dataset(lambda: [table[:0]]).batches())
    with pytest.raises(ValueError, match="has no column"):
        open_dataset(table[[]])
    repeated = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])
    parquet.write_table(repeated, "repeated.parquet")
    with pytest.raises(ValueError, match=r"repeated\.parquet has several columns named 'x'"):
        open_dataset("repeated.parquet")


def test_a_file_given_twice_is_refused(folder):
    with pytest.raises(ValueError, match=r"a\.parquet is given twice"):
        open_dataset([folder, folder / "a.parquet"])


@pytest.mark.parametrize(
    ("make", "pattern"),
    [
        (lambda table: (t for t in [table]), "generator is used up after one pass"),
        (lambda table: iter([table]), "list_iterator is used up after one pass"),
        (lambda table: pa.Table.from_pandas(table).to_reader(), "RecordBatchReader is used up"),
        (lambda table: 3, "int is no dataset. Give a path"),
        (lambda table: table.to_numpy(), "ndarray is no dataset"),
        (lambda table: [table], "list is no dataset"),
        (lambda table: pl.Series([1]), "Series is no table"),
        (lambda table: lambda: table, "must return an iterable of tables.* returned DataFrame"),
        (lambda table: lambda: 3, "must return an iterable of tables.* returned int"),
        (lambda table: lambda: [table.to_numpy()], "Table 0 of dataset is ndarray"),
    ],
)
def test_what_is_no_dataset_is_refused_with_the_way_out(make, pattern, table):
    with pytest.raises(TypeError, match=pattern):
        open_dataset(make(table))


def test_a_function_without_tables_is_refused(table):
    tables = iter([table])
    with pytest.raises(ValueError, match="the function gives no table"):
        open_dataset(list)
    with pytest.raises(ValueError, match="no row|begin anew"):
        list(open_dataset(lambda: tables).batches())
    with pytest.raises(ValueError, match="s3://bucket/days"):
        open_dataset("s3://bucket/days")


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda t: t.drop(columns="x"), "table 1 of valid lacks the column 'x', which table 0"),
        (lambda t: t.assign(z=1), "table 1 of valid has the column 'z'"),
        (
            lambda t: t.assign(shop=7),
            r"table 1 of valid: column 'shop' holds numbers \(Int64; 7, for instance\), but text "
            r"in table 0",
        ),
        (lambda t: t.assign(x="seven"), "column 'x' holds text .*'seven'.* but numbers in table 0"),
        (lambda t: t.assign(x=True), "column 'x' holds truth values"),
        (lambda t: t.assign(x=pd.Timestamp("2013-01-01")), "column 'x' holds dates or times"),
    ],
)
def test_tables_of_a_function_have_the_columns_and_kinds_of_the_first(change, pattern, table):
    dataset = open_dataset(lambda: [table[:500], change(table[500:])], "valid")
    with pytest.raises(ValueError, match=pattern):
        list(dataset.batches())


def test_a_column_without_a_value_goes_with_any_kind(table):
    nothing = table.assign(shop=np.nan)
    for tables in [nothing, table], [table, nothing]:
        assert len(rows_of(open_dataset(lambda tables=tables: tables).batches())) == 2 * N_ROWS
    with pytest.raises(ValueError, match=r"but text in table 1"):
        list(open_dataset(lambda: [nothing, table, table.assign(shop=7)]).batches())


def test_further_or_fewer_rows_in_a_later_pass_are_refused(table):
    sizes = iter([9, 9, 7])
    dataset = open_dataset(lambda: [table[: next(sizes)]])
    assert dataset.n_rows is None
    list(dataset.batches())
    assert dataset.n_rows == 9
    with pytest.raises(ValueError, match="gave 9 rows at first and 7 in a later pass"):
        list(dataset.batches())


def test_a_pass_that_is_left_early_counts_nothing(table):
    dataset = open_dataset(tables_of(table))
    next(dataset.batches())
    assert dataset.n_rows is None


def test_an_error_of_the_function_stays_what_it_is(table):
    def tables():
        yield table
        raise KeyError("wrong")

    with pytest.raises(KeyError, match="wrong"):
        list(open_dataset(tables).batches())


def test_the_file_of_a_query_lives_as_long_as_the_dataset(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for data in pl.scan_parquet(folder / "a.parquet"), duckdb.sql(f"from '{folder}/*.parquet'"):
        dataset = open_dataset(data)
        assert len(glob.glob(f"{tmp_path}/*/*.parquet")) == 1
        del dataset
        gc.collect()
        assert not os.listdir(tmp_path)
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        open_dataset(pl.scan_parquet(folder / "a.parquet").select("nothing"))
    gc.collect()
    assert not os.listdir(tmp_path)


def test_a_query_that_is_random_is_computed_once(folder):
    query = pl.scan_parquet(folder / "a.parquet").select(
        pl.col("row").shuffle().alias("row"), pl.col("shop").cast(pl.Categorical)
    )
    dataset = open_dataset(query)
    assert rows_of(dataset.batches()) == rows_of(dataset.batches())


def test_a_query_that_polars_cannot_stream_is_computed_in_memory(folder, table, monkeypatch):
    sink = pl.LazyFrame.sink_parquet

    def refuse(text):
        def sink_parquet(self, path, **settings):
            monkeypatch.setattr(pl.LazyFrame, "sink_parquet", sink)  # DataFrames use it, too
            raise pl.exceptions.InvalidOperationError(text)

        return sink_parquet

    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", refuse("not yet supported in standard eng"))
    assert same(rows_of(open_dataset(pl.from_pandas(table).lazy()).batches()), table)
    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", refuse("wrong"))
    with pytest.raises(pl.exceptions.InvalidOperationError, match="wrong"):
        open_dataset(pl.scan_parquet(folder / "a.parquet"))


class Stream:
    """Has nothing but the protocol of Arrow."""

    def __init__(self, table):
        self.__arrow_c_stream__ = pa.Table.from_pandas(table).__arrow_c_stream__


def test_an_object_that_has_nothing_but_the_protocol_of_arrow(table):
    assert same(rows_of(open_dataset(Stream(table)).batches()), table)


def test_an_error_is_located_and_keeps_its_type():
    where = "flights/part-3.parquet, rows 65,536 to 131,071"
    with pytest.raises(TypeError) as caught, located(where):
        raise TypeError("Column 'x' holds dates.")
    assert str(caught.value) == f"{where}: Column 'x' holds dates."
    with pytest.raises(ValueError, match="infinity") as caught, located(where):
        raise ValueError("Column 'x' contains infinity (inf in row 17; 1 in all).")
    assert str(caught.value) == (
        f"{where}: Column 'x' contains infinity (inf in row 17; 1 in all). (Here rows count "
        "within the batch: row 0 is row 65,536 of flights/part-3.parquet.)"
    )
    with pytest.raises(ValueError, match=r"^a, rows 0 to 9: row 3$"), located("a, rows 0 to 9"):
        raise ValueError("row 3")
    with pytest.raises(ValueError, match="^a, rows 0 to 9: 'utf-8'"), located("a, rows 0 to 9"):
        b"\xff".decode()
    with pytest.raises(KeyError), located(where):
        raise KeyError("x")
    assert caught.value.__cause__ is None


def test_without_pyarrow_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    for data in folder, pl.scan_parquet(folder / "a.parquet"), duckdb.sql("select 1 as x"):
        with pytest.raises(ImportError, match=r'pip install "sk-entity\[stream\]"'):
            open_dataset(data)
    assert open_dataset(pl.DataFrame({"x": [1]})).n_rows == 1
