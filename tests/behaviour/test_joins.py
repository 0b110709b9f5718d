"""`to_frame` holds what `transform` does with any value, for a join to do the same elsewhere."""

import duckdb
import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from sk_entity import EntityEmbeddingEncoder


@pytest.fixture(scope="module")
def with_special_values(geometry, learner):
    """An encoder that knows missing and infrequent shops, and rows of all kinds to encode."""
    X = geometry.X.copy()
    X.loc[::50, "shop"] = None
    X.loc[[1, 2, 3], "shop"] = ["seldom", "seldom", "once"]
    encoder = EntityEmbeddingEncoder(learner(max_iter=2, min_frequency=5), cv=None)
    encoder.fit(X, geometry.y)
    rows = X.iloc[:60].copy()
    rows.loc[[5, 6], "shop"] = ["never seen", "neither"]
    return encoder, rows


def test_the_table_of_a_column_names_every_kind(with_special_values):
    encoder, _ = with_special_values
    frame = encoder.to_frame("shop")
    kinds = frame.groupby("kind").size()
    assert kinds.to_dict() == {"category": 30, "infrequent": 2, "missing": 1, "unknown": 1}
    by_category = frame.dropna(subset="category").set_index("category")
    names = [n for n in encoder.get_feature_names_out() if n.startswith("shop_")]
    assert list(frame.columns) == ["category", "kind", "count", *names]
    assert_array_equal(by_category[names], encoder.embeddings_["shop"])
    assert_array_equal(
        frame.set_index("kind").loc[["unknown", "missing"], names],
        encoder.special_embeddings_["shop"].loc[["unknown", "missing"]],
    )
    assert by_category.loc["seldom", "count"] == 2
    assert frame.loc[frame["kind"] == "missing", "count"].item() == 30
    with pytest.raises(ValueError, match=r"'price' is no categorical column .*: \['shop', 'day'\]"):
        encoder.to_frame("price")


def test_a_join_in_duckdb_is_transform(with_special_values):
    encoder, rows = with_special_values
    names = [n for n in encoder.get_feature_names_out() if n.startswith("shop_")]
    vectors, rows_of_sql = encoder.to_frame("shop"), rows[["shop"]].reset_index(names="row")  # noqa: F841
    chosen = ", ".join(f"coalesce(v.{n}, u.{n}) AS {n}" for n in names)
    joined = duckdb.sql(
        f"""
        SELECT {chosen}
        FROM rows_of_sql AS x
        LEFT JOIN (FROM vectors WHERE kind <> 'unknown') AS v
            ON x.shop IS NOT DISTINCT FROM v.category
        CROSS JOIN (FROM vectors WHERE kind = 'unknown') AS u
        ORDER BY x.row
        """
    ).df()
    assert_array_equal(
        joined.to_numpy(np.float32), encoder.transform(rows)[:, : len(names)].astype(np.float32)
    )


def test_a_join_in_polars_is_transform(with_special_values):
    encoder, rows = with_special_values
    names = [n for n in encoder.get_feature_names_out() if n.startswith("shop_")]
    vectors = pl.from_pandas(encoder.to_frame("shop"))
    unknown = vectors.filter(pl.col("kind") == "unknown").row(0, named=True)
    joined = (
        pl.from_pandas(rows[["shop"]])
        .join(
            vectors.filter(pl.col("kind") != "unknown"),
            left_on="shop",
            right_on="category",
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .select(pl.col(n).fill_null(unknown[n]) for n in names)
    )
    assert_array_equal(
        joined.to_numpy(), encoder.transform(rows)[:, : len(names)].astype(np.float32)
    )
