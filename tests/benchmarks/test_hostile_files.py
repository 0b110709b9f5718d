"""Hostile files for the fuzzer: of the format, and different each time."""

import random
import sys
from pathlib import Path

import pytest

from benchmarks.reliability import fuzz_load
from benchmarks.reliability.faults import __main__ as faults
from benchmarks.reliability.hostile.changes import Parts, change, flip
from benchmarks.reliability.hostile.corpus import fewest, merge, reached
from benchmarks.reliability.hostile.loaded import try_file
from benchmarks.store import Store

GOLDEN = Path(__file__).parents[1] / "persistence" / "golden" / "1.0"


@pytest.fixture(scope="module")
def content():
    return (GOLDEN / "EntityEmbeddingEncoder.safetensors").read_bytes()


def test_a_file_is_the_same_after_it_was_taken_apart(content, tmp_path):
    again = Parts(content).content()
    assert Parts.of(again).objects == Parts.of(content).objects
    (tmp_path / "file").write_bytes(again)
    assert try_file(tmp_path / "file") == "used"
    assert Parts.of(b"") is None
    assert Parts.of(content[: len(content) // 2]) is None


def test_changes_are_those_of_a_seed_and_get_beyond_the_checksum(content, tmp_path):
    changed = [change(content, random.Random(seed), [content]) for seed in range(60)]
    assert changed == [change(content, random.Random(seed), [content]) for seed in range(60)]
    assert len(set(changed)) > 50
    assert flip(b"", random.Random(0)) != b""
    reasons = set()
    for one in changed:
        (tmp_path / "file").write_bytes(one)
        reasons.add(try_file(tmp_path / "file"))
    assert {"refused", "used"} <= reasons


def test_what_is_no_refusal_is_a_find(content, tmp_path, monkeypatch):
    def broken(path):
        raise IndexError(path)

    monkeypatch.setattr("benchmarks.reliability.hostile.loaded.load", broken)
    with pytest.raises(IndexError):
        try_file(tmp_path / "file")


def test_without_atheris_the_command_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "atheris", None)
    with pytest.raises(SystemExit, match="pip install atheris"):
        fuzz_load.main([])


def test_few_files_reach_all_that_many_do(content, tmp_path):
    small = (GOLDEN / "EntityEmbeddingClassifier.safetensors").read_bytes()
    source = tmp_path / "corpus"
    source.mkdir()
    for name, one in {"a": content, "again": content, "b": small, "c": b"cut"}.items():
        (source / name).write_bytes(one)
    assert len(reached(source / "a")) > len(reached(source / "c")) > 5
    n_files, _ = merge(source, tmp_path / "merged")
    assert 2 <= n_files == len(list((tmp_path / "merged").iterdir())) <= 3
    assert fewest({"a": (1, {1}), "b": (2, {1, 2}), "c": (9, {1, 2, 3})}) == ["a", "b", "c"]
    assert fewest({"a": (5, {1}), "b": (2, {1, 2})}) == ["b"]


@pytest.mark.slow
def test_faults_are_counted(tmp_path, capsys):
    results = tmp_path / "results.jsonl"
    assert faults.main(["--only", "kill-predict", "--moments", "2", f"--results={results}"]) == 0
    (line,) = Store(results).lines
    assert (line["group"], line["tried"], line["failures"]) == ("kill-predict", 2, [])
    assert "kill-predict: 2 faults" in capsys.readouterr().out
