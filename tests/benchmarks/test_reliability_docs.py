"""The page on reliability shows what is stored, and counts it right."""

import re
from pathlib import Path

from benchmarks.reliability import __main__ as reliability

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reliability.md").read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_stored_results(tmp_path, capsys):
    path = tmp_path / "tables.md"
    reliability.main(["--write", str(path)])
    stored = (DOCS / "reliability_tables.md").read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8") == stored == capsys.readouterr().out


def test_the_numbers_of_the_page_are_those_of_the_tables():
    runs = reliability.lines_of("tables")
    n_tables = sum(run["n_tables"] for run in runs)
    n_compared = sum(sum(run["comparisons"].values()) for run in runs)
    assert f"| {n_tables} tables, {n_compared:,} comparisons |" in PAGE
    faults = {run["group"]: run["tried"] for run in reliability.lines_of("faults")}
    n_files = sum(run["executions"] for run in reliability.lines_of("fuzz"))
    assert f"| [faults](#faults) | {sum(faults.values())} |" in PAGE
    assert f"| [hostile files](#hostile-files) | {n_files:,} in an hour |" in PAGE
    n_environments = len(reliability.lines_of("versions"))
    assert f"| [versions](#versions) | {n_environments} environments |" in PAGE


def test_what_failed_is_told_and_counted():
    failure = {"seed": 7, "invariant": "files", "error": "differs"}
    run = {"comparisons": {"files": 3}, "failures": [failure], "n_tables": 2, "n_refused": 1}
    text = "\n".join(reliability.of_tables([run | {"seconds": 5}]))
    assert "2 tables in 5 seconds, of which 1 have" in text
    assert "| files | 3 | 1 |" in text
    assert "- seed 7, files: differs" in text
    bad = {"group": "kill", "tried": 2, "seconds": 1, "outcomes": {"fit, kill: hangs": 2}}
    bad["failures"] = [{"work": "fit", "fault": "kill", "outcome": "hangs"}]
    text = "\n".join(reliability.of_faults([bad]))
    assert "| kill | 2 | 1 | 1 | hangs 2 |" in text
    text = "\n".join(reliability.of_faults([bad, bad | {"failures": []}]))
    assert "| kill | 2 | 0 | 1 | hangs 2 |" in text
    assert "- fit, kill: hangs" in text


def test_the_parts_of_other_peoples_tests_add_up():
    rows = re.findall(r"^\| .+ \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.M)
    asked, hold, differ = (sum(map(int, column)) for column in zip(*rows, strict=True))
    assert asked == hold + differ
    assert f"| {asked} properties |" in PAGE
