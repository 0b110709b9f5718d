"""Predictions and vectors of a Ray Dataset are those of the same rows in memory."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor, distributed

FEATURES = ["town", "day", "hour"]


@pytest.fixture(scope="module")
def dataset(cluster, trips_table):
    from ray.data import from_pandas

    return from_pandas(trips_table).repartition(3)


@pytest.fixture(scope="module")
def regressor_of_trips(trips_table):
    model = EntityEmbeddingRegressor(max_iter=2, hidden_layer_sizes=(8,), random_state=0)
    return model.fit(trips_table[FEATURES], trips_table["minutes"])


def in_order(dataset):
    # Dataset.to_pandas runs into a deprecation of pandas.
    frames = [batch.to_pandas() for batch in dataset.iter_batches(batch_format="pyarrow")]
    return pd.concat(frames).sort_values("trip", ignore_index=True)


def test_predictions_are_those_in_memory(dataset, regressor_of_trips, trips_table):
    found = in_order(distributed.predict(regressor_of_trips, dataset, keep="trip", batch_size=700))
    assert list(found) == ["trip", "prediction"]
    expected = regressor_of_trips.predict(trips_table[FEATURES])
    np.testing.assert_allclose(found["prediction"], expected, rtol=1e-6)


def test_any_estimator_of_scikit_learn(dataset, trips_table):
    X, y = trips_table[["trip", "weight"]], trips_table["late"]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    found = in_order(
        distributed.predict(model, dataset, method="predict_proba", keep=["trip", "late"])
    )
    assert list(found) == ["trip", "late", "probability_late", "probability_on time"]
    np.testing.assert_allclose(found.iloc[:, 2:], model.predict_proba(X))


def test_vectors_in_front_of_another_model(dataset, trips_table):
    encoder = EntityEmbeddingEncoder(cv=2, random_state=0)
    X, y = trips_table[FEATURES], trips_table["minutes"]
    encoder.set_params(estimator=EntityEmbeddingRegressor(max_iter=2, hidden_layer_sizes=(8,)))
    vectors = encoder.fit_transform(X, y)
    found = in_order(distributed.transform(encoder, dataset, keep="trip"))
    expected = encoder.transform(X)
    assert list(found)[1:] == list(encoder.get_feature_names_out())
    np.testing.assert_allclose(found.iloc[:, 1:], np.asarray(expected), rtol=1e-6)
    model = HistGradientBoostingRegressor(max_iter=5).fit(np.asarray(vectors), y)
    assert model.score(np.asarray(expected), y) > 0.2


def test_bad_arguments_are_refused_at_once(dataset, regressor_of_trips, trips_table):
    with pytest.raises(TypeError, match="DataFrame is no Ray Dataset.*from_pandas"):
        distributed.predict(regressor_of_trips, trips_table)
    with pytest.raises(ValueError, match="lacks the column 'townn', which keep names.*'town'"):
        distributed.predict(regressor_of_trips, dataset, keep="townn")
    with pytest.raises(ValueError, match="lacks the column 'town', which EntityEmbedding"):
        distributed.predict(regressor_of_trips, dataset.drop_columns(["town"]))
    with pytest.raises(AttributeError, match="predict_proba"):
        distributed.predict(regressor_of_trips, dataset, method="predict_proba")
    with pytest.raises(ValueError, match="method must be one of"):
        distributed.predict(regressor_of_trips, dataset, method="guess")
    fitted = LogisticRegression().fit(np.zeros((4, 1)), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="fitted on an array"):
        distributed.predict(fitted, dataset)


def test_a_search_runs_on_rays_processes(cluster, trips_table):
    import joblib
    from ray.util.joblib import register_ray
    from sklearn.model_selection import GridSearchCV

    register_ray()
    X, y = trips_table.loc[:600, FEATURES], trips_table.loc[:600, "minutes"]
    model = EntityEmbeddingRegressor(max_iter=2, hidden_layer_sizes=(8,), random_state=0)
    search = GridSearchCV(model, {"embedding_dim": [1, 4]}, cv=2)
    with joblib.parallel_backend("ray", n_jobs=2):
        search.fit(X, y)
    here = GridSearchCV(model, {"embedding_dim": [1, 4]}, cv=2).fit(X, y)
    pd.testing.assert_series_equal(
        pd.Series(search.cv_results_["mean_test_score"]),
        pd.Series(here.cv_results_["mean_test_score"]),
    )
