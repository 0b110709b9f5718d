from dataclasses import replace

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper
from onnx_sessions import session_of

from sk_entity._table.columns import learn_categorical
from sk_entity._table.series import factorize
from sk_entity._table.vocabulary import INFREQUENT
from sk_entity.onnx.categories import add_codes
from sk_entity.onnx.graph import ML, Graph
from sk_entity.onnx.inputs import Input, cells, input_of_column
from sk_entity.onnx.model import names_apart_from


def series(values):
    return nw.from_native(pd.Series(values), series_only=True)


def column_of(values, **kwargs):
    frame = nw.from_native(pd.DataFrame({"x": pd.Series(values)}), eager_only=True)
    limits = {"min_frequency": None, "max_categories": None} | kwargs
    (column,), _ = learn_categorical(frame, [0], slice(None), **limits)
    return column


def codes_of_onnx(column, values, type_, missing_string):
    graph = Graph(names_apart_from(["x", "y"]))
    graph.output(add_codes(graph, column, Input("x", type_), missing_string), "y")
    proto = helper.make_graph(
        graph.nodes,
        "test",
        [helper.make_tensor_value_info("x", type_, [None, 1])],
        [helper.make_tensor_value_info("y", TensorProto.INT64, [None, 1])],
        graph.initializers,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(ML, 3)]
    model = helper.make_model(proto, opset_imports=opsets, ir_version=8)
    feed = {"x": cells(Input("x", type_), series(values), missing_string)}
    return session_of(model).run(None, feed)[0][:, 0]


def assert_same_codes(column, values, missing_string=""):
    """As `Vocabulary.lookup` finds them; return them."""
    expected = column.vocabulary.lookup(*factorize("x", series(values)))
    type_ = input_of_column("x", series(values)).type
    found = codes_of_onnx(column, values, type_, missing_string)
    np.testing.assert_array_equal(found, expected)
    return found.tolist()


CLOSE = [0.1, np.nextafter(0.1, 1), np.nextafter(0.1, 0), 1e300, 2e300, -0.0, np.nan]
LARGE = [2**53, 2**53 + 1, -(2**63), 2**63 - 1, 7]


@pytest.mark.parametrize(
    ("learned", "values"),
    [
        (["a", "é", "日本 語", "A", None], ["é", "日本 語", "a ", None, "A", "a", "b"]),
        (["a", "a", "b", "c"], ["c", None]),  # nothing was missing in training
        ([1, 2, 3], [3, 9, 1]),
        ([1, 2, 3], [True, False]),
        ([1, 2, 3], [1.0, np.nan, 2.5, 3.0, 1e300, -1e300]),
        (LARGE, [*LARGE, 2**53 - 1]),
        (LARGE, [float(2**53), np.nan, -(2.0**63), 2.0**63, 7.0]),
        (CLOSE, [*CLOSE, 0.0, np.float32(0.1), 3e300]),
        (CLOSE, np.array([0.1, np.nan, 0.0, 1e30], dtype=np.float32)),
        ([0.5, 2.0, np.nan], [2, 3]),
        ([True, False, True], [False, True]),
        ([True, False, None], [True, None, False]),
        ([True, True], [1, 0, 5]),
        (np.array([2**64 - 1, 5], dtype=np.uint64), [5.0, np.nan, 2.0**64]),
    ],
)
def test_every_type_finds_the_rows_of_the_vocabulary(learned, values):
    assert len(set(assert_same_codes(column_of(learned), values))) > 1


def test_whole_numbers_that_have_met_floats_are_found():
    """As vectors from elsewhere bring them to a column of floats with missing cells."""
    column = column_of([1.5, 4.0, np.nan])
    values = pd.Index([4, 1.5, 2**70, 10**400, True], dtype=object)
    vocabulary = replace(
        column.vocabulary, categories=values, counts=np.ones(5, int), rows=np.arange(3, 8)
    )
    column = replace(column, vocabulary=vocabulary)
    given = [4.0, 1.5, 2.0**70, 1.0, 7.0, np.nan]
    found = codes_of_onnx(column, given, TensorProto.DOUBLE, "")
    assert found.tolist() == [3, 4, 5, 7, 0, 1]


@pytest.mark.parametrize("values", [["a", None], [1, 2], [1.0, np.nan], [True, False]])
def test_a_column_that_was_empty_knows_nothing(values):
    with pytest.warns(UserWarning, match="Column 'x' has no value"):
        column = column_of([None, None])
    assert_same_codes(column, values)


def test_an_input_of_another_kind_is_refused():
    column = column_of([["a", "b"], ["a"], []])
    graph = Graph(names_apart_from(["x"]))
    with pytest.raises(TypeError, match="'x' held lists in fit; its input is of single values"):
        add_codes(graph, column, Input("x", TensorProto.STRING), "")


def test_infrequent_categories_share_a_row():
    column = column_of(["a"] * 5 + ["b"] * 5 + ["c", "d"], min_frequency=2)
    assert assert_same_codes(column, ["a", "c", "d", "e", None]) == [3, 2, 2, 0, 1]
    column = column_of([1.5] * 5 + [2.5, 3.5], min_frequency=2)
    assert assert_same_codes(column, [1.5, 2.5, 3.5, 4.5, np.nan]) == [3, 2, 2, 0, 1]


def test_an_empty_string_may_be_a_category_if_another_stands_for_missing():
    column = column_of(["", "a", None])
    with pytest.raises(ValueError, match="Column 'x' has the category ''.*missing_string="):
        assert_same_codes(column, ["", None])
    assert assert_same_codes(column, ["", None, "a"], missing_string="?") == [3, 1, 4]


@pytest.mark.parametrize(
    ("learned", "type_", "message"),
    [
        (["a", 1], TensorProto.STRING, r"Column 'x' has the category 1, a int.*astype\(str\)"),
        ([1, 2], TensorProto.STRING, "Column 'x' has the category 1, a int"),
        (["a", "b"], TensorProto.INT64, "categories such as 'a', which its input of type int64"),
        (["a", 1], TensorProto.DOUBLE, "categories such as 'a', which its input of type double"),
    ],
)
def test_an_input_of_another_type_is_refused(learned, type_, message):
    graph = Graph(names_apart_from(["x"]))
    with pytest.raises(TypeError, match=message):
        add_codes(graph, column_of(learned), Input("x", type_), "")


@pytest.mark.parametrize(
    ("learned", "values"),
    [
        (["a", "a", "b", None], ["a", "b", "c", None]),
        ([1, 1, 2], [1, 2, 3]),
        ([1.5, 1.5, 2.5, np.nan], [1.5, 2.5, 3.5, np.nan]),
        ([1.0, 1.0, 2.0, np.nan], [1.0, 2.0, 0.5, np.nan]),
        ([True, True, False], [True, False]),
    ],
)
def test_values_that_the_vocabulary_does_not_keep_are_infrequent(learned, values):
    column = column_of(learned)
    cut = replace(column.vocabulary, rows=np.full(2, INFREQUENT, dtype=np.int32))
    cut = replace(cut, rows=np.where(cut.counts > 1, 3, cut.rows)).without_others()
    column = replace(column, vocabulary=cut)
    assert assert_same_codes(column, values)[:2] == [3, INFREQUENT]


def test_hashed_rows_are_refused():
    column = column_of(["a", "a", "b"], n_hashed={"x": 8})
    with pytest.raises(ValueError, match=r"Column 'x' has 8 rows for the hashes.*n_hashed=0"):
        assert_same_codes(column, ["a"])
