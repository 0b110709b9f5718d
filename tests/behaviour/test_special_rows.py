"""Unknown, missing and infrequent are three things, each with a vector of its own."""

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor

UNKNOWN, MISSING, INFREQUENT = range(3)


@pytest.fixture
def fruit():
    """400 rows: six frequent kinds, twenty rare ones, and missing cells, with their price."""
    rng = np.random.default_rng(0)
    kinds = np.array([*"abcdef", *(f"rare {i}" for i in range(20)), None], dtype=object)
    share = np.array([0.13] * 6 + [0.006] * 20 + [0.1])
    kind = rng.choice(kinds, 400, p=share)
    price = {k: float(i) for i, k in enumerate("abcdef")}
    y = np.array([20.0 if k is None else price.get(k, -10.0) for k in kind])
    return pd.DataFrame({"kind": kind, "weight": rng.normal(size=400)}), y + rng.normal(size=400)


def test_codes_tell_the_three_apart(fruit, small):
    X, y = fruit
    model = EntityEmbeddingRegressor(**small, min_frequency=10).fit(X, y)
    rows = pd.DataFrame({"kind": ["never seen", None, "rare 3", "a"], "weight": 0.0})
    categorical, _ = model.to_codes(rows)
    assert categorical[:, 0].tolist() == [UNKNOWN, MISSING, INFREQUENT, 3]


def test_each_has_a_vector_of_its_own(fruit, small):
    X, y = fruit
    model = EntityEmbeddingRegressor(**small, min_frequency=10).fit(X, y)
    special = model.special_embeddings_["kind"]
    assert special.index.tolist() == ["unknown", "missing", "infrequent"]
    frequent = model.embeddings_["kind"].loc[[*"abcdef"]]
    assert not pd.concat([special, frequent]).duplicated().any()


def test_rare_values_share_the_vector_of_the_infrequent(fruit, small):
    X, y = fruit
    model = EntityEmbeddingRegressor(**small, min_frequency=10).fit(X, y)
    vectors = model.embeddings_["kind"]
    rare = vectors[vectors.index.str.startswith("rare")]
    assert len(rare) > 10
    infrequent = model.special_embeddings_["kind"].loc["infrequent"]
    assert (rare == infrequent.to_numpy()).all(axis=None)


def test_each_is_predicted_from_the_rows_that_had_it(fruit, small):
    X, y = fruit
    small["max_iter"] = 40
    model = EntityEmbeddingRegressor(**small, min_frequency=10).fit(X, y)
    rows = pd.DataFrame({"kind": [None, "rare 3", "a", "never seen"], "weight": 0.0})
    missing, infrequent, a, unknown = model.predict(rows)
    assert missing == pytest.approx(20, abs=3)
    assert infrequent == pytest.approx(-10, abs=3)
    assert a == pytest.approx(0, abs=3)
    # What is expected of a row of which nothing is known but the weight.
    assert unknown == pytest.approx(y.mean(), abs=6)


def test_all_values_never_seen_are_predicted_alike(fruit, small):
    X, y = fruit
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    rows = pd.DataFrame({"kind": ["new", "newer", "A", "", "nan", "None"], "weight": 0.0})
    assert len(set(model.predict(rows))) == 1


@pytest.mark.parametrize("marker", [None, np.nan, pd.NA, pd.NaT], ids=str)
def test_every_marker_of_a_missing_value_is_predicted_alike(marker, fruit, small):
    X, y = fruit
    model = EntityEmbeddingRegressor(**small).fit(X, y)
    rows = pd.DataFrame({"kind": pd.Series([marker, "a"], dtype=object), "weight": 0.0})
    expected = model.predict(pd.DataFrame({"kind": [None, "a"], "weight": 0.0}))
    np.testing.assert_array_equal(model.predict(rows), expected)


def test_missing_for_the_first_time_at_predict_is_as_good_as_unknown(fruit, small):
    X, y = fruit
    present = X["kind"].notna()
    model = EntityEmbeddingRegressor(**small).fit(X[present], y[present])
    rows = pd.DataFrame({"kind": [None, "never seen", "a"], "weight": 0.0})
    assert model.to_codes(rows)[0][:, 0].tolist() == [MISSING, UNKNOWN, 3]
    missing, unknown, known = model.predict(rows)
    assert missing == unknown != known
    special = model.special_embeddings_["kind"]
    assert special.loc["missing"].equals(special.loc["unknown"])
    # No value was infrequent either.
    assert special.loc["infrequent"].equals(special.loc["unknown"])


def test_a_value_of_the_validation_rows_alone_is_unknown(fruit, small):
    X, y = fruit
    only_once = X.assign(kind=[*X["kind"][:-1], "once"])
    model = EntityEmbeddingRegressor(**small)
    model.fit(only_once[:-1], y[:-1], X_val=only_once[-50:], y_val=y[-50:])
    assert "once" not in model.categories_["kind"]
    assert model.to_codes(only_once[-1:])[0][0, 0] == UNKNOWN


def test_a_value_of_held_out_rows_alone_is_listed_with_the_unknown_vector(fruit, small):
    X, y = fruit
    names = X.assign(kind=[f"row {i}" if i % 2 else "even" for i in range(400)])
    model = EntityEmbeddingRegressor(**small, early_stopping=True, validation_fraction=0.5)
    vectors = model.fit(names, y).embeddings_["kind"]
    assert len(vectors) == 201
    unknown = (vectors == model.special_embeddings_["kind"].loc["unknown"]).all(axis=1)
    assert 60 < unknown.sum() < 140
    assert (model.to_codes(names)[0][:, 0] == UNKNOWN).sum() == unknown.sum()


def test_without_embedding_dropout_unknown_is_the_mean_of_the_training_rows(fruit, small):
    X, y = fruit
    model = EntityEmbeddingRegressor(**small, embedding_dropout=0.0, min_frequency=10).fit(X, y)
    codes, _ = model.to_codes(X)
    table = model.state_.weights.tables[0].mean
    unknown = model.special_embeddings_["kind"].loc["unknown"]
    np.testing.assert_allclose(unknown, table[codes[:, 0]].mean(axis=0), rtol=1e-4, atol=1e-6)


def test_with_embedding_dropout_unknown_is_learned(fruit, small):
    X, y = fruit
    settings = small | {"max_iter": 20, "embedding_dropout": 0.2}
    model = EntityEmbeddingRegressor(**settings).fit(X, y)
    # With this rate nothing moves: the row is as it was drawn for the same network.
    untrained = EntityEmbeddingRegressor(**settings | {"learning_rate_init": 1e-9}).fit(X, y)
    table = model.state_.weights.tables[0].mean
    initial = untrained.state_.weights.tables[0].mean[UNKNOWN]
    learned, mean = table[UNKNOWN].copy(), table[model.to_codes(X)[0][:, 0]].mean(axis=0)
    assert np.abs(learned - initial).max() > 0.1
    assert np.abs(learned - mean).max() > 1e-3

    def error_with(row):
        """Of a prediction that knows nothing of the kind, for rows of all kinds."""
        table[UNKNOWN] = row
        return np.mean((model.predict(X.assign(kind="never seen")) - y) ** 2)

    assert error_with(learned) < 0.95 * error_with(initial)
    assert error_with(learned) < 1.02 * y.var()


def test_a_table_of_infrequent_values_only_can_be_learned(fruit, small):
    X, y = fruit
    model = EntityEmbeddingClassifier(**small, max_categories=1).fit(X, y > y.mean())
    assert model.to_codes(X)[0].max() == INFREQUENT
    assert len(model.embeddings_["kind"].drop_duplicates()) == 1


def test_columns_have_special_rows_of_their_own(sales, revenue, small):
    model = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    special = model.special_embeddings_
    assert list(special) == ["shop", "product", "promotion"]
    rows = sales.head(1).assign(shop=None, product="new")
    assert model.to_codes(rows)[0][0, :2].tolist() == [MISSING, UNKNOWN]
    assert not np.array_equal(special["shop"].loc["unknown"], special["product"].loc["unknown"])
