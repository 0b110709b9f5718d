"""A category is found by its value, and what is none is refused with a way out."""

import numpy as np
import pandas as pd
import pytest

from sk_entity._table import category
from sk_entity._table.category import position_of

FRUITS = pd.Index(["apple", "apricot", "fig", "lime"], dtype=object)


def find(value, categories=FRUITS):
    return position_of(value, categories, np.arange(len(categories)), "fruit")


def test_it_is_found_by_its_value():
    assert find("fig") == 2
    assert find(np.str_("fig")) == 2
    numbers = pd.Index([10, 20, 30])
    assert [find(value, numbers) for value in (20, 20.0, np.int8(20))] == [1, 1, 1]
    assert find(True, pd.Index([False, True])) == 1
    assert find(("a", 1), pd.Index([("a", 1), "b"], dtype=object, tupleize_cols=False)) == 0


@pytest.mark.parametrize(
    ("value", "categories", "message"),
    [
        ("appel", FRUITS, "no category 'appel'. Did you mean 'apple'"),
        ("FIG", FRUITS, "Did you mean 'fig'"),
        ("zzz", FRUITS, "such as 'apple', 'apricot', 'fig'"),
        ("1", pd.Index([1, 2]), "'1' of type str, but it has 1 of type int"),
        (1, pd.Index(["1", "2"], dtype=object), "1 of type int, but it has '1' of type str"),
        ("fig", FRUITS[:0], "it has none at all"),
    ],
)
def test_one_that_is_not_there(value, categories, message):
    with pytest.raises(ValueError, match=message):
        find(value, categories)


def test_no_category_is_a_list():
    with pytest.raises(TypeError, match=r"a single value; got \['fig'\], a list"):
        find(["fig"])


def test_of_many_the_frequent_ones_are_compared(monkeypatch):
    monkeypatch.setattr(category, "_MOST_COMPARED", 2)
    with pytest.raises(ValueError, match="Did you mean 'fig'"):
        find("figs")
    with pytest.raises(ValueError, match="such as"):
        find("appel")


def test_a_note_ends_the_message():
    with pytest.raises(ValueError, match=r"Did you mean 'fig'\? Look elsewhere\.$"):
        position_of("figg", pd.Index(["fig"], dtype=object), np.array([1]), "c", "Look elsewhere.")
