"""Files for the TensorFlow Embedding Projector and TensorBoard."""

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import export_projector

ODD = ["a\tb", "a\nb", "a\rb", "a\x85b", "a\u2028b", '"a', "", "\ud800", "Zürich"]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    town = pd.Series(np.resize([*ODD, "c"], 80), dtype=object)
    town[70:] = ["rare 1", "rare 2", None, *["c"] * 7]
    return pd.DataFrame({"town": town, "size": rng.normal(size=80)}), rng.normal(size=80)


@pytest.fixture(scope="module")
def encoder(table):
    regressor = EntityEmbeddingRegressor(max_iter=1, min_frequency=3, random_state=0, device="cpu")
    return EntityEmbeddingEncoder(regressor, n_components=3).fit(*table)


def lines(path):
    """Cells as the projector splits them: at line feeds and tabs, and nothing else."""
    text = path.read_bytes().decode()
    assert text.endswith("\n")
    return [line.split("\t") for line in text[:-1].split("\n")]


def test_a_line_per_vector_and_a_header_over_what_is_known(encoder, tmp_path):
    vectors, metadata = export_projector(encoder, "town", tmp_path / "new" / "town")
    assert (vectors.name, metadata.name) == ("vectors.tsv", "metadata.tsv")
    assert vectors.parent == metadata.parent == tmp_path / "new" / "town"
    header, *rows = lines(metadata)
    assert header == ["category", "kind", "count", "deviation", "trusted", "town_effect"]
    assert [row[1] for row in rows[-3:]] == ["infrequent", "missing", "unknown"]
    numbers = np.array(lines(vectors), dtype=np.float32)
    assert len(numbers) == len(rows) == len(ODD) + 1 + 3
    of_town = encoder.embeddings_["town"]
    support = encoder.support_["town"]
    for row, vector in zip(rows, numbers, strict=True):
        if row[0] in of_town.index:
            np.testing.assert_array_equal(vector, of_town.loc[row[0]])
            assert int(row[2]) == support.at[row[0], "count"]
            assert np.float32(row[3]) == support.at[row[0], "deviation"]
            assert np.float32(row[5]) == vector[0]
    assert {row[4] for row in rows} <= {"True", "False", "not known"}
    assert rows[-1][4] == "False"


def test_names_stay_one_cell_and_stay_apart(encoder, tmp_path):
    _, metadata = export_projector(encoder, "town", tmp_path)
    text = metadata.read_bytes().decode()
    names = [row[0] for row in lines(metadata)[1:]]
    assert len(set(names)) == len(names)
    assert {r"a\tb", r"a\nb", r"a\rb", r"a\x85b", r"a\u2028b", '"a', "", r"\ud800"} <= set(names)
    assert "Zürich" in names
    assert len(text.splitlines()) == len(names) + 1  # whatever breaks lines for a reader


def test_tensorboard_is_told_where_the_files_are(tmp_path):
    X = pd.DataFrame({'a "town"\\': ["x", "y"] * 4})
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=1)).fit(X, range(8))
    export_projector(encoder, 'a "town"\\', tmp_path)
    config = (tmp_path / "projector_config.pbtxt").read_text(encoding="ascii")
    assert config.splitlines() == [
        "embeddings {",
        r'  tensor_name: "a \"town\"\\"',
        '  tensor_path: "vectors.tsv"',
        '  metadata_path: "metadata.tsv"',
        "}",
    ]


def test_each_class_has_its_effect(tmp_path):
    X = pd.DataFrame({"town": ["x", "y", "z"] * 6})
    classifier = EntityEmbeddingClassifier(max_iter=1, random_state=0)
    encoder = EntityEmbeddingEncoder(classifier).fit(X, ["s", "m", "l"] * 6)
    _, metadata = export_projector(encoder, "town", tmp_path)
    assert lines(metadata)[0][5:] == [f"town_effect_{k}" for k in range(3)]


def test_a_network_is_asked_on_rows(encoder, table, tmp_path):
    network = encoder.estimator_
    with pytest.raises(ValueError, match="pass X, rows"):
        export_projector(network, "town", tmp_path / "none")
    vectors, _ = export_projector(network, "town", tmp_path, table[0])
    assert len(lines(vectors)) == len(ODD) + 4


def test_what_is_wrong_is_refused_before_anything_is_written(encoder, tmp_path):
    with pytest.raises(ValueError, match=r"'size' is no categorical column.*\['town'\]"):
        export_projector(encoder, "size", tmp_path / "none")
    assert not (tmp_path / "none").exists()
