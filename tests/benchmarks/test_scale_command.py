"""The benchmark of many rows fits in processes of its own and writes its tables."""

import argparse
import json
import re

import numpy as np
import pyarrow.parquet
import pytest

from benchmarks import data
from benchmarks.scale import made_up, page, quality
from benchmarks.scale.__main__ import main
from benchmarks.scale.cost_model import Sizes


def test_rows_are_written_part_by_part_and_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(made_up, "ROWS_PER_FILE", 400)
    n_bytes = made_up.write(tmp_path, 1000)
    files = sorted(tmp_path.glob("*.parquet"))
    assert [pyarrow.parquet.read_metadata(file).num_rows for file in files] == [400, 400, 200]
    assert n_bytes == sum(file.stat().st_size for file in files)
    X, y = made_up.read(tmp_path)
    assert X.shape == (1000, 8)
    assert [str(X[name].dtype) for name in made_up.LEVELS] == ["category"] * 5
    other, _ = made_up.held_out(400)
    assert not np.array_equal(X["first"][:400], other["first"])


def test_a_small_run_measures_both_ways_and_writes_the_tables(tmp_path, capsys):
    results, written = tmp_path / "scale.jsonl", tmp_path / "tables.md"
    command = ["--rows", "3000", "--repeats", "1", "--epochs", "1", "--threads", "1"]
    command += ["--results", str(results), "--write", str(written), "--folder", str(tmp_path)]
    main(command)
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    assert [line["how"] for line in lines] == ["memory", "stream"]
    assert all(line["limited_by"] for line in lines if line["how"] == "stream")
    assert [len(line["passes"]) for line in lines] == [1, 2]
    errors = [line["error"] for line in lines]
    assert errors[1] == pytest.approx(errors[0], rel=0.1)
    text = written.read_text()
    assert text.startswith(page.NOTE)
    assert "| 3,000, stream |" in text
    assert "### Predicted and measured" in text
    main(command)  # a second time everything is stored
    assert results.read_text().count("\n") == 2
    assert not list(tmp_path.glob("tmp*"))
    assert "3,000, memory" in capsys.readouterr().out


def test_errors_on_a_real_table_are_compared_through_parquet(data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "FOLDER", data_dir)
    monkeypatch.setattr(quality, "N_FILES", 2)
    options = argparse.Namespace(
        results=tmp_path / "errors.jsonl",
        tasks=["claims"],
        seeds=2,
        size="small",
        rerun=False,
        settings={"max_iter": 1, "hidden_layer_sizes": (8,)},
    )
    lines = list(quality.measure(options))
    ((task, metric, n, in_memory, stream),) = quality.summary(lines)
    assert (task, metric, n) == ("claims", "deviance", 2000)
    assert stream == pytest.approx(in_memory, rel=0.2)
    assert len(stream) == 2


def test_tables_on_paper_need_no_measurement():
    text = "\n".join(page.page([]))
    assert "| 10,000,000,000 |" in text
    assert "| 1,000,000,000 | 512 GB | 128 GB | 2.15 GB | 32.4 MB |" in text
    assert "Predicted" not in text


def test_numbers_are_for_people():
    assert [page.size(n) for n in (12, 1500, 2.5e9, 4e15)] == ["12 B", "1.5 kB", "2.5 GB", "4 PB"]
    assert [page.duration(s) for s in (50, 600, 9000, 1e6)] == [
        *("50 s", "10 min", "2.5 hours", "11.6 days"),
    ]


def test_the_tables_of_the_docs_hold_what_the_cost_model_says():
    sizes = Sizes((100,), (4,), n_numbers=2)
    rows = dict(list(page.row_costs(sizes))[1:])
    assert rows["bytes on disk, coded"] == 4 * (1 + 2 + 1)
    assert re.fullmatch(r"[\d,]+", rows["floating-point operations in a step"])
