"""The cells of a column: counted among the training rows, and looked up."""

import narwhals as nw
import pandas as pd
import pytest

from sk_entity._table.values import Cells
from sk_entity._table.vocabulary import FIRST_CATEGORY, MISSING, UNKNOWN, Vocabulary


def read(cells, in_lists):
    column = nw.from_native(pd.Series(cells, dtype=object), series_only=True)
    return Cells.read("tags", column, in_lists)


def counts(cells, training):
    missing, *others = cells.count(training).tolist()
    return {None: missing} | dict(zip(cells.values, others, strict=True))


@pytest.mark.parametrize("training", [slice(0, 3), [0, 1, 2]])
def test_values_are_counted_in_the_training_rows(training):
    assert counts(read(["b", "a", None, "c"], False), training) == {None: 1, "b": 1, "a": 1, "c": 0}
    cells = read([["b", "a"], [], ["b", None], ["c"]], True)
    assert counts(cells, training) == {None: 2, "b": 2, "a": 1, "c": 0}


def test_an_empty_list_is_a_missing_cell():
    cells = read([["b", "a"], [], None, ["new", None]], True)
    known = read([["a", "b"]], True)
    (vocabulary,) = Vocabulary.learn([known.values], [known.count(slice(None))])
    bags = cells.look_up(vocabulary)
    a, b = FIRST_CATEGORY, FIRST_CATEGORY + 1
    assert bags.padded().tolist() == [[b, a], [MISSING, -1], [MISSING, -1], [UNKNOWN, MISSING]]
