"""A file of every version of the format is read as it was when it was written."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from sk_entity.persistence import artefact, load

FOLDERS = sorted(path for path in (Path(__file__).parent / "golden").iterdir() if path.is_dir())
FILES = [file for folder in FOLDERS for file in sorted(folder.glob("*.safetensors"))]


def content(folder):
    return json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def table(folder):
    def cell(value):
        return bytes.fromhex(value["bytes"]) if isinstance(value, dict) else value

    stored = content(folder)
    rows = [[cell(value) for value in row] for row in stored["rows"]]
    columns = zip(*rows, strict=True)
    X = {n: pd.Series(c, dtype=object) for n, c in zip(stored["columns"], columns, strict=True)}
    return pd.DataFrame(X).astype({"flag": bool, "store": int, "price": float})


def test_there_are_three_of_the_newest_version_and_small():
    names = {"EntityEmbeddingClassifier", "EntityEmbeddingEncoder", "EntityEmbeddingRegressor"}
    assert f"{artefact.MAJOR}.{artefact.MINOR}" in {folder.name for folder in FOLDERS}
    for folder in FOLDERS:
        assert {file.stem for file in FILES if file.parent == folder} == names
    assert all(file.stat().st_size < 20_000 for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_file_of_an_old_version(file):
    estimator = load(file)
    expected = content(file.parent)["expected"][file.stem]
    assert type(estimator).__name__ == file.stem
    assert estimator.feature_names_in_.tolist() == expected["columns"]
    X = table(file.parent)[expected["columns"]]
    output = getattr(estimator, expected["method"])(X)
    # Another processor may add in another order.
    wanted = np.array(expected["output"], dtype=float).reshape(output.shape)
    assert_allclose(output, wanted, rtol=1e-5, atol=1e-6)
    assert len(np.unique(wanted)) > 5


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_names_and_parameters_of_an_old_version(folder):
    regressor = load(folder / "EntityEmbeddingRegressor.safetensors")
    assert regressor.shared_embeddings == [("shop", "other")]
    assert regressor.hidden_layer_sizes == (4,)
    assert regressor.categories_["code"].tolist() == [True, 2.5, 2**70, "1", b"\xff"]
    assert regressor.categories_["shop"].tolist() == ["", "a\0b", "east", "north", "south", "été"]
    assert regressor.categories_["store"].tolist() == [1, 5, 7, 2**40]
    assert regressor.categories_["store"].dtype == np.int64
    assert regressor.categories_["tags"].tolist() == ["a", "b", "c"]
    rows = {c.name: c.vocabulary.rows.tolist() for c in regressor.state_.coder.categorical}
    assert sorted(rows["code"])[:2] == [2, 2]  # infrequent
    classifier = load(folder / "EntityEmbeddingClassifier.safetensors")
    assert classifier.class_weight == {"high": 2.0, "low": 1.0}
    assert classifier.classes_.tolist() == ["high", "low"]
    assert len(classifier.state_.encoding) > 0
    encoder = load(folder / "EntityEmbeddingEncoder.safetensors")
    assert encoder.support_["shop"]["spread"].notna().any()
    assert encoder.state_.network is encoder.estimator_.state_
