"""Values of another type than in fit are never known: a warning says so, not the predictions."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sk_entity import CategoryMerger, EntityEmbeddingEncoder, EntityEmbeddingRegressor

N = 300  # rows that are coded column by column
K = np.arange(N) % 5
Y = np.sin(np.arange(N))
SETTINGS = {"max_iter": 1, "hidden_layer_sizes": (4,), "random_state": 0, "device": "cpu"}


def table(cells, **more):
    return pd.DataFrame({"shop": cells, **more})


AS = {
    "text": table(K.astype(str)),
    "whole": table(K),
    "float": table(K.astype(float)),
    "bytes": table(pd.Series([str(k).encode() for k in K], dtype=object)),
    "lists of text": table([[str(k)] for k in K]),
    "lists of numbers": table([[int(k)] for k in K]),
}


@pytest.fixture(scope="module")
def fitted():
    def fit(kind):
        return EntityEmbeddingRegressor(**SETTINGS, categorical_features=["shop"]).fit(AS[kind], Y)

    return {kind: fit(kind) for kind in AS}


OTHER = [
    ("text", "whole", r"column 'shop' holds 0 of type int, and held '0' of type str in fit"),
    ("text", "float", r"holds 0.0 of type float, and held '0' of type str"),
    ("whole", "text", r"holds '0' of type str, and held 0 of type int"),
    ("text", "bytes", r"holds b'0' of type bytes, and held '0' of type str"),
    ("lists of text", "lists of numbers", r"holds 0 of type int, and held '0' of type str"),
]


@pytest.mark.parametrize("rows", [slice(None), slice(0, 1)], ids=["all rows", "one row"])
@pytest.mark.parametrize(("learned", "given", "message"), OTHER)
def test_another_type_is_warned_of_once_with_the_way_out(learned, given, message, rows, fitted):
    with pytest.warns(UserWarning, match=f"{message}.* Convert") as caught:
        predicted = fitted[learned].predict(AS[given][rows])
    assert len(caught) == 1
    assert len(set(predicted)) == 1


def test_missing_cells_before_the_first_value_hide_nothing(fitted):
    cells = pd.Series([None, None, *K[2:]], dtype=object)
    with pytest.warns(UserWarning, match="holds 2 of type int, and held '0' of type str"):
        fitted["text"].predict(table(cells))
    with pytest.warns(UserWarning, match="of type int"):
        fitted["text"].predict(pl.DataFrame({"shop": [None, None, 2]}))


USUAL = {
    "whole numbers as floats": ("whole", AS["float"]),
    "floats as whole numbers": ("float", AS["whole"]),
    "new values of the same type": ("text", table(["new"] * N)),
    "a new number": ("whole", table([77] * N)),
    "one known value": ("text", table(pd.Series([*K[1:].tolist(), "1"], dtype=object))),
    "no value": ("text", table(pd.Series([None] * N, dtype=object))),
    "new lists": ("lists of text", table([["new"]] * N)),
}


@pytest.mark.parametrize(("learned", "X"), USUAL.values(), ids=USUAL)
def test_equal_and_new_values_and_mixed_columns_are_not_warned_of(learned, X, fitted):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(fitted[learned].predict(X)) == len(X)


def test_a_column_of_several_types_knows_both():
    mixed = table(pd.Series(["a", 1] * (N // 2), dtype=object))
    model = EntityEmbeddingRegressor(**SETTINGS).fit(mixed, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(
            table(
                [7] * N,
            ).astype(object)
        )
        model.predict(table(["b"] * N))
    with pytest.warns(UserWarning, match="of type bytes"):
        model.predict(AS["bytes"])


def test_the_encoder_the_merger_and_validation_rows_warn_too():
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SETTINGS), cv=None)
    encoder.fit(AS["text"], Y)
    X = table(K, price=Y)
    with pytest.warns(UserWarning, match="column 'shop' holds 0 of type int"):
        encoder.transform(AS["whole"])
    merger = CategoryMerger(encoder).fit(AS["text"], Y)
    with pytest.warns(UserWarning, match="column 'shop' holds 0 of type int"):
        merger.transform(AS["whole"])
    model = EntityEmbeddingRegressor(**SETTINGS, categorical_features=["shop"])
    with pytest.warns(UserWarning, match="column 'shop' holds '0' of type str"):
        model.fit(X, Y, X_val=X.assign(shop=X["shop"].astype(str)), y_val=Y)


def test_of_many_columns_the_first_are_named():
    text = pd.DataFrame({f"c{k}": ["a", "b"] for k in range(12)})
    model = EntityEmbeddingRegressor(**SETTINGS, embedding_dim=1).fit(text, [0.0, 1.0])
    numbers = pd.DataFrame({name: [1, 2] for name in text})
    with pytest.warns(UserWarning, match="'c4' holds 1 .*; and 7 more columns. Values of"):
        model.predict(numbers)
