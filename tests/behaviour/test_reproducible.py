"""The same `random_state` gives the same result, and no global state is touched."""

import random
import warnings

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sk_entity import (
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def settings(small):
    """Everything that draws random numbers: initial weights, shuffling, dropout, validation."""
    return small | {"dropout": 0.2, "embedding_dropout": 0.2, "early_stopping": True}


@pytest.fixture(params=["regressor", "classifier", "encoder"])
def case(request, settings, revenue, size):
    """An estimator, its target and the method that uses what it learned."""
    regressor = EntityEmbeddingRegressor(**settings)
    classifier = EntityEmbeddingClassifier(**settings)
    return {
        "regressor": (regressor, revenue, "predict"),
        "classifier": (classifier, size, "predict_proba"),
        "encoder": (EntityEmbeddingEncoder(classifier, n_components=2, cv=2), size, "transform"),
    }[request.param]


def result(estimator, method, X):
    return np.asarray(getattr(estimator, method)(X))


def test_the_same_seed_gives_the_same_bits(case, sales):
    estimator, y, method = case
    first, second = (result(clone(estimator).fit(sales, y), method, sales) for _ in range(2))
    assert_array_equal(first, second)


def test_fitting_twice_gives_the_same_bits(case, sales):
    estimator, y, method = case
    first = result(estimator.fit(sales, y), method, sales)
    assert_array_equal(result(estimator.fit(sales, y), method, sales), first)


def test_another_seed_gives_another_result(case, sales):
    estimator, y, method = case
    first = result(estimator.fit(sales, y), method, sales)
    inside = "estimator__random_state" if method == "transform" else "random_state"
    estimator.set_params(**{inside: 1})
    assert (result(estimator.fit(sales, y), method, sales) != first).any()


def test_no_seed_gives_another_result_each_time(settings, sales, revenue):
    estimator = EntityEmbeddingRegressor(**settings | {"random_state": None})
    first = estimator.fit(sales, revenue).predict(sales)
    assert (estimator.fit(sales, revenue).predict(sales) != first).any()


def test_without_a_seed_numpys_global_state_decides_and_moves_on(sales, revenue, small):
    estimator = EntityEmbeddingRegressor(**small | {"random_state": None, "max_iter": 1})
    found, states = [], []
    for _ in range(2):
        np.random.seed(7)  # noqa: NPY002
        found.append(estimator.fit(sales, revenue).predict(sales))
        states.append(np.random.get_state()[2])  # noqa: NPY002
    assert_array_equal(*found)
    np.random.seed(7)  # noqa: NPY002
    assert states[0] == states[1] != np.random.get_state()[2]  # noqa: NPY002


def test_the_encoders_seed_goes_to_the_estimator_inside(settings, sales, revenue):
    inside = EntityEmbeddingRegressor(**settings | {"random_state": None})
    encoder = EntityEmbeddingEncoder(inside, random_state=3)
    first = encoder.fit_transform(sales, revenue)
    assert_array_equal(encoder.fit_transform(sales, revenue), first)
    direct = clone(inside).set_params(random_state=3).fit(sales, revenue)
    assert encoder.estimator_.history_.drop(columns="seconds").equals(
        direct.history_.drop(columns="seconds")
    )


def test_a_random_state_object_is_drawn_from(settings, sales, revenue):
    settings["random_state"] = np.random.RandomState(5)
    shared = EntityEmbeddingRegressor(**settings)
    first, second = (shared.fit(sales, revenue).predict(sales) for _ in range(2))
    assert (first != second).any()
    settings["random_state"] = np.random.RandomState(5)
    assert_array_equal(
        EntityEmbeddingRegressor(**settings).fit(sales, revenue).predict(sales), first
    )


@pytest.mark.slow
def test_the_result_does_not_depend_on_global_random_state(case, sales):
    estimator, y, method = case
    results = []
    for seed in (0, 1):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        results.append(result(estimator.fit(sales, y), method, sales))
    assert_array_equal(*results)


@pytest.mark.parametrize("changed", ["dtype", "device", "inference"])
def test_the_result_does_not_depend_on_torchs_defaults(changed, case, sales):
    estimator, y, method = case
    expected = result(estimator.fit(sales, y), method, sales)
    before = torch.get_default_dtype(), torch.get_default_device()
    try:
        if changed == "dtype":
            torch.set_default_dtype(torch.float64)
        elif changed == "device":
            torch.set_default_device("meta")  # which holds no numbers
        defaults = torch.get_default_dtype(), torch.get_default_device()
        with torch.inference_mode(changed == "inference"):
            found = result(clone(estimator).fit(sales, y), method, sales)
        assert (torch.get_default_dtype(), torch.get_default_device()) == defaults
    finally:
        torch.set_default_dtype(before[0])
        torch.set_default_device(None)
    assert_array_equal(found, expected)


def test_a_torch_module_has_the_type_of_its_weights_whatever_torchs_default(sales, small):
    regressor = EntityEmbeddingRegressor(**small).fit(sales, np.arange(len(sales)))
    codes = [torch.from_numpy(codes) for codes in regressor.to_codes(sales)]
    expected = regressor.to_torch()(*codes)
    try:
        torch.set_default_dtype(torch.float64)
        found = regressor.to_torch()(*codes)
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(found, expected)


def global_state():
    """All that belongs to the process and not to an estimator."""
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return {
        "random": random.getstate(),
        "numpy": (name, keys.tolist(), *rest),
        "torch": torch.get_rng_state().tolist(),
        "warnings": list(warnings.filters),
        "numpy errors": np.geterr(),
        "dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "gradients": torch.is_grad_enabled(),
    }


def test_no_global_state_is_touched(case, sales):
    estimator, y, method = case
    before = global_state()
    estimator.fit(sales, y)
    assert global_state() == before
    result(estimator, method, sales)
    assert global_state() == before


def test_neither_a_warm_start_nor_to_torch_touches_global_state(settings, sales, revenue):
    estimator = EntityEmbeddingRegressor(**settings, warm_start=True).fit(sales, revenue)
    before = global_state()
    estimator.fit(sales, revenue)
    assert global_state() == before
    estimator.to_torch()
    assert global_state() == before


def test_warm_start_is_repeatable(settings, sales, revenue):
    def twice():
        estimator = EntityEmbeddingRegressor(**settings, warm_start=True)
        return estimator.fit(sales, revenue).fit(sales, revenue).predict(sales)

    assert_array_equal(twice(), twice())


def test_nothing_is_printed(case, sales, capfd):
    estimator, y, method = case
    result(estimator.fit(sales, y), method, sales)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("n_jobs", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_fits_side_by_side_do_not_disturb_each_other(n_jobs, settings, sales, revenue):
    estimators = [
        EntityEmbeddingRegressor(**settings | {"random_state": seed, "max_iter": 10})
        for seed in range(4)
    ]
    alone = [clone(e).fit(sales, revenue).predict(sales) for e in estimators]
    fitted = Parallel(n_jobs=n_jobs, backend="threading")(
        delayed(e.fit)(sales, revenue) for e in estimators
    )
    for estimator, expected in zip(fitted, alone, strict=True):
        assert_array_equal(estimator.predict(sales), expected)
