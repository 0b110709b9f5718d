from types import SimpleNamespace

import numpy as np
import pytest
from onnx_sessions import assert_same

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity.onnx.target import labels


@pytest.mark.parametrize("loss", ["squared_error", "huber", "poisson", "gamma", "quantile"])
def test_links_offsets_and_scales(loss, small, sales, revenue):
    quantile = 0.9 if loss == "quantile" else None
    estimator = EntityEmbeddingRegressor(loss=loss, quantile=quantile, **small)
    # Far from zero, so that single precision in the unit of y would show.
    y = revenue if loss in ("poisson", "gamma") else 1e9 + revenue
    out = assert_same(estimator.fit(sales, y), sales, sales)["variable"]
    predicted = estimator.predict(sales)
    assert np.abs(out[:, 0] - predicted).max() < 1e-5 * predicted.std()
    assert out.dtype == np.float64


def test_several_outputs(small, sales, revenue):
    y = np.column_stack([revenue, -1e6 * revenue, 1e-6 * revenue])
    out = assert_same(EntityEmbeddingRegressor(**small).fit(sales, y), sales, sales)
    assert out["variable"].shape == (len(sales), 3)


@pytest.mark.parametrize(
    "classes", [["no", "yes"], ["a", "b", "c"], [0, 1], [3, -7, 10**12], [False, True], [0.0, 2.0]]
)
def test_labels_and_probabilities(classes, small, sales, size):
    y = np.array(classes)[np.searchsorted(["l", "m", "s"], size) % len(classes)]
    out = assert_same(EntityEmbeddingClassifier(**small).fit(sales, y), sales, sales)
    strings = isinstance(classes[0], str)
    assert out["label"].dtype == (object if strings else np.int64)
    assert out["label"].shape == (len(sales),)
    assert out["probabilities"].dtype == np.float32
    np.testing.assert_allclose(out["probabilities"].sum(axis=1), 1, rtol=1e-6)


def test_a_class_that_no_label_holds_is_refused():
    target = SimpleNamespace(classes=np.array(["a", b"b"], dtype=object))
    with pytest.raises(TypeError, match=r"class b'b' is neither a whole number nor a string"):
        labels(target)
    target = SimpleNamespace(classes=np.array([0.5, 1.0]))
    with pytest.raises(TypeError, match=r"class 0.5 is neither"):
        labels(target)
