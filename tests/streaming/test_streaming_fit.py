"""streaming.fit: the estimator that comes back, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from sk_entity import (
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
    streaming,
)
from sk_entity._training import checkpoints
from sk_entity._training import spill as spill_module
from sk_entity._training.checkpoints import Checkpoints

N = 600


@pytest.fixture(scope="module")
def sales():
    rng = np.random.default_rng(0)
    shop = rng.choice(["north", "south", "east", "west"], N)
    item = rng.integers(0, 30, N)
    table = pd.DataFrame(
        {
            "shop": pd.Series(shop, dtype=object),
            "item": [f"item {k}" for k in item],
            "price": np.where(rng.random(N) < 0.1, np.nan, rng.normal(size=N)),
            "weight": rng.integers(0, 3, N),
            "tags": [["a", "b"][: k % 3] for k in item],
        }
    )
    effect = pd.Series({"north": 1.0, "south": 5.0, "east": 5.5, "west": -2.0})
    table["y"] = effect[shop].to_numpy() + item / 30 + table["price"].fillna(0)
    table["label"] = np.where(table["y"] > 3, "high", "low")
    return table


@pytest.fixture(scope="module")
def files(sales, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sales")
    for number, rows in enumerate(np.array_split(np.arange(N), 3)):
        sales.iloc[rows].to_parquet(folder / f"part-{number}.parquet")
    return folder


@pytest.fixture
def several_parts(monkeypatch):
    monkeypatch.setattr(spill_module, "BYTES_PER_PART", 6000)


def features(sales, target="y"):
    return sales.drop(columns=[c for c in ("y", "label", "weight") if c != target] + [target])


class TestNetworks:
    def test_it_is_what_fit_makes_of_it_but_for_the_order_of_the_rows(self, sales, small):
        X = features(sales)
        table = X.assign(y=sales["y"])
        small = {**small, "max_iter": 30}
        in_memory = EntityEmbeddingRegressor(**small).fit(X, sales["y"])
        streamed = EntityEmbeddingRegressor(**small)
        assert streaming.fit(streamed, table) is streamed
        assert streamed.score(X, sales["y"]) == pytest.approx(
            in_memory.score(X, sales["y"]), abs=0.03
        )
        assert streamed.n_features_in_ == 4
        assert streamed.feature_names_in_.tolist() == X.columns.tolist()
        assert {k: v.tolist() for k, v in streamed.categories_.items()} == {
            k: v.tolist() for k, v in in_memory.categories_.items()
        }
        for one, other in zip(streamed.state_.columns, in_memory.state_.columns, strict=True):
            np.testing.assert_allclose(one.means.effects, other.means.effects, atol=1e-5)
            assert one.vocabulary.counts.tolist() == other.vocabulary.counts.tolist()
        for one, other in zip(
            streamed.state_.coder.numerical, in_memory.state_.coder.numerical, strict=True
        ):
            np.testing.assert_array_equal(one.scaler.edges, other.scaler.edges)
        assert streamed.state_.n_samples == N
        assert len(streamed.history_) == 30

    def test_weights_and_rows_of_weight_zero(self, sales, regressor):
        kept = sales[sales["weight"] > 0]
        table = features(sales).assign(y=sales["y"], weight=sales["weight"])
        model = streaming.fit(regressor, table, sample_weight="weight")
        in_memory = type(regressor)(**regressor.get_params()).fit(
            features(kept), kept["y"], sample_weight=kept["weight"]
        )
        assert model.state_.n_samples == len(kept)
        for one, other in zip(model.state_.columns, in_memory.state_.columns, strict=True):
            np.testing.assert_allclose(one.means.effects, other.means.effects, atol=1e-5)
        np.testing.assert_allclose(model.state_.target.offset, in_memory.state_.target.offset)

    @pytest.mark.parametrize("class_weight", [None, "balanced", {"high": 2.0, "low": 0.5}])
    def test_classes(self, sales, classifier, class_weight):
        classifier.set_params(class_weight=class_weight, ordered_target_encoding=False)
        X = features(sales, "label")
        model = streaming.fit(classifier, X.assign(label=sales["label"]), "label")
        in_memory = type(classifier)(**classifier.get_params()).fit(X, sales["label"])
        assert model.classes_.tolist() == ["high", "low"]
        frequency = in_memory.state_.target.frequency
        np.testing.assert_allclose(model.state_.target.frequency, frequency)
        assert model.predict_proba(X).shape == (N, 2)

    def test_ordered_target_encodings_are_left_out_with_a_word(self, sales, classifier):
        table = features(sales, "label").assign(label=sales["label"])
        with pytest.warns(UserWarning, match="left out of streams.*ordered_target_encoding=False"):
            model = streaming.fit(classifier, table, "label")
        assert len(model.state_.encoding) == 0

    def test_several_outputs(self, sales, regressor):
        table = features(sales).assign(y=sales["y"], z=-sales["y"])
        model = streaming.fit(regressor, table, ["y", "z"])
        assert model.predict(features(sales)).shape == (N, 2)

    def test_rows_are_held_out_for_early_stopping(self, sales, regressor, several_parts):
        regressor.set_params(early_stopping=True, validation_fraction=0.3, max_iter=8)
        model = streaming.fit(regressor, features(sales).assign(y=sales["y"]))
        assert 0.55 * N < model.state_.n_samples < 0.85 * N
        assert "valid_loss" in model.history_
        counts = model.state_.coder.categorical[0].vocabulary.row_counts
        assert counts.sum() == model.state_.n_samples

    def test_validation_rows_of_their_own(self, sales, regressor):
        table = features(sales).assign(y=sales["y"])
        model = streaming.fit(regressor, table[:400], validation=table[400:])
        assert model.state_.n_samples == 400
        assert np.isfinite(model.history_["valid_loss"]).all()

    def test_vectors_from_elsewhere(self, sales, regressor):
        given = pd.DataFrame(np.eye(3), index=["north", "south", "nowhere"], columns=list("abc"))
        regressor.set_params(embedding_init={"shop": given}, freeze_embeddings=["shop"])
        model = streaming.fit(regressor, features(sales).assign(y=sales["y"]))
        np.testing.assert_allclose(model.embeddings_["shop"].loc["nowhere"], [0, 0, 1])

    def test_shared_tables(self, sales, regressor):
        table = features(sales).assign(y=sales["y"], other=sales["shop"].to_numpy()[::-1])
        regressor.set_params(shared_embeddings=[("shop", "other")])
        model = streaming.fit(regressor, table)
        one, other = (model.embeddings_[name].to_numpy() for name in ("shop", "other"))
        np.testing.assert_array_equal(one, other)

    def test_a_tail(self, sales, regressor):
        regressor.set_params(max_categories=10)
        table = features(sales).assign(y=sales["y"])
        model = streaming.fit(regressor, table, n_hashed=4)
        item = next(c for c in model.state_.columns if c.name == "item").vocabulary
        assert (item.n_hashed, item.n_levels) == (4, 9)
        assert item.row_counts.sum() == N
        bounded = streaming.fit(regressor, table, max_counted=12)
        item = next(c for c in bounded.state_.columns if c.name == "item").vocabulary
        assert not item.is_complete
        # Counts of the first pass are estimates; those of the second are exact.
        expected = sales["item"].value_counts()[item.categories.tolist()]
        assert item.counts.tolist() == expected.tolist()

    def test_bars(self, sales, regressor, capsys):
        streaming.fit(regressor.set_params(verbose=1), features(sales).assign(y=sales["y"]))
        shown = capsys.readouterr().err
        assert "counting" in shown
        assert "coding" in shown
        assert "train_loss" in shown


class TestEncoder:
    def test_vectors_without_cross_fitting(self, sales, regressor):
        encoder = EntityEmbeddingEncoder(regressor, random_state=0)
        streaming.fit(encoder, features(sales).assign(y=sales["y"]))
        vectors = encoder.embeddings_["shop"]
        effects = vectors["shop_effect"]
        assert effects["west"] < effects["north"] < effects["south"]
        assert encoder.support_["shop"]["spread"].isna().all()
        out = encoder.transform(features(sales))
        assert out.shape == (N, len(encoder.get_feature_names_out()))

    @pytest.mark.slow
    def test_the_kind_of_the_target_is_that_of_the_first_rows(self, sales):
        encoder = EntityEmbeddingEncoder(random_state=0)
        table = sales[["shop", "label"]]
        streaming.fit(encoder, table, "label")
        assert isinstance(encoder.estimator_, EntityEmbeddingClassifier)


class TestCheckpoints:
    def test_the_same_as_without(self, files, regressor, sales, tmp_path, several_parts):
        model = streaming.fit(regressor, files / "*.parquet", "y")
        again = streaming.fit(
            type(regressor)(**regressor.get_params()), files, "y", checkpoint=tmp_path / "kept"
        )
        X = sales.drop(columns="y")
        np.testing.assert_array_equal(model.predict(X), again.predict(X))
        left = sorted(path.name for path in (tmp_path / "kept").iterdir())
        assert left == ["fit.json", "fitted.safetensors"]

    @pytest.mark.parametrize("kind", ["regressor", "classifier", "encoder"])
    def test_interrupted_at_any_checkpoint(
        self, kind, files, small, sales, tmp_path, monkeypatch, several_parts
    ):
        monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
        small = {**small, "batch_size": 8, "max_iter": 4}
        small["early_stopping"] = kind == "classifier"
        target = "label" if kind == "classifier" else "y"
        make = {
            "regressor": lambda: EntityEmbeddingRegressor(**small),
            "classifier": lambda: EntityEmbeddingClassifier(**small, ordered_target_encoding=False),
            "encoder": lambda: EntityEmbeddingEncoder(
                EntityEmbeddingRegressor(**small), random_state=0
            ),
        }[kind]
        X = sales.drop(columns=target)

        def output(model):
            if kind == "classifier":
                return model.predict_proba(X)
            return model.transform(X) if kind == "encoder" else model.predict(X)

        expected = output(streaming.fit(make(), files, target))
        keep, n_kept = Checkpoints._keep, 0

        def interrupted(self, *args):
            nonlocal n_kept
            keep(self, *args)
            n_kept += 1
            if n_kept % 2:
                raise KeyboardInterrupt

        monkeypatch.setattr(Checkpoints, "_keep", interrupted)
        n_interrupted, model = 0, make()
        while True:
            try:
                streaming.fit(model, files, target, checkpoint=tmp_path / "kept")
                break
            except KeyboardInterrupt:
                n_interrupted += 1
                assert not hasattr(model, "state_")
        assert n_interrupted > 3
        np.testing.assert_array_equal(output(model), expected)

    def test_interrupted_in_a_pass(self, files, regressor, sales, tmp_path, monkeypatch):
        expected = streaming.fit(regressor, files, "y").predict(sales.drop(columns="y"))
        from sk_entity._estimators.second_pass import SecondPass

        add = SecondPass.add

        def interrupted(self, number, *args, **kwargs):
            add(self, number, *args, **kwargs)
            if number == 1:
                raise KeyboardInterrupt

        model = type(regressor)(**regressor.get_params())
        with monkeypatch.context() as patch:
            patch.setattr(SecondPass, "add", interrupted)
            with pytest.raises(KeyboardInterrupt):
                streaming.fit(model, files, "y", checkpoint=tmp_path / "kept")
        streaming.fit(model, files, "y", checkpoint=tmp_path / "kept")
        np.testing.assert_array_equal(model.predict(sales.drop(columns="y")), expected)

    def test_without_a_seed_it_goes_on_with_the_one_it_has_drawn(
        self, files, regressor, tmp_path, monkeypatch
    ):
        regressor.set_params(random_state=None)
        with monkeypatch.context() as patch:
            patch.setattr(Checkpoints, "on_batch_end", _interrupt)
            with pytest.raises(KeyboardInterrupt):
                streaming.fit(regressor, files, "y", checkpoint=tmp_path / "kept")
        before = (tmp_path / "kept" / "fit.json").read_text()
        streaming.fit(regressor, files, "y", checkpoint=tmp_path / "kept")
        assert (tmp_path / "kept" / "fit.json").read_text() == before

    def test_done_is_done(self, files, regressor, sales, tmp_path, monkeypatch):
        model = streaming.fit(regressor, files, "y", checkpoint=tmp_path / "kept")
        monkeypatch.setattr("sk_entity.streaming.fitting.train_from_spill", None)
        again = type(regressor)(**regressor.get_params())
        streaming.fit(again, files, "y", checkpoint=tmp_path / "kept")
        np.testing.assert_array_equal(
            again.predict(sales.drop(columns="y")), model.predict(sales.drop(columns="y"))
        )

    def test_a_failed_fit_changes_nothing(self, files, regressor, sales, tmp_path):
        streaming.fit(regressor, files, "y")
        before = regressor.predict(sales.drop(columns="y"))
        with pytest.raises(ValueError, match="numbers; y holds 'high'|numbers; y holds 'low'"):
            streaming.fit(regressor, files, "label")
        np.testing.assert_array_equal(regressor.predict(sales.drop(columns="y")), before)


def _interrupt(*args, **kwargs):
    raise KeyboardInterrupt


class TestRefusals:
    def test_checkpoint_of_another_fit(self, files, regressor, tmp_path):
        kept = tmp_path / "kept"
        streaming.fit(regressor, files, "y", checkpoint=kept)
        regressor.set_params(dropout=0.5)
        with pytest.raises(ValueError, match="holds another fit: dropout differed"):
            streaming.fit(regressor, files, "y", checkpoint=kept)
        with pytest.raises(ValueError, match="holds another fit: .*columns.*dropout differed"):
            streaming.fit(regressor, files, "y", "weight", checkpoint=kept)

    def test_verbose_is_no_other_fit(self, files, regressor, tmp_path):
        streaming.fit(regressor, files, "y", checkpoint=tmp_path)
        streaming.fit(regressor.set_params(verbose=1), files, "y", checkpoint=tmp_path)

    def test_folder_of_other_files(self, files, regressor):
        with pytest.raises(ValueError, match="holds other files, such as 'part-0.parquet'"):
            streaming.fit(regressor, files, "y", checkpoint=files)

    def test_callbacks_and_a_checkpoint(self, files, regressor, tmp_path):
        from skorch.callbacks import Callback

        regressor.set_params(callbacks=[Callback()])
        with pytest.raises(ValueError, match="leave out either callbacks or checkpoint"):
            streaming.fit(regressor, files, "y", checkpoint=tmp_path)
        streaming.fit(regressor, files, "y")

    def test_parameters_that_cannot_be_kept(self, files, regressor, tmp_path):
        regressor.set_params(embedding_dim=lambda n: 2)
        with pytest.raises(TypeError, match="embedding_dim.*cannot be stored"):
            streaming.fit(regressor, files, "y", checkpoint=tmp_path)

    def test_no_such_column(self, files, regressor):
        with pytest.raises(ValueError, match="target names column 'yy', which.*Did you mean 'y'"):
            streaming.fit(regressor, files, "yy")
        with pytest.raises(ValueError, match="sample_weight names column 'w', which"):
            streaming.fit(regressor, files, "y", "w")

    def test_one_column_twice(self, files, regressor):
        with pytest.raises(ValueError, match="name one column or several, each once"):
            streaming.fit(regressor, files, "y", "y")

    def test_no_feature_left(self, regressor):
        with pytest.raises(ValueError, match="no feature is left"):
            streaming.fit(regressor, pd.DataFrame({"y": [1.0, 2.0]}))

    def test_nan_in_the_target_of_one_row_group(self, sales, regressor, tmp_path):
        table = sales.copy()
        table.loc[450, "y"] = np.nan
        table[:300].to_parquet(tmp_path / "a.parquet")
        table[300:].to_parquet(tmp_path / "b.parquet", row_group_size=100)
        with pytest.raises(
            ValueError, match=r"b.parquet, rows 0 to 299: Column 'y', the target: .*NaN.*row 150"
        ):
            streaming.fit(regressor, tmp_path, "y")

    def test_infinity(self, sales, regressor, tmp_path):
        table = sales.copy()
        table.loc[599, "price"] = np.inf
        table.to_parquet(tmp_path / "a.parquet")
        with pytest.raises(ValueError, match="a.parquet, .*Column 'price' contains infinity"):
            streaming.fit(regressor, tmp_path, "y")

    @pytest.mark.parametrize(("value", "said"), [(-1.0, "is -1"), (np.nan, "is missing")])
    def test_weights(self, sales, regressor, value, said):
        table = features(sales).assign(y=sales["y"], weight=1.0)
        table.loc[7, "weight"] = value
        with pytest.raises(ValueError, match=f"Column 'weight' .* row 7 {said}.*at least 0"):
            streaming.fit(regressor, table, sample_weight="weight")

    def test_no_row_counts(self, sales, regressor):
        table = features(sales).assign(y=sales["y"], weight=0)
        with pytest.raises(ValueError, match="0 row.s. of positive weight"):
            streaming.fit(regressor, table, sample_weight="weight")

    def test_other_columns_in_validation(self, sales, regressor):
        table = features(sales).assign(y=sales["y"])
        with pytest.raises(ValueError, match="Only the dataset has a column 'price'"):
            streaming.fit(regressor, table, validation=table.drop(columns="price"))

    def test_a_class_only_in_validation(self, sales, classifier):
        table = features(sales, "label").assign(label=sales["label"])
        other = table[:5].assign(label="odd")
        classifier.set_params(ordered_target_encoding=False)
        with pytest.raises(ValueError, match="validation.*The class 'odd' is not among those"):
            streaming.fit(classifier, table, "label", validation=other)

    def test_warm_start(self, sales, regressor):
        table = features(sales).assign(y=sales["y"])
        model = streaming.fit(regressor.set_params(warm_start=True), table)
        with pytest.raises(ValueError, match="warm_start=True.*or go on by partial_fit"):
            streaming.fit(model, table)

    def test_frozen(self, sales, regressor):
        from sklearn.frozen import FrozenEstimator

        table = features(sales).assign(y=sales["y"])
        encoder = EntityEmbeddingEncoder(FrozenEstimator(streaming.fit(regressor, table)))
        with pytest.raises(ValueError, match="frozen estimator has learned already"):
            streaming.fit(encoder, table)

    def test_other_estimators(self, sales):
        from sklearn.linear_model import LinearRegression

        with pytest.raises(TypeError, match="got LinearRegression"):
            streaming.fit(LinearRegression(), features(sales).assign(y=sales["y"]))

    @pytest.mark.parametrize(
        ("parameters", "said"),
        [
            ({"max_counted": 0}, "max_counted=0"),
            ({"n_hashed": -1}, "n_hashed=-1"),
            ({"n_hashed": {"shops": 3}}, "n_hashed names column 'shops'"),
        ],
    )
    def test_parameters(self, sales, regressor, parameters, said):
        with pytest.raises(ValueError, match=said):
            streaming.fit(regressor, features(sales).assign(y=sales["y"]), **parameters)
