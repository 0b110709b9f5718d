"""What a network has learned of a column, as tables along its own axes."""

import numpy as np
from numpy.testing import assert_array_equal
from vocabularies import learn

from sk_entity._predict.weights import EmbeddingTable
from sk_entity._vectors.embedded_column import EmbeddedColumn


def test_every_category_has_the_row_that_its_cells_look_up():
    cells = ["b", "b", "a", "a", "rare", None, "held out"]
    vocabulary = learn(cells, slice(0, 6), min_frequency=2)
    table = np.arange(10.0).reshape(5, 2)
    column = EmbeddedColumn(
        "fruit", 0, vocabulary, 0, False, EmbeddingTable(table, table, table[0]), None
    )
    vectors = column.vectors()
    assert vectors.index.tolist() == ["a", "b", "held out", "rare"]
    assert vectors.columns.tolist() == ["fruit_0", "fruit_1"]
    assert vectors.index.name == "fruit"
    assert_array_equal(vectors, table[[3, 4, 0, 2]])
    special = column.special_vectors()
    assert special.index.tolist() == ["unknown", "missing", "infrequent"]
    assert_array_equal(special, table[:3])
