import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator

from sk_entity import EntityEmbeddingRegressor
from sk_entity._table import Coded, TableCoder, read_table, select_categorical


def read(X, **kwargs):
    return read_table(X, estimator=BaseEstimator(), **kwargs)


def learn(X, categorical="from_dtype", training=None, **limits):
    frame = read(X)
    training = np.arange(len(frame)) if training is None else np.asarray(training)
    chosen = select_categorical(frame, categorical, named=True)
    limits = {"min_frequency": None, "max_categories": None, **limits}
    return TableCoder.learn(frame, chosen, training, None, **limits)


@pytest.fixture
def flights():
    return pd.DataFrame(
        {
            "carrier": ["UA", "DL", None, "UA"],
            "hour": [5, 6, 7, 8],
            "delay": [1.0, np.nan, 2.0, 3.0],
            "late": [True, False, True, True],
        }
    )


def test_data_frames_keep_their_names(flights):
    for X in (flights, pl.DataFrame(flights), pa.Table.from_pandas(flights)):
        assert read(X).columns == ["carrier", "hour", "delay", "late"]


def test_arrays_and_frames_numbered_by_pandas_have_the_names_of_scikit_learn():
    array = np.arange(6).reshape(3, 2)
    for X in (array, array.tolist(), pd.DataFrame(array)):
        assert read(X).columns == ["x0", "x1"]


def test_mixed_arrays_and_lists_have_a_dtype_per_column(flights):
    rows = flights.astype(object).where(flights.notna(), None).to_numpy()
    for X in (rows, rows.tolist(), tuple(map(tuple, rows))):
        frame = read(X)
        assert select_categorical(frame, "from_dtype", named=False) == [0, 3]
        assert frame["x3"].to_list() == [True, False, True, True]


@pytest.mark.parametrize("cell", ["é", b"e"])
def test_arrays_of_strings_and_bytes_are_categories(cell):
    coder, coded = learn(np.array([[cell, cell * 2], [cell * 3, cell]]))
    assert coded.categorical.tolist() == [[3, 4], [4, 3]]
    assert coder.vocabularies[0].categories.tolist() == [cell, cell * 3]


def test_truth_values_in_lists_are_no_numbers():
    assert select_categorical(read([[True, 1.5], [False, 2]]), "from_dtype", named=False) == [0]


TWICE = "unique; rename or drop.*\n- '{}' 2 times"


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ValueError, TWICE.format("a")),
        (pa.table([[1], [2]], names=["a", "a"]), ValueError, TWICE.format("a")),
        (pd.DataFrame([[1, 2]], columns=[0, 0]), ValueError, TWICE.format(0)),
        (pd.DataFrame([[1, 2]], columns=["a", 3]), TypeError, "strings; got 3 of type int. Use X"),
        (pd.DataFrame([[1, 2]], columns=[0.5, 1.5]), TypeError, "strings; got 0.5 of type float"),
        (
            pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
            TypeError,
            r"strings; got \('a', 'b'\) of type tuple. Use X.columns = \[",
        ),
        (pd.DataFrame(index=range(3)), ValueError, r"0 feature\(s\) .*minimum of 1"),
        (pd.DataFrame({"a": []}), ValueError, r"0 sample\(s\) .*minimum of 1"),
        (pl.DataFrame({"a": []}), ValueError, r"0 sample\(s\)"),
        (np.empty((0, 2)), ValueError, r"0 sample\(s\)"),
        ([], ValueError, "Expected 2D array, got 1D"),
        ([1, 2], ValueError, "Expected 2D array, got 1D"),
        ([[1, 2], [3]], ValueError, "Expected 2D array, got 1D"),
        (pd.Series([1, 2]), ValueError, "Expected a 2-dimensional container"),
        (pl.Series([1, 2]), ValueError, "Expected 2D array, got 1D"),
        (np.zeros((2, 2, 2)), ValueError, "Found array with dim 3"),
        ([[[1], [2]], [[3], [4]]], ValueError, "Found array with dim 3"),
        (sparse.csr_array(np.eye(2)), TypeError, "Sparse data was passed"),
        (np.array([[1j]]), ValueError, "Complex data not supported"),
        (pl.LazyFrame({"a": [1]}), TypeError, r"pass X.collect\(\)"),
        (None, ValueError, "Expected 2D array, got scalar"),
    ],
)
def test_what_is_no_table_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        read(X)


@pytest.mark.parametrize("X", [pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}), [[1]]])
def test_too_few_rows_are_refused_whatever_holds_them(X):
    read(X)
    with pytest.raises(ValueError, match=r"with 1 sample\(s\) .* while a minimum of 2 is required"):
        read(X, min_samples=2)


@pytest.mark.parametrize(
    ("categorical_features", "expected"),
    [
        ("from_dtype", [0, 3]),
        (None, []),
        ([], []),
        (["hour", "carrier"], [0, 1]),
        (pd.Index(["hour"]), [1]),
        (("hour",), [1]),
        ([2, 0], [0, 2]),
        ([-1, 0, 3], [0, 3]),
        (np.array([1]), [1]),
        ([False, True, False, True], [1, 3]),
        (np.array([False, True, False, False]), [1]),
        ([False] * 4, []),
        (["carrier", 1], [0, 1]),
    ],
)
def test_columns_are_chosen_by_dtype_name_position_or_mask(categorical_features, expected, flights):
    for X in (flights, pl.DataFrame(flights)):
        assert select_categorical(read(X), categorical_features, named=True) == expected


@pytest.mark.parametrize(
    ("categorical_features", "message"),
    [
        (["carier"], r"names 'carier', which is not a column of X. Columns: \['carrier', 'hour'"),
        ("carrier", r"'carrier': use 'from_dtype', None or a list, such as \['carrier'\]"),
        ([4], "holds 4: use column names, positions from 0 to 3, or a boolean mask"),
        ([-5], "holds -5"),
        ([1.0], "holds 1.0"),
        ([None], "holds None"),
        ([True, 1, 2, 3], "holds True"),
        ([True, False], "is a mask of 2 values for 4 columns"),
    ],
)
def test_columns_that_are_not_there_are_named(categorical_features, message, flights):
    with pytest.raises(ValueError, match=message):
        select_categorical(read(flights), categorical_features, named=True)


def test_names_need_a_table_with_names(flights):
    with pytest.raises(ValueError, match="names 'x0', but X has no column names. Use positions"):
        select_categorical(read(flights.to_numpy()), ["x0"], named=False)


def test_codes_are_small_integers_and_numbers_single_floats(flights):
    coder, coded = learn(flights)
    assert coded.categorical.dtype == np.int32
    assert coded.numerical.dtype == np.float32
    assert coded.categorical.tolist() == [[4, 4], [3, 3], [1, 4], [4, 4]]
    assert coder.categorical_names == ["carrier", "late"]
    assert coder.numerical_names == ["hour", "delay", "delay_missing"]
    assert coded.numerical[:, 2].tolist() == [0, 1, 0, 0]


def test_learning_codes_the_rows_as_coding_does(flights):
    coder, coded = learn(flights, training=[0, 1, 3], min_frequency=2)
    again = coder.code(read(flights))
    np.testing.assert_array_equal(again.categorical, coded.categorical)
    np.testing.assert_array_equal(again.numerical, coded.numerical)
    np.testing.assert_array_equal(coder.code_categorical(read(flights)), coded.categorical)


def test_numbers_pass_through_as_they_came(flights):
    coder, _ = learn(flights)
    raw = coder.raw_numerical(read(pl.DataFrame(flights)))
    np.testing.assert_array_equal(raw, flights[["hour", "delay"]].to_numpy(float))
    coder, _ = learn(flights, categorical=[0, 1, 2, 3])
    assert coder.raw_numerical(read(flights)).shape == (4, 0)


def test_only_training_rows_are_learned_from(flights):
    coder, coded = learn(flights, training=[0, 2])
    assert coded.categorical[:, 0].tolist() == [3, 0, 1, 3]
    assert coder.scalers[0].center == 5
    # The missing delay is in no training row: it is imputed, without an indicator.
    assert coder.numerical_names == ["hour", "delay"]
    assert coded.numerical[1, 1] == 0


def test_either_kind_of_column_may_be_absent(flights):
    _, coded = learn(flights[["hour", "late"]], categorical=None)
    assert coded.categorical.shape == (4, 0)
    assert coded.numerical.shape == (4, 2)
    _, coded = learn(flights, categorical=[0, 1, 2, 3])
    assert coded.numerical.shape == (4, 0)


def test_rows_of_coded_are_taken_by_index_and_slice():
    coded = Coded(np.arange(6).reshape(3, 2), np.arange(3.0).reshape(3, 1))
    assert len(coded) == 3
    assert coded[[2, 0]].categorical.tolist() == [[4, 5], [0, 1]]
    assert coded[1:].numerical.tolist() == [[1], [2]]


def test_a_slice_of_all_rows_is_learned_from_as_their_indices_are(flights):
    frame = read(flights)
    learned = [
        TableCoder.learn(frame, [0, 3], rows, None, None, None)
        for rows in (slice(None), np.arange(4))
    ]
    (by_slice, one), (by_index, other) = learned
    np.testing.assert_array_equal(one.categorical, other.categorical)
    np.testing.assert_array_equal(one.numerical, other.numerical)
    for a, b in zip(by_slice.row_counts, by_index.row_counts, strict=True):
        np.testing.assert_array_equal(a, b)


def test_learning_takes_less_than_two_and_a_half_times_the_memory_of_the_codes():
    rng = np.random.default_rng(0)
    labels = {f"label {j}": rng.integers(0, 50, 100_000).astype(str) for j in range(7)}
    numbers = {f"number {j}": rng.normal(size=100_000) for j in range(4)}
    frame = read(pd.DataFrame(labels).astype("category").assign(**numbers))
    tracemalloc.start()
    _, coded = TableCoder.learn(frame, list(range(7)), slice(None), None, None, None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5 * (coded.categorical.nbytes + coded.numerical.nbytes)


def test_a_column_with_values_in_held_out_rows_only_is_learned_as_missing():
    X = pd.DataFrame({"name": ["a", None, None], "number": [1.0, np.nan, np.nan]})
    coder, coded = learn(X, training=[1, 2])
    assert coded.categorical[:, 0].tolist() == [0, 1, 1]
    assert coded.numerical.tolist() == [[0, 0], [0, 1], [0, 1]]


def test_integers_and_truth_values_are_categories_by_name(sales, revenue, small):
    chosen = ["shop", "product", "month", "promotion"]
    model = EntityEmbeddingRegressor(**small, categorical_features=chosen).fit(sales, revenue)
    assert list(model.embeddings_) == ["shop", "product", "promotion", "month"]
    assert model.embeddings_["month"].index.tolist() == list(range(1, 13))
    assert model.categories_["promotion"].tolist() == [False, True]
    np.testing.assert_array_equal(
        model.predict(sales), model.predict(sales.astype({"month": float}))
    )


@pytest.mark.parametrize(
    "categorical_features",
    [["shop", "month"], [0, 3], [True, False, False, True, False]],
    ids=["names", "positions", "mask"],
)
def test_names_positions_and_mask_give_the_same_model(
    categorical_features, sales, revenue, small, one_thread
):
    X = sales.assign(product=sales["month"] * 2.0, promotion=sales["promotion"].astype(int))
    model = EntityEmbeddingRegressor(**small, categorical_features=categorical_features)
    by_name = EntityEmbeddingRegressor(**small, categorical_features=["month", "shop"])
    np.testing.assert_array_equal(
        model.fit(X, revenue).predict(X), by_name.fit(X, revenue).predict(X)
    )


def test_rows_at_predict_may_come_in_any_number_and_order(sales, revenue, small, one_thread):
    model = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    expected = model.predict(sales)
    order = np.random.default_rng(0).permutation(len(sales))
    np.testing.assert_array_equal(model.predict(sales.iloc[order]), expected[order])
    one_by_one = [model.predict(sales.iloc[[i]])[0] for i in range(20)]
    np.testing.assert_allclose(one_by_one, expected[:20], rtol=1e-12)
