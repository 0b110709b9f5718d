"""`python -m benchmarks.trials.onnx_bins`, which compares what both ways find before it times."""

import pytest

from benchmarks.trials import onnx_bins


@pytest.mark.slow
def test_both_ways_are_timed(monkeypatch, capsys):
    monkeypatch.setattr(onnx_bins, "CALLS", 1)
    monkeypatch.setattr(onnx_bins, "RUNS", 1)
    onnx_bins.main()
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows[2:]] == ["1", "100", "1,000", "10,000"]
    assert all(float(cell) >= 0 for row in rows[2:] for cell in row[1:])
