"""This module holds works on a disk or in a memory that is too small for them.

They are done in a folder with `disk`, a small disk of its own, or with `megabytes`,
a file that says how much more memory a process may take than it takes already.
"""

import contextlib
import copy
import json
import resource
import tempfile
from pathlib import Path

import numpy as np

from sk_entity import persistence, streaming
from sk_entity.inspection import export_projector, to_html

from ...speed.library import constants
from .works import SMALL_PARTS, encoder_of, made_up, model_of

FEATURES = ["shop", "day", "x"]
# Of the table that is predicted at once; a fourth of it is learned from.
N_LARGE = 200_000

BLOCK = 2**18


def save(folder):
    """A file that is too large over one that is there."""
    persistence.save(
        persistence.load(folder / "large.safetensors"), folder / "disk" / "target.safetensors"
    )


def spill(folder):
    """The rows of a stream, in the folder for temporary files."""
    tempfile.tempdir = str(folder / "disk")
    with constants(SMALL_PARTS):
        streaming.fit(model_of(max_iter=1), folder / "part-*.parquet")


def checkpoint(folder):
    """The rows of a stream and the state of its training, in a folder for the checkpoint."""
    model, rows = model_of(max_iter=2), made_up(500)[FEATURES]
    with constants(SMALL_PARTS):
        streaming.fit(model, folder / "part-*.parquet", checkpoint=folder / "disk" / "kept")
    return model.predict(rows)


def query(folder):
    """The result of a query, which is computed into the folder for temporary files."""
    import polars

    tempfile.tempdir = str(folder / "disk")
    rows = polars.scan_parquet(folder / "part-0.parquet").filter(polars.col("x") < 9)
    streaming.fit(model_of(max_iter=1), rows)


def predict(folder):
    """Predictions for the rows of files."""
    model = persistence.load(folder / "model.safetensors")
    streaming.predict(
        model, folder / "part-*.parquet", folder / "disk" / "target.parquet", keep=["y", "x"]
    )


def fit_transform(folder):
    """Vectors for the rows of files."""
    with constants(SMALL_PARTS):
        streaming.fit_transform(
            encoder_of(), folder / "part-*.parquet", folder / "disk" / "target.parquet"
        )


def page(folder):
    """A page to look at vectors."""
    encoder = persistence.load(folder / "encoder.safetensors")
    to_html(encoder, folder / "disk" / "target.html")


def projector(folder):
    """Files for TensorBoard's projector."""
    encoder = persistence.load(folder / "encoder.safetensors")
    export_projector(encoder, "shop", folder / "disk")


DISK_WORKS = (save, spill, checkpoint, query, predict, fit_transform, page, projector)


def little_fit(folder):
    """A fit of an estimator that is fitted already."""
    model, X, y = _fitted(N_LARGE // 4)
    return _with_little_memory(folder, model, X, lambda: model.fit(X, y))


def little_partial_fit(folder):
    """Further rows."""
    model, X, y = _fitted(N_LARGE // 4)
    return _with_little_memory(folder, model, X, lambda: model.partial_fit(X, y))


def little_predict(folder):
    """Predictions for many rows."""
    model, X, _ = _fitted(N_LARGE)
    return _with_little_memory(folder, model, X, lambda: model.predict(X))


def little_transform(folder):
    """Vectors of many rows."""
    table = made_up(N_LARGE)
    X, y = table[["shop", "day"]], table["y"]
    encoder = encoder_of().fit(X[:1000], y[:1000])
    return _with_little_memory(folder, encoder, X, lambda: encoder.transform(X))


def little_load(folder):
    """A file of many categories."""
    model, X, _ = _fitted(2000)
    work = lambda: persistence.load(folder / "large.safetensors")  # noqa: E731
    return _with_little_memory(folder, model, X, work)


def little_save(folder):
    """A file of many categories over one that is there."""
    large = persistence.load(folder / "large.safetensors")
    model, X, _ = _fitted(2000)
    persistence.save(model, folder / "target.safetensors")
    work = lambda: persistence.save(large, folder / "target.safetensors")  # noqa: E731
    found = _with_little_memory(folder, model, X, work)
    persistence.load(folder / "target.safetensors")
    return found


def little_stream(folder):
    """A fit to files."""
    model, X, _ = _fitted(2000)
    work = lambda: streaming.fit(model, folder / "part-*.parquet")  # noqa: E731
    return _with_little_memory(folder, model, X, work)


def little_stream_predict(folder):
    """Predictions for the rows of files."""
    model, X, _ = _fitted(2000)
    target = folder / "target.parquet"
    work = lambda: streaming.predict(model, folder / "part-*.parquet", target)  # noqa: E731
    return _with_little_memory(folder, model, X, work)


MEMORY_WORKS = (
    little_fit,
    little_partial_fit,
    little_predict,
    little_transform,
    little_load,
    little_save,
    little_stream,
    little_stream_predict,
)


def _fitted(n_rows):
    table = made_up(n_rows)
    X, y = table[FEATURES], table["y"]
    model = model_of(max_iter=1, batch_size=2048).fit(X[:1000], y[:1000])
    return model, X, y


def _with_little_memory(folder, estimator, X, work):
    """Do a work with little memory, and say whether what was fitted before is damaged by it."""
    rows, output = X[:500], getattr(estimator, "transform", getattr(estimator, "predict", None))
    expected, state = np.asarray(output(rows)), estimator.state_
    before = copy.deepcopy(state)
    said = {"error": "", "said": ""}
    try:
        with _limit(int((folder / "megabytes").read_text())):
            work()
    except Exception as error:
        said = {"error": type(error).__name__, "said": str(error)[:500]}
        said["kinds"] = [kind.__name__ for kind in type(error).__mro__]
        same = estimator.state_ is state and np.array_equal(np.asarray(output(rows)), expected)
        estimator.state_ = before
        said["damaged"] = not (same and np.array_equal(np.asarray(output(rows)), expected))
    (folder / "said").write_text(json.dumps(said))


@contextlib.contextmanager
def _limit(megabytes):
    """Leave so much memory free, of what the process holds already and of what it may get."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + (megabytes + 1) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    ballast = []
    with contextlib.suppress(MemoryError):
        while True:
            ballast.append(bytearray(BLOCK))
    del ballast[-(megabytes * 2**20 // BLOCK) :]
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        ballast.clear()
