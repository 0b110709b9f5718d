"""The benchmark of GPUs runs where there is none, and says so."""

import pytest
import torch

from benchmarks import gpu


def test_without_a_gpu_the_cpu_is_measured(capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(gpu, "LEVELS", (10, 200))
    before = torch.get_num_threads()
    try:
        gpu.main(["--rows", "4000", "--batch", "512", "--runs", "1", "--threads", "1"])
    finally:
        torch.set_num_threads(before)
    out = capsys.readouterr().out
    assert "the CPU, 1 threads, 400 rows: " in out
    assert "finds no GPU" in out


def test_the_goal_is_that_of_the_docs():
    assert gpu.parse([]).rows == 10_000_000
    assert gpu.parse([]).batch == 65_536


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_with_a_gpu_the_ratio_is_measured(capsys):
    gpu.main(["--rows", "200000", "--runs", "1"])
    assert "×" in capsys.readouterr().out
