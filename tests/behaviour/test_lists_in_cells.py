"""A column of lists is embedded as the mean of its members' vectors."""

import pickle

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor


@pytest.fixture
def fitted(trips, small):
    X, y = trips
    return EntityEmbeddingRegressor(**small).fit(X, y)


def with_tags(X, tags):
    return X.iloc[: len(tags)].assign(tags=pd.Series(tags, dtype=object))


@pytest.mark.slow
def test_members_tell_what_they_have_told(trips):
    X, y = trips
    model = EntityEmbeddingRegressor(max_iter=30, random_state=0).fit(X[:300], y[:300])
    without = EntityEmbeddingRegressor(max_iter=30, random_state=0)
    without.fit(X[:300].drop(columns="tags"), y[:300])
    assert model.score(X[300:], y[300:]) > 0.6
    assert without.score(X[300:].drop(columns="tags"), y[300:]) < 0.4
    effects = pd.Series(dict(zip("abcdef", [2, 1, 0, 0, -1, -2], strict=True)))
    found = model.state_.columns[-1].means.effects[3:, 0]
    assert np.corrcoef(found, effects)[0, 1] > 0.95


def test_the_order_of_members_does_not_matter_and_single_members_are_categories(fitted, trips):
    X = trips[0]
    one, other = with_tags(X, [["a", "b", "c"]]), with_tags(X, [["c", "a", "b"]])
    assert_allclose(fitted.predict(one), fitted.predict(other), rtol=1e-6)
    assert_array_equal(
        fitted.predict(with_tags(X, [["a", "a"]])), fitted.predict(with_tags(X, [["a"]]))
    )


def test_an_empty_list_is_missing_and_a_new_member_is_unknown(fitted, trips):
    X = trips[0]
    empty, missing, none = (fitted.to_codes(with_tags(X, [c]))[2] for c in ([], None, [None]))
    assert empty.tolist() == missing.tolist() == none.tolist() == [[1]]
    assert fitted.to_codes(with_tags(X, [["new", "a"]]))[2].tolist() == [[0, 3]]
    vector = fitted.special_embeddings_["tags"].loc["missing"]
    assert vector.abs().sum() > 0


def test_containers_agree(fitted, trips):
    X, expected = trips[0], fitted.predict(trips[0])
    in_polars = pl.DataFrame(X.to_dict("list"))
    assert in_polars.schema["tags"] == pl.List(pl.String)
    assert_array_equal(fitted.predict(in_polars), expected)
    assert_array_equal(fitted.predict(in_polars.to_arrow()), expected)
    arrow = X.assign(tags=X["tags"].astype(pd.ArrowDtype(pa.list_(pa.string()))))
    assert_array_equal(fitted.predict(arrow), expected)


def test_the_torch_module_takes_padded_members(fitted, trips):
    X = trips[0]
    codes = fitted.to_codes(X)
    assert codes[2].shape == (len(X), 3)
    output = fitted.to_torch()(*map(torch.from_numpy, codes))
    assert_allclose(output.detach().numpy()[:, 0], fitted.predict(X), rtol=1e-4, atol=1e-5)


def test_a_row_has_the_same_bits_alone(fitted, trips):
    X = trips[0]
    together = fitted.predict(X)
    assert_array_equal([fitted.predict(X.iloc[[k]])[0] for k in range(20)], together[:20])


@pytest.mark.parametrize("cross_fit", ["tables", "networks"])
def test_the_encoder_gives_the_mean_of_the_members_vectors(cross_fit, trips, small):
    X, y = trips
    inside = EntityEmbeddingRegressor(**small)
    encoder = EntityEmbeddingEncoder(inside, cross_fit=cross_fit, cv=2, random_state=0)
    cross_fitted = encoder.fit_transform(X, y)
    encoder.set_output(transform="pandas")
    out = encoder.transform(X)
    assert list(out)[-1] == "hour"
    vectors = encoder.embeddings_["tags"]
    columns = list(vectors)
    row = next(k for k, cell in enumerate(X["tags"]) if len(set(cell)) == 3)
    expected = vectors.loc[X["tags"][row]].mean()
    assert_allclose(out.loc[row, columns], expected, rtol=1e-4, atol=1e-6)
    empty = next(k for k, cell in enumerate(X["tags"]) if not cell)
    assert_allclose(out.loc[empty, columns], encoder.special_embeddings_["tags"].loc["missing"])
    assert (
        np.corrcoef(cross_fitted[:, list(out).index("tags_effect")], out["tags_effect"])[0, 1] > 0.9
    )
    assert encoder.inverse_transform(out)[row, 1] in set("abcdef")


def test_alone_the_column_has_more_than_its_effect(trips, small):
    X, y = trips
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small), n_components=2, cv=None)
    assert encoder.fit_transform(X[["tags"]], y).shape == (len(X), 2)


def test_the_vectors_join_in_a_database(trips, small):
    X, y = trips
    encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(**small), random_state=0).fit(X, y)
    rows = X[["tags"]].reset_index()  # noqa: F841, read by the query
    rows.loc[0, "tags"] = None
    rows.at[1, "tags"] = ["a", "never seen"]
    vectors = encoder.to_frame("tags")  # noqa: F841, read by the query
    found = duckdb.sql(
        """
        with members as (
            select index, unnest(if(len(tags) > 0, tags, [null])) as tag from rows
        )
        select index, avg(coalesce(v.tags_effect, special.tags_effect)) as effect
        from members
        left join vectors v on v.category = tag
        left join vectors special
            on special.kind = if(tag is null, 'missing', 'unknown') and special.category is null
        group by index order by index
        """
    ).df()
    X = X.assign(tags=rows["tags"])
    effect = list(encoder.get_feature_names_out()).index("tags_effect")
    assert_allclose(found["effect"], encoder.transform(X)[:, effect], rtol=1e-4, atol=1e-6)


def test_limits_count_members(trips, small):
    X, y = trips
    model = EntityEmbeddingRegressor(**small, max_categories=3).fit(X, y)
    assert model.state_.columns[-1].vocabulary.n_levels == 2


def test_weights_and_validation_rows(trips, small):
    X, y = trips
    weight = np.ones(len(X))
    weight[300:] = 0
    small["early_stopping"] = True
    model = EntityEmbeddingRegressor(**small)
    model.fit(X, y, sample_weight=weight, X_val=X[300:], y_val=y[300:])
    assert "valid_loss" in model.history_
    held_out = EntityEmbeddingRegressor(**small).fit(X, y)
    assert np.isfinite(held_out.predict(X)).all()


def test_classes_and_pickles(trips, small):
    X, y = trips
    model = EntityEmbeddingClassifier(**small).fit(X, y > np.median(y))
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_a_table_of_lists_only(trips, small):
    X, y = trips
    model = EntityEmbeddingRegressor(**small).fit(X[["tags"]], y)
    assert model.predict(X[["tags"]]).shape == y.shape


def test_other_cells_than_lists_are_refused_after(fitted, trips):
    X = trips[0]
    with pytest.raises(TypeError, match="'tags' holds single values, but held lists in fit"):
        fitted.predict(X.assign(tags="a"))
    with pytest.raises(TypeError, match="'origin' holds lists, but held single values in fit"):
        fitted.predict(X.assign(origin=X["tags"]))
    assert np.isfinite(fitted.predict(X.assign(tags=None))).all()


def test_a_column_that_is_not_embedded_says_how(trips, small):
    X, y = trips
    model = EntityEmbeddingRegressor(**small, categorical_features=["origin", "dest"])
    with pytest.raises(TypeError, match="'tags' holds .*categorical_features names the column"):
        model.fit(X, y)
