"""On a device of its own, training keeps everything there and waits for no value of a step."""

import numpy as np
import pandas as pd
import pytest
import torch
from device_without_data import META, Watch, WatchPython, watched

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor, streaming
from sk_entity._training.ordered_draws import OrderedDraws

# At the end of a pass over the rows, the losses of all batches are fetched together.
AT_THE_END = {("copy to cpu", "net.run_single_epoch"): 1}


@pytest.fixture
def on_meta(small):
    return small | {"device": "meta", "max_iter": 1}


def fit(monkeypatch, model, X, y, **given):
    with monkeypatch.context() as patch, watched(patch) as watch:
        model.fit(X, y, **given)
    assert watch.astray == set()
    return watch.waits


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "huber"])
def test_no_step_of_a_regressor_waits(monkeypatch, with_a_long_table, on_meta, loss):
    X, y = with_a_long_table
    weight = np.linspace(1, 2, len(y))
    model = EntityEmbeddingRegressor(loss=loss, **on_meta)
    assert fit(monkeypatch, model, X, np.abs(y), sample_weight=weight) == AT_THE_END


def test_no_step_of_a_classifier_waits(monkeypatch, with_a_long_table, on_meta):
    X, y = with_a_long_table
    for classes in (y > 0, np.digitize(y, [-1, 1])):
        model = EntityEmbeddingClassifier(class_weight="balanced", **on_meta)
        assert fit(monkeypatch, model, X, classes) == AT_THE_END


def test_encodings_are_drawn_on_the_device(monkeypatch, on_meta):
    rng = np.random.default_rng(0)
    X = rng.integers(150, size=(3000, 2)).astype(str).astype(object)
    y = rng.random(3000) < 0.8 * (X[:, 0].astype(int) % 2)
    drawn, draw = [], OrderedDraws.draw
    monkeypatch.setattr(OrderedDraws, "draw", lambda *args: drawn.append(draw(*args)) or drawn[-1])
    assert fit(monkeypatch, EntityEmbeddingClassifier(**on_meta), X, y) == AT_THE_END
    assert [tensor.device for tensor in drawn] == [META]


def test_validation_waits_once(monkeypatch, with_a_long_table, on_meta):
    model = EntityEmbeddingRegressor(early_stopping=True, **on_meta)
    twice = dict.fromkeys(AT_THE_END, 2)
    assert fit(monkeypatch, model, *with_a_long_table) == twice


def test_shared_tables_and_given_vectors_wait_for_nothing(monkeypatch, with_a_long_table, on_meta):
    X, y = with_a_long_table
    X = X.assign(other=X["group"])
    given = {"group": pd.DataFrame(np.ones((1, 3)), index=X["group"].iloc[:1])}
    model = EntityEmbeddingRegressor(
        shared_embeddings=[["group", "other"]], embedding_init=given, **on_meta
    )
    assert fit(monkeypatch, model, X, y) == AT_THE_END


def test_a_column_of_lists_waits_once_a_step_for_the_number_of_its_members(
    monkeypatch, slopes, on_meta
):
    X, y = slopes
    X = X.assign(words=[["a", "b"][: 1 + k % 2] for k in range(len(X))])
    waits = fit(monkeypatch, EntityEmbeddingRegressor(**on_meta), X, y)
    n_steps = -(-len(X) // on_meta["batch_size"])
    masked_together = 1
    of_members = {("repeat_interleave", "bags.flat"): n_steps + masked_together}
    assert waits == AT_THE_END | of_members


def test_what_waits_or_strays_is_noticed():
    watch = Watch()
    watch.in_epoch = True
    x = torch.ones(4, device=META)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("device_without_data._place", lambda: "here")
        with WatchPython(watch), watch:
            float(x.sum())
            x.cpu()
            x + torch.ones(())
            x[[0, 1]]
            torch.as_tensor([1.0])
    assert {what for what, _ in watch.waits} == {"item", "copy to cpu"}
    assert watch.astray == {
        "add of two devices in here",
        "ones on the CPU in here",
        "list as position in here",
        "as_tensor in here",
    }


def test_no_step_of_a_stream_waits(monkeypatch, with_a_long_table, on_meta, tmp_path):
    X, y = with_a_long_table
    model = EntityEmbeddingRegressor(**on_meta)
    with monkeypatch.context() as patch, watched(patch) as watch:
        streaming.fit(model, X.assign(y=y), checkpoint=tmp_path)
    assert watch.astray == set()
    assert watch.waits == AT_THE_END
