"""A full disk is told by an OSError that names the file, and a stream says the way out."""

import errno
import os
import re

import numpy as np
import pandas as pd
import pytest
import torch

from sk_entity import EntityEmbeddingRegressor, persistence, streaming
from sk_entity._training import checkpoints, spill
from sk_entity.streaming import job

FULL = "/dev/full"

pytestmark = pytest.mark.skipif(not os.path.exists(FULL), reason="the system has no full device")


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"shop": rng.choice(["north", "south"], 60), "day": rng.integers(7, size=60)})
    return X.assign(y=rng.normal(size=60))


@pytest.fixture
def model():
    return EntityEmbeddingRegressor(max_iter=1, random_state=0)


@pytest.fixture
def full_parts(monkeypatch):
    """Rows of streams go to a disk that is full."""
    made = spill.SpillWriter.__init__

    def make(self, folder, *args):
        made(self, folder, *args)
        (folder / "part-0.rows").symlink_to(FULL)

    monkeypatch.setattr(spill.SpillWriter, "__init__", make)


def test_the_rows_of_a_stream(table, model, full_parts, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(OSError, match="part-0.rows.$") as raised:
        streaming.fit(model, table)
    assert raised.value.errno == errno.ENOSPC
    assert "set TMPDIR to a folder with more room, or give one as checkpoint" in str(raised.value)
    assert list(tmp_path.iterdir()) == []
    assert not hasattr(model, "state_")


def test_the_rows_of_a_checkpoint_and_what_goes_on(table, model, full_parts, tmp_path, monkeypatch):
    X = table[["shop", "day"]]
    with pytest.raises(OSError, match="make room and call again.*part-0.rows"):
        streaming.fit(model, table, checkpoint=tmp_path)
    monkeypatch.undo()
    again = streaming.fit(model, table, checkpoint=tmp_path).predict(X)
    whole = streaming.fit(EntityEmbeddingRegressor(max_iter=1, random_state=0), table)
    np.testing.assert_array_equal(again, whole.predict(X))


def test_what_is_no_full_disk_is_not_said_to_be_one(tmp_path):
    with pytest.raises(PermissionError) as raised, job.advised(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "file"))
    assert str(raised.value) == f"[Errno {errno.EACCES}] Permission denied: '{tmp_path / 'file'}'"
    with pytest.raises(OSError, match="elsewhere") as raised, job.advised(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device", "elsewhere")
    assert "TMPDIR" not in str(raised.value)


def test_the_state_of_a_training():
    """torch raises a RuntimeError of its own when it closes what it could not write."""
    state = {"weights": torch.zeros(100_000)}
    with pytest.raises(OSError, match="No space left") as raised, open(FULL, "wb") as file:
        checkpoints._save(state, file)
    assert raised.value.errno == errno.ENOSPC


def test_the_result_of_a_query(table, model, monkeypatch):
    polars = pytest.importorskip("polars")

    def sink_parquet(self, path, **kwargs):
        raise polars.exceptions.ComputeError(f"parquet: {os.strerror(errno.ENOSPC)} (os error 28)")

    monkeypatch.setattr(polars.LazyFrame, "sink_parquet", sink_parquet)
    query = polars.LazyFrame(table.to_dict("list"))
    with pytest.raises(OSError, match=r"set TMPDIR to a folder with more room: .*rows.parquet"):
        streaming.fit(model, query)


@pytest.mark.skipif(not hasattr(os, "sched_yield"), reason="the limit is one of POSIX")
def test_a_file_that_is_too_large(table, model, tmp_path):
    import resource
    import signal

    path = tmp_path / "model.safetensors"
    model.fit(table[["shop"]], table["y"])
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match=re.escape(str(path))) as raised:
            persistence.save(model, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert raised.value.errno == errno.EFBIG
    assert list(tmp_path.iterdir()) == []
