"""Records that do not fit together are refused before they are written or used."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingEncoder
from sk_entity._estimators.state import FittedEncoder
from sk_entity.persistence import save
from sk_entity.persistence.checks import check
from sk_entity.persistence.records import RECORDS


@pytest.fixture
def state(regressor, sales, revenue):
    return regressor.fit(sales, revenue).state_


@pytest.fixture
def encoded(regressor, sales, revenue):
    encoder = EntityEmbeddingEncoder(regressor, cv=2)
    encoder.fit_transform(sales, revenue)
    return encoder.state_


def refused(record, said, **changes):
    check(record)
    with pytest.raises(ValueError, match=f"{type(record).__name__} is not consistent: .*{said}"):
        check(replace(record, **changes))


def test_vocabulary(state):
    v = state.coder.categorical[0].vocabulary
    n = len(v.categories)
    refused(v, "twice", categories=pd.Index(["a"] * n, dtype=object))
    refused(v, "missing", categories=pd.Index([*v.categories[1:], None], dtype=object))
    refused(v, "rows has shape", rows=v.rows[1:])
    refused(v, "counts has shape", counts=v.counts[1:])
    refused(v, "integers", counts=v.counts.astype(float))
    refused(v, "negative", counts=-v.counts)
    refused(v, "negative", n_missing=-1)
    refused(v, "dtype int64", rows=v.rows.astype(np.int64))
    refused(v, "a row is negative", rows=v.rows - 4)
    refused(v, "beyond the table", rows=v.rows + 1)
    refused(v, "beyond the table", rows=np.full(n, 2**31 - 1, dtype=np.int32))
    refused(v, "one row", rows=np.full(n, 3, dtype=np.int32))


def test_categories_are_told_apart_in_any_order_and_of_any_types(state):
    v = state.coder.categorical[0].vocabulary
    for values in (["c", "a", "b"], [1, "a", b"a"], [3, 1, 2], [2.0, 1.0, 3.0]):
        dtype = object if isinstance(values[1], str) else None
        check(replace(v, categories=pd.Index(values, dtype=dtype)))
    for values in ([1, "a", 1.0], [True, 2, 1], ["b", "a", "b"]):
        refused(v, "twice", categories=pd.Index(values, dtype=object))
    refused(v, "twice", categories=pd.Index([2, 1, 2]))


def test_scaler(state):
    scaler = state.coder.numerical[0].scaler
    check(replace(scaler, scale=np.inf))  # of a constant column
    refused(scaler, "positive", scale=np.nan)
    refused(scaler, "positive", scale=0.0)
    refused(scaler, "positive", center=np.inf)
    refused(scaler, "shape", edges=scaler.edges[1:])
    refused(scaler, "sorted", edges=scaler.edges[::-1])
    refused(scaler, "NaN", edges=np.full_like(scaler.edges, np.nan))


def test_coder(state):
    coder = state.coder
    first, *others = coder.categorical
    refused(coder, "one place", categorical=(first, first, *others[1:]))
    refused(coder, "no place", categorical=(replace(first, position=9), *others))
    refused(coder, "names", categorical=(replace(first, name="x"), *others))
    refused(coder, "names", names=("shop",) * 5)
    refused(coder, "no earlier one", categorical=(replace(first, owner=1), *others))
    refused(coder, "shares", categorical=(first, replace(others[0], owner=0), *others[1:]))
    refused(coder, "lists", categorical=(replace(first, holds_lists=True), *others))


def test_weights(state):
    weights = state.weights
    table, layer, numbers = weights.tables[0], weights.layers[0], weights.numeric_tables[0]
    refused(table, "mean", mean=table.mean.astype(np.float64))
    refused(table, "NaN", mean=np.where(table.mean > 0, np.nan, table.mean))
    refused(table, "log_deviation", log_deviation=table.log_deviation[1:])
    refused(table, "log_prior", log_prior=table.log_prior[1:])
    refused(layer, "bias", bias=layer.bias[1:])
    refused(layer, "infinity", kernel=np.full_like(layer.kernel, np.inf))
    refused(numbers, "sorted", edges=numbers.edges[::-1])
    refused(numbers, "steps", steps=numbers.steps[1:])
    refused(weights, "no layer", layers=())
    refused(weights, "does not fit", layers=(layer, layer))
    refused(weights, "no activation", activation="__import__")
    refused(weights, "too small", tables=weights.tables * 9)
    wider = replace(numbers, **dict.fromkeys(("steps", "log_deviation"), np.zeros((128, 9), "f4")))
    refused(weights, "width", numeric_tables=(wider, *weights.numeric_tables[1:]))


def test_network(state):
    refused(state, "columns, tables and effects", means=state.means[1:])
    refused(state, "rows of column 'shop'", means=state.means[::-1])
    two = replace(state.target, offset=np.zeros(2), scale=np.ones(2), one_dimensional=False)
    refused(state, "other outputs", target=two)
    fewer = replace(state.weights, numeric_tables=state.weights.numeric_tables[1:])
    refused(state, "no table", weights=fewer)


def test_targets(state, classifier, sales, size):
    target = state.target
    refused(target, "no link", link="exec")
    refused(target, "several", offset=np.zeros(2), scale=np.ones(2))
    refused(target, "NaN", scale=np.array([np.nan]))
    refused(target, "no output", offset=np.zeros(0), scale=np.zeros(0), one_dimensional=False)
    classes = classifier.fit(sales, size).state_.target
    refused(classes, "fewer than two", classes=classes.classes[:1])
    refused(classes, "twice", classes=np.array(["a", "b", "a"]))
    refused(classes, "frequency", frequency=classes.frequency[1:])


def test_encoding(classifier, with_a_long_table):
    X, y = with_a_long_table
    state = classifier.fit(X, y > 0).state_
    encoding = state.encoding
    refused(encoding, "sorted", keys=encoding.keys[::-1])
    refused(encoding, "values", values=encoding.values[1:])
    refused(encoding, "edges", edges=encoding.edges[:, 1:])
    refused(encoding, "smoothing", smoothing=(np.nan,) * len(encoding))
    refused(state, "other columns", encoding=replace(encoding, factors=encoding.factors[1:]))


def test_encoder(encoded):
    column = encoded.columns[0]
    refused(encoded, "number", columns=encoded.columns[1:])
    other = replace(column, name="other")
    refused(encoded, "another in the network", columns=(other, *encoded.columns[1:]))
    refused(column, "table", table=column.table[1:])
    refused(column, "deviations", deviations=column.deviations[1:])
    refused(column, "negative", n_effects=-1)
    refused(column, "no axes", n_effects=0)
    refused(column, "spread", spread=column.spread[1:])
    check(replace(column, spread=np.full_like(column.spread, np.nan)))
    refused(column.axes, "directions", directions=np.zeros((5, 99)))


def test_every_record_of_a_state_is_allowed(encoded):
    def walk(value):
        if hasattr(value, "__dataclass_fields__"):
            yield type(value)
            for part in vars(value).values():
                yield from walk(part)
        elif isinstance(value, tuple):
            for part in value:
                yield from walk(part)

    found = set(walk(encoded))
    assert FittedEncoder in found
    assert found <= set(RECORDS.values())


def test_what_would_not_be_read_is_not_written(regressor, sales, revenue, tmp_path):
    state = regressor.fit(sales, revenue).state_
    regressor.state_ = replace(state, means=state.means[1:])
    with pytest.raises(ValueError, match="not consistent"):
        save(regressor, tmp_path / "file")
    assert not list(tmp_path.iterdir())


def test_values_that_are_no_categories(state):
    complete = state.coder.categorical[0].vocabulary
    refused(complete, "hashed rows have no counts", n_hashed=2)
    refused(complete, "negative number of hashed rows", n_hashed=-1)
    rows, own = np.full(len(complete.categories), 2, dtype=np.int32), complete.counts.argmax()
    rows[own] = 5
    others = np.zeros(2, dtype=np.int64)
    with pytest.raises(ValueError, match="a category has no row of its own"):
        check(replace(complete, rows=rows, n_hashed=2, other_counts=others))
    v = replace(complete, rows=rows, n_hashed=2, other_counts=others).without_others()
    assert v.n_levels == 1
    refused(v, "beyond the table", rows=v.rows + 1)
    refused(v, "a category has no row of its own", rows=v.rows - 1)
    refused(v, "other_counts has shape", n_hashed=3)
    refused(v, "other_counts has shape", n_hashed=0)
    refused(v, "negative number of hashed rows, or too many", n_hashed=2**31)
    refused(v, "other_counts has dtype", other_counts=v.other_counts.astype(float))
    refused(v, "a count is negative", other_counts=v.other_counts - 10**6)
    refused(v, "hashed rows have no counts", other_counts=None)
