"""Whatever the table, onnxruntime gives what the estimator gives."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_sessions import run

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.onnx import to_onnx

N_LEARNED, N_NEW = 24, 12
SETTINGS = {"embedding_dim": 2, "hidden_layer_sizes": (4,), "max_iter": 1, "device": "cpu"}

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
CELLS = {
    "text": (st.none() | texts, object),
    "whole": (st.integers(-(2**63), 2**63 - 1), np.int64),
    "real": (st.just(np.nan) | finite, np.float64),
    "narrow": (st.just(np.nan) | st.floats(width=32, allow_infinity=False), np.float32),
    "flag": (st.booleans(), bool),
    "number": (st.just(np.nan) | st.floats(-1e15, 1e15), np.float64),
    "count": (st.integers(0, 255), np.uint8),
    "tags": (st.none() | st.lists(texts, max_size=3), object),
    "sizes": (st.none() | st.lists(st.integers(-100, 100), max_size=3), object),
}
LISTS = {"tags": ["a", "b", "a"], "sizes": [1, 2, 1]}


@st.composite
def tables(draw):
    """A table to learn from, and one of known and new values."""
    learned, new = {}, {}
    for name, (cells, dtype) in CELLS.items():
        # Few values, so that they repeat.
        known = draw(st.lists(cells, min_size=2, max_size=5))
        rows = st.lists(st.sampled_from(known), min_size=N_LEARNED, max_size=N_LEARNED)
        mixed = st.lists(st.sampled_from(known) | cells, min_size=N_NEW, max_size=N_NEW)
        learned[name] = pd.Series(draw(rows), dtype=dtype)
        new[name] = pd.Series(draw(mixed), dtype=dtype)
    for name, cell in LISTS.items():  # without any member it would be a column of no kind
        learned[name].iat[0] = new[name].iat[0] = cell
    return pd.DataFrame(learned), pd.DataFrame(new)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, derandomize=True)
@given(tables(), st.integers(0, 2))
def test_onnxruntime_gives_the_same(pair, seed):
    learned, new = pair
    y = np.random.default_rng(seed).normal(size=N_LEARNED)
    kinds = ["from_dtype", "whole", "real", "narrow"]
    options = SETTINGS | {"random_state": seed, "categorical_features": kinds}
    options["min_frequency"] = 1 + seed
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Column .* has no value", UserWarning)
        regressor = EntityEmbeddingRegressor(**options).fit(learned, y)
        classifier = EntityEmbeddingClassifier(**options).fit(learned, np.digitize(y, [-0.5, 0.5]))
        encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**options), cv=None)
        encoder.fit(learned, y)
    for X in (learned, new):
        found = run(to_onnx(regressor, learned), X)["variable"][:, 0]
        np.testing.assert_allclose(found, regressor.predict(X), rtol=0, atol=1e-5 * y.std())
        out = run(to_onnx(classifier, learned), X)
        expected = classifier.predict_proba(X)
        np.testing.assert_allclose(out["probabilities"], expected, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(out["label"], expected.argmax(axis=1))
        found = run(to_onnx(encoder, learned), X)["variable"]
        transformed = encoder.transform(X)
        names = encoder.get_feature_names_out()
        single = np.array([not name.startswith(tuple(LISTS)) for name in names])
        np.testing.assert_array_equal(found[:, single], transformed[:, single])
        # A mean is rounded in another order.
        np.testing.assert_allclose(found, transformed, rtol=1e-6, atol=1e-6)
