"""Combinations of versions are pinned, compared and reported; nothing is installed here."""

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.environments import NotInstalledError
from benchmarks.reliability import values, versions
from benchmarks.reliability.versions import COMBINATIONS, is_good, pin, pins_of

CLONE = Path(__file__).parents[2]


@pytest.mark.parametrize("name", COMBINATIONS)
def test_a_combination_pins_every_package_once(name):
    assert set(pins_of(name)) == set(values.PACKAGES)
    assert all(re.fullmatch(r"\d+(\.\d+)+", version) for version in pins_of(name).values())


def test_pins_are_those_of_the_constraints_with_changes():
    newest = (CLONE / "constraints.txt").read_text(encoding="utf-8").splitlines()
    oldest = (CLONE / "constraints-oldest.txt").read_text(encoding="utf-8").splitlines()
    assert {f"{k}=={v}" for k, v in pins_of("newest").items()} <= set(newest)
    assert {f"{k}=={v}" for k, v in pins_of("oldest").items()} <= set(oldest)
    assert pins_of("scikit-learn 1.8") == pins_of("newest") | {"scikit-learn": "1.8.0"}
    assert pins_of("oldest", [("numpy", "1.26.4")])["numpy"] == "1.26.4"


@pytest.mark.parametrize("text", ["numpy", "numpy==", "nympu==1.0"])
def test_what_is_no_pin_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="NAME==VERSION of numpy, scipy"):
        pin(text)
    with pytest.raises(SystemExit):
        versions.parse(["--pin", text])


def test_differences_are_in_units_of_the_standard_deviation():
    expected = {"a": [0.0, 2.0], "b": [0.0, 20.0]}
    assert values.largest_difference({"a": [0.0, 2.5]}, expected) == 0.5
    assert values.largest_difference({"a": [0.0, 2.0], "b": [1.0, 20.0]}, expected) == 0.1
    with pytest.raises(ValueError, match="broadcast"):
        values.largest_difference({"a": [0.0, 1.0, 2.0]}, expected)


def test_a_result_is_good_if_what_was_fitted_and_what_was_loaded_agree():
    assert is_good({"fitted": 0.0, "loaded": 1e-5})
    assert is_good({"fitted": None, "loaded": 0.0})  # without torch
    assert not is_good({"fitted": 0.1, "loaded": 0.0})
    assert not is_good({"fitted": 0.0, "loaded": 0.1})
    assert not is_good({"failed": "why"})


@pytest.fixture
def tried(monkeypatch, tmp_path, capsys):
    """The lines and the table of the command, with stand-ins for pip and for the script."""

    def run(*arguments, answer=None, install=lambda *_: None):
        ours = {"versions": {"python": "3.11"}, "fitted": 0.0, "loaded": 0.0, "seconds": 1.0}
        monkeypatch.setattr(versions, "environment", lambda arguments: "elsewhere")
        monkeypatch.setattr(versions, "install", install)
        monkeypatch.setattr(
            versions,
            "asked",
            lambda python, *_: ours if python == sys.executable else answer or ours,
        )
        path = tmp_path / "results.jsonl"
        versions.main([*arguments, "--results", str(path)])
        return [json.loads(text) for text in path.read_text().splitlines()], capsys.readouterr().out

    return run


def test_each_combination_is_a_line_and_a_row(tried):
    answer = {"versions": {"python": "3.12"}, "fitted": 0.0, "loaded": 2e-4, "seconds": 2.0}
    lines, table = tried("--only", "newest", "oldest", answer=answer)
    assert [found["combination"] for found in lines] == ["newest", "oldest"]
    assert lines[1]["pins"] == pins_of("oldest")
    assert all(found["good"] for found in lines)
    assert "| oldest | 3.12 | 0.0e+00 | 2.0e-04 | good |" in table


def test_failures_are_kept_too(tried):
    lines, table = tried("--only", "newest", answer={"failed": "AssertionError: why"})
    assert not lines[0]["good"]
    assert "| newest | – | – | – | AssertionError: why |" in table

    def install(*_):
        raise NotInstalledError("no such wheel")

    lines, _ = tried("--only", "newest", install=install)
    assert lines[-1]["failed"] == "not installed: no such wheel"


def test_without_torch_it_is_not_installed(tried):
    installed = []
    tried("--only", "newest", "--without-torch", install=lambda *names: installed.extend(names))
    assert not [name for name in installed if name.startswith(("torch", "skorch"))]
    assert "numpy==" + pins_of("newest")["numpy"] in installed


def test_the_list_is_printed(capsys):
    versions.main(["--list"])
    assert "scikit-learn 1.6: numpy " in capsys.readouterr().out


def test_tables_are_alike_and_their_columns_change():
    X, _ = values.made_up()
    tables = values.containers(X)
    assert list(tables) == ["pandas", "polars", "pyarrow"]
    for table in tables.values():
        assert len(table) == len(X)
        found = {
            what: getattr(t, "column_names", None) or t.columns for what, t in values.changed(table)
        }
        names = {what: list(columns) for what, columns in found.items()}
        assert names == {
            "swapped": ["city", "shop", "promotion", "month", "price"],
            "missing": ["shop", "city", "promotion", "month"],
            "added": ["shop", "city", "promotion", "month", "price", "more"],
        }


def test_only_errors_about_features_count_as_refusals():
    def fail(message):
        raise ValueError(message)

    assert values.refused(fail, "Feature names must be in the same order")
    assert not values.refused(fail, "another error")
    assert not values.refused(str, "no error")


def test_groups_become_numbers_and_gaps_zeros():
    assert values.numbers(np.array([["group_0", "group_2"], ["group_2", "group_0"]])).tolist() == [
        *(0, 1, 1, 0)
    ]
    assert values.numbers([1.5, float("nan")]).tolist() == [1.5, 0.0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_threads_that_fail_or_disagree_are_noticed():
    calls = iter(range(10**6))
    values.in_threads(lambda table: [1.0], None)
    with pytest.raises(AssertionError, match="threads disagree"):
        values.in_threads(lambda table: [float(next(calls))], None)

    first = iter([[1.0]])
    with pytest.raises(AssertionError, match="a thread has failed"):
        values.in_threads(lambda table: next(first), None)
