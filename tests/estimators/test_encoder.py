import numpy as np
import pandas as pd
import polars as pl
import pytest
from counting import peak_memory
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
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


@pytest.mark.slow
def test_inverse_transform_holds_few_distances_at_once(regressor):
    # All distances of these rows to all categories would take 640 MB.
    X = pd.DataFrame({"shop": [f"s{k:04}" for k in range(2_000)]})
    encoder = EntityEmbeddingEncoder(regressor.set_params(max_iter=1), cv=None)
    encoder.fit(X, np.arange(2_000.0))
    encoded = np.tile(encoder.transform(X), (20, 1))
    encoder.inverse_transform(encoded[:1])  # loads modules
    peak, back = peak_memory(lambda: encoder.inverse_transform(encoded))
    assert peak < 250e6
    assert (back[:2_000, 0] == encoder.inverse_transform(encoded[:2_000])[:, 0]).all()


def test_inverse_transform_refuses_another_width(encoder, sales, revenue):
    encoder.fit(sales, revenue)
    with pytest.raises(ValueError, match="X has 8 columns; transform gives 9"):
        encoder.inverse_transform(encoder.transform(sales)[:, 1:])


def test_a_frozen_estimator_is_used_as_it_is(regressor, sales, revenue, request):
    regressor.fit(sales, revenue)
    expected = EntityEmbeddingEncoder(regressor)
    training_started = request.getfixturevalue("no_training")
    for y in (revenue, None, np.zeros(120)):
        encoder = EntityEmbeddingEncoder(FrozenEstimator(regressor), n_components=3).fit(sales, y)
        assert encoder.estimator_ is regressor
        assert encoder.get_feature_names_out().tolist() == NAMES
        assert_array_equal(encoder.fit_transform(sales, y), encoder.transform(sales))
    with pytest.raises(training_started):
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


@pytest.mark.slow
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


def test_many_whole_numbers_are_a_quantity(chosen_class):
    minutes = np.arange(120)
    for y in (minutes, minutes.astype(float), minutes.tolist(), pd.Series(minutes)):
        assert chosen_class(y) is EntityEmbeddingRegressor
    for y in (minutes % 20, np.char.add("route ", minutes.astype(str))):
        assert chosen_class(y) is EntityEmbeddingClassifier
    assert chosen_class(minutes % 21) is EntityEmbeddingRegressor
    assert chosen_class(minutes, target_type="multiclass") is EntityEmbeddingClassifier


@pytest.mark.slow
def test_minutes_are_learned_as_numbers(sales, small):
    minutes = np.arange(120)
    encoder = EntityEmbeddingEncoder(random_state=0).fit(sales[:60], minutes[:60])
    assert isinstance(encoder.estimator_, EntityEmbeddingRegressor)


@pytest.mark.parametrize(
    "encoder",
    [
        EntityEmbeddingEncoder(target_type="multiclass"),
        EntityEmbeddingEncoder(EntityEmbeddingClassifier()),
    ],
    ids=["chosen", "given"],
)
def test_few_rows_of_a_number_taken_for_a_class_name_the_way_out(encoder, sales, no_training):
    with pytest.raises(ValueError, match="rows of each class.* target_type='continuous'.* Entity"):
        encoder.fit_transform(sales, np.arange(120) // 3)
    y = np.array(["rare"] * 3 + ["frequent"] * 117)
    with pytest.raises(ValueError, match="class 'rare' has 3. .*no cross-fitting.$"):
        encoder.fit_transform(sales, y)


def test_a_parameter_of_no_estimator_says_what_to_write(sales, size):
    pipeline = Pipeline([("encoder", EntityEmbeddingEncoder()), ("model", LogisticRegression())])
    search = GridSearchCV(pipeline, {"encoder__estimator__embedding_dim": [2]}, cv=2)
    with pytest.raises(
        ValueError, match=r"'estimator__embedding_dim' sets .* None.*Regressor\(\)\)"
    ):
        search.fit(sales, size)
    encoder = EntityEmbeddingEncoder()
    with pytest.raises(ValueError, match="EntityEmbeddingClassifier"):
        encoder.set_params(estimator__max_iter=1)
    encoder.set_params(estimator=EntityEmbeddingClassifier(), estimator__max_iter=1)
    assert encoder.estimator.max_iter == 1
    encoder.set_params(estimator__max_iter=2, cv=3)
    assert (encoder.estimator.max_iter, encoder.cv) == (2, 3)


class NoLength:
    """An array-like that NumPy reads, without a length."""

    def __init__(self, data):
        self.data = np.asarray(data)

    def __array__(self, dtype=None, copy=None):
        return self.data


def test_array_likes_without_a_length_are_cross_fitted_too(regressor, one_thread):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 5, (60, 2)).astype(float), rng.normal(size=60)
    encoder = EntityEmbeddingEncoder(regressor, cv=3, categorical_features=[0])
    expected = encoder.fit_transform(X, y)
    assert_array_equal(encoder.fit_transform(NoLength(X), NoLength(y)), expected)


def test_components_say_which_is_the_effect(encoder, regressor, sales, revenue):
    encoder.fit(sales, revenue)
    names = ["shop_effect", "shop_axis_1", "shop_axis_2"]
    assert encoder.embeddings_["shop"].columns.tolist() == names
    assert encoder.special_embeddings_["shop"].columns.tolist() == names
    assert encoder.to_frame("shop").columns[3:].tolist() == names
    # The axes of the network's own table mean nothing, and none of them is called an effect.
    own = encoder.estimator_.embeddings_["shop"].columns.tolist()
    assert own == ["shop_0", "shop_1", "shop_2"]


def test_several_outputs_have_numbered_effects(encoder, sales, revenue):
    encoder.set_params(n_components=None).fit(sales, np.column_stack([revenue, -(revenue**2)]))
    names = encoder.embeddings_["shop"].columns.tolist()
    assert names[:3] == ["shop_effect_0", "shop_effect_1", "shop_axis_1"]
    encoder.set_params(n_components=1).fit(sales, np.column_stack([revenue, -(revenue**2)]))
    assert encoder.embeddings_["shop"].columns.tolist() == ["shop_effect_0"]


def test_to_frame_gives_all_columns(encoder, sales, revenue):
    encoder.fit(sales, revenue)
    frames = encoder.to_frame()
    assert list(frames) == ["shop", "product", "promotion"]
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, encoder.to_frame(name))


def test_to_frame_gives_the_container_that_is_asked_for(encoder, sales, revenue):
    encoder.fit(sales, revenue)
    for name, expected in encoder.to_frame().items():
        found = encoder.set_output(transform="polars").to_frame(name)
        assert isinstance(found, pl.DataFrame)
        assert found.columns == expected.columns.tolist()
        assert found["category"].to_list() == [*expected["category"][:-2], None, None]
        assert found["count"].to_list() == expected["count"].tolist()
        assert_array_equal(found.to_numpy()[:, 3:].astype(np.float32), expected.iloc[:, 3:])
        assert found.dtypes[3:] == [pl.Float32] * (len(found.columns) - 3)
        assert isinstance(encoder.to_frame()[name], pl.DataFrame)
        assert isinstance(encoder.set_output(transform="pandas").to_frame(name), pd.DataFrame)


def test_categories_of_several_types_are_no_column_of_polars(encoder, sales, revenue):
    mixed = sales.assign(shop=[1 if i % 2 else "one" for i in range(120)])
    encoder.set_output(transform="polars").fit(mixed, revenue)
    with pytest.raises(ValueError, match="'shop' has categories of several types.*'pandas'"):
        encoder.to_frame("shop")
