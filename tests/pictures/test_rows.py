"""What is drawn of a column: categories with a vector of their own, and those that share one."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sk_entity._pictures.rows import count_in_words, names_to_draw, rows_to_draw
from sk_entity._table.vocabulary import Vocabulary
from sk_entity._vectors.points import trusted_vectors


def column(values, counts, **settings):
    """A column of these categories, of which so many training rows hold each."""
    (vocabulary,) = Vocabulary.learn([pd.Index(values)], [np.r_[0, counts]], **settings)
    return SimpleNamespace(name="c", vocabulary=vocabulary)


def test_the_most_frequent_is_first():
    rows = rows_to_draw(column(["a", "b", "c"], [2, 9, 2]), 1)
    assert rows.index.tolist() == ["b", "a", "c"]
    assert rows.index.name == "c"
    assert rows["count"].tolist() == [9, 2, 2]
    assert rows["row"].tolist() == [4, 3, 5]


def test_those_that_share_a_vector_are_one():
    rows = rows_to_draw(column(list("abcde"), [9, 1, 2, 0, 0], min_frequency=3), 0)
    assert rows.index.tolist() == ["a", "infrequent", "unknown"]
    assert rows["kind"].tolist() == ["category", "infrequent", "unknown"]
    assert rows["n_categories"].tolist() == [1, 2, 2]
    assert rows["count"].tolist() == [9, 3, 0]
    assert rows["row"].tolist() == [3, 2, 0]
    assert names_to_draw(rows) == ["a", "infrequent (2)", "unknown (2)"]
    assert count_in_words(rows) == "5 categories"


def test_a_category_may_be_called_infrequent():
    rows = rows_to_draw(column(["infrequent", "x"], [9, 1], min_frequency=3), 1)
    assert rows["kind"].tolist() == ["category", "infrequent"]
    assert names_to_draw(rows) == ["infrequent", "infrequent (1)"]


@pytest.mark.parametrize("values", [[3, 1, 2], [True, False], [1.5, 2.5], [1, "a", True]])
def test_categories_keep_their_type(values):
    values = pd.Index(values, dtype=object if len({type(v) for v in values}) > 1 else None)
    found = rows_to_draw(column(values, np.arange(1, len(values) + 1)), 1).index
    assert found.dtype == values.dtype
    assert set(map(repr, found.tolist())) == set(map(repr, values.tolist()))


def test_few_training_rows_can_be_left_out():
    several = column(["a", "b", "c"], [2, 9, 4])
    assert rows_to_draw(several, 4).index.tolist() == ["b", "c"]
    with pytest.raises(ValueError, match="min_count=10 training rows: the most frequent has 9"):
        rows_to_draw(several, 10)
    with pytest.raises(ValueError, match="min_count=-1 is negative"):
        rows_to_draw(several, -1)


def test_one_category_is_one():
    assert count_in_words(rows_to_draw(column(["a"], [3]), 1)) == "1 category"


def test_a_shared_vector_is_trusted_if_it_is_for_each():
    several = column(list("abcd"), [9, 8, 1, 2], min_frequency=3)
    rows = rows_to_draw(several, 1)

    def trusted(values):
        support = pd.DataFrame({"trusted": pd.array(values, dtype="boolean")}, index=list("abcd"))
        several.support = lambda: support
        return trusted_vectors(several)[rows["row"]].tolist()

    assert trusted([True, False, True, True]) == [True, False, True]
    assert trusted([True, True, False, pd.NA]) == [True, True, False]
    assert trusted([True, pd.NA, True, pd.NA]) == [True, pd.NA, pd.NA]


def test_values_that_are_not_kept_are_not_drawn():
    rows = rows_to_draw(column(list("abc"), [9, 1, 5], min_frequency=3, n_hashed=4), 0)
    assert rows.index.tolist() == ["a", "c"]
    assert rows["row"].tolist() == [7, 8]
    rows = rows_to_draw(column(list("abc"), [9, 1, 5], min_frequency=3, n_uncounted=[7]), 0)
    assert rows["row"].tolist() == [3, 4]
