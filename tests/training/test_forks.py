"""Processes that are forked off one that has trained."""

import os
import subprocess
import sys

import pytest
import torch

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._training import forks

# A child trains after its parent has, and says what came of it.
SCRIPT = """
import os, sys
import numpy as np, pandas as pd, torch
from sk_entity import EntityEmbeddingRegressor
in_parent, in_child = map(int, sys.argv[1:])
torch.set_num_threads(in_parent)
X = pd.DataFrame({"a": list("abcd") * 500, "x": np.arange(2000.0)})
y = np.arange(2000.0) % 7
model = EntityEmbeddingRegressor(max_iter=1, random_state=0, device="cpu").fit(X, y)
expected = model.predict(X)
sys.stdout.flush()
child = os.fork()
if child == 0:
    assert (model.predict(X) == expected).all()
    torch.set_num_threads(in_child)
    try:
        model.fit(X, y)
        print("fitted", flush=True)
    except RuntimeError as error:
        print(error, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="There are no forks.")
@pytest.mark.parametrize(
    ("in_parent", "in_child", "said"),
    [(2, 2, "This process was forked off one in which torch"), (2, 1, "fitted")],
)
def test_a_child_predicts_and_trains_or_says_why_not(in_parent, in_child, said):
    if said != "fitted" and not forks._threads_are_lost():
        pytest.skip("These threads survive a fork.")
    command = [sys.executable, "-c", SCRIPT, str(in_parent), str(in_child)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert ran.stdout.startswith(said)


@pytest.fixture
def forked(monkeypatch):
    """As if this process was forked off one that has trained with two threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(forks, "_threads_are_lost", lambda: True)
    monkeypatch.setattr(forks, "_process_with_threads", os.getpid() + 1)
    yield
    torch.set_num_threads(before)


def test_training_is_refused_before_it_hangs(forked, regressor, sales, revenue, monkeypatch):
    monkeypatch.setattr("sk_entity._estimators.start.FreshStart.code_table", None)
    for estimator in (regressor, EntityEmbeddingEncoder(regressor)):
        with pytest.raises(RuntimeError, match="or 'forkserver'.*set_num_threads"):
            estimator.fit(sales, revenue)


def test_one_thread_trains_all_the_same(forked, slopes, small):
    torch.set_num_threads(1)
    EntityEmbeddingRegressor(**small | {"max_iter": 1}).fit(*slopes)


def test_the_process_that_has_trained_goes_on(forked, monkeypatch):
    monkeypatch.setattr(forks, "_process_with_threads", None)
    for _ in range(2):
        forks.refuse_threads_of_parent()
    assert forks._process_with_threads == os.getpid()
    monkeypatch.setattr(forks, "_process_with_threads", os.getpid() + 1)
    monkeypatch.setattr(forks, "_threads_are_lost", lambda: False)
    forks.refuse_threads_of_parent()
