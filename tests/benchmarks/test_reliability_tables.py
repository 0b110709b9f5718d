"""`python -m benchmarks.reliability.tables` on few tables."""

import json

import numpy as np
import pytest

from benchmarks.reliability.tables import __main__ as tables
from benchmarks.reliability.tables import file_invariants, invariants
from benchmarks.reliability.tables.cells import KINDS
from benchmarks.reliability.tables.judging import documented_warnings, refusal
from benchmarks.reliability.tables.random_tables import make_table, plan_of_seed

LEARNABLE = 4


def test_counts_are_printed_and_stored(output_of, tmp_path):
    path = tmp_path / "tables.jsonl"
    command = f"--seconds 0 --seed {LEARNABLE} --only same_rows files --results {path}"
    text = output_of(tables.main, command)
    (stored,) = [json.loads(row) for row in path.read_text().splitlines()]
    assert (stored["n_tables"], stored["n_refused"], stored["failures"]) == (1, 0, [])
    assert list(stored["comparisons"]) == ["fit", "same_rows", "files"]
    assert f"| same_rows | {stored['comparisons']['same_rows']} | 0 |" in text
    assert {"date", "commit", "version", "seconds", "first_seed"} <= stored.keys()


def test_a_failure_is_told_with_the_seed_that_shows_it_again(capsys, monkeypatch, one_thread):
    def wrong(case):
        yield
        raise AssertionError(f"{len(case.table.y)} rows are too many")

    monkeypatch.setitem(invariants.INVARIANTS, "files", wrong)
    assert tables.main(["--replay", str(LEARNABLE), "--only", "files", "handled_unknown"]) == 1
    text = capsys.readouterr().out
    assert f"seed {LEARNABLE}, files: 300 rows are too many" in text
    assert "| files | 0 | 1 |" in text
    assert "| handled_unknown | 4 | 0 |" in text


def test_a_seed_is_one_table():
    one, other = (make_table(plan_of_seed(LEARNABLE)) for _ in range(2))
    assert one.X.equals(other.X)
    assert one.new.equals(other.new)
    assert not one.X.equals(make_table(plan_of_seed(LEARNABLE + 1)).X)


def test_every_kind_of_column_is_drawn():
    plans = [plan_of_seed(seed) for seed in range(60)]
    assert {column.kind for plan in plans for column in plan.columns} == set(KINDS)


def leak():
    np.log(np.zeros(1))


def encode():
    "\ud800".encode()


@pytest.mark.parametrize(("function", "message"), [(encode, "UnicodeEncodeError"), (dict, "not")])
def test_an_error_of_another_kind_and_none_at_all_are_failures(function, message):
    with pytest.raises(AssertionError, match=message):
        refusal(function)


def test_a_stray_warning_is_a_failure():
    with pytest.raises(AssertionError, match="RuntimeWarning"), documented_warnings():
        leak()


def test_outputs_that_differ_beyond_float32_are_told():
    expected = np.random.default_rng(0).normal(size=(50, 2))
    file_invariants.assert_near(expected + 1e-6, expected, "near")
    with pytest.raises(AssertionError, match="far: differs by"):
        file_invariants.assert_near(expected + [0, 1e-4], expected, "far")
