"""After `fit` an estimator holds arrays and plain values, and `to_torch` gives the network back."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn.base import clone
from skorch.callbacks import EarlyStopping, LRScheduler

from sk_entity import (
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
)

WITHOUT_TORCH = """
import pickle, sys
from importlib.abc import MetaPathFinder

import numpy as np


class NoTorch(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "skorch"}:
            raise ImportError(f"{name} is not to be imported here")


sys.meta_path.insert(0, NoTorch())
with open(sys.argv[1], "rb") as file:
    cases = pickle.load(file)
for estimator, method, X, expected in cases:
    np.testing.assert_array_equal(getattr(estimator, method)(X), expected)
    repr(estimator), estimator.embeddings_
print(len(cases), "agree")
"""


@pytest.mark.slow
def test_predicts_where_torch_cannot_be_imported(small, sales, revenue, size, tmp_path):
    regressor = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    classifier = EntityEmbeddingClassifier(**small).fit(sales, size)
    encoder = EntityEmbeddingEncoder(clone(classifier)).fit(sales, size)
    cases = [
        (estimator, method, sales, getattr(estimator, method)(sales))
        for estimator, method in [
            (regressor, "predict"),
            (classifier, "predict"),
            (classifier, "predict_proba"),
            (classifier, "decision_function"),
            (encoder, "transform"),
        ]
    ]
    path = tmp_path / "cases.pickle"
    path.write_bytes(pickle.dumps(cases))
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, path], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "5 agree\n"


def everything_in(value, seen=None):
    """The value, and all that it holds in attributes, containers and object arrays."""
    seen = {} if seen is None else seen
    if id(value) in seen or isinstance(value, type):
        return
    seen[id(value)] = value
    yield value
    held = list(vars(value).values()) if hasattr(value, "__dict__") else []
    if isinstance(value, dict):
        held += [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        held += list(value)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        held += value.ravel().tolist()
    for part in held:
        yield from everything_in(part, seen)


def libraries_in(estimator):
    return {type(value).__module__.partition(".")[0] for value in everything_in(estimator)}


def test_the_walk_through_an_estimator_finds_what_is_hidden(small, sales, revenue):
    estimator = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    estimator.state_.coder.categorical[0].vocabulary.__dict__["hidden"] = {
        "deep": [(torch.zeros(1),)]
    }
    assert "torch" in libraries_in(estimator)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_fitted_estimator_holds_nothing_of_torch(early_stopping, small, sales, revenue, size):
    small["early_stopping"] = early_stopping
    regressor = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    classifier = EntityEmbeddingClassifier(**small).fit(sales, size)
    encoder = EntityEmbeddingEncoder(regressor).fit(sales, revenue)
    for estimator in (regressor, classifier, encoder):
        libraries = libraries_in(estimator)
        assert {"sk_entity", "numpy", "pandas"} <= libraries
        assert not {"torch", "skorch"} & libraries


def test_fit_leaves_nothing_in_the_callbacks_it_was_given(small, sales, revenue):
    stop = EarlyStopping(monitor="train_loss", load_best=True)
    callbacks = [LRScheduler("StepLR", step_size=2), ("stop", stop)]
    estimator = EntityEmbeddingRegressor(**small, callbacks=callbacks).fit(sales, revenue)
    assert estimator.callbacks is callbacks
    assert callbacks[1][1] is stop
    assert "torch" not in libraries_in(estimator)


def module_output(estimator, X):
    categorical, numerical = estimator.to_codes(X)
    with torch.no_grad():
        return estimator.to_torch()(torch.from_numpy(categorical), torch.from_numpy(numerical))


def tables(sales):
    """The table, its categorical half and its numeric half."""
    numbers = ["month", "price"]
    return {"both": sales, "categories": sales.drop(columns=numbers), "numbers": sales[numbers]}


@pytest.mark.parametrize("columns", ["both", "categories", "numbers"])
@pytest.mark.parametrize(
    "loss", ["squared_error", "absolute_error", "huber", "poisson", "gamma", "quantile"]
)
def test_to_torch_predicts_as_the_regressor_does(loss, columns, small, sales, revenue):
    X = tables(sales)[columns]
    quantile = 0.9 if loss == "quantile" else None
    # A target far from zero and large, so that float32 in the unit of y would show.
    y = 1000 + 50 * revenue
    estimator = EntityEmbeddingRegressor(loss=loss, quantile=quantile, **small).fit(X, y)
    output = module_output(estimator, X).numpy()
    assert output.shape == (len(X), 1)
    predicted = estimator.predict(X)
    assert predicted.std() > 0
    assert_allclose(output[:, 0], predicted, rtol=2e-6, atol=1e-5 * y.std())


@pytest.mark.parametrize(
    "activation", ["identity", "logistic", "tanh", "relu", "selu", "silu", "mish"]
)
def test_to_torch_knows_every_activation(activation, small, sales, revenue):
    y = np.column_stack([revenue, -3 * revenue])
    small |= {"activation": activation, "hidden_layer_sizes": (16, 8), "dropout": 0.1}
    estimator = EntityEmbeddingRegressor(**small).fit(sales, y)
    output = module_output(estimator, sales).numpy()
    assert_allclose(output, estimator.predict(sales), rtol=0, atol=1e-5 * y.std())


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("columns", ["both", "categories", "numbers"])
def test_to_torch_scores_as_the_classifier_does(columns, n_classes, small, sales, size):
    X = tables(sales)[columns]
    y = size if n_classes == 3 else size == "l"
    estimator = EntityEmbeddingClassifier(**small).fit(X, y)
    output = module_output(estimator, X).numpy()
    assert output.shape == (len(X), 1 if n_classes == 2 else 3)
    scores = estimator.decision_function(X).reshape(output.shape)
    assert_allclose(output, scores, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize(
    "export",
    [torch.jit.trace, lambda module, codes: torch.export.export(module, codes).module()],
    ids=["trace", "export"],
)
def test_torchs_own_exports_take_the_module(export, small, sales, revenue):
    estimator = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    codes = tuple(map(torch.from_numpy, estimator.to_codes(sales)))
    module = estimator.to_torch()
    assert torch.allclose(export(module, codes)(*codes), module(*codes))


def test_to_torch_gives_a_module_of_its_own_in_evaluation_mode(small, sales, revenue):
    small |= {"dropout": 0.5, "embedding_dropout": 0.5}
    estimator = EntityEmbeddingRegressor(**small).fit(sales, revenue)
    before = estimator.predict(sales)
    module = estimator.to_torch()
    assert isinstance(module, torch.nn.Module)
    assert not any(part.training for part in module.modules())
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(estimator.predict(sales), before)
    assert all(parameter.requires_grad for parameter in module.parameters())
