"""Learning goes on with further rows: vocabularies grow, and what was learned is kept."""

import numpy as np
import pandas as pd
import pytest
import skorch.callbacks
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from sk_entity import (
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
)
from sk_entity.persistence import load, save

N = 400
SETTINGS = {
    "hidden_layer_sizes": (16,),
    "learning_rate_init": 0.01,
    "max_iter": 3,
    "device": "cpu",
    "random_state": 0,
}


def stream(seed=0, n=N, n_shops=30):
    rng = np.random.default_rng(seed)
    level = np.random.default_rng(0).normal(size=n_shops)
    shop, day = rng.integers(n_shops, size=n), rng.choice(["sat", "sun", None], n)
    X = pd.DataFrame({"shop": [f"s{k:02d}" for k in shop], "day": day, "x": rng.normal(size=n)})
    return X, level[shop] + 0.5 * X["x"].to_numpy() + 0.1 * rng.normal(size=n)


X, Y = stream()
IS_NEW = X["shop"].str[1:].astype(int) >= 24
IS_NEW = IS_NEW.to_numpy()
OLD, NEW = np.flatnonzero(~IS_NEW), np.flatnonzero(IS_NEW)
CLASSES = (Y > 0).astype(int)


def regressor(**options):
    return EntityEmbeddingRegressor(**SETTINGS | options), Y


def classifier(**options):
    return EntityEmbeddingClassifier(**SETTINGS | options), CLASSES


def encoder(**options):
    return EntityEmbeddingEncoder(EntityEmbeddingRegressor(**SETTINGS | options), cv=2), Y


def classifying_encoder(**options):
    return EntityEmbeddingEncoder(EntityEmbeddingClassifier(**SETTINGS | options), cv=2), CLASSES


ALL = pytest.mark.parametrize(
    "make", [regressor, classifier, encoder, classifying_encoder], ids=lambda make: make.__name__
)


def outputs(model, rows):
    """What a fitted estimator makes of rows."""
    names = ("predict", "predict_proba", "transform")
    found = [getattr(model, name)(rows) for name in names if hasattr(model, name)]
    return [*found, *([model.estimator_.predict(rows)] if hasattr(model, "estimator_") else [])]


def rmse(model, rows=None):
    rows = slice(None) if rows is None else rows
    return np.sqrt(np.mean((model.predict(X)[rows] - Y[rows]) ** 2))


@ALL
def test_the_first_call_is_fit(make):
    model, y = make()
    fitted = clone(model).fit(X, y)
    for found, expected in zip(
        outputs(model.partial_fit(X, y), X), outputs(fitted, X), strict=True
    ):
        assert_array_equal(found, expected)
    assert model.feature_names_in_.tolist() == ["shop", "day", "x"]


@ALL
def test_only_new_vectors_change_and_all_else_keeps_its_bits(make):
    model, y = make()
    model.partial_fit(X.iloc[OLD], y[OLD])
    before, vectors = outputs(model, X), model.embeddings_
    special = model.special_embeddings_
    model.partial_fit(X, y, only_new=True)
    for found, expected in zip(outputs(model, X), before, strict=True):
        assert_array_equal(found[OLD], expected[OLD])
    assert (outputs(model, X)[0][NEW] != before[0][NEW]).any()
    for name, frame in vectors.items():
        pd.testing.assert_frame_equal(model.embeddings_[name].loc[frame.index], frame)
        pd.testing.assert_frame_equal(model.special_embeddings_[name], special[name])
    assert len(model.embeddings_["shop"]) == 30


@pytest.mark.slow
def test_new_categories_are_learned():
    model, y = regressor(max_iter=20)
    model.partial_fit(X.iloc[OLD], y[OLD])
    as_unknown = rmse(model, NEW)
    only_new = clone(model).partial_fit(X.iloc[OLD], y[OLD]).partial_fit(X, y, only_new=True)
    assert rmse(only_new, NEW) < 0.5 * as_unknown
    assert rmse(model.partial_fit(X, y), NEW) < 0.5 * as_unknown


@pytest.mark.slow
def test_further_rows_are_learned_and_those_before_are_not_forgotten():
    model, y = regressor(max_iter=20)
    half = np.arange(N) < N // 2
    model.partial_fit(X[half], y[half])
    first, other = rmse(model, half), rmse(model, ~half)
    for _ in range(3):
        model.partial_fit(X[~half], y[~half])
    assert rmse(model, ~half) < 0.8 * other
    assert rmse(model, half) < 1.3 * first


def test_an_encoder_keeps_its_components():
    model, y = encoder(max_iter=20)
    model.fit_transform(X.iloc[OLD], y[OLD])
    names, before = model.get_feature_names_out().tolist(), model.embeddings_["shop"]
    support = model.support_["shop"]
    model.partial_fit(X, y)
    assert model.get_feature_names_out().tolist() == names
    now = model.embeddings_["shop"].loc[before.index]
    apart = ((now - before) ** 2).to_numpy().sum()
    assert 0 < apart < 0.3 * ((before - before.mean()) ** 2).to_numpy().sum()
    counts = X["shop"].value_counts()
    after = model.support_["shop"]
    assert (after["count"] == support["count"].reindex(after.index).fillna(0) + counts).all()
    assert (after["spread"].notna() == support["spread"].reindex(after.index).notna()).all()
    assert model.state_.network is model.estimator_.state_


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(1, N - 1), max_size=3, unique=True), st.booleans())
def test_any_split_into_calls_keeps_rows_and_counts(cuts, only_new):
    model, y = regressor(max_iter=1)
    edges = [0, *sorted(cuts), N]
    edges = [e for e in edges if e == 0 or e >= 2]
    rows = {}
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        model.partial_fit(X[start:stop], y[start:stop], only_new=only_new)
        vocabulary = model.state_.columns[0].vocabulary
        now = dict(zip(vocabulary.categories, vocabulary.rows, strict=True))
        assert all(now[category] == row for category, row in rows.items())
        assert sorted(now.values()) == list(range(3, 3 + len(now)))
        assert vocabulary.categories.is_monotonic_increasing
        assert len(model.state_.columns[0].table.mean) == vocabulary.n_rows
        rows = now
    if not only_new:
        counts = model.state_.columns[0].vocabulary.counts
        assert counts.tolist() == X["shop"].value_counts().sort_index().tolist()
        assert model.state_.n_samples == N
        assert model.state_.means[0].sums.mass.sum() == N


def test_a_class_that_is_declared_may_come_later():
    model, y = classifier()
    first = np.flatnonzero(y == 0)
    model.partial_fit(X.iloc[first], y[first], classes=[0, 1, 2])
    assert model.classes_.tolist() == [0, 1, 2]
    model.partial_fit(X, y)
    assert model.score(X, y) > 0.5
    with pytest.raises(ValueError, match="The class 3 is not among those learned"):
        model.partial_fit(X, y + 2)
    with pytest.raises(ValueError, match="class 1, which is not among classes=\\[0, 2\\]"):
        clone(model).partial_fit(X, y, classes=[0, 2])
    with pytest.raises(ValueError, match="classes are for a classifier"):
        encoder()[0].partial_fit(X, Y, classes=[0, 1])


def test_an_encoder_takes_declared_classes():
    model = EntityEmbeddingEncoder().set_params(random_state=0)
    model.estimator = EntityEmbeddingClassifier(**SETTINGS)
    first = np.flatnonzero(CLASSES == 0)
    model.partial_fit(X.iloc[first], CLASSES[first], classes=[0, 1])
    shape = model.transform(X).shape
    assert model.partial_fit(X, CLASSES).transform(X).shape == shape


@ALL
def test_what_does_not_fit_is_refused_and_changes_nothing(make):
    model, y = make()
    model.partial_fit(X, y)
    state = model.state_
    for rows, target, message in (
        (X[["shop", "x", "day"]], y, "must be in the same order"),
        (X.drop(columns="day"), y, "Feature names seen at fit time, yet now missing"),
        (X.assign(shop=1), y, "Column 'shop' held text such as 's00'"),
        (X.assign(x="one"), y, "Column 'x'"),
        (X, y[:-1], "inconsistent numbers of samples"),
        (X[:0], y[:0], "0 sample"),
    ):
        for only_new in (False, True):
            with pytest.raises((ValueError, TypeError), match=message):
                model.partial_fit(rows, target, only_new=only_new)
            assert model.state_ is state


def test_outputs_and_link_do_not_change():
    model, y = regressor()
    model.partial_fit(X, y)
    with pytest.raises(ValueError, match="y has 2 output"):
        model.partial_fit(X, np.column_stack([y, y]))
    with pytest.raises(ValueError, match="had the link 'identity'; loss='poisson'"):
        model.set_params(loss="poisson").partial_fit(X, y**2)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (regressor, {"early_stopping": True}, "partial_fit holds out no rows"),
        (classifier, {"class_weight": "balanced"}, "needs all rows at once"),
    ],
)
def test_parameters_that_need_all_rows_are_refused(make, options, message):
    model, y = make(**options)
    with pytest.raises(ValueError, match=message):
        model.partial_fit(X, y)


def test_a_frozen_estimator_does_not_learn():
    model, y = regressor()
    frozen = EntityEmbeddingEncoder(FrozenEstimator(model.fit(X, y))).fit(X)
    assert not hasattr(frozen, "partial_fit")
    with pytest.raises(AttributeError):
        frozen.partial_fit(X, y)


class _CtrlC(skorch.callbacks.Callback):
    def on_epoch_end(self, net, **kwargs):
        raise KeyboardInterrupt


def test_an_interrupt_leaves_what_was_learned():
    model, y = regressor()
    model.partial_fit(X, y)
    state = model.state_
    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=[_CtrlC()]).partial_fit(X, y)
    assert model.state_ is state


def test_records_of_before_are_not_touched():
    model, y = regressor()
    first = model.partial_fit(X.iloc[OLD], y[OLD]).state_
    table = first.weights.tables[0].mean.copy()
    output = first.output(model.state_.coder.code(_frame(X)))
    model.partial_fit(X, y)
    model.partial_fit(X, y, only_new=True)
    assert_array_equal(first.weights.tables[0].mean, table)
    assert_array_equal(first.output(first.coder.code(_frame(X))), output)


def _frame(table):
    import narwhals as nw

    return nw.from_native(table)


def test_epochs_go_on_and_fit_starts_afresh():
    model, y = regressor()
    model.partial_fit(X, y)
    model.partial_fit(X, y)
    assert model.n_iter_ == 6
    assert model.history_.index.tolist() == [1, 2, 3, 4, 5, 6]
    model.partial_fit(X, y, only_new=True)
    assert model.n_iter_ == 6
    fresh = clone(model).fit(X, y)
    assert_array_equal(model.fit(X, y).predict(X), fresh.predict(X))
    assert model.n_iter_ == 3


def test_one_row_is_enough_for_a_further_call():
    model, y = regressor()
    model.partial_fit(X, y)
    row = X[:1].assign(shop="brand new")
    assert model.partial_fit(row, y[:1]).categories_["shop"][0] == "brand new"
    before = model.predict(X)
    model.partial_fit(row.assign(shop="newer"), y[:1] + 3, only_new=True)
    assert_array_equal(model.predict(X), before)
    assert model.predict(row.assign(shop="newer")) > model.predict(row.assign(shop="not known"))


def test_rows_of_weight_zero_teach_nothing():
    model, y = regressor()
    model.partial_fit(X.iloc[OLD], y[OLD])
    weight = np.where(IS_NEW, 0.0, 1.0)
    for only_new in (True, False):
        model.partial_fit(X, y, sample_weight=weight, only_new=only_new)
        vectors = model.embeddings_["shop"].loc[[f"s{k}" for k in range(24, 30)]]
        assert (vectors == model.special_embeddings_["shop"].loc["unknown"]).all(axis=None)


def test_shared_tables_and_lists_grow():
    rng = np.random.default_rng(0)
    towns, tags = np.array(list("abcdefgh")), [["x"], ["x", "y"], [], ["z"]]
    table = pd.DataFrame(
        {
            "origin": rng.choice(towns, 200),
            "dest": rng.choice(towns, 200),
            "tags": [tags[k] for k in rng.integers(4, size=200)],
        }
    )
    y = rng.normal(size=200)
    old = ~(table[["origin", "dest"]] == "h").any(axis=1) & ~table["tags"].map(lambda t: "z" in t)
    model = EntityEmbeddingRegressor(shared_embeddings=[("origin", "dest")], **SETTINGS)
    model.partial_fit(table[old], y[old])
    before = model.predict(table)
    model.partial_fit(table, y, only_new=True)
    assert_array_equal(model.predict(table)[old], before[old])
    assert (model.predict(table)[~old] != before[~old]).all()
    model.partial_fit(table, y)
    assert model.categories_["tags"].tolist() == ["x", "y", "z"]
    pairs = [model.embeddings_[name].to_numpy() for name in ("origin", "dest")]
    assert_array_equal(*pairs)


def test_ordered_target_encodings_keep_their_levels(monkeypatch):
    monkeypatch.setattr("sk_entity._target.ordered_encoding.LEAST_LEVELS", 5)
    model, y = classifier()
    model.partial_fit(X.iloc[OLD], y[OLD])
    n = len(model.state_.encoding)
    assert n > 0
    before = model.to_codes(X.iloc[OLD])[1]
    model.partial_fit(X, y)
    assert_array_equal(model.to_codes(X.iloc[OLD])[1], before)
    of_shop = [columns == (0,) for columns in model.state_.encoding.columns]
    assert (model.to_codes(X.iloc[NEW])[1][:, :n][:, of_shop] == 0).all()


def test_weights_are_routed():
    with config_context(enable_metadata_routing=True):
        model = EntityEmbeddingRegressor(**SETTINGS).set_partial_fit_request(sample_weight=True)
        requests = model.get_metadata_routing().partial_fit.requests
    assert requests["sample_weight"] is True


def test_a_table_without_categories_is_updated():
    model = EntityEmbeddingRegressor(**SETTINGS).partial_fit(X[["x"]], Y)
    before = model.predict(X[["x"]])
    model.partial_fit(X[["x"]], Y, only_new=True)
    assert_array_equal(model.predict(X[["x"]]), before)
    assert (model.partial_fit(X[["x"]], Y).predict(X[["x"]]) != before).any()


@ALL
def test_a_saved_model_goes_on_as_the_one_in_memory(make, tmp_path):
    model, y = make()
    model.partial_fit(X.iloc[OLD], y[OLD])
    save(model, tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors")
    for only_new in (True, False):
        model.partial_fit(X, y, only_new=only_new)
        loaded.partial_fit(X, y, only_new=only_new)
        for found, expected in zip(outputs(loaded, X), outputs(model, X), strict=True):
            assert_array_equal(found, expected)
