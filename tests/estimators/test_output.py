"""Tables of vectors come in the container that `set_output` asks for."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import config_context

from sk_entity import EntityEmbeddingEncoder
from sk_entity._estimators.output import in_container

FRAME = pd.DataFrame(
    {
        "category": pd.array([3, 5, None], dtype="Int64"),
        "kind": ["category", "infrequent", "missing"],
        "count": [4, 1, 0],
        "effect": np.array([0.5, -1.0, 0.0], dtype=np.float32),
    }
)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_a_pandas_table_stays_as_it_is(output):
    encoder = EntityEmbeddingEncoder().set_output(transform=output)
    assert in_container(encoder, "code", FRAME) is FRAME


def test_a_polars_table_has_the_same_cells_and_types():
    frame = in_container(EntityEmbeddingEncoder().set_output(transform="polars"), "code", FRAME)
    assert frame.schema == {
        "category": pl.Int64,
        "kind": pl.String,
        "count": pl.Int64,
        "effect": pl.Float32,
    }
    assert frame["category"].to_list() == [3, 5, None]
    assert frame["effect"].to_list() == [0.5, -1.0, 0.0]


def test_the_global_setting_counts_too():
    with config_context(transform_output="polars"):
        assert isinstance(in_container(EntityEmbeddingEncoder(), "code", FRAME), pl.DataFrame)


def test_what_no_column_of_polars_holds_is_refused_by_name():
    mixed = FRAME.assign(category=[1, "one", None])
    encoder = EntityEmbeddingEncoder().set_output(transform="polars")
    with pytest.raises(ValueError, match="'code' has categories of several types.*'pandas'"):
        in_container(encoder, "code", mixed)
