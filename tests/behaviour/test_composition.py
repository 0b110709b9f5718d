"""The estimators inside scikit-learn's pipelines, searches, ensembles and parallel loops."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from joblib import parallel_config
from joblib.externals.loky import get_reusable_executor
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, StackingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from sk_entity import (
    EntityEmbeddingEncoder,
)

CATEGORICAL = ["shop", "product", "promotion"]


@pytest.fixture
def encoder(regressor):
    return EntityEmbeddingEncoder(regressor, cv=2)


@pytest.fixture
def trees():
    return HistGradientBoostingRegressor(max_iter=5, random_state=0)


@pytest.fixture
def pipeline(encoder, trees):
    return Pipeline([("encoder", encoder), ("model", trees)])


@pytest.fixture
def weight(sales):
    return np.where(sales["promotion"], 10.0, 0.1)


class TestPipeline:
    def test_is_the_encoder_and_then_the_model(self, pipeline, encoder, trees, sales, revenue):
        encoder = clone(encoder)
        fitted = clone(trees).fit(encoder.fit_transform(sales, revenue), revenue)
        expected = fitted.predict(encoder.transform(sales))
        assert_array_equal(pipeline.fit(sales, revenue).predict(sales), expected)

    def test_names_what_reaches_the_model(self, pipeline, sales, revenue):
        pipeline.set_params(encoder__n_components=2)
        names = pipeline.fit(sales, revenue)[:-1].get_feature_names_out()
        assert names[:4].tolist() == [
            "shop_effect",
            "shop_axis_1",
            "product_effect",
            "product_axis_1",
        ]
        assert names[-2:].tolist() == ["month", "price"]

    def test_may_end_with_the_estimator(self, regressor, sales, revenue):
        numbers = sales[["month"]]
        pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), regressor)
        scaled = StandardScaler().set_output(transform="pandas").fit_transform(numbers)
        expected = clone(regressor).fit(scaled, revenue).predict(scaled)
        assert_array_equal(pipeline.fit(numbers, revenue).predict(numbers), expected)

    def test_passes_weights_by_the_name_of_the_step(self, pipeline, sales, revenue, weight):
        pipeline.fit(sales, revenue, encoder__sample_weight=weight)
        expected = clone(pipeline["encoder"]).fit(sales, revenue, sample_weight=weight)
        assert_array_equal(pipeline["encoder"].transform(sales), expected.transform(sales))

    def test_reuses_frozen_vectors_without_training(self, regressor, trees, sales, revenue):
        fitted = regressor.fit(sales, revenue)
        before = pickle.dumps(fitted)
        pipeline = make_pipeline(EntityEmbeddingEncoder(FrozenEstimator(fitted)), trees)
        scores = cross_val_score(pipeline, sales, -revenue, cv=2)
        assert np.isfinite(scores).all()
        assert pipeline.fit(sales, -revenue)[0].estimator_ is fitted
        assert pickle.dumps(fitted) == before

    def test_is_drawn(self, pipeline):
        drawing = estimator_html_repr(pipeline)
        assert "EntityEmbeddingEncoder" in drawing
        assert "EntityEmbeddingRegressor" in drawing


class TestColumnTransformer:
    def test_hands_the_encoder_its_columns(self, encoder, sales, revenue):
        transformer = ColumnTransformer(
            [("embed", encoder, CATEGORICAL), ("scale", StandardScaler(), ["month"])]
        )
        out = transformer.fit_transform(sales, revenue)
        encoder = clone(encoder)
        assert_allclose(out[:, :-1], encoder.fit_transform(sales[CATEGORICAL], revenue))
        assert_allclose(out[:, -1].std(), 1.0)
        assert transformer.get_feature_names_out()[0] == "embed__shop_effect"
        vectors = transformer.transform(sales)[:, :-1]
        assert_array_equal(vectors, encoder.transform(sales[CATEGORICAL]))

    def test_before_the_regressor_keeps_categories(self, regressor, sales, revenue):
        scale = ColumnTransformer(
            [("scale", StandardScaler(), ["month", "price"])],
            remainder="passthrough",
            verbose_feature_names_out=False,
        ).set_output(transform="pandas")
        pipeline = make_pipeline(scale, regressor).fit(sales, revenue)
        assert list(pipeline[-1].embeddings_) == CATEGORICAL
        assert len(pipeline.predict(sales)) == len(sales)


class TestSearch:
    @pytest.mark.slow
    def test_reaches_the_estimator_inside_the_encoder(self, encoder, sales, revenue):
        pipeline = Pipeline([("encoder", encoder.set_params(remainder="drop")), ("model", Ridge())])
        grid = {"encoder__estimator__dropout": [0.0, 0.5], "encoder__estimator__embedding_dim": [1]}
        search = GridSearchCV(pipeline, grid, cv=2).fit(sales, revenue)
        scores = search.cv_results_["mean_test_score"]
        assert scores[0] != scores[1]
        best = search.best_estimator_["encoder"]
        assert best.estimator_.dropout == search.best_params_["encoder__estimator__dropout"]
        assert set(best.estimator_.embedding_dims_.values()) == {1}

    def test_over_sizes_of_the_network(self, regressor, sales, revenue):
        grid = {"embedding_dim": [1, 4], "hidden_layer_sizes": [(8,), (8, 4)]}
        search = GridSearchCV(regressor, grid, cv=2).fit(sales, revenue)
        assert len(set(search.cv_results_["mean_test_score"])) == 4
        dims = search.best_estimator_.embedding_dims_
        assert set(dims.values()) == {search.best_params_["embedding_dim"]}

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "budget",
        [
            {"resource": "n_samples", "min_resources": 40},
            {"resource": "max_iter", "min_resources": 2, "max_resources": 6},
        ],
        ids=lambda budget: budget["resource"],
    )
    def test_halving_by_rows_and_by_epochs(self, budget, regressor, sales, revenue):
        grid = {"embedding_dim": [1, 2, 3]}
        search = HalvingGridSearchCV(regressor, grid, cv=2, random_state=0, **budget)
        search.fit(sales, revenue)
        assert search.n_candidates_ == [3, 1]
        if budget["resource"] == "max_iter":
            assert search.best_estimator_.n_iter_ == 6


class TestEnsembles:
    def test_cross_val_predict_predicts_rows_it_did_not_train_on(self, classifier, sales, size):
        folds = KFold(3)
        probability = cross_val_predict(classifier, sales, size, cv=folds, method="predict_proba")
        train, test = next(folds.split(sales))
        fitted = clone(classifier).fit(sales.iloc[train], size[train])
        assert_array_equal(probability[test], fitted.predict_proba(sales.iloc[test]))

    @pytest.mark.slow
    def test_stacking(self, regressor, pipeline, sales, revenue):
        stack = StackingRegressor(
            [("network", regressor), ("trees", pipeline)], final_estimator=Ridge(), cv=2
        )
        stack.fit(sales, revenue)
        of_the_network = stack.transform(sales)[:, 0]
        assert_array_equal(of_the_network, clone(regressor).fit(sales, revenue).predict(sales))

    @pytest.mark.slow
    @pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
    def test_calibration(self, method, classifier, sales, size):
        if method == "temperature":
            pytest.importorskip("sklearn", minversion="1.8")
        calibrated = CalibratedClassifierCV(classifier, method=method, cv=2).fit(sales, size)
        probability = calibrated.predict_proba(sales)
        assert_allclose(probability.sum(axis=1), 1.0)
        assert (probability != classifier.fit(sales, size).predict_proba(sales)).any()
        assert calibrated.classes_.tolist() == ["l", "m", "s"]

    def test_calibration_of_a_fitted_classifier(self, classifier, sales, size):
        fitted = classifier.fit(sales, size)
        calibrated = CalibratedClassifierCV(FrozenEstimator(fitted)).fit(sales, size)
        inside = calibrated.calibrated_classifiers_[0].estimator
        assert_array_equal(inside.predict_proba(sales), fitted.predict_proba(sales))

    def test_transformed_target(self, regressor, sales, revenue):
        model = TransformedTargetRegressor(regressor, func=np.log, inverse_func=np.exp)
        direct = clone(regressor).fit(sales, np.log(revenue)).predict(sales)
        assert_allclose(model.fit(sales, revenue).predict(sales), np.exp(direct), rtol=1e-6)


class TestCopies:
    @pytest.fixture(params=["regressor", "classifier", "encoder"])
    def case(self, request, regressor, classifier, encoder, revenue, size):
        return {
            "regressor": (regressor, revenue, "predict"),
            "classifier": (classifier, size, "predict_proba"),
            "encoder": (encoder, revenue, "transform"),
        }[request.param]

    def test_clone_has_the_parameters_and_nothing_learned(self, case, sales):
        estimator, y, method = case
        estimator.fit(sales, y)
        copied = clone(estimator)
        assert repr(copied) == repr(estimator)
        with pytest.raises(NotFittedError):
            getattr(copied, method)(sales)

    @pytest.mark.parametrize(
        "copied", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))], ids=["deep", "pickle"]
    )
    def test_copies_predict_and_learn_as_the_original(self, copied, case, sales):
        estimator, y, method = case
        other = copied(estimator.fit(sales, y))
        expected = getattr(estimator, method)(sales)
        assert_array_equal(getattr(other, method)(sales), expected)
        estimator.set_params(random_state=1).fit(sales, y)
        assert_array_equal(getattr(other, method)(sales), expected)
        other.set_params(random_state=1).fit(sales, y)
        assert_array_equal(getattr(other, method)(sales), getattr(estimator, method)(sales))

    def test_a_pickled_estimator_continues(self, regressor, sales, revenue):
        regressor.set_params(warm_start=True).fit(sales, revenue)
        other = pickle.loads(pickle.dumps(regressor))
        regressor.fit(sales, revenue)
        assert other.fit(sales, revenue).n_iter_ == 2 * regressor.max_iter
        assert_array_equal(other.predict(sales), regressor.predict(sales))


@pytest.mark.slow
def test_processes_give_what_one_process_gives(pipeline, sales, revenue):
    alone = cross_val_predict(pipeline, sales, revenue, cv=2)
    try:
        with parallel_config("loky", n_jobs=2):
            together = cross_val_predict(pipeline, sales, revenue, cv=2)
    finally:
        get_reusable_executor().shutdown()
    assert_array_equal(together, alone)


class TestSetOutput:
    @pytest.mark.parametrize(
        ("kind", "frame"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)]
    )
    def test_gives_a_frame_with_names(self, kind, frame, encoder, sales, revenue):
        plain = encoder.fit(sales, revenue).transform(sales)
        out = encoder.set_output(transform=kind).transform(sales)
        assert isinstance(out, frame)
        assert list(out.columns) == encoder.get_feature_names_out().tolist()
        assert_array_equal(out.to_numpy(), plain)
        assert list(encoder.fit_transform(sales, revenue).columns) == list(out.columns)

    def test_pandas_keeps_the_index(self, encoder, sales, revenue):
        sales.index = sales.index[::-1] + 1000
        encoder.set_output(transform="pandas").fit(sales, revenue)
        assert encoder.transform(sales).index.equals(sales.index)

    def test_reaches_the_encoder_inside_a_pipeline(self, pipeline, sales, revenue):
        pipeline.set_output(transform="pandas").fit(sales, revenue)
        expected = pipeline["encoder"].get_feature_names_out()
        assert_array_equal(pipeline["model"].feature_names_in_, expected)


class TestMetadataRouting:
    @pytest.fixture(autouse=True)
    def _enabled(self):
        with config_context(enable_metadata_routing=True):
            yield

    def test_weights_reach_the_encoder_that_asks_for_them(
        self, pipeline, encoder, sales, revenue, weight
    ):
        encoder.set_params(n_components=1)
        pipeline.set_params(encoder__n_components=1)
        pipeline["encoder"].set_fit_request(sample_weight=True)
        pipeline["model"].set_fit_request(sample_weight=False)
        pipeline.fit(sales, revenue, sample_weight=weight)
        weighted = clone(encoder).fit(sales, revenue, sample_weight=weight).transform(sales)
        assert_array_equal(pipeline["encoder"].transform(sales), weighted)
        assert (weighted != clone(encoder).fit(sales, revenue).transform(sales)).any()

    def test_weights_pass_by_the_encoder_that_does_not(
        self, pipeline, encoder, sales, revenue, weight
    ):
        pipeline["encoder"].set_fit_request(sample_weight=False)
        pipeline["model"].set_fit_request(sample_weight=True)
        pipeline.fit(sales, revenue, sample_weight=weight)
        unweighted = clone(encoder).fit(sales, revenue).transform(sales)
        assert_array_equal(pipeline["encoder"].transform(sales), unweighted)

    def test_weights_reach_both_where_both_ask_for_them(self, geometry, learner):
        X, y, weight = geometry.X, geometry.y, np.where(geometry.shop < 15, 5.0, 0.2)
        encoder = EntityEmbeddingEncoder(learner(max_iter=2), cv=2, n_components=1)
        encoded = encoder.fit_transform(X, y, sample_weight=weight)
        requesting = clone(encoder).set_fit_request(sample_weight=True)
        pipeline = make_pipeline(requesting, Ridge().set_fit_request(sample_weight=True))
        pipeline.fit(X, y, sample_weight=weight)
        vectors, expected = pipeline[0].embeddings_["shop"], encoder.embeddings_["shop"]
        assert_allclose(vectors, expected, rtol=1e-4, atol=1e-6)
        alone = Ridge().fit(encoded, y, sample_weight=weight)
        assert_allclose(pipeline[-1].coef_, alone.coef_, rtol=1e-3, atol=1e-4)
        unweighted = clone(encoder).fit_transform(X, y)
        assert abs(unweighted - encoded).max() > 0.05

    def test_weights_reach_training_and_scoring_in_a_search(
        self, regressor, sales, revenue, weight
    ):
        regressor.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(regressor, {"dropout": [regressor.dropout]}, cv=KFold(2))
        search.fit(sales, revenue, sample_weight=weight)
        expected = clone(regressor).fit(sales, revenue, sample_weight=weight).predict(sales)
        assert_array_equal(search.predict(sales), expected)
        train, test = next(KFold(2).split(sales))
        first = clone(regressor).fit(
            sales.iloc[train], revenue.iloc[train], sample_weight=weight[train]
        )
        score = first.score(sales.iloc[test], revenue.iloc[test], sample_weight=weight[test])
        assert_allclose(search.cv_results_["split0_test_score"], score)

    def test_a_pipeline_transforms_the_validation_rows(self, regressor, sales, revenue):
        regressor.set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline(
            [("scale", StandardScaler().set_output(transform="pandas")), ("model", regressor)],
            transform_input=["X_val"],
        )
        X, X_val = sales[["month"]].iloc[:80], sales[["month"]].iloc[80:]
        y, y_val = revenue.iloc[:80], revenue.iloc[80:]
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)
        scaler = clone(pipeline["scale"]).set_output(transform="pandas").fit(X)
        expected = clone(regressor).fit(
            scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val
        )
        assert_array_equal(
            pipeline["model"].history_["valid_loss"], expected.history_["valid_loss"]
        )
