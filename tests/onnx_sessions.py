"""A model of ONNX is checked, run in onnxruntime, and compared with the estimator it is of."""

import numpy as np
import onnx
from onnxruntime import InferenceSession, SessionOptions

from sk_entity.onnx import make_feed, to_onnx


def session_of(model):
    """A session on one thread, of a model that passes ONNX's own check."""
    onnx.checker.check_model(model, full_check=True)
    options = SessionOptions()
    options.intra_op_num_threads = 1
    return InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(model, X):
    """Outputs for the rows of a table, by name."""
    session = session_of(model)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, make_feed(model, X)), strict=True))


def assert_same(estimator, sample, X, **options):
    """Compare a model with the estimator, relative to the scale of each output."""
    out = run(to_onnx(estimator, sample, **options), X)
    if hasattr(estimator, "predict_proba"):
        np.testing.assert_array_equal(out["label"], estimator.predict(X))
        assert_near(out["probabilities"], estimator.predict_proba(X))
        return out
    of_numbers = hasattr(estimator, "predict")
    assert_near(out["variable"], estimator.predict(X) if of_numbers else estimator.transform(X))
    return out


def assert_near(found, expected):
    """Within 1e-5 of the scale of each column."""
    expected = np.asarray(expected, dtype=np.float64).reshape(len(expected), -1)
    assert found.shape == expected.shape
    scale = np.nan_to_num(np.nanstd(expected, axis=0)) if len(expected) else 1.0
    difference = np.abs(found - expected)
    assert not (np.isnan(found) != np.isnan(expected)).any()
    # An output that hardly varies is compared relative to its size.
    scale = np.maximum(scale, 1e-3 * np.nanmax(np.abs(expected), axis=0, initial=1e-3))
    assert np.nanmax(difference / scale, initial=0) < 1e-5
