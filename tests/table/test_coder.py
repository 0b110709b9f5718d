"""Tables become codes and scaled numbers, learned from the training rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from containers import read
from counting import peak_memory

from sk_entity._table.coder import CodedTable, TableCoder
from sk_entity._table.selection import select_categorical


def learn(X, categorical="from_dtype", training=None, **limits):
    frame = read(X)
    training = np.arange(len(frame)) if training is None else np.asarray(training)
    chosen = select_categorical(frame, categorical, named=True)
    limits = {"min_frequency": None, "max_categories": None, **limits}
    return TableCoder.learn(frame, chosen, training, None, **limits)


@pytest.mark.parametrize("cell", ["é", b"e"])
def test_arrays_of_strings_and_bytes_are_categories(cell):
    coder, coded = learn(np.array([[cell, cell * 2], [cell * 3, cell]]))
    assert coded.categorical.tolist() == [[3, 4], [4, 3]]
    assert coder.categorical[0].vocabulary.categories.tolist() == [cell, cell * 3]


def test_codes_are_small_integers_and_numbers_single_floats(flights):
    coder, coded = learn(flights)
    assert coded.categorical.dtype == np.int32
    assert coded.numerical.dtype == np.float32
    assert coded.categorical.tolist() == [[4, 4], [3, 3], [1, 4], [4, 4]]
    assert [column.name for column in coder.categorical] == ["carrier", "late"]
    assert coder.numerical_names == ["hour", "delay", "delay_missing"]
    assert coded.numerical[:, 2].tolist() == [0, 1, 0, 0]


def test_learning_codes_the_rows_as_coding_does(flights):
    coder, coded = learn(flights, training=[0, 1, 3], min_frequency=2)
    again = coder.code(read(flights))
    np.testing.assert_array_equal(again.categorical, coded.categorical)
    np.testing.assert_array_equal(again.numerical, coded.numerical)
    alone = coder.code_categorical(read(flights))
    np.testing.assert_array_equal(alone.categorical, coded.categorical)


def test_numbers_pass_through_as_they_came(flights):
    coder, _ = learn(flights)
    raw = coder.raw_numerical(read(pl.DataFrame(flights)))
    np.testing.assert_array_equal(raw, flights[["hour", "delay"]].to_numpy(float))
    coder, _ = learn(flights, categorical=[0, 1, 2, 3])
    assert coder.raw_numerical(read(flights)).shape == (4, 0)


def test_only_training_rows_are_learned_from(flights):
    coder, coded = learn(flights, training=[0, 2])
    assert coded.categorical[:, 0].tolist() == [3, 0, 1, 3]
    assert coder.numerical[0].scaler.center == 5
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
    coded = CodedTable(np.arange(6).reshape(3, 2), np.arange(3.0).reshape(3, 1))
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
    for a, b in zip(by_slice.categorical, by_index.categorical, strict=True):
        np.testing.assert_array_equal(a.vocabulary.row_counts, b.vocabulary.row_counts)


def test_learning_takes_less_than_two_and_a_half_times_the_memory_of_the_codes():
    rng = np.random.default_rng(0)
    labels = {f"label {j}": rng.integers(0, 50, 100_000).astype(str) for j in range(7)}
    numbers = {f"number {j}": rng.normal(size=100_000) for j in range(4)}
    frame = read(pd.DataFrame(labels).astype("category").assign(**numbers))
    peak, (_, coded) = peak_memory(
        lambda: TableCoder.learn(frame, list(range(7)), slice(None), None, None, None)
    )
    assert peak < 2.5 * (coded.categorical.nbytes + coded.numerical.nbytes)


@pytest.mark.filterwarnings("ignore:Column .* has no value:UserWarning")
def test_a_column_with_values_in_held_out_rows_only_is_constant():
    X = pd.DataFrame({"name": ["a", None, None], "number": [1.0, np.nan, np.nan]})
    _, coded = learn(X, training=[1, 2])
    assert coded.categorical[:, 0].tolist() == [0, 1, 1]
    assert coded.numerical.tolist() == [[0], [0], [0]]


def test_lookups_are_counted_by_table(trips):
    frame = read(trips[0])
    shared = [[0, 2]]
    coder, coded = TableCoder.learn(frame, [0, 1, 2], slice(None), None, None, None, shared)
    towns, tags = coder.count(coded)
    assert towns.sum() == 2 * len(trips[0])
    assert tags.sum() == sum(max(len(cell), 1) for cell in trips[0]["tags"])
    for counts, expected in zip((towns, tags), coder.row_counts, strict=True):
        np.testing.assert_array_equal(counts, expected)


def test_counts_are_corrected_column_by_column():
    data = {"a": ["x", "x", "y", "z"], "b": ["x", "w", "w", None], "n": [1.0, 2.0, 3.0, 4.0]}
    frame = read(pd.DataFrame(data))
    coder, coded = TableCoder.learn(
        frame, [0, 1], slice(None), None, 2, None, [[0, 1]], n_hashed={"a": 3}
    )
    counts = [
        np.bincount(codes, minlength=column.vocabulary.n_rows)
        for column, (codes, _) in zip(coder.categorical, coded.occurrences(), strict=True)
    ]
    wrong = [replace(c, vocabulary=replace(c.vocabulary, n_missing=9)) for c in coder.categorical]
    corrected = replace(coder, categorical=tuple(wrong)).recounted(counts)
    for before, after in zip(coder.categorical, corrected.categorical, strict=True):
        assert after.vocabulary.row_counts.tolist() == before.vocabulary.row_counts.tolist()
    assert corrected.row_counts[0].tolist() == coder.count(coded)[0].tolist()
