"""Several workers fit what one fit in memory does, through an end by force, and leave nothing."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skorch.callbacks
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold

from sk_entity import (
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
    distributed,
)
from sk_entity._training.exchange import bytes_per_step

FEATURES = ["town", "day", "hour"]
SETTINGS = {
    "hidden_layer_sizes": (16,),
    "batch_size": 100,
    "learning_rate_init": 0.02,
    "max_iter": 12,
    "device": "cpu",
}


@pytest.fixture(scope="module")
def dataset(cluster, trips_table):
    from ray.data import from_pandas

    # Workers do not find the modules of tests.
    cluster.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    return from_pandas(trips_table).repartition(4)


class Noted(skorch.callbacks.Callback):
    """Notes in a file per process what a worker has sent in each step of which epoch.

    Once, the second worker ends itself by force, when there are checkpoints.
    """

    def __init__(self, folder):
        self.folder = folder

    def on_epoch_begin(self, net, **kwargs):
        died = Path(self.folder).with_suffix(".died")
        if net.exchange.rank == 1 and len(net.history) == 7 and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def on_batch_end(self, net, training=False, **kwargs):
        if not training:
            return
        stacks = net.module_.embeddings.stacks
        tables = [(*stack.weight.shape, stack.sparse) for stack in stacks]
        n_tables = sum(stack.weight.numel() for stack in stacks)
        n_dense = sum(p.numel() for p in net.module_.parameters()) - n_tables
        exchange = net.exchange
        expected = bytes_per_step(n_dense, tables, exchange.reached, exchange.n_workers)
        epoch = len(net.history)
        with open(Path(self.folder) / f"{os.getpid()}.txt", "a") as file:
            print(exchange.rank, epoch, exchange.bytes_sent, expected, *exchange.reached, file=file)
        time.sleep(0.02)  # so that there is a checkpoint before the seventh epoch


def noted(folder):
    """A table of the notes of each process."""
    names = ["rank", "epoch", "sent", "expected", "reached"]
    return [pd.read_csv(path, sep=" ", names=names) for path in Path(folder).iterdir()]


def test_a_killed_worker_and_the_error_and_bytes_of_all(dataset, trips_table, tmp_path):
    storage, notes = tmp_path / "storage", tmp_path / "notes"
    notes.mkdir()
    settings = SETTINGS | {"ordered_target_encoding": False}
    model = EntityEmbeddingClassifier(callbacks=[Noted(str(notes))], random_state=0, **settings)
    rows = dataset.select_columns([*FEATURES, "weight", "late"])
    found = distributed.fit(
        model,
        rows,
        "late",
        "weight",
        validation=rows,
        storage_path=str(storage),
        seconds_between_checkpoints=1,
    )
    assert found is model
    assert (tmp_path / "notes.died").exists()

    # Two workers, one of which was killed, and two that went on where these were.
    tables = noted(notes)
    assert len(tables) == 4
    begun = sorted(table["epoch"].min() for table in tables)
    assert begun[:2] == [1, 1]
    assert begun[2] == begun[3] > 1
    assert model.n_iter_ == len(model.history_) == SETTINGS["max_iter"]
    for table in tables:
        assert (table["sent"] == table["expected"]).all()
        assert table["sent"].min() > 1000
    first, second = (t for t in tables if t["epoch"].max() == SETTINGS["max_iter"])
    assert {first["rank"].iloc[0], second["rank"].iloc[0]} == {0, 1}
    # A step of each takes its part of the batch.
    X, y, weight = trips_table[FEATURES], trips_table["late"], trips_table["weight"]
    n_rows = (weight > 0).sum()
    n_steps = [(t["epoch"] == SETTINGS["max_iter"]).sum() for t in (first, second)]
    assert n_steps[0] == n_steps[1] == pytest.approx(n_rows / SETTINGS["batch_size"], abs=2)

    given = {"X_val": X, "y_val": y, "sample_weight_val": weight}
    models = [
        EntityEmbeddingClassifier(random_state=seed, **settings).fit(X, y, weight, **given)
        for seed in range(3)
    ]
    here = models[0]
    spread = [model.score(X, y, weight) for model in models]
    assert model.score(X, y, weight) == pytest.approx(np.mean(spread), abs=0.02)
    losses = [m.history_["valid_loss"].iloc[-1] for m in (model, here)]
    assert losses[0] == pytest.approx(losses[1], rel=0.1)
    assert list(model.feature_names_in_) == FEATURES
    assert list(model.classes_) == ["late", "on time"]
    assert model.state_.n_samples == n_rows
    for name in ("town", "day"):
        assert list(model.categories_[name]) == list(here.categories_[name])
    mine, its = (m.state_.means for m in (model, here))
    for a, b in zip(mine, its, strict=True):
        np.testing.assert_allclose(a.effects, b.effects, rtol=1e-5, atol=1e-7)


def test_rows_of_an_encoder_get_vectors_that_do_not_know_them(dataset, trips_table):
    model = EntityEmbeddingRegressor(**SETTINGS | {"max_iter": 4})
    encoder = EntityEmbeddingEncoder(model, cv=2, random_state=0)
    rng = np.random.default_rng(0)
    # What no category knows: noise, of a category for two rows.
    table = trips_table.assign(noise=rng.normal(size=3000), pair=rng.permutation(3000) // 2)
    table["pair"] = table["pair"].astype(str)
    from ray.data import from_pandas

    rows = from_pandas(table).repartition(3)
    rows = rows.select_columns(["pair", "town", "noise"])
    found = distributed.fit_transform(encoder, rows, "noise", keep=["noise", "pair"])
    frames = [b.to_pandas() for b in found.iter_batches(batch_size=None, batch_format="pyarrow")]
    found = pd.concat(frames, ignore_index=True)
    names = list(encoder.get_feature_names_out())
    assert list(found) == ["noise", "pair", *names]
    assert len(found) == 3000
    seen = encoder.transform(found[["pair"]].assign(town="t00"))
    effect = names.index("pair_effect")
    # Vectors of all rows tell a row's own target, those that it is given do not.
    known = np.corrcoef(found["noise"], np.asarray(seen)[:, effect])[0, 1]
    assert known > 0.4
    assert np.corrcoef(found["noise"], found["pair_effect"])[0, 1] < known / 2
    assert encoder.support_["pair"]["count"].sum() == 3000


def test_bad_rows_and_parameters_are_told_as_in_memory(dataset, trips_table):
    from ray.data import from_pandas

    columns = [*FEATURES, "minutes"]
    model = EntityEmbeddingRegressor(**SETTINGS)
    bad = trips_table[columns].copy()
    bad.loc[2500, "minutes"] = np.nan
    with pytest.raises(ValueError, match="'minutes', the target.*NaN") as refused:
        distributed.fit(model, from_pandas(bad).repartition(4), "minutes")
    assert "Traceback" not in str(refused.value)
    with pytest.raises(ValueError, match="num_workers=9 needs 10 logical CPUs"):
        distributed.fit(model, dataset, "minutes", num_workers=9)
    with pytest.raises(ValueError, match="target names column 'minute'.*minutes"):
        distributed.fit(model, dataset, "minute")
    with pytest.raises(TypeError, match="LinearRegression"):
        distributed.fit(LinearRegression(), dataset, "minutes")
    with pytest.raises(ValueError, match="cv="):
        distributed.fit_transform(EntityEmbeddingEncoder(cv=KFold(3)), dataset, "minutes")
    with pytest.raises(ValueError, match="keep names 'hour', which is a column of the output"):
        distributed.fit_transform(EntityEmbeddingEncoder(model), dataset, "minutes", keep="hour")
    assert not hasattr(model, "state_")
