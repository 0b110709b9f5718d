"""What lives in an environment of its own is asked and answers; here a stand-in for pytabkit."""

import sys

import pytest

from benchmarks import environments
from benchmarks.accuracy import models_apart
from benchmarks.accuracy.__main__ import main as accuracy
from benchmarks.speed import __main__ as speed
from benchmarks.speed import peers
from benchmarks.store import Store

pytestmark = pytest.mark.slow

PYTABKIT = """
import numpy as np
from pytorch_lightning.loops.fit_loop import _FitLoop

class RealMLP_TD_Regressor:
    def __init__(self, n_epochs=1, **settings):
        self.n_epochs = n_epochs

    def fit(self, X, y):
        assert not X.select_dtypes("number").isna().to_numpy().any()
        print("something that is no answer")
        for _ in range(self.n_epochs):
            _FitLoop().advance()
        self.mean = float(np.mean(y))
        return self

    def predict(self, X):
        return np.full(len(X), self.mean)

class RealMLP_TD_Classifier(RealMLP_TD_Regressor):
    def predict_proba(self, X):
        return np.column_stack([1 - self.predict(X), self.predict(X)])

TabM_D_Regressor, TabM_D_Classifier = RealMLP_TD_Regressor, RealMLP_TD_Classifier
"""
LIGHTNING = """
class _FitLoop:
    def advance(self):
        sum(range(1000))
"""


@pytest.fixture
def pytabkit(tmp_path, monkeypatch):
    """Found by the processes that this one starts, in place of its environment."""
    files = {
        "pytabkit.py": PYTABKIT,
        "pytabkit-1.0.dist-info/METADATA": "Name: pytabkit\nVersion: 1.0\n",
        "pytorch_lightning/loops/fit_loop.py": LIGHTNING,
    }
    for name, text in files.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    for module in (models_apart, peers):
        monkeypatch.setattr(module, "python_of", lambda name: sys.executable)


@pytest.mark.parametrize("kind", ["regression", "binary"])
def test_a_model_of_another_environment_is_fitted_there(
    kind, pytabkit, add_task, output_of, tmp_path
):
    add_task(kind)
    results = tmp_path / "results.jsonl"
    once = f"--tasks made-up --sizes small --seeds 1 --threads 1 --results {results}"
    text = output_of(accuracy, f"{once} --models realmlp tabm")
    assert "| task, error | RealMLP-TD | TabM-D |" in text
    versions = {line["version"].split(",")[0] for line in Store(results).lines}
    assert versions == {"pytabkit 1.0"}


def test_it_is_not_asked_for_what_it_cannot_do(pytabkit, add_task, tmp_path, capsys, one_thread):
    add_task("rate")
    once = f"--tasks made-up --sizes small --seeds 1 --threads 1 --results {tmp_path / 'r.jsonl'}"
    assert accuracy(f"{once} --models realmlp".split()) == 0
    assert "not measured: RealMLP-TD takes no weights" in capsys.readouterr().err


def test_it_takes_turns_with_the_library(pytabkit, output_of, monkeypatch):
    for name in speed.THREAD_VARIABLES:
        monkeypatch.setenv(name, "1")
    text = output_of(speed.main, "--quick --threads 1 --only realmlp")
    for batch in (256, 1024):
        line = f"| epoch, default network, 2,000 rows, batch {batch} | pytabkit 1.0 | ≥ 4 | "
        assert line in text


def test_an_environment_that_cannot_be_made_says_why(tmp_path, monkeypatch):
    (tmp_path / "absent.txt").write_text("./no-such-package\n")
    monkeypatch.setattr(environments, "SCRIPTS", tmp_path)
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path / "environments")
    with pytest.raises(environments.NotInstalledError, match="no-such-package"):
        environments.python_of("absent")
