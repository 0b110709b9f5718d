"""A classifier reads target encodings where they tell more than vectors, and only there."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss, roc_auc_score

from sk_entity import EntityEmbeddingClassifier
from sk_entity._predict import forward
from sk_entity._predict.numbers import NumberVectors
from sk_entity._table.coder import CodedTable
from sk_entity.inspection import block_matrix, one_hot_and_numeric


def fruit_stalls(n_samples, seed):
    """60 stalls and 60 fruits: only together they tell what sells, and rarely for sure."""
    rng = np.random.default_rng(seed)
    stall, fruit = rng.integers(0, 60, (2, n_samples))
    likes = np.random.default_rng(7).random((60, 60)) < 0.5
    y = rng.random(n_samples) < np.where(likes[stall, fruit], 0.9, 0.1)
    X = pd.DataFrame({"stall": stall, "fruit": fruit}).astype(str).astype("category")
    return X.assign(price=rng.normal(size=n_samples)), np.where(y, "sold", "left")


def access(n_samples, seed):
    """Who may use what: decided by resource and role together, whatever the manager is."""
    truth, rng = np.random.default_rng(7), np.random.default_rng(seed)
    of_pair, of_resource = truth.normal(0, 2.5, (300, 30)), truth.normal(size=300)
    resource = np.minimum(10 * rng.pareto(1.0, n_samples), 299).astype(int)
    role, manager = rng.integers(0, 30, n_samples), rng.integers(0, 300, n_samples)
    logit = 1.5 + of_resource[resource] + of_pair[resource, role]
    X = pd.DataFrame({"resource": resource, "role": role, "manager": manager}).astype(str)
    return X, rng.random(n_samples) < expit(logit)


def fit(X, y, **settings):
    settings = {"hidden_layer_sizes": (64,), "device": "cpu", "random_state": 0} | settings
    return EntityEmbeddingClassifier(**settings).fit(X, y)


@pytest.mark.slow
def test_pairs_tell_what_single_columns_cannot():
    X, y = fruit_stalls(8_000, seed=0)
    fresh, wanted = fruit_stalls(4_000, seed=1)

    def auc(**settings):
        model = fit(X, y, max_iter=2, **settings)
        return roc_auc_score(wanted == "sold", model.predict_proba(fresh)[:, 1])

    assert auc() > auc(ordered_target_encoding=False) + 0.1


@pytest.mark.slow
def test_levels_that_tell_nothing_are_not_believed():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.integers(0, 300, (3000, 2)), columns=["a", "b"]).astype(str)
    y = rng.random(3000) < 0.3
    p = fit(X[:2000], y[:2000], max_iter=10).predict_proba(X[2000:])[:, 1]
    assert log_loss(y[2000:], p) < log_loss(y[2000:], np.full(1000, y[:2000].mean())) + 0.01


@pytest.mark.slow
def test_they_lower_the_loss_on_sparse_identifiers():
    (X, y), (fresh, wanted) = access(2000, seed=0), access(4000, seed=1)

    def loss(**settings):
        return log_loss(wanted, fit(X, y, max_iter=5, **settings).predict_proba(fresh)[:, 1])

    assert loss() < loss(ordered_target_encoding=False) - 0.04


@pytest.mark.slow
def test_they_lower_the_loss_on_real_sparse_identifiers(data_dir):
    table = pd.read_parquet(data_dir / "amazon_employee_access.parquet")
    X, y = table.drop(columns="ACTION").astype(str), table["ACTION"]
    X, fresh, y, wanted = X[:2000], X[2000:8000], y[:2000], y[2000:8000]

    def loss(**settings):
        model = EntityEmbeddingClassifier(device="cpu", random_state=0, **settings).fit(X, y)
        return log_loss(wanted, model.predict_proba(fresh)[:, 1])

    assert loss() < loss(ordered_target_encoding=False)


@pytest.fixture(scope="module")
def fitted():
    """A model that reads an encoding of the pair, and fresh rows."""
    X, y = fruit_stalls(2_000, seed=0)
    model = EntityEmbeddingClassifier(max_iter=2, device="cpu", random_state=0).fit(X, y)
    assert model.state_.encoding.columns == [(0, 1)]
    return model, fruit_stalls(200, seed=1)[0]


def test_torch_and_the_block_matrix_know_them(fitted):
    import torch

    model, fresh = fitted
    codes = model.to_codes(fresh)
    output = model.to_torch()(*map(torch.from_numpy, codes)).detach().numpy()[:, 0]
    assert output == pytest.approx(model.decision_function(fresh), abs=1e-5)
    first_input = (one_hot_and_numeric(model, fresh) @ block_matrix(model)).toarray()
    weights = model.state_.weights
    received = forward.first_input(
        weights, NumberVectors(weights.numeric_tables), CodedTable(*codes)
    )
    assert first_input == pytest.approx(received, abs=1e-5)


def test_a_pickled_model_has_them_and_a_single_row_finds_them(fitted):
    model, fresh = fitted
    again = pickle.loads(pickle.dumps(model))
    together = model.predict_proba(fresh)
    assert (again.predict_proba(fresh) == together).all()
    assert (
        np.concatenate([again.predict_proba(fresh[i : i + 1]) for i in range(5)]) == together[:5]
    ).all()


def test_validation_rows_are_read_with_what_training_rows_tell():
    X, y = fruit_stalls(4_000, seed=0)
    X_val, y_val = fruit_stalls(2_000, seed=1)
    model = EntityEmbeddingClassifier(max_iter=2, device="cpu", random_state=0)
    model.fit(X, y, X_val=X_val, y_val=y_val)
    loss = log_loss(y_val, model.predict_proba(X_val), labels=model.classes_)
    assert model.history_["valid_loss"][model.best_iter_] == pytest.approx(loss, rel=1e-4)


def test_a_warm_start_keeps_them():
    X, y = fruit_stalls(2_000, seed=0)
    model = EntityEmbeddingClassifier(max_iter=1, warm_start=True, device="cpu", random_state=0)
    before = model.fit(X, y).state_.encoding
    assert model.fit(*fruit_stalls(500, seed=1)).state_.encoding is before
    assert model.n_iter_ == 2


def test_more_classes_have_none_and_so_has_who_wants_none():
    X, y = fruit_stalls(1_000, seed=0)
    settings = {"max_iter": 1, "device": "cpu"}
    three = np.where(X["price"] > 0, y, "spoilt")
    assert len(EntityEmbeddingClassifier(**settings).fit(X, three).state_.encoding) == 0
    without = EntityEmbeddingClassifier(ordered_target_encoding=False, **settings).fit(X, y)
    assert len(without.state_.encoding) == 0
