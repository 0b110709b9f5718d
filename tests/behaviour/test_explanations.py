"""What explains other models explains these: permutation importance, dependence, SHAP."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import PartialDependenceDisplay, partial_dependence, permutation_importance
from sklearn.pipeline import make_pipeline

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import CodedModel, category_effects

SETTINGS = {"max_iter": 10, "hidden_layer_sizes": (32,), "device": "cpu", "random_state": 0}
N_SAMPLES = 500


def rows():
    """A shop that matters most, a price that matters, a day that does not; cells are missing."""
    rng = np.random.default_rng(0)
    shop, price = rng.integers(8, size=N_SAMPLES), rng.normal(size=N_SAMPLES)
    X = pd.DataFrame({"shop": [f"s{s}" for s in shop], "day": rng.choice(list("abc"), N_SAMPLES)})
    X["price"] = price
    X["open"] = rng.random(N_SAMPLES) < 0.5
    y = shop + price + 0.1 * rng.normal(size=N_SAMPLES)
    X.loc[::20, "shop"] = None
    X.loc[1::20, "price"] = np.nan
    return X, y


def make(name):
    X, y = rows()
    if name == "classifier":
        return EntityEmbeddingClassifier(**SETTINGS).fit(X, y > 4)
    network = EntityEmbeddingRegressor(**SETTINGS)
    if name == "regressor":
        return network.fit(X, y)
    forest = RandomForestRegressor(10, random_state=0)
    return make_pipeline(EntityEmbeddingEncoder(network, cv=2), forest).fit(X, y)


@pytest.fixture(scope="module", params=["regressor", "classifier", "pipeline"])
def model(request):
    return make(request.param)


def response(model, X):
    return model.predict_proba(X)[:, 1] if hasattr(model, "classes_") else model.predict(X)


def test_permutation_importance_of_columns_of_strings(model):
    X, y = rows()
    target = y > 4 if hasattr(model, "classes_") else y
    found = permutation_importance(model, X, target, n_repeats=3, random_state=0)
    importance = dict(zip(X.columns, found["importances_mean"], strict=True))
    assert importance["shop"] > importance["price"] > abs(importance["day"])


def test_partial_dependence_of_numbers_and_categories(model):
    X, _ = rows()
    # scikit-learn makes a grid of quantiles, and sorts the categories, without missing cells only.
    present = X.dropna()
    found = partial_dependence(model, present, ["price"], grid_resolution=5)
    assert (np.diff(found["average"][0]) > 0).all()
    found = partial_dependence(model, present, ["shop"], categorical_features=["shop"])
    average = pd.Series(found["average"][0], found["grid_values"][0])
    assert average["s7"] > average["s0"] + 0.3
    ours = category_effects(model, present, "shop", n_samples=N_SAMPLES, n_draws=0)
    assert np.allclose(ours["mean"].sort_index(), average)
    assert len(category_effects(model, X, "shop", n_draws=0)) == 8


def test_display_of_partial_dependence(model):
    import matplotlib.pyplot as plt

    X, _ = rows()
    display = PartialDependenceDisplay.from_estimator(
        model,
        X.dropna(),
        ["shop", "price", ("shop", "day")],
        categorical_features=["shop", "day"],
        grid_resolution=5,
    )
    assert len(display.axes_[0, 0].patches) == 8
    plt.close(display.figure_)


# The import of shap takes seconds.
@pytest.mark.slow
@pytest.mark.parametrize("container", ["pandas", "categories", "polars"])
def test_shap_values_add_up(model, container):
    shap = pytest.importorskip("shap")
    X, _ = rows()
    tables = {
        "pandas": X,
        "categories": X.astype({"shop": "category", "day": "category"}),
        "polars": pl.from_pandas(X),
    }
    table = tables[container]
    coded = CodedModel(model, table)
    codes = coded.encode(table)
    predicted = response(model, table)
    assert np.allclose(coded(codes), predicted)
    explanation = shap.Explainer(coded, codes[:30])(codes[:8])
    total = explanation.values.sum(axis=1) + explanation.base_values
    assert np.allclose(total, predicted[:8])
    assert np.allclose(explanation.base_values, predicted[:30].mean())
    explanation = coded.describe(explanation, table[:8])
    assert explanation.feature_names == ["shop", "day", "price", "open"]
    assert explanation.data[3].tolist() == X.iloc[3].tolist()
    # The day says nothing.
    size = np.abs(explanation.values).mean(axis=0)
    assert size[0] > 3 * size[1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["regressor", "classes"])
@pytest.mark.parametrize("name", ["Exact", "Permutation", "Kernel", "Sampling"])
def test_each_explainer_of_shap_that_knows_nothing_of_the_model(name, kind):
    shap = pytest.importorskip("shap")
    X, y = rows()
    model = make("regressor")
    if kind == "classes":
        model = EntityEmbeddingClassifier(**SETTINGS).fit(X, np.digitize(y, [0, 1]))
    coded = CodedModel(model, X)
    codes = coded.encode(X)
    explanation = getattr(shap, f"{name}Explainer")(coded, codes[:20])(codes[20:24])
    explanation = coded.describe(explanation, X[20:24])
    predicted = coded(codes[20:24])
    assert explanation.base_values.shape == predicted.shape
    total = explanation.values.sum(axis=1) + explanation.base_values
    assert np.allclose(total, predicted, atol=1e-5)
    assert np.allclose(explanation.base_values, coded(codes[:20]).mean(axis=0), atol=1e-5)
    assert explanation[2].data.tolist() == X.iloc[22].tolist()
    assert explanation[2].base_values == pytest.approx(explanation.base_values[2])


@pytest.mark.slow
def test_shap_of_strings_without_codes():
    shap = pytest.importorskip("shap")
    X, _ = rows()
    model = make("regressor")
    # This explainer copies cells, and bears strings.
    explainer = shap.KernelExplainer(model.predict, X[:10])
    values = explainer.shap_values(X[10:12], nsamples=40, silent=True)
    assert np.allclose(values.sum(axis=1) + explainer.expected_value, model.predict(X[10:12]))
    # Those that take differences do not: hence the codes.
    with pytest.raises(TypeError):
        shap.Explainer(model.predict, X[:10])(X[10:12])


@pytest.mark.slow
def test_shap_of_the_forest_behind_the_encoder():
    shap = pytest.importorskip("shap")
    X, _ = rows()
    pipeline = make("pipeline")
    vectors = pipeline[:-1].transform(X[:5])
    explanation = shap.TreeExplainer(pipeline[-1])(vectors)
    assert explanation.values.shape == vectors.shape
    total = explanation.values.sum(axis=1) + explanation.base_values
    assert np.allclose(total, pipeline.predict(X[:5]))
