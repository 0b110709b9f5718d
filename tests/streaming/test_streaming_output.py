"""Output of estimators goes to one file, with the values that they return in memory."""

import os

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from sk_entity import (
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
)
from sk_entity.streaming import dataset, predict, transform

N_ROWS = 700


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(dataset, "ROWS_PER_BATCH", 128)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    shops = np.array(["north", "süd", "east"], dtype=object)[rng.integers(0, 3, N_ROWS)]
    shops[::10] = None
    price = rng.normal(size=N_ROWS)
    price[::7] = np.nan
    return pd.DataFrame({"id": range(1000, 1000 + N_ROWS), "shop": shops, "price": price})


@pytest.fixture(scope="module")
def y(table):
    return (table.shop == "north") * 2.0 + table.price.fillna(0)


@pytest.fixture
def folder(table, y, tmp_path):
    path = tmp_path / "shops"
    path.mkdir()
    rows = table.assign(y=y)[["price", "y", "shop", "id"]]  # not in the order of the fit
    rows[:300].to_parquet(path / "a.parquet", row_group_size=90)
    rows[300:].to_parquet(path / "b.parquet")
    return path


QUICK = {"hidden_layer_sizes": (8,), "max_iter": 3, "device": "cpu", "random_state": 0}


@pytest.fixture(scope="module")
def fitted(table, y):
    return EntityEmbeddingRegressor(**QUICK).fit(table[["shop", "price"]], y)


@pytest.fixture(scope="module")
def encoder(table, y):
    network = EntityEmbeddingRegressor(**QUICK)
    return EntityEmbeddingEncoder(network, cv=2, random_state=0).fit(table[["shop", "price"]], y)


@pytest.fixture(scope="module", params=["foreign", "ours inside"])
def pipeline(request, table, y):
    """A classifier of scikit-learn after an encoder."""
    first = make_column_transformer((OrdinalEncoder(), ["shop"]), remainder="passthrough")
    if request.param == "ours inside":
        network = EntityEmbeddingClassifier(**QUICK)
        first = EntityEmbeddingEncoder(network, cv=2, random_state=0)
    forest = RandomForestClassifier(n_estimators=3, min_samples_leaf=60, random_state=0)
    labels = np.where(y + np.random.default_rng(1).normal(size=N_ROWS) > 0, "many", "few")
    return make_pipeline(first, forest).fit(table[["shop", "price"]], labels)


def test_predictions_are_those_in_memory(fitted, table, folder, tmp_path):
    target = tmp_path / "predicted.parquet"
    assert predict(fitted, folder, str(target)) == target
    found = pd.read_parquet(target)
    assert list(found.columns) == ["prediction"]
    np.testing.assert_array_equal(found.prediction, fitted.predict(table[["shop", "price"]]))
    assert sorted(os.listdir(tmp_path)) == ["predicted.parquet", "shops"]


def test_any_kind_of_dataset(fitted, table, folder, tmp_path):
    expected = fitted.predict(table[["shop", "price"]])
    sources = {
        "lazy": pl.scan_parquet(folder / "*.parquet"),
        "pandas": table,
        "polars": pl.from_pandas(table),
        "function": lambda: iter([table[:250], pl.from_pandas(table[250:])]),
    }
    for name, source in sources.items():
        path = predict(fitted, source, tmp_path / f"{name}.parquet", keep="id")
        found = pd.read_parquet(path)
        np.testing.assert_array_equal(found.prediction, expected)
        np.testing.assert_array_equal(found.id, table.id)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
def test_estimators_of_scikit_learn(pipeline, method, table, folder, tmp_path):
    found = pd.read_parquet(predict(pipeline, folder, tmp_path / "out.parquet", method=method))
    expected = getattr(pipeline, method)(table[["shop", "price"]])
    if method == "predict":
        assert list(found.prediction) == list(expected)
    else:
        word = method.removeprefix("predict_").replace("proba", "probability")
        assert list(found.columns) == [f"{word}_few", f"{word}_many"]
        np.testing.assert_array_equal(found.to_numpy(), expected)


def test_probabilities_of_a_classifier(classifier, table, y, folder, tmp_path):
    X = table[["shop", "price"]]
    classifier.fit(X, np.digitize(y, [0, 2]))
    path = predict(classifier, folder, tmp_path / "out.parquet", method="predict_proba")
    found = pd.read_parquet(path)
    assert list(found.columns) == ["probability_0", "probability_1", "probability_2"]
    np.testing.assert_array_equal(found.to_numpy(), classifier.predict_proba(X))


def test_decisions_of_one_and_of_several_classes(table, y, folder, tmp_path):
    X = table[["id"]]
    for labels, columns in [
        (y > 1, ["decision"]),
        (np.digitize(y, [0, 2]), ["decision_0", "decision_1", "decision_2"]),
    ]:
        model = LogisticRegression(max_iter=10_000).fit(X, labels)
        path = predict(model, folder, tmp_path / "out.parquet", method="decision_function")
        found = pd.read_parquet(path)
        assert list(found.columns) == columns
        decisions = model.decision_function(X).reshape(N_ROWS, -1)
        np.testing.assert_allclose(found.to_numpy(), decisions, rtol=1e-10)


def test_several_targets(table, y, folder, tmp_path):
    X = table[["id"]]
    numbers = LinearRegression().fit(X, np.column_stack([y, -y, 2 * y]))
    found = pd.read_parquet(predict(numbers, folder, tmp_path / "out.parquet"))
    assert list(found.columns) == ["prediction_0", "prediction_1", "prediction_2"]
    labels = RandomForestClassifier(n_estimators=2, random_state=0).fit(
        X, np.column_stack([y > 1, y > 0]).astype(int)
    )
    path = predict(labels, folder, tmp_path / "out.parquet", method="predict_proba")
    found = pd.read_parquet(path)
    assert list(found.columns) == [f"probability_{j}_{k}" for j in (0, 1) for k in (0, 1)]
    np.testing.assert_array_equal(found.to_numpy(), np.hstack(labels.predict_proba(X)))


def test_vectors_have_the_names_of_the_encoder(encoder, table, folder, tmp_path):
    X = table[["shop", "price"]]
    path = transform(encoder, folder, tmp_path / "out.parquet", keep=["id", "shop"])
    found = pd.read_parquet(path)
    names = list(encoder.get_feature_names_out())
    assert list(found.columns) == ["id", "shop", *names]
    np.testing.assert_array_equal(found[names].to_numpy(), encoder.transform(X))
    assert found.id.tolist() == table.id.tolist()
    assert found.shop.isna().equals(table.shop.isna())


@pytest.mark.parametrize("container", ["default", "pandas", "polars"])
def test_columns_of_a_transformer_keep_their_dtypes(container, table, folder, tmp_path):
    X = table[["shop", "id"]]
    transformer = make_column_transformer(
        (OneHotEncoder(sparse_output=False, dtype=np.int8), ["shop"]),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform=container)
    transformer.fit(X)
    path = transform(transformer, folder, tmp_path / "out.parquet")
    found = parquet.read_table(path)
    assert found.column_names == list(transformer.get_feature_names_out())
    expected = np.asarray(transformer.transform(X))
    np.testing.assert_array_equal(np.column_stack(found.columns), expected)
    if container != "default":
        assert found["shop_north"].type == pa.int8()
        assert found["id"].type == pa.int64()


def test_a_sparse_matrix_is_refused(table, folder, tmp_path):
    encoder = OneHotEncoder().fit(table[["shop"]])
    with pytest.raises(TypeError, match="sparse matrix.*sparse_output=False"):
        transform(encoder, folder, tmp_path / "out.parquet")


def test_one_row_group_per_batch_and_a_file_of_no_row_beside(fitted, table, folder, tmp_path):
    table.assign(y=0.0)[:0].to_parquet(folder / "c.parquet")
    path = predict(fitted, folder, tmp_path / "out.parquet")
    metadata = parquet.read_metadata(path)
    assert metadata.num_rows == N_ROWS
    assert metadata.num_row_groups == 3 + 4


def test_what_is_missing_is_said_before_a_file_is_written(fitted, folder, table, tmp_path):
    target = tmp_path / "out.parquet"
    renamed = table.rename(columns={"shop": "Shop"})
    on_array = LinearRegression().fit(table[["id"]].to_numpy(), table.id)
    for estimator, data, settings, pattern in [
        (fitted, renamed, {}, r"lacks the column 'shop', which .*fitted on\. Did you mean 'Shop'"),
        (fitted, folder, {"keep": "ids"}, "lacks the column 'ids', which keep names.*'id'"),
        (fitted, folder, {"keep": ["id", "id"]}, "keep names a column twice"),
        (fitted, folder, {"method": "score"}, "method must be one of .*got 'score'"),
        (on_array, folder, {}, "was fitted on an array"),
    ]:
        with pytest.raises(ValueError, match=pattern):
            predict(estimator, data, target, **settings)
    with pytest.raises(AttributeError, match="predict_proba"):
        predict(fitted, folder, target, method="predict_proba")
    with pytest.raises(FileNotFoundError, match="There is no folder .*nowhere"):
        predict(fitted, folder, tmp_path / "nowhere" / "out.parquet")
    with pytest.raises(IsADirectoryError):
        predict(fitted, folder, folder)
    assert os.listdir(tmp_path) == ["shops"]


def test_names_that_clash_are_refused(fitted, table, tmp_path):
    data = table.assign(prediction=1.0)
    with pytest.raises(ValueError, match="keep names 'prediction', which is a column of the outp"):
        predict(fitted, data, tmp_path / "out.parquet", keep="prediction")
    assert not os.listdir(tmp_path)


def test_a_file_that_is_read_is_not_overwritten(fitted, folder, tmp_path, monkeypatch):
    before = (folder / "a.parquet").read_bytes()
    monkeypatch.chdir(folder)
    (tmp_path / "link.parquet").symlink_to(folder / "a.parquet")
    for target in folder / "a.parquet", "a.parquet", tmp_path / "link.parquet":
        with pytest.raises(ValueError, match=r"is one of the files that are read"):
            predict(fitted, folder, target)
    assert (folder / "a.parquet").read_bytes() == before


@pytest.mark.parametrize("error", [ValueError("wrong"), KeyboardInterrupt(), OSError("disk full")])
def test_whatever_goes_wrong_the_old_file_stays(error, fitted, folder, tmp_path, monkeypatch):
    target = tmp_path / "out.parquet"
    target.write_bytes(b"old")
    calls = []
    predict_rows = type(fitted).predict

    def fail_late(self, X):
        calls.append(len(X))
        if len(calls) == 4:
            raise error
        return predict_rows(self, X)

    monkeypatch.setattr(type(fitted), "predict", fail_late)
    with pytest.raises(type(error)) as caught:
        predict(fitted, folder, target)
    assert target.read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["out.parquet", "shops"]
    if isinstance(error, ValueError):
        assert str(caught.value) == f"{folder / 'b.parquet'}, rows 0 to 127: wrong"


def test_a_value_that_is_refused_is_located(fitted, table, folder, tmp_path):
    wrong = table.assign(y=0.0)
    wrong.loc[200, "price"] = np.inf
    wrong.to_parquet(folder / "c.parquet")
    pattern = (
        r"c\.parquet, rows 128 to 255: Column 'price' contains infinity \(inf in row 72; .*"
        r"row 0 is row 128 of .*c\.parquet"
    )
    with pytest.raises(ValueError, match=pattern):
        predict(fitted, folder, tmp_path / "out.parquet")


def test_output_that_changes_its_dtype_is_refused(table, tmp_path):
    frames = [table.assign(note=None), table.assign(note="seen")]
    model = LinearRegression().fit(table[["id"]], table.id)
    with pytest.raises(
        ValueError, match="Column 'note' of the output has dtype .*string, but null"
    ):
        predict(model, lambda: frames, tmp_path / "out.parquet", keep="note")
    assert not os.listdir(tmp_path)


def test_a_bar_over_rows(fitted, folder, tmp_path, capsys):
    predict(fitted, folder, tmp_path / "out.parquet", verbose=1)
    shown = capsys.readouterr().err
    assert "predict: 100%" in shown
    assert "700/700" in shown
    predict(fitted, folder, tmp_path / "out.parquet")
    assert not capsys.readouterr().err
