"""`python -m benchmarks.speed --quick`: does each row of the table run?"""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.speed import __main__ as speed
from benchmarks.speed import growth, prediction, usage

CLONE = Path(__file__).parents[2]
NEEDS = {"predict": "lightgbm", "transform": "category_encoders"}
FROM_LINUX = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="Linux says how much memory is in use"
)


@pytest.fixture
def quick(output_of, monkeypatch):
    """The lines of the table that the command prints for one row."""
    for name in speed.THREAD_VARIABLES:
        monkeypatch.setenv(name, "1")

    def run(row):
        text = output_of(speed.main, f"--quick --threads 1 --only {row}")
        assert "1 threads used" in text
        table = [line for line in text.splitlines() if line.startswith("|")]
        assert table[:2] == ["| work | against | goal | measured | met |", "|---|---|---|---|---|"]
        return table[2:]

    return run


# category_encoders asks for an option of pandas that does nothing any more.
@pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "n_lines"),
    [
        ("loop", 4),
        ("skorch", 4),
        ("coding", 8),
        ("transform", 8),
        ("predict", 2),
        ("one", 3),
        ("import", 1),
        ("limit", 4),
    ],
)
def test_a_row_is_measured(row, n_lines, quick, monkeypatch):
    monkeypatch.setattr(prediction, "CALLS", 5)
    if row in NEEDS:
        pytest.importorskip(NEEDS[row])
    lines = quick(row)
    assert len(lines) == n_lines
    assert all("×" in line or " ms " in line or " % " in line or "polars" in line for line in lines)


@FROM_LINUX
@pytest.mark.slow
@pytest.mark.parametrize("row", ["cardinality", "rows"])
def test_growth_is_measured(row, quick, monkeypatch):
    # In this process, which spares the start of a dozen others.
    monkeypatch.setattr(growth, "_usage", lambda *work: usage.WORKS[work[:2]](*work[2:]))
    assert len(quick(row)) == 2


@FROM_LINUX
@pytest.mark.slow
def test_usage_is_measured_in_a_process_of_its_own(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert growth._usage("memory", "rows", 500)["peak"] > 0


def test_a_row_for_which_there_is_no_machine_says_so(quick, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert quick("gpu") == [
        "| epoch on the GPU, batch 65,536 | CPU; bare loop on the GPU | – | no GPU | – |"
    ]


def test_a_row_that_breaks_does_not_end_the_others(monkeypatch, capsys):
    for name in speed.THREAD_VARIABLES:
        monkeypatch.setenv(name, "1")
    monkeypatch.setitem(speed.ROWS, "loop", ("training", "no_such_function"))
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert speed.main(["--quick", "--only", "loop", "gpu"]) == 1
    text = capsys.readouterr().out
    assert "| loop | – | – | failed: AttributeError | – |" in text
    assert "| no GPU |" in text


@pytest.mark.parametrize("row", speed.ROWS)
def test_every_row_has_its_function(row):
    module, function = speed.ROWS[row]
    assert f"\ndef {function}(options):" in (CLONE / f"benchmarks/speed/{module}.py").read_text()


def test_rows_in_environments_of_their_own_wait_to_be_named():
    assert not set(speed.parse(["--quick"]).only) & set(speed.IN_ENVIRONMENTS)
    assert set(speed.parse([]).only) == set(speed.ROWS)


def test_the_number_of_threads_is_set_before_numpy_is_imported():
    code = "import sys, benchmarks.speed.__main__; print('numpy' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=CLONE, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"
