"""Ordered target encoding: smoothed means by level, without a row's own target in training."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss, roc_auc_score

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder
from sk_entity._estimators.choice import choose_estimator
from sk_entity._predict import forward
from sk_entity._predict.numbers import NumberVectors
from sk_entity._table.coder import CodedTable
from sk_entity._table.scaler import squash
from sk_entity._target import ordered_encoding
from sk_entity._target.examples import Examples
from sk_entity._target.ordered_encoding import OrderedTargetEncoding
from sk_entity._target.ordered_statistics import OrderedStatistics
from sk_entity.inspection import block_matrix, one_hot_and_numeric

SIZES = [40, 40]


@pytest.fixture
def few_levels(monkeypatch):
    monkeypatch.setattr(ordered_encoding, "LEAST_LEVELS", 2)


def codes_and_target(n_samples=400, seed=0):
    """Two columns of eight levels, which tell nothing one by one, and two classes."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(3, 11, (n_samples, 2))
    probability = np.where((codes.sum(axis=1)) % 2, 0.9, 0.2)
    return codes, (rng.random(n_samples) < probability).astype(np.int64)


def coded(codes):
    """A coded table without numbers."""
    return CodedTable(np.asarray(codes), np.empty((len(codes), 0), dtype=np.float32))


def learn(codes, n_rows, target, weight=None):
    return OrderedTargetEncoding.learn(Examples(coded(codes), target, weight), n_rows)


def of(encoding, codes):
    """The encodings of rows, without the numbers after them."""
    return encoding.add_to(coded(codes)).numerical


def fruit_stalls(n_samples, seed):
    """60 stalls and 60 fruits: only together they tell what sells, and rarely for sure."""
    rng = np.random.default_rng(seed)
    stall, fruit = rng.integers(0, 60, (2, n_samples))
    likes = np.random.default_rng(7).random((60, 60)) < 0.5
    y = rng.random(n_samples) < np.where(likes[stall, fruit], 0.9, 0.1)
    X = pd.DataFrame({"stall": stall, "fruit": fruit}).astype(str).astype("category")
    return X.assign(price=rng.normal(size=n_samples)), np.where(y, "sold", "left")


@pytest.mark.usefixtures("few_levels")
@pytest.mark.parametrize("weighted", [False, True])
def test_a_statistic_is_the_shrunken_mean_of_its_level(weighted):
    codes, y = codes_and_target()
    weight = np.random.default_rng(1).gamma(2.0, size=len(y)) if weighted else np.ones(len(y))
    statistics = learn(codes, SIZES, y, weight if weighted else None)
    assert (0, 1) in statistics.columns
    j = statistics.columns.index((0, 1))
    mean = np.average(y, weights=weight)
    z = (y - mean) / np.sqrt(mean * (1 - mean))
    rows = pd.DataFrame({"n": weight / weight.mean(), "sum": weight / weight.mean() * z})
    level = rows.groupby([codes[:, 0], codes[:, 1]]).transform("sum")
    expected = squash((level["sum"] / (level["n"] + statistics.smoothing[j])).to_numpy())
    assert of(statistics, codes)[:, j] == pytest.approx(expected, abs=1e-6)


@pytest.mark.usefixtures("few_levels")
def test_the_pseudo_count_finds_the_two_variances():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2000, (80_000, 1))
    y = rng.normal(0, 0.5, 2000)[codes[:, 0]] + rng.normal(0, 2, len(codes))
    statistics = learn(codes, [2000], y)
    assert statistics.smoothing[0] == pytest.approx(2**2 / 0.5**2, rel=0.1)


@pytest.mark.usefixtures("few_levels")
def test_levels_without_a_row_have_zero():
    codes, y = codes_and_target()
    statistics = learn(codes, SIZES, y)
    never_seen = [[0, 3], [3, 0], [39, 39], [0, 0]]
    pairs = [j for j, columns in enumerate(statistics.columns) if len(columns) == 2]
    assert not of(statistics, never_seen)[:, pairs].any()


@pytest.mark.usefixtures("few_levels")
def test_equal_weights_are_none():
    codes, y = codes_and_target()
    without = learn(codes, SIZES, y)
    with_weights = learn(codes, SIZES, y, np.full(len(y), 3.0))
    assert of(with_weights, codes) == pytest.approx(of(without, codes), abs=1e-6)


def test_only_what_has_many_levels_and_repeats_itself_is_used():
    rng = np.random.default_rng(0)
    few, many, unique = rng.integers(0, 50, 3000), rng.integers(0, 150, 3000), np.arange(3000)
    effect = rng.normal(size=150)
    y = (effect[many] + 0.3 * (few % 2) + rng.normal(size=3000) > 0).astype(np.int64)
    codes = np.stack([few, many, unique], axis=1)
    statistics = learn(codes, [50, 150, 3000], y)
    assert set(statistics.columns) == {(1,), (0, 1)}


def test_those_that_tell_most_are_kept(monkeypatch):
    monkeypatch.setattr(ordered_encoding, "MOST_ENCODINGS", 1)
    monkeypatch.setattr(ordered_encoding, "LEAST_LEVELS", 2)
    codes, y = codes_and_target()
    assert learn(codes, SIZES, y).columns == [(0, 1)]


@given(st.data())
def test_ordered_statistics_are_those_of_the_rows_before(data):
    n_samples = data.draw(st.integers(1, 12))
    level = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n_samples, max_size=n_samples)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    target, weight = rng.normal(size=n_samples), rng.gamma(1.0, size=n_samples)
    order = rng.permutation(n_samples)
    drawn = OrderedStatistics((level.astype(np.int32),), (2.0,), target, weight).draw(order)
    for place, row in enumerate(order):
        before = [r for r in order[:place] if level[r] == level[row]]
        expected = sum(weight[r] * target[r] for r in before) / (weight[before].sum() + 2)
        assert drawn[row, 0] == pytest.approx(squash(np.array([expected]))[0], abs=1e-6)


def test_a_row_never_sees_its_own_target():
    codes, y = codes_and_target()
    rng = np.random.default_rng(0)
    ordered = OrderedStatistics((codes[:, 0],), (1.0,), y - 0.5, np.ones(len(y)))
    changed = OrderedStatistics((codes[:, 0],), (1.0,), np.r_[9.0, (y - 0.5)[1:]], np.ones(len(y)))
    for _ in range(20):
        order = rng.permutation(len(y))
        assert ordered.draw(order)[0] == changed.draw(order)[0]


def test_pairs_tell_what_single_columns_cannot():
    X, y = fruit_stalls(12_000, seed=0)
    fresh, wanted = fruit_stalls(4_000, seed=1)

    def auc(**settings):
        model = EntityEmbeddingClassifier(max_iter=4, device="cpu", random_state=0, **settings)
        return roc_auc_score(wanted == "sold", model.fit(X, y).predict_proba(fresh)[:, 1])

    assert auc() > auc(ordered_target_encoding=False) + 0.1


def test_levels_that_tell_nothing_are_not_believed():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.integers(0, 300, (3000, 2)), columns=["a", "b"]).astype(str)
    y = rng.random(3000) < 0.3
    model = EntityEmbeddingClassifier(device="cpu", random_state=0).fit(X[:2000], y[:2000])
    p = model.predict_proba(X[2000:])[:, 1]
    assert log_loss(y[2000:], p) < log_loss(y[2000:], np.full(1000, y[:2000].mean())) + 0.01


def test_they_better_the_default_on_sparse_identifiers(data_dir):
    table = pd.read_parquet(data_dir / "amazon_employee_access.parquet")
    X, y = table.drop(columns="ACTION").astype(str), table["ACTION"]
    X, fresh, y, wanted = X[:2000], X[2000:8000], y[:2000], y[2000:8000]

    def loss(**settings):
        model = EntityEmbeddingClassifier(device="cpu", random_state=0, **settings).fit(X, y)
        return log_loss(wanted, model.predict_proba(fresh)[:, 1])

    assert loss() < loss(ordered_target_encoding=False)


@pytest.fixture(scope="module")
def fitted():
    """A model that has a statistic of the pair, and fresh rows."""
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
    X, y = fruit_stalls(8_000, seed=0)
    X_val, y_val = fruit_stalls(2_000, seed=1)
    settings = {"max_iter": 4, "device": "cpu", "random_state": 0}
    model = EntityEmbeddingClassifier(**settings).fit(X, y, X_val=X_val, y_val=y_val)
    loss = log_loss(y_val, model.predict_proba(X_val), labels=model.classes_)
    assert model.history_["valid_loss"][model.best_iter_] == pytest.approx(loss, rel=1e-4)


def test_a_warm_start_keeps_the_statistics():
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


def test_an_encoder_keeps_what_a_column_tells_in_its_vectors():
    chosen = choose_estimator(EntityEmbeddingEncoder(), np.array([0, 1]))
    assert not chosen.ordered_target_encoding
