"""streaming.fit_transform: each row gets vectors that have not seen its target."""

import numpy as np
import pandas as pd
import pytest

from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor, streaming
from sk_entity._training import checkpoints
from sk_entity._training.checkpoints import Checkpoints

N = 900


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Many shops, and a target that has nothing to do with them."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "shop": [f"shop {k}" for k in rng.integers(0, 300, N)],
            "x": rng.normal(size=N),
            "y": rng.normal(size=N),
        }
    )
    folder = tmp_path_factory.mktemp("noise")
    for number, rows in enumerate(np.array_split(np.arange(N), 3)):
        table.iloc[rows].to_parquet(folder / f"part-{number}.parquet")
    return table, folder


@pytest.fixture
def encoder(small):
    inner = EntityEmbeddingRegressor(**{**small, "max_iter": 3})
    return EntityEmbeddingEncoder(inner, cv=3, random_state=0)


def effect_of_own_target(path):
    table = pd.read_parquet(path)
    return np.corrcoef(table["shop_effect"], table["y"])[0, 1]


def test_rows_do_not_know_their_target(noise, encoder, tmp_path):
    table, folder = noise
    path = streaming.fit_transform(encoder, folder, tmp_path / "out.parquet", keep="y")
    assert path == tmp_path / "out.parquet"
    out = pd.read_parquet(path)
    assert out.columns.tolist() == ["y", *encoder.get_feature_names_out()]
    np.testing.assert_array_equal(out["y"], table["y"])
    np.testing.assert_array_equal(out["x"], table["x"])
    assert abs(effect_of_own_target(path)) < 0.15
    # What has seen the target, knows it.
    known = streaming.transform(encoder, folder, tmp_path / "known.parquet", keep="y")
    assert effect_of_own_target(known) > 0.4
    assert encoder.support_["shop"]["spread"].notna().all()


def test_without_folds(noise, encoder, tmp_path):
    table, folder = noise
    encoder.set_params(cv=None)
    path = streaming.fit_transform(encoder, folder, tmp_path / "out.parquet")
    out = pd.read_parquet(path).to_numpy()
    np.testing.assert_array_equal(out, encoder.transform(table[["shop", "x"]]))


def test_interrupted_at_any_checkpoint(noise, encoder, tmp_path, monkeypatch):
    _, folder = noise
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    expected = streaming.fit_transform(encoder, folder, tmp_path / "expected.parquet")
    keep, n_kept = Checkpoints._keep, 0

    def interrupted(self, *args):
        nonlocal n_kept
        keep(self, *args)
        n_kept += 1
        if n_kept % 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoints, "_keep", interrupted)
    again, found = EntityEmbeddingEncoder(**encoder.get_params(deep=False)), None
    while found is None:
        try:
            found = streaming.fit_transform(
                again, folder, tmp_path / "found.parquet", checkpoint=tmp_path / "kept"
            )
        except KeyboardInterrupt:
            assert not (tmp_path / "found.parquet").exists()
    assert n_kept > 6
    pd.testing.assert_frame_equal(pd.read_parquet(found), pd.read_parquet(expected))
    # Once done it is done, as long as the output is there.
    arguments = again, folder, tmp_path / "found.parquet"
    assert streaming.fit_transform(*arguments, checkpoint=tmp_path / "kept") == found
    found.unlink()
    with pytest.raises(ValueError, match="fit that is done, and its output .* is gone"):
        streaming.fit_transform(*arguments, checkpoint=tmp_path / "kept")


def test_early_stopping(noise, encoder, tmp_path):
    table, folder = noise
    encoder.estimator.set_params(early_stopping=True)
    path = streaming.fit_transform(encoder, folder, tmp_path / "out.parquet")
    assert len(pd.read_parquet(path)) == len(table)


@pytest.mark.parametrize("cv", [1, True, [1, 2]])
def test_folds_are_a_number(noise, encoder, tmp_path, cv):
    with pytest.raises(ValueError, match="drawn row by row"):
        streaming.fit_transform(encoder.set_params(cv=cv), noise[1], tmp_path / "out.parquet")


def test_a_fold_outside_of_which_there_is_hardly_a_row_is_refused(encoder, tmp_path):
    few = pd.DataFrame({"shop": ["a", "b", "a"], "y": [1.0, 2.0, 4.0]})
    encoder.set_params(cv=2, random_state=3)
    with pytest.raises(ValueError, match="to train on outside of one of cv=2 folds.* Lower cv"):
        streaming.fit_transform(encoder, few, tmp_path / "out.parquet")


def test_no_network(noise, regressor, tmp_path):
    with pytest.raises(TypeError, match="takes an EntityEmbeddingEncoder"):
        streaming.fit_transform(regressor, noise[1], tmp_path / "out.parquet")


def test_a_file_that_is_read_is_not_written(noise, encoder):
    _, folder = noise
    with pytest.raises(ValueError, match="is one of the files that are read"):
        streaming.fit_transform(encoder, folder, folder / "part-0.parquet")


@pytest.mark.parametrize("kept", ["x", "shop_effect", "shop_axis_7", "shop_effect_1"])
def test_a_kept_column_named_as_the_vectors_is_refused_first(
    kept, noise, encoder, tmp_path, monkeypatch
):
    table, _ = noise
    monkeypatch.setattr(streaming.folds.Plan, "prepare", None)  # no pass over the rows
    table = table if kept == "x" else table.assign(**{kept: 1.0})
    with pytest.raises(ValueError, match=f"keep names '{kept}', which is a column of the output"):
        streaming.fit_transform(encoder, table, tmp_path / "out.parquet", keep=["y", kept])
    assert not any(tmp_path.iterdir())


def test_the_names_of_columns_that_are_dropped_or_embedded_are_free(noise, encoder, tmp_path):
    _, folder = noise
    encoder.set_params(cv=None, remainder="drop")
    path = streaming.fit_transform(encoder, folder, tmp_path / "out.parquet", keep=["x", "shop"])
    assert pd.read_parquet(path).columns.tolist()[:3] == ["x", "shop", "shop_effect"]
