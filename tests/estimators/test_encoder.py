import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.utils._param_validation import InvalidParameterError

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor

NAMES = [
    *["shop_effect", "shop_axis_1", "shop_axis_2"],
    *["product_effect", "product_axis_1", "product_axis_2"],
    *["promotion_effect", "month", "price"],  # of two levels there is one difference to tell
]


@pytest.fixture
def encoder(regressor):
    return EntityEmbeddingEncoder(regressor, cv=None, n_components=3)


@pytest.fixture
def no_training(monkeypatch):
    def train(*args):
        raise AssertionError("nothing is to be trained here")

    monkeypatch.setattr("sk_entity._training.loop.train", train)


def test_rows_are_the_vectors_of_their_categories_then_the_numbers(encoder, sales, revenue):
    encoded = encoder.fit(sales, revenue).transform(sales)
    vectors = encoder.embeddings_
    assert encoded.shape == (120, 9)
    present = sales["shop"].notna().to_numpy()
    assert_array_equal(encoded[present, :3], vectors["shop"].loc[sales["shop"][present]])
    assert_array_equal(encoded[:, 3:6], vectors["product"].loc[sales["product"]])
    assert_array_equal(encoded[:, 6:7], vectors["promotion"].reindex(sales["promotion"]))
    assert_array_equal(encoded[:, 7:], sales[["month", "price"]].to_numpy(float))


@pytest.mark.parametrize("remainder", ["passthrough", "drop"])
def test_rows_are_looked_up_alike_however_many_at_a_time(
    remainder, encoder, sales, revenue, monkeypatch
):
    encoder.set_params(remainder=remainder).fit(sales, revenue)
    expected = encoder.transform(sales)
    monkeypatch.setattr(
        "sk_entity._vectors.lookup.ROWS_PER_LOOKUP", 50
    )  # 120 rows: the last are fewer
    assert_array_equal(encoder.transform(sales), expected)


def test_names_follow_the_order_of_the_columns(encoder, sales, revenue):
    encoder.fit(sales, revenue)
    assert encoder.get_feature_names_out().tolist() == NAMES
    assert encoder.get_feature_names_out(sales.columns).tolist() == NAMES
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        encoder.get_feature_names_out(sales.columns[::-1])


def test_arrays_have_numbered_names(encoder):
    X = np.array([["a", 1.0], ["b", 2.0], ["a", 3.0]], dtype=object)
    encoder.fit(X, [1.5, 3.5, 2.0])
    assert encoder.get_feature_names_out().tolist() == ["x0_effect", "x1"]
    assert encoder.get_feature_names_out(["city", "area"]).tolist() == ["city_effect", "area"]


def test_without_folds_fit_transform_is_fit_then_transform(encoder, sales, revenue, one_thread):
    expected = clone(encoder).fit(sales, revenue).transform(sales)
    assert_array_equal(encoder.fit_transform(sales, revenue), expected)


def test_numbers_may_be_dropped(encoder, sales, revenue):
    encoder.set_params(remainder="drop").fit(sales, revenue)
    assert encoder.get_feature_names_out().tolist() == NAMES[:7]
    encoded = encoder.transform(sales)
    assert encoded.shape == (120, 7)
    assert encoded.dtype == np.float32


def test_numbers_pass_through_exactly(encoder, sales, revenue):
    sales["month"] = sales["month"].astype(float) + 2**24  # more digits than float32 holds
    encoded = encoder.fit(sales, revenue).transform(sales)
    assert encoded.dtype == np.float64
    assert_array_equal(encoded[:, 7], sales["month"])


@pytest.mark.parametrize(("output", "library"), [("pandas", pd), ("polars", pl)])
def test_output_may_be_a_data_frame(output, library, encoder, sales, revenue):
    plain = encoder.fit(sales, revenue).transform(sales)
    frame = encoder.set_output(transform=output).transform(sales.set_index(sales.index + 7))
    assert isinstance(frame, library.DataFrame)
    assert list(frame.columns) == NAMES
    assert_array_equal(frame.to_numpy(), plain)
    if output == "pandas":
        assert frame.index.tolist() == list(range(7, 127))


def test_special_cells_have_the_special_vectors(encoder, sales, revenue):
    encoder.estimator.set_params(min_frequency=10)
    encoder.fit(sales, revenue)
    special = encoder.special_embeddings_["product"]
    assert (sales["product"].value_counts() < 10).any()
    rare = sales["product"].value_counts().idxmin()
    rows = sales.head(3).assign(product=["new", None, rare])
    assert_array_equal(encoder.transform(rows)[:, 3:6], special)


def test_inverse_transform_gives_the_table_back(encoder, sales, revenue):
    sales = sales[["month", "shop", "price", "promotion", "product"]]
    encoder.fit(sales, revenue)
    back = encoder.inverse_transform(encoder.transform(sales))
    expected = sales.to_numpy(dtype=object)
    assert back.shape == expected.shape
    assert_array_equal(pd.isna(back), pd.isna(expected))
    assert_array_equal(back[~pd.isna(back)], expected[~pd.isna(expected)])


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_inverse_transform_reads_what_transform_returns(output, encoder, sales, revenue):
    encoder.set_output(transform=output).set_params(remainder="drop").fit(sales, revenue)
    back = encoder.inverse_transform(encoder.transform(sales))
    assert back[:, 1].tolist() == sales["product"].tolist()
    assert back.shape == (120, 3)  # the numbers were dropped


def test_inverse_transform_of_special_rows_is_as_in_ordinal_encoder(encoder, sales, revenue):
    encoder.estimator.set_params(min_frequency=10)
    encoder.fit(sales, revenue)
    rare = sales["product"].value_counts().idxmin()
    rows = sales.head(3).assign(shop=["new", None, "north"], product=["new", rare, "p0"])
    back = encoder.inverse_transform(encoder.transform(rows))
    assert back[0, 0] is None
    assert np.isnan(back[1, 0])
    assert back[:, 1].tolist() == [None, "infrequent_sklearn", "p0"]


def test_inverse_transform_finds_the_nearest_category(encoder, sales, revenue):
    encoder.fit(sales, revenue)
    vectors = encoder.embeddings_["product"].to_numpy(float)
    gap = np.sort(np.linalg.norm(vectors[0] - vectors, axis=1))[1]
    step = np.full(3, 0.4 * gap / np.sqrt(3))
    encoded = encoder.transform(sales)
    expected = sales["product"] == "p0"
    encoded[expected, 3:6] += step
    assert (encoder.inverse_transform(encoded)[expected, 1] == "p0").all()


def test_inverse_transform_refuses_another_width(encoder, sales, revenue):
    encoder.fit(sales, revenue)
    with pytest.raises(ValueError, match="X has 8 columns; transform gives 9"):
        encoder.inverse_transform(encoder.transform(sales)[:, 1:])


def test_a_frozen_estimator_is_used_as_it_is(regressor, sales, revenue, request):
    regressor.fit(sales, revenue)
    expected = EntityEmbeddingEncoder(regressor)
    request.getfixturevalue("no_training")
    for y in (revenue, None, np.zeros(120)):
        encoder = EntityEmbeddingEncoder(FrozenEstimator(regressor), n_components=3).fit(sales, y)
        assert encoder.estimator_ is regressor
        assert encoder.get_feature_names_out().tolist() == NAMES
        assert_array_equal(encoder.fit_transform(sales, y), encoder.transform(sales))
    with pytest.raises(AssertionError, match="nothing is to be trained"):
        expected.fit(sales, revenue)


def test_a_frozen_estimator_may_encode_another_table_of_the_same_columns(regressor, sales, revenue):
    regressor.fit(sales, revenue)
    encoder = EntityEmbeddingEncoder(FrozenEstimator(regressor), n_components=1)
    few = encoder.fit_transform(sales[:5], revenue[:5])  # the effects were learned before
    assert_array_equal(few, encoder.fit(sales).transform(sales)[:5])
    with pytest.raises(ValueError, match="yet now missing"):
        encoder.fit(sales[["shop", "price"]])


def test_a_frozen_estimator_must_be_fitted(regressor, sales, revenue):
    with pytest.raises(NotFittedError):
        EntityEmbeddingEncoder(FrozenEstimator(regressor)).fit(sales, revenue)


@pytest.mark.parametrize("estimator", [Ridge(), EntityEmbeddingEncoder(), "auto"])
def test_only_our_estimators_have_vectors(estimator, sales, revenue):
    with pytest.raises(InvalidParameterError, match="'estimator' parameter"):
        EntityEmbeddingEncoder(estimator).fit(sales, revenue)


def test_a_frozen_estimator_must_be_ours(sales, revenue):
    ridge = FrozenEstimator(Ridge().fit(sales[["month"]], revenue))
    with pytest.raises(TypeError, match="must hold an EntityEmbeddingRegressor .* got Ridge"):
        EntityEmbeddingEncoder(ridge).fit(sales, revenue)


def test_the_given_estimator_is_cloned(encoder, regressor, sales, revenue):
    encoder.fit(sales, revenue)
    assert encoder.estimator is regressor
    assert not hasattr(regressor, "n_iter_")
    assert encoder.estimator_.n_iter_ == 5


class ReachedTrainingError(Exception):
    pass


@pytest.fixture
def chosen_class(monkeypatch, sales):
    """The class of the estimator that an encoder starts to fit."""

    def fit(self, X, y, sample_weight=None):
        raise ReachedTrainingError(type(self))

    monkeypatch.setattr("sk_entity._estimators.base.BaseEntityEmbedding.fit", fit)

    def choose(y, **parameters):
        with pytest.raises(ReachedTrainingError) as error:
            EntityEmbeddingEncoder(**parameters).fit(sales, y)
        return error.value.args[0]

    return choose


def test_the_target_decides_between_regressor_and_classifier(chosen_class):
    real = np.linspace(0.1, 2.3, 120)
    whole = np.arange(120) % 3
    for y in (real, np.c_[real, real], np.c_[whole, whole]):
        assert chosen_class(y) is EntityEmbeddingRegressor
    for y in (whole, whole == 1, np.array(["a", "b", "c"])[whole], whole.astype(float)):
        assert chosen_class(y) is EntityEmbeddingClassifier


def test_the_type_of_the_target_may_be_set(chosen_class):
    whole = np.arange(120) % 3
    assert chosen_class(whole, target_type="continuous") is EntityEmbeddingRegressor
    assert chosen_class(whole, target_type="multiclass") is EntityEmbeddingClassifier
    assert chosen_class(whole > 0, target_type="binary") is EntityEmbeddingClassifier


def test_a_target_of_no_known_type_is_refused(sales, no_training):
    y = np.c_[np.arange(120) % 2, np.arange(120) % 2]
    with pytest.raises(ValueError, match="'multilabel-indicator'. Set target_type to 'contin"):
        EntityEmbeddingEncoder().fit(sales, y)
    with pytest.raises(ValueError, match="the target y is None"):
        EntityEmbeddingEncoder().fit(sales)


def test_without_an_estimator_the_defaults_are_trained(sales, size):
    encoder = EntityEmbeddingEncoder(random_state=0).fit(sales[:40], size[:40])
    assert isinstance(encoder.estimator_, EntityEmbeddingClassifier)
    assert encoder.estimator_.classes_.tolist() == ["l", "m", "s"]


def test_columns_to_embed_may_be_named_by_encoder_or_estimator(encoder, regressor, sales, revenue):
    sales = sales[["month", "price", "promotion"]]
    assert list(encoder.fit(sales, revenue).embeddings_) == ["promotion"]
    regressor.set_params(categorical_features=["month"])
    with_numbers = sales.astype(float)
    assert list(encoder.fit(with_numbers, revenue).embeddings_) == ["month"]
    encoder.set_params(categorical_features=["month", "promotion"])
    assert list(encoder.fit(with_numbers, revenue).embeddings_) == ["month", "promotion"]
    assert regressor.categorical_features == ["month"]


def test_random_state_reaches_the_estimator(encoder, sales, revenue, one_thread):
    vectors = [
        clone(encoder).set_params(random_state=seed).fit(sales, revenue).embeddings_["shop"]
        for seed in (None, 0, 1)
    ]
    assert_array_equal(vectors[0], vectors[1])  # the estimator's own is 0
    assert not np.array_equal(vectors[1], vectors[2])


def test_weights_reach_the_training(encoder, regressor, sales, revenue, one_thread):
    weight = np.where(sales["promotion"], 3.0, 0.5)
    encoder.fit(sales, revenue, sample_weight=weight)
    regressor.fit(sales, revenue, sample_weight=weight)
    for name, vectors in regressor.embeddings_.items():
        assert_array_equal(encoder.estimator_.embeddings_[name], vectors)
    weighted = encoder.embeddings_["shop"]
    encoded = encoder.fit_transform(sales, revenue, sample_weight=weight)
    assert_array_equal(encoded, encoder.transform(sales))
    assert_array_equal(encoder.embeddings_["shop"], weighted)
    unweighted = encoder.fit(sales, revenue).embeddings_["shop"]
    assert not np.array_equal(unweighted, weighted)


def test_names_that_clash_are_refused(encoder, sales, revenue):
    sales = sales.rename(columns={"price": "shop_axis_1"})
    with pytest.raises(
        ValueError, match=r"clash .*: \['shop_axis_1'\]. Rename .* remainder='drop'"
    ):
        encoder.fit(sales, revenue)
    encoder.set_params(remainder="drop").fit(sales, revenue)


def test_a_table_without_categories_passes_through(encoder, sales, revenue):
    numbers = sales[["month", "price"]]
    encoded = encoder.fit(numbers, revenue).transform(numbers)
    assert_array_equal(encoded, numbers.to_numpy(float))
    assert encoder.embeddings_ == {}
    assert_array_equal(encoder.inverse_transform(encoded).astype(float), encoded)
    encoder.set_params(remainder="drop").fit(numbers, revenue)
    assert encoder.transform(numbers).shape == (120, 0)
    assert encoder.get_feature_names_out().tolist() == []


def test_a_table_without_numbers_is_all_vectors(encoder, sales, revenue):
    encoded = encoder.fit_transform(sales[["shop", "product"]], revenue)
    assert encoded.dtype == np.float32
    assert encoded.shape == (120, 6)


def test_nothing_works_before_fit(encoder, sales):
    for use in (encoder.transform, encoder.inverse_transform):
        with pytest.raises(NotFittedError):
            use(sales)
    with pytest.raises(NotFittedError):
        encoder.get_feature_names_out()
    with pytest.raises(NotFittedError):
        _ = encoder.embeddings_
