"""No message is longer than a page, whatever a table, a name or a parameter holds."""

import warnings

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import category_effects, compare, most_similar, unseen
from sk_entity.persistence import load, save

LONGEST = 2_000
CELL = "x" * 5_000_000
N = 12
Y = np.arange(N) * 1.0
X = pd.DataFrame({"shop": ["a", "b", "c"] * 4, "price": Y / 2})
LONG_CELL = X.assign(shop=pd.Series([CELL, *X["shop"][1:]], dtype=object))
LONG_NAME = X.rename(columns={"shop": CELL})
SETTINGS = {"max_iter": 1, "hidden_layer_sizes": (4,), "random_state": 0, "device": "cpu"}


def regressor(**params):
    return EntityEmbeddingRegressor(**{**SETTINGS, **params})


@pytest.fixture(scope="module")
def fitted():
    return EntityEmbeddingEncoder(regressor()).fit(X, Y)


@pytest.fixture(scope="module")
def fitted_to_long():
    return EntityEmbeddingEncoder(regressor()).fit(LONG_CELL, Y)


@pytest.fixture(scope="module")
def wide():
    return pd.DataFrame(np.zeros((N, 20_000)), columns=[f"column {i}" for i in range(20_000)])


# NumPy would make an array of it in which each cell is as wide as the widest.
CLASSES = pd.Series([CELL] * N, dtype=object)


class LongRepr:
    def __repr__(self):
        return CELL


WITH_A_LONG_CELL = {
    "text among numbers": lambda e: e.transform(X.assign(price=[CELL, *Y[1:]])),
    "single value among lists": lambda e: regressor().fit(
        pd.DataFrame({"tags": [["a"]] * 11 + [CELL]}), Y
    ),
    "list among values": lambda e: regressor().fit(
        pd.DataFrame({"tags": ["a"] * 11 + [[CELL]]}), Y
    ),
    "unknown value": lambda e: e.estimator_.set_params(handle_unknown="error").predict(LONG_CELL),
    "text as target": lambda e: regressor().fit(X, pd.Series([CELL, *Y[1:]], dtype=object)),
    "one class": lambda e: EntityEmbeddingClassifier(**SETTINGS).fit(X, CLASSES),
    "undeclared class": lambda e: EntityEmbeddingClassifier(**SETTINGS).partial_fit(
        X, CLASSES, classes=["a", "b"]
    ),
    "weights": lambda e: regressor().fit(X, Y, sample_weight=CLASSES),
    "asked category": lambda e: most_similar(e, "shop", CELL),
    "asked column": lambda e: category_effects(e.estimator_, X, CELL),
    "asked table": lambda e: e.to_frame(CELL),
    "compared column": lambda e: compare(e, e, CELL),
    "column name": lambda e: e.transform(LONG_NAME),
    "repeated names": lambda e: e.transform(pd.DataFrame([[1, 2]], columns=[CELL, CELL])),
    "name that is no string": lambda e: e.transform(pd.DataFrame([[1]], columns=[(CELL,)])),
    "one dimension": lambda e: e.transform([CELL]),
    "object": lambda e: e.transform(LongRepr()),
    "categorical_features": lambda e: regressor(categorical_features=[CELL]).fit(X, Y),
    "shared_embeddings": lambda e: regressor(shared_embeddings=[("shop", CELL)]).fit(X, Y),
    "embedding_dim": lambda e: regressor(embedding_dim={CELL: 1}).fit(X, Y),
    "embedding_init": lambda e: regressor(
        embedding_init={"shop": pd.DataFrame([[1.0]], index=[CELL])}
    ).fit(X, Y),
    "device": lambda e: regressor(device=CELL).fit(X, Y),
    "parameter of scikit-learn's": lambda e: regressor(activation=CELL).fit(X, Y),
    "estimator": lambda e: EntityEmbeddingEncoder(LongRepr()).fit(X, Y),
}


@pytest.mark.parametrize("call", WITH_A_LONG_CELL.values(), ids=WITH_A_LONG_CELL)
def test_a_cell_of_five_megabytes_makes_no_long_error(call, fitted):
    try:
        with pytest.raises((ValueError, TypeError)) as raised:
            call(fitted)
    finally:
        fitted.estimator_.set_params(handle_unknown="ignore")
    assert len(str(raised.value)) < LONGEST


def test_a_cell_of_five_megabytes_makes_no_long_warning_or_display(fitted, fitted_to_long):
    model = fitted.estimator_.set_params(handle_unknown="warn")
    try:
        with pytest.warns(UserWarning, match="Found unknown categories") as caught:
            model.predict(LONG_CELL)
    finally:
        model.set_params(handle_unknown="ignore")
    assert max(len(str(warning.message)) for warning in caught) < LONGEST
    assert len(fitted_to_long._repr_html_()) < len(fitted._repr_html_()) + LONGEST
    assert unseen(model, LONG_CELL).loc[("shop", "unknown"), "values"] == {CELL: 1}


def test_a_file_and_a_parameter_of_five_megabytes_make_no_long_error(fitted, tmp_path):
    path = tmp_path / "bad"
    path.write_text(CELL)
    with pytest.raises(ValueError, match="cannot be loaded") as raised:
        load(path)
    assert len(str(raised.value)) < LONGEST
    model = fitted.estimator_
    model.note_ = LongRepr()
    try:
        with pytest.raises(TypeError, match="note_") as refused:
            save(model, tmp_path / "model")
    finally:
        del model.note_
    assert len(str(refused.value)) < LONGEST


def test_a_long_category_makes_no_long_error_of_the_extras(fitted_to_long, tmp_path):
    pytest.importorskip("onnx")
    from sk_entity import onnx

    with pytest.raises(ValueError, match="missing_string") as raised:
        onnx.to_onnx(fitted_to_long, LONG_CELL, missing_string=CELL)
    assert len(str(raised.value)) < LONGEST


STREAMS = {
    "target": lambda fit: fit(regressor(), X, target=CELL),
    "weights": lambda fit: fit(regressor(), X.assign(y=Y), target="y", sample_weight=CELL),
    "text as target": lambda fit: fit(regressor(), X.assign(y=CELL), target="y"),
    "other kinds": lambda fit: fit(
        regressor(),
        lambda: iter([X.assign(y=Y), LONG_CELL.assign(price=CELL, y=Y)]),
        target="y",
    ),
}


@pytest.mark.parametrize("call", STREAMS.values(), ids=STREAMS)
def test_a_cell_of_five_megabytes_makes_no_long_error_of_a_stream(call):
    pytest.importorskip("pyarrow")
    from sk_entity import streaming

    with pytest.raises((ValueError, TypeError)) as raised:
        call(streaming.fit)
    assert len(str(raised.value)) < LONGEST


WITH_MANY_COLUMNS = {
    "other columns": lambda e, wide: e.transform(wide),
    "repeated names": lambda e, wide: e.transform(pd.concat([wide, wide], axis=1)),
    "categorical_features": lambda e, wide: regressor(categorical_features=["no"]).fit(wide, Y),
    "shared_embeddings": lambda e, wide: regressor(shared_embeddings=[("no", "a")]).fit(wide, Y),
    "validation rows": lambda e, wide: regressor().fit(X, Y, X_val=wide, y_val=Y),
    "asked column": lambda e, wide: category_effects(e.estimator_, wide, "shop"),
}


@pytest.mark.parametrize("call", WITH_MANY_COLUMNS.values(), ids=WITH_MANY_COLUMNS)
def test_twenty_thousand_columns_make_no_long_error(call, fitted, wide):
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        call(fitted, wide)
    assert len(str(raised.value)) < LONGEST


def test_unknown_values_in_many_columns_make_one_short_warning():
    names = [f"column {i}" for i in range(40)]
    train, new = (pd.DataFrame([[text] * 40] * 4, columns=names) for text in "ab")
    model = regressor(handle_unknown="warn", embedding_dim=1).fit(train, Y[:4])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.predict(new)
    (warning,) = caught
    assert "and 35 more columns" in str(warning.message)
    assert len(str(warning.message)) < LONGEST
