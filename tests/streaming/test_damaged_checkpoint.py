"""A checkpoint that is damaged or hostile is refused with the way out, and runs nothing."""

import json
import pickle
import shutil

import pandas as pd
import pytest
import torch

from sk_entity import EntityEmbeddingRegressor, streaming
from sk_entity._training.checkpoints import Checkpoints

# torch warns of pickles that are none of its own.
pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol:UserWarning")

STATE, JOB, MANIFEST = "training-000.pt", "fit.json", "training/rows.json"


class StoppedError(Exception):
    """In place of an end by force."""


class Hostile:
    """What runs code when it is unpickled by a careless reader."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return (open, (str(self.folder / "executed"), "w"))


@pytest.fixture(scope="module")
def table():
    return pd.DataFrame({"shop": ["north", "south", "east"] * 20, "y": range(60)})


def fit(table, folder):
    model = EntityEmbeddingRegressor(max_iter=3, random_state=0, embedding_dim=1)
    return streaming.fit(model, table, checkpoint=folder)


@pytest.fixture(scope="module")
def stopped(table, tmp_path_factory):
    """The folder of a fit that ended after an epoch."""
    folder = tmp_path_factory.mktemp("stopped")

    def stop(self, net, epoch, step):
        self._write(net, epoch, step)
        raise StoppedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "_keep", stop)
        with pytest.raises(StoppedError):
            fit(table, folder)
    return folder


@pytest.fixture
def kept(stopped, tmp_path):
    shutil.copytree(stopped, tmp_path / "kept")
    return tmp_path / "kept"


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def test_what_is_whole_goes_on(table, kept):
    assert fit(table, kept).n_iter_ == 3


@pytest.mark.parametrize("zipped", [True, False])
def test_no_code_in_the_state_of_a_training_is_run(zipped, table, kept):
    hostile = {"module": Hostile(kept)}
    torch.save(hostile, kept / STATE, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ValueError, match=f"{STATE}' is damaged, or no checkpoint of this training"):
        fit(table, kept)
    (kept / STATE).write_bytes(pickle.dumps(hostile))
    with pytest.raises(ValueError, match="Empty the folder to begin anew") as raised:
        fit(table, kept)
    # As torch says in its own error.
    assert "weights_only" not in str(raised.value)
    assert not (kept / "executed").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.clear(),
        lambda state: state["module"].clear(),
        lambda state: state["module"].update({next(iter(state["module"])): torch.zeros(7)}),
        lambda state: state.update(clock={"is_over": True}),
        lambda state: state.update(keep_best={"is_over": True}),
    ],
)
def test_the_state_of_another_training(change, table, kept):
    state = torch.load(kept / STATE, weights_only=True)
    change(state)
    torch.save(state, kept / STATE)
    with pytest.raises(ValueError, match=f"{STATE}' is damaged"):
        fit(table, kept)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04"])
def test_a_state_that_is_cut_short(content, table, kept):
    write(kept / STATE, content)
    with pytest.raises(ValueError, match=f"{STATE}' is damaged"):
        fit(table, kept)


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff",
        {},
        [],
        {"description": {}, "seeds": [1]},
        {"description": 1, "seeds": [0] * 3},
    ],
)
def test_a_description_that_is_damaged(content, table, kept):
    write(kept / JOB, content)
    with pytest.raises(ValueError, match=f"{JOB}' is damaged. Empty the folder"):
        fit(table, kept)


@pytest.mark.parametrize("content", [b"{", {}, {"layout": {}, "n_rows": [[1]]}])
def test_rows_that_are_damaged(content, table, kept):
    write(kept / MANIFEST, content)
    with pytest.raises(OSError, match="rows.json' was changed. Empty the folder, and fit anew"):
        fit(table, kept)
