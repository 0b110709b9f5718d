"""This module holds invariants of rows: the same rows give the same, and bad ones change nothing.

An invariant is a generator: it yields once for each comparison that holds, and raises
AssertionError for the first that does not.
"""

import copy

import numpy as np
from sklearn.base import clone

from .containers import CONTAINERS, WITHOUT_NAMES, containers_of
from .judging import answer, assert_finite, assert_same, call, outputs, part, refusal

SINGLE_ROWS, TRIED_CONTAINERS = 4, 3


def same_rows(case):
    """Whatever holds the rows, in any order and any batches, they get the same."""
    for name, model in case.models.items():
        for cells, expected in zip(
            (case.table.cells, case.table.new_cells), case.expected[name], strict=True
        ):
            for container in case.rng.permutation(containers_of(cells))[:TRIED_CONTAINERS]:
                found = outputs(model, CONTAINERS[container](cells))
                assert_same(found, expected, f"{name}, {container}")
                yield
            X = CONTAINERS["pandas"](cells)
            order = case.rng.permutation(len(X))
            assert_same(outputs(model, X.iloc[order]), part(expected, order), f"{name}, permuted")
            yield
            for rows in [*np.array_split(order, 3), *order[:SINGLE_ROWS, None]]:
                if len(rows):
                    found = outputs(model, X.iloc[rows])
                    assert_same(found, part(expected, rows), f"{name}, {len(rows)} of the rows")
                    yield
        assert_same(outputs(copy.deepcopy(model), X), expected, f"{name}, copied")
        yield
        if len(case.table.y) > 1:
            assert_finite(expected, name)
            yield


def same_fit(case):
    """A fit again, from another container, gives the same; so does one without names."""
    table, expected = case.table, case.expected["network"][0]
    X = CONTAINERS[table.container()](table.cells)
    model = call(clone(case.network).fit, X, table.y, sample_weight=table.weight)
    assert_same(outputs(model, table.X), expected, f"fitted to {table.container()}")
    yield
    encoded = call(clone(case.encoder).fit_transform, X, table.y, sample_weight=table.weight)
    np.testing.assert_array_equal(encoded, case.encoded, strict=True)
    yield
    unnamed = _without_names(case)
    array, rows = (convert(table.cells) for convert in WITHOUT_NAMES.values())
    unnamed = call(unnamed.fit, array, table.y, sample_weight=table.weight)
    if case.table.plan.n_rows > 1:
        assert_same(outputs(unnamed, rows), outputs(unnamed, array), "lists")
        yield


def _without_names(case):
    """The network with columns by position."""
    names = list(case.table.cells.columns)
    given = case.network.get_params()
    labels = [names.index(n) for n in given["categorical_features"] if n in names]
    pairs = given["shared_embeddings"]
    pairs = pairs and [tuple(names.index(n) for n in pair) for pair in pairs]
    return clone(case.network).set_params(
        categorical_features=["from_dtype", *labels],
        shared_embeddings=pairs,
        embedding_init=None,
        freeze_embeddings=False,
        embedding_dim="auto" if given["embedding_init"] else given["embedding_dim"],
    )


def refused_input(case):
    """Bad input is refused by name, and leaves all as it was."""
    table = case.table
    for name, fitted in case.models.items():
        model = copy.deepcopy(fitted)
        for X, word, learners in _bad_tables(case):
            methods = outputs(model, table.X.iloc[:1])
            for function in [getattr(model, method) for method in methods]:
                _assert_refused(word, function, X)
                yield
            for learn in _learners(model, learners):
                _assert_refused(word, learn, X, table.y)
                yield
        n = len(table.y)
        for y in (table.y[:-1], None, np.where(np.arange(n) == 0, np.nan, 1.0)):
            for learn in _learners(model):
                refusal(learn, table.X, y)
                yield
        for weight in (np.ones(n + 1), -np.ones(n), np.zeros(n), np.full(n, np.nan)):
            for learn in _learners(model):
                refusal(learn, table.X, table.y, weight)
                yield
        assert_same(outputs(model, table.X), case.expected[name][0], f"{name}, after refusals")
        yield


LEARNERS = ("fit", "partial_fit", "fit_transform")


def _assert_refused(word, function, *args):
    message = refusal(function, *args)
    # What partial_fit does not take at all is said first.
    others = ("early_stopping", "class_weight", "not among those learned")
    assert any(text in message for text in (word, *others)), (
        f"{function.__qualname__}: {word!r} is not in {message!r}"
    )


def _learners(model, names=LEARNERS):
    return [getattr(model, name) for name in names if hasattr(model, name)]


def _bad_tables(case):
    """Tables to refuse, a word that the message has to hold, and what learns from such ones."""
    X, kinds = case.table.X, case.table.cells.kinds
    yield X.iloc[:0], "0 sample(s)", LEARNERS
    if case.encoder.remainder == "drop":
        return  # the encoder does not read numbers
    for name, kind in kinds.items():
        if kind in ("real", "extreme", "whole", "constant"):
            # To fit, a column with a text is one of categories.
            for bad, learners in ((np.inf, LEARNERS), ("a text", ["partial_fit"])):
                column = X[name].astype(object)
                column.iloc[0] = bad
                yield X.assign(**{name: column}), repr(name), learners
            return


def handled_unknown(case):
    """With handle_unknown="error" unknown values are refused by name, and nothing else is."""
    for name, model in case.models.items():
        strict = copy.deepcopy(model).set_params(handle_unknown="error")
        learned_from = (case.learns_all_rows, False)
        tables = (case.table.X, case.table.new)
        for X, known, expected in zip(tables, learned_from, case.expected[name], strict=True):
            found, message = answer(outputs, strict, X)
            if message:
                # Rows that are held out, or weigh nothing, are no training rows.
                assert not known, message
                assert any(repr(column) in message for column in case.table.cells.columns), message
            else:
                assert_same(found, expected, f"{name}, strict")
            yield
