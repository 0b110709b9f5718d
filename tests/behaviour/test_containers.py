"""The same rows give the same codes and predictions, whatever holds them."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from containers import CONTAINERS, NAMED, Table, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity._table.coder import TableCoder
from sk_entity._table.selection import select_categorical

VALUES = {
    "text": st.text(max_size=3),
    "truth": st.booleans(),
    # Beyond 2**53 a pandas column with missing cells, a float one, rounds.
    "whole": st.integers(-(2**53), 2**53),
    "real": st.floats(allow_nan=False, allow_infinity=False, width=64),
}

properties = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def tables(draw, min_rows=1):
    """A table of one to four columns with at least one value in each."""
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=4))
    n_rows = draw(st.integers(min_rows, 8))
    columns = {}
    for i, kind in enumerate(kinds):
        # Few distinct values, so that they repeat.
        pool = draw(st.lists(VALUES[kind], min_size=1, max_size=3))
        cells = st.sampled_from([None, *pool])
        column = draw(st.lists(cells, min_size=n_rows, max_size=n_rows))
        column[draw(st.integers(0, n_rows - 1))] = pool[0]
        columns[f"column {i}"] = column
    return Table(columns, {f"column {i}": kind for i, kind in enumerate(kinds)})


def learn(X, categorical, rows=slice(None)):
    frame = read(X)
    training = np.arange(len(frame))[rows]
    chosen = select_categorical(frame, categorical, named=False)
    return TableCoder.learn(frame, chosen, training, None, None, None)


def code(coder, X):
    return coder.code(read(X))


def assert_same_codes(one, other):
    np.testing.assert_array_equal(one.categorical, other.categorical)
    np.testing.assert_array_equal(one.numerical, other.numerical)


@pytest.mark.slow
@properties
@given(table=tables())
def test_every_container_is_coded_alike_by_dtype(table):
    reference = CONTAINERS["Arrow"](table)
    expected_coder, expected = learn(reference, "from_dtype")
    names = list(table.columns)
    assert [names[c.position] for c in expected_coder.categorical] == table.named("text", "truth")
    for convert in CONTAINERS.values():
        coder, coded = learn(convert(table), "from_dtype")
        assert [c.position for c in coder.categorical] == [
            c.position for c in expected_coder.categorical
        ]
        assert_same_codes(coded, expected)


@pytest.mark.slow
@properties
@given(table=tables())
def test_every_container_is_coded_alike_where_every_column_is_a_category(table):
    positions = list(range(len(table.columns)))
    expected_coder, expected = learn(CONTAINERS["Arrow"](table), positions)
    for convert in CONTAINERS.values():
        coder, coded = learn(convert(table), positions)
        assert_same_codes(coded, expected)
        for mine, other in zip(coder.categorical, expected_coder.categorical, strict=True):
            assert mine.vocabulary.categories.tolist() == other.vocabulary.categories.tolist()
            assert mine.vocabulary.counts.tolist() == other.vocabulary.counts.tolist()


@pytest.mark.slow
@properties
@given(table=tables(), learned_in=st.sampled_from(list(CONTAINERS)))
def test_a_coder_learned_from_one_container_codes_every_other_alike(table, learned_in):
    coder, expected = learn(CONTAINERS[learned_in](table), "from_dtype")
    for convert in CONTAINERS.values():
        assert_same_codes(code(coder, convert(table)), expected)


@pytest.mark.slow
@properties
@given(table=tables(min_rows=3), data=st.data())
def test_unseen_rows_are_coded_alike(table, data):
    training = table[range(2)]
    if any(all(v is None for v in column) for column in training.columns.values()):
        return
    positions = data.draw(st.sampled_from(["from_dtype", list(range(len(table.columns)))]))
    coder, _ = learn(CONTAINERS["Arrow"](training), positions)
    expected = code(coder, CONTAINERS["Arrow"](table))
    for convert in CONTAINERS.values():
        assert_same_codes(code(coder, convert(table)), expected)


@pytest.mark.slow
@properties
@given(table=tables(), order=st.randoms(use_true_random=False))
def test_permuted_rows_have_permuted_codes(table, order):
    rows = list(range(len(next(iter(table.columns.values())))))
    order.shuffle(rows)
    everything = list(range(len(table.columns)))
    for name in ("pandas", "polars Categorical", "Arrow dictionaries in chunks"):
        _, coded = learn(CONTAINERS[name](table), everything)
        _, permuted = learn(CONTAINERS[name](table[rows]), everything)
        assert_same_codes(permuted, coded[rows])


@pytest.mark.slow
@properties
@given(table=tables())
def test_relabelling_in_the_same_order_leaves_codes_as_they_are(table):
    changes = {
        "text": lambda v: "prefix " + v,
        "truth": lambda v: "yes" if v else "no",
        "whole": lambda v: 2 * v + 1,
        "real": lambda v: f"{sorted(seen).index(v):03d}",
    }
    everything = list(range(len(table.columns)))
    _, expected = learn(pd.DataFrame(table.columns), everything)
    for name, kind in table.kinds.items():
        seen = {v for v in table.columns[name] if v is not None}
        table = table.map(name, changes[kind])
    _, relabelled = learn(pd.DataFrame(table.columns), everything)
    np.testing.assert_array_equal(relabelled.categorical, expected.categorical)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, np.float32, np.float64, bool])
def test_a_numeric_array_is_coded_as_the_data_frame_of_its_columns(dtype):
    array = np.random.default_rng(0).integers(0, 2 if dtype is bool else 5, (20, 3)).astype(dtype)
    frame = pd.DataFrame(array, columns=["a", "b", "c"])
    for categorical in ("from_dtype", [1], [0, 1, 2], None):
        _, expected = learn(frame, categorical)
        for X in (array, np.asfortranarray(array), array.tolist(), pl.DataFrame(frame)):
            assert_same_codes(learn(X, categorical)[1], expected)


def test_integers_of_every_width_and_beyond_the_exact_floats_stay_apart():
    big = [2**53, 2**53 + 1, -(2**63), 2**63 - 1, 2**53 + 1]
    columns = {
        "pandas": pd.DataFrame({"k": big}),
        "pandas nullable": pd.DataFrame({"k": pd.array(big, dtype="Int64")}),
        "polars": pl.DataFrame({"k": big}),
        "Arrow": pa.table({"k": big}),
        "lists": [[v] for v in big],
        "NumPy object": np.array(big, dtype=object)[:, None],
    }
    for X in columns.values():
        coder, coded = learn(X, [0])
        assert coder.categorical[0].vocabulary.categories.tolist() == sorted(set(big))
        assert coded.categorical[:, 0].tolist() == [4, 5, 3, 6, 5]
    with_null = pl.DataFrame({"k": [*big, None]})
    assert code(coder, with_null).categorical[:, 0].tolist() == [4, 5, 3, 6, 5, 1]
    assert code(coder, pa.table({"k": [*big, None]})).categorical[-1, 0] == 1


@pytest.fixture
def shops():
    rng = np.random.default_rng(0)
    n_samples = 60
    columns = {
        "shop": [[None, "north", "south", "east"][i] for i in rng.integers(0, 4, n_samples)],
        "open": [[None, True, False][i] for i in rng.integers(0, 3, n_samples)],
        "month": [int(i) for i in rng.integers(1, 13, n_samples)],
        "price": [None if v < -1 else float(v) for v in rng.normal(size=n_samples)],
    }
    table = Table(columns, {"shop": "text", "open": "truth", "month": "whole", "price": "real"})
    y = rng.normal(size=n_samples) + np.array([v == "north" for v in columns["shop"]])
    return table, y


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_the_same_predictions_and_vectors(name, shops, small, one_thread):
    table, y = shops
    model = EntityEmbeddingRegressor(**small, categorical_features=[0, 1, 2])
    reference = CONTAINERS["Arrow"](table)
    expected = model.fit(reference, y).predict(reference)
    vectors = model.embeddings_

    X = CONTAINERS[name](table)
    np.testing.assert_array_equal(model.fit(X, y).predict(X), expected)
    names = ["x0", "x1", "x2"] if name not in NAMED else ["shop", "open", "month"]
    assert list(model.embeddings_) == names
    for ours, theirs in zip(model.embeddings_.values(), vectors.values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.index.tolist() == theirs.index.tolist()
    if name in NAMED:
        for other in NAMED:
            np.testing.assert_array_equal(model.predict(CONTAINERS[other](table)), expected)


@pytest.mark.parametrize("kind", [pd.Series, pl.Series, pa.array, np.array, list])
def test_targets_and_weights_may_come_in_any_container(kind, shops, small, one_thread):
    table, y = shops
    X = CONTAINERS["pandas"](table)
    weight = np.linspace(0.5, 1.5, len(y))
    model = EntityEmbeddingRegressor(**small)
    expected = model.fit(X, y, sample_weight=weight).predict(X)
    actual = model.fit(X, kind(y.tolist()), sample_weight=kind(weight.tolist())).predict(X)
    np.testing.assert_array_equal(actual, expected)

    labels = np.where(y > 0, "high", "low").tolist()
    classifier = EntityEmbeddingClassifier(**small).fit(X, kind(labels))
    assert classifier.classes_.tolist() == ["high", "low"]


@pytest.mark.parametrize("name", NAMED)
def test_columns_in_another_order_at_predict_are_refused_in_the_words_of_scikit_learn(
    name, shops, small
):
    table, y = shops
    model = EntityEmbeddingRegressor(**small).fit(CONTAINERS[name](table), y)
    turned = Table(dict(reversed(table.columns.items())), table.kinds)
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        model.predict(CONTAINERS[name](turned))
    fewer = Table({n: c for n, c in table.columns.items() if n != "month"}, table.kinds)
    fewer.kinds = {n: k for n, k in table.kinds.items() if n != "month"}
    with pytest.raises(ValueError, match="Feature names seen at fit time, yet now missing"):
        model.predict(CONTAINERS[name](fewer))


def test_validation_rows_with_columns_in_another_order_are_refused(shops, small):
    table, y = shops
    X = CONTAINERS["polars"](table)
    with pytest.raises(ValueError, match="X_val has the columns"):
        EntityEmbeddingRegressor(**small).fit(X, y, X_val=X[:, ::-1], y_val=y)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_the_encoder_gives_the_same_table_whatever_it_read(output, shops, small, one_thread):
    table, y = shops
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small)).set_output(transform=output)
    encoder.fit(CONTAINERS["pandas"](table), y)
    expected = encoder.transform(CONTAINERS["pandas"](table))
    for name in NAMED:
        actual = encoder.transform(CONTAINERS[name](table))
        assert type(actual) is type(expected)
        np.testing.assert_array_equal(actual.to_numpy(), expected.to_numpy())
        assert list(actual.columns) == list(expected.columns)
