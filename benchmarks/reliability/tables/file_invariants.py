"""This module holds invariants of what leaves the process: files, ONNX, streams."""

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone

from .containers import CONTAINERS, has_arrow
from .judging import answer, assert_finite, assert_same, call, outputs

TARGET, WEIGHT = "the target", "the weight"
FEW_ROWS = 30
METHODS_OF_STREAMS = ("predict", "predict_proba", "transform")


def files(case):
    """What is saved and loaded, or pickled, gives the same bits."""
    from sk_entity.persistence import load, save

    for name, model in case.models.items():
        with tempfile.TemporaryDirectory() as folder:
            path, again = Path(folder, "a"), Path(folder, "b")
            call(save, model, path)
            loaded = call(load, path)
            call(save, loaded, again)
            assert path.read_bytes() == again.read_bytes(), f"{name}: another file"
            yield
        for how, other in (("loaded", loaded), ("pickled", pickle.loads(pickle.dumps(model)))):
            for X, expected in zip(
                (case.table.X, case.table.new), case.expected[name], strict=True
            ):
                assert_same(outputs(other, X), expected, f"{name}, {how}")
                yield
            for attribute in ("embeddings_", "special_embeddings_", "support_"):
                if hasattr(model, attribute):
                    _assert_same_frames(getattr(other, attribute), getattr(model, attribute))
                    yield
            if hasattr(model, "to_frame"):
                _assert_same_frames(other.to_frame(), model.to_frame())
                yield


def _assert_same_frames(found, expected):
    assert found.keys() == expected.keys()
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(found[name], frame, check_exact=True)


def onnx(case):
    """onnxruntime gives what the estimator gives, unknown and missing cells included."""
    from sk_entity.onnx import make_feed, to_onnx

    missing = "<missing>"  # the empty string is a category of many of these tables
    for name, model in case.models.items():
        for X, expected in zip((case.table.X, case.table.new), case.expected[name], strict=True):
            exported, message = answer(to_onnx, model, X, missing_string=missing)
            if message:
                _assert_no_input_holds_it(case, message)
                continue
            found = _run(exported, call(make_feed, exported, X))
            for output, of_method in _pairs_of_outputs(found, expected):
                if output == "label":
                    _assert_same_labels(found, expected)
                else:
                    unit = case.expected[name][0][of_method]
                    assert_near(found[output], expected[of_method], f"{name}: {of_method}", unit)
                yield


def _assert_no_input_holds_it(case, message):
    kinds = case.table.cells.kinds
    unnamed = "" in kinds and "empty string" in message
    if unnamed or message.startswith("The encoder gives no column"):
        return
    known = [n for n, kind in kinds.items() if kind in ("mixed", "decimal", "flag")]
    assert any(repr(name) in message for name in known), message


def _pairs_of_outputs(found, expected):
    if "label" in found:
        return [("label", "predict"), ("probabilities", "predict_proba")]
    return [("variable", "predict" if "predict" in expected else "transform")]


def _run(model, feed):
    import onnx as onnx_library
    from onnxruntime import InferenceSession, SessionOptions

    onnx_library.checker.check_model(model, full_check=True)
    options = SessionOptions()
    options.intra_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    session = InferenceSession(model.SerializeToString(), options, providers=providers)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feed), strict=True))


def _assert_same_labels(found, expected):
    """The same classes, where the most probable one is not so by a rounding error."""
    highest = np.sort(expected["predict_proba"], axis=1)
    clear = highest[:, -1] - highest[:, -2] > 2e-6 if highest.shape[1] > 1 else slice(None)
    labels = expected["predict"]
    if labels.dtype.kind == "b":
        labels = labels.astype(found["label"].dtype)
    np.testing.assert_array_equal(found["label"][clear], labels[clear], err_msg="label")


def assert_near(found, expected, what, of_all=None):
    """Within 1e-5 of the standard deviation of each column, and the digits of float32.

    Parameters
    ----------
    found, expected : ndarray
        Of the same shape, but for columns of which there is one.
    what : str
        For the message.
    of_all : ndarray, default=None
        Outputs for more rows, whose standard deviation and size count; those expected if None.
    """
    expected = np.asarray(expected, dtype=np.float64).reshape(len(expected), -1)
    of_all = expected if of_all is None else np.asarray(of_all, dtype=np.float64)
    of_all = np.nan_to_num(of_all.reshape(len(of_all), -1))
    assert found.shape == expected.shape, what
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), err_msg=what)
    known, found = np.nan_to_num(expected), np.nan_to_num(found)
    largest = np.maximum(np.abs(of_all).max(axis=0), np.abs(known).max(axis=0, initial=0))
    divisor = np.where(largest > 0, largest, 1.0)
    # Of a sum of numbers of about 1 that is near 0, float32 leaves fewer digits than of them.
    allowed = 1e-5 * (of_all / divisor).std(axis=0) + 5e-6
    worst = (np.abs(found / divisor - known / divisor) / allowed).max(initial=0)
    assert worst < 1, f"{what}: differs by {worst:.1f} times what is allowed"


def streams(case):
    """A stream predicts what memory does, and learns the same vocabularies, in any row groups."""
    from sk_entity import streaming

    if not has_arrow(case.table.cells):
        return
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder, "rows.parquet"), Path(folder, "out.parquet")
        for cells, of_rows in ((case.table.cells, 0), (case.table.new_cells, 1)):
            _write(path, cells, int(case.rng.integers(1, len(cells) + 1)))
            for name, model in case.models.items():
                expected = case.expected[name][of_rows]
                for method in METHODS_OF_STREAMS:
                    if method in expected:
                        call(streaming.predict, model, path, out, method=method)
                        _assert_written(out, expected[method])
                        yield
        yield from _fitted_to_streams(case, Path(folder, "fit.parquet"), out)


def _fitted_to_streams(case, path, out):
    from sk_entity import streaming

    table, found = case.table, []
    network = clone(case.network)
    if table.plan.is_classification:
        network.set_params(ordered_target_encoding=False)
    weight = None if table.weight is None else WEIGHT
    target = TARGET if table.y.ndim == 1 else [TARGET, TARGET + " 2"]
    for size in (len(table.cells), 1 + len(table.cells) // 3):
        _write(path, table.cells, size, table)
        model, message = answer(streaming.fit, clone(network), path, target, weight)
        if message:
            _assert_has_few_rows(table, message)
            return
        found.append(outputs(model, table.new))
        assert_finite(found[-1], "stream")
        yield
    assert_same(*found, "row groups")
    yield
    if network.early_stopping is not True:
        memory = call(network.fit, table.X, table.y, sample_weight=table.weight)
        for one, other in zip(model.state_.columns, memory.state_.columns, strict=True):
            for attribute in ("counts", "rows", "n_missing"):
                np.testing.assert_array_equal(
                    getattr(one.vocabulary, attribute), getattr(other.vocabulary, attribute)
                )
            assert list(one.vocabulary.categories) == list(other.vocabulary.categories)
            yield
    if not len(case.encoder.get_feature_names_out()):
        return  # Parquet keeps no rows without columns
    encoder = clone(case.encoder).set_params(estimator=clone(network))
    _, message = answer(streaming.fit_transform, encoder, path, out, target, weight)
    if message:
        _assert_has_few_rows(table, message)
        return
    assert pd.read_parquet(out).shape == (len(table.cells), len(encoder.get_feature_names_out()))
    yield


def _assert_has_few_rows(table, message):
    """Rows to validate on, and folds, are drawn row by row, so that few may be left."""
    assert "of positive weight" in message or "class" in message, message
    assert len(table.cells) < FEW_ROWS, message


def _write(path, cells, size, table=None):
    from pyarrow import parquet

    rows = CONTAINERS["Arrow"](cells)
    if table is not None:
        columns = table.y[:, None] if table.y.ndim == 1 else table.y
        for j, column in enumerate(columns.T):
            rows = rows.append_column(TARGET if j == 0 else f"{TARGET} {j + 1}", [column])
        if table.weight is not None:
            rows = rows.append_column(WEIGHT, [np.asarray(table.weight, dtype=np.float64)])
    parquet.write_table(rows, path, row_group_size=size)


def _assert_written(path, expected):
    from pyarrow import parquet

    if expected.ndim == 2 and not expected.shape[1]:
        return  # Parquet keeps no rows without columns

    columns = parquet.read_table(path).columns
    expected = expected[:, None] if expected.ndim == 1 else expected
    assert len(columns) == expected.shape[1]
    for column, values in zip(columns, expected.T, strict=True):
        np.testing.assert_array_equal(column.to_numpy(), values)
