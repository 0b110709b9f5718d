import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingRegressor
from sk_entity._estimators.sizing import (
    auto_embedding_dim,
    check_memory,
    resolve_batch_size,
    resolve_embedding_dims,
    resolve_hidden_layer_sizes,
)
from sk_entity._table.columns import CategoricalColumn
from sk_entity._table.vocabulary import Vocabulary


def column(name, n_levels, owner=0):
    vocabulary = SimpleNamespace(n_levels=n_levels, n_hashed=0, n_rows=n_levels + 3)
    return SimpleNamespace(name=name, vocabulary=vocabulary, owner=owner)


SHOP, DAY = column("shop", 1000), column("day", 7, 1)


def test_automatic_dimensions_grow_with_the_levels_and_stay_below_them():
    dims = [auto_embedding_dim(n) for n in range(2, 3000)]
    assert all(1 <= dim < n for n, dim in enumerate(dims, start=2))
    assert dims == sorted(dims)
    assert dims[-1] == auto_embedding_dim(10**7)


@pytest.mark.parametrize("n_levels", [0, 1, 2])
def test_a_column_of_hardly_any_levels_has_one_dimension(n_levels):
    assert auto_embedding_dim(n_levels) == 1


@pytest.mark.parametrize(
    ("embedding_dim", "expected"),
    [
        ("auto", [auto_embedding_dim(1000), auto_embedding_dim(7)]),
        (4, [4, 4]),
        (np.int64(4), [4, 4]),
        ({"day": 2}, [auto_embedding_dim(1000), 2]),
        ({"day": 2, "shop": "auto"}, [auto_embedding_dim(1000), 2]),
        ({"day": lambda n: n - 1, "shop": 5}, [5, 6]),
        (lambda n: n // 2, [500, 3]),
        ({}, [auto_embedding_dim(1000), auto_embedding_dim(7)]),
    ],
)
def test_dimensions_are_a_number_a_rule_or_either_by_column(embedding_dim, expected):
    assert resolve_embedding_dims(embedding_dim, [SHOP, DAY]) == expected


@pytest.mark.parametrize(
    ("embedding_dim", "message"),
    [
        ({"daze": 2}, r"names 'daze', which is not an embedded column: \['shop', 'day'\]"),
        ({"day": 0}, r"gives 0 for column 'day' \(7 levels\)"),
        ({"day": 2.5}, "gives 2.5 for column 'day'"),
        ({"day": True}, "gives True for column 'day'"),
        ({"day": "large"}, "gives 'large' for column 'day'"),
        (lambda n: n / 2, r"gives 500.0 for column 'shop' \(1000 levels\)"),
        (lambda n: None, "gives None for column 'shop'"),
    ],
)
def test_dimensions_that_make_no_sense_name_the_column_and_the_value(embedding_dim, message):
    with pytest.raises(ValueError, match=message):
        resolve_embedding_dims(embedding_dim, [SHOP, DAY])


def test_automatic_batches_grow_with_the_rows():
    sizes = [resolve_batch_size("auto", n) for n in (10, 5_000, 30_000, 100_000, 10**7)]
    assert sizes == sorted(set(sizes))


def test_a_batch_holds_no_more_rows_than_there_are():
    assert resolve_batch_size(256, 1000) == 256
    assert resolve_batch_size(256, 100) == 100


def test_tables_beyond_memory_are_refused_with_the_largest_column():
    with pytest.raises(MemoryError, match=r"'shop': 1,000 categories of 64 dimensions.*min_freq"):
        check_memory([column("day", 7), column("shop", 1000, 1)], [64, 64], available=10**6)


def test_a_table_that_several_columns_share_counts_once():
    shared = [column("origin", 1000), column("dest", 1000)]
    check_memory(shared, [64, 64], available=2**21 + 2**18)


def test_columns_that_share_a_table_have_one_dimension():
    shared = [column("origin", 1000), column("dest", 1000)]
    assert resolve_embedding_dims(4, shared) == [4, 4]
    with pytest.raises(ValueError, match="gives 5 for column 'dest' and 4 for 'origin'"):
        resolve_embedding_dims({"origin": 4, "dest": 5}, shared)


def test_tables_that_fit_are_accepted():
    check_memory([DAY, SHOP], [64, 64], available=2**21)


def test_a_system_that_does_not_say_how_much_memory_it_has_is_trusted(monkeypatch):
    monkeypatch.setattr("sk_entity._estimators.sizing.available_memory", lambda: None)
    check_memory([DAY, SHOP], [10**12, 10**12])


def test_dimensions_reach_the_vectors(sales, revenue, small):
    small["embedding_dim"] = {"shop": 2, "product": lambda n_levels: n_levels - 5}
    model = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    assert model.embedding_dims_ == {"shop": 2, "product": 7, "promotion": 1}
    assert model.embeddings_["product"].shape == (12, 7)


def test_hidden_layers_are_given_as_a_number_or_a_list():
    assert resolve_hidden_layer_sizes(7) == [7]
    assert resolve_hidden_layer_sizes(np.array([7, 5])) == [7, 5]
    assert resolve_hidden_layer_sizes(()) == []


@pytest.mark.parametrize("size", [0, -3, 2.5, "8"])
def test_a_layer_of_no_width_is_refused(size):
    with pytest.raises(ValueError, match=re.escape(f"hidden_layer_sizes holds {size!r}")):
        resolve_hidden_layer_sizes([16, size])


def test_hashed_rows_are_levels_of_the_table_too():
    values, counts = pd.Index(["a", "b"], dtype=object), np.array([0, 5, 5])
    (vocabulary,) = Vocabulary.learn([values], [counts], n_hashed=98)
    column = CategoricalColumn("shop", 0, vocabulary, 0, False)
    assert resolve_embedding_dims("auto", [column]) == [auto_embedding_dim(100)]
    with pytest.raises(MemoryError, match="'shop': 2 categories and 98 hashed rows of 4 dim"):
        check_memory([column], [4], available=1000)
