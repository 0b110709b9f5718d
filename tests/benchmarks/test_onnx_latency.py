"""The command measures size and latency of exported models."""

import pytest

from benchmarks import onnx_latency


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["regression", "binary"])
def test_a_table_of_sizes_and_times_is_printed(kind, add_task, capsys):
    task = add_task(kind)
    onnx_latency.main(["--tasks", task.name, "--runs", "1"])
    lines = capsys.readouterr().out.splitlines()
    table = [[cell.strip() for cell in row.split("|")[1:-1]] for row in lines if row[:1] == "|"]
    assert table[0] == list(onnx_latency.COLUMNS)
    method = "`predict_proba`" if kind == "binary" else "`predict`"
    assert [row[:2] for row in table[2:]] == 2 * [[task.name, method]] + 2 * [
        [task.name, "`transform`"]
    ]
    assert [row[3] for row in table[2:]] == ["1", "1,000"] * 2
    assert all(float(row[2]) > 0 and float(row[4]) > 0 for row in table[2:])
