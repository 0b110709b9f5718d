"""Parameters survive, or are refused by name with the way out."""

import os
import re

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal
from sklearn.compose import make_column_selector
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from skorch.callbacks import EarlyStopping
from tampering import Parts

from sk_entity import EntityEmbeddingEncoder
from sk_entity.persistence import load, save


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


@pytest.fixture
def stored(regressor, sales, revenue, path):
    """A parameter after it was saved and loaded; predictions no longer depend on it."""
    regressor.fit(sales, revenue)

    def save_and_load(value):
        save(regressor.set_params(embedding_dim=value), path)
        return load(path).embedding_dim

    return save_and_load


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -0.0, 2**63, -(2**100), 1e-300, float("inf"), -float("inf"), "", "auto",
        "é\0", "\ud800\udc00", "\U00010000", b"\0\xff", [], (), {}, [1, (2, [3.0, None])],
        {"shop": 3, 4: "x", None: [], (1, 2): True, 1.5: {}}, {"ref": 0}, {"tuple": [1]},
    ],
    ids=ascii,
)  # fmt: skip
def test_plain_values(value, stored):
    found = stored(value)
    assert repr(found) == repr(value)
    assert type(found) is type(value)


def test_not_a_number(stored):
    assert np.isnan(stored(float("nan")))


def test_scalars_of_numpy_become_pythons_own(stored):
    found = stored([np.float64(0.1), np.int8(3), np.bool_(True), np.str_("a")])
    assert found == [0.1, 3, True, "a"]
    assert list(map(type, found)) == [float, int, bool, str]


@pytest.mark.parametrize(
    "array",
    [
        np.array(3.0),
        np.zeros((0, 3), dtype=np.int8),
        np.arange(5),
        np.arange(100.0).reshape(4, 25),
        np.asfortranarray(np.arange(100.0).reshape(4, 25)),
        np.arange(100.0)[::3],
        np.array([True, False]),
        np.array(["shop", "a\0b", ""]),
        np.array(["shop", 1, None], dtype=object)[:2],
        np.array([b"a", b""]),
        np.array([1.5], dtype=np.float16),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
def test_arrays(array, stored):
    found = stored(array)
    assert_array_equal(found, array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.flags.c_contiguous or array.flags.f_contiguous
    assert found.flags.writeable


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["a", "b"]),
        pd.Index(["a", 1], dtype=object, name="n"),
        pd.Index([1, 2], name=("a", 1)),
        pd.Index([0.5, np.nan]),
        pd.Index([True, False]),
        pd.RangeIndex(1, 7, 2, name="epoch"),
        pd.Index([]),
    ],
)
def test_indices(index, stored):
    assert_index_equal(stored(index), index, exact=True)


def test_vectors_from_elsewhere(stored):
    """A dict of tables, as names of categories with their vectors."""
    names = pd.Index(["north", "é", "\ud800"], dtype=object, name="shop")
    vectors = pd.DataFrame(np.arange(6.0).reshape(3, 2), index=names, columns=["a", "b"])
    numbered = pd.DataFrame(np.float32([[1, np.nan]]), index=pd.Index([2**64 - 1], dtype="uint64"))
    empty = pd.DataFrame(index=pd.Index([], dtype=object))
    found = stored({"shop": vectors, "code": numbered, "none": empty})
    assert list(found) == ["shop", "code", "none"]
    assert_frame_equal(found["shop"], vectors, check_exact=True)
    assert_frame_equal(found["code"], numbered, check_exact=True)
    assert found["none"].shape == (0, 0)


def test_a_million_fields_of_a_table_are_arrays_in_the_file(regressor, sales, revenue, path):
    vectors = pd.DataFrame(np.zeros((10_000, 4)), index=np.arange(10_000).astype(str))
    save(regressor.fit(sales, revenue), path)
    before = os.path.getsize(path)
    save(regressor.set_params(embedding_dim={"shop": vectors}), path)
    assert os.path.getsize(path) - before < 1.1 * (vectors.to_numpy().nbytes + 5 * 10_000)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": ["x"]}),
        pd.DataFrame({"a": pd.array([1], dtype="Int64")}),
        pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)])),
        pd.DataFrame({"a": [1]}, index=pd.to_datetime(["2020"])),
        pd.DataFrame({"a": [1]}, index=pd.Index([1], dtype="Int64")),
    ],
)
def test_tables_of_other_things(frame, stored):
    with pytest.raises(TypeError, match="embedding_dim.*cannot be stored"):
        stored({"shop": frame})


@pytest.mark.parametrize(
    "cv",
    [
        KFold(3), KFold(4, shuffle=True, random_state=1), StratifiedKFold(3), GroupKFold(2),
        StratifiedGroupKFold(2), LeaveOneOut(), LeaveOneGroupOut(), PredefinedSplit([0, 1, 1]),
        None, 7,
    ],
    ids=repr,
)  # fmt: skip
def test_splitters(cv, regressor, sales, revenue, path):
    encoder = EntityEmbeddingEncoder(regressor, cv=2).fit(sales, revenue).set_params(cv=cv)
    save(encoder, path)
    found = load(path).cv
    assert repr(found) == repr(cv)
    assert type(found) is type(cv)


def test_a_list_of_folds(regressor, sales, revenue, path):
    folds = [(np.arange(60, 120), np.arange(60)), (np.arange(60), np.arange(60, 120))]
    encoder = EntityEmbeddingEncoder(regressor, cv=folds)
    encoder.fit_transform(sales, revenue)
    save(encoder, path)
    for found, expected in zip(load(path).cv, folds, strict=True):
        assert type(found) is tuple
        assert_array_equal(found, expected)


def test_a_random_state_goes_on_where_it_was(regressor, sales, revenue, path):
    random_state = np.random.RandomState(3)  # noqa: NPY002
    encoder = EntityEmbeddingEncoder(regressor, cv=None, random_state=random_state)
    encoder.fit(sales, revenue)
    random_state.normal()  # keeps a second number for the next call
    save(encoder, path)
    found = load(path).random_state
    assert_array_equal(found.normal(size=5), random_state.normal(size=5))


def test_a_random_state_that_would_read_beyond_its_array(regressor, sales, revenue, path):
    save(regressor.fit(sales, revenue).set_params(random_state=np.random.RandomState(0)), path)  # noqa: NPY002
    for position in (625, -1, 2**40):
        parts = Parts(path.read_bytes())
        parts.objects("random_state")[0][1][1] = position
        broken = path.with_suffix(".broken")
        broken.write_bytes(parts.content())
        with pytest.raises(ValueError, match="RandomState is not consistent"):
            load(broken)


def test_metadata_requests(regressor, sales, revenue, path):
    with sklearn.config_context(enable_metadata_routing=True):
        regressor.set_fit_request(sample_weight="exposure").set_score_request(sample_weight=True)
        save(regressor.fit(sales, revenue), path)
    found = load(path).get_metadata_routing()
    assert found.fit.requests["sample_weight"] == "exposure"
    assert found.score.requests == {"sample_weight": True}
    assert found.fit.requests["X_val"] is None


def test_the_container_of_transform(regressor, sales, revenue, path):
    encoder = EntityEmbeddingEncoder(regressor, cv=None).set_output(transform="polars")
    save(encoder.fit(sales, revenue), path)
    assert type(load(path).transform(sales)).__module__.startswith("polars")


class Splits(KFold):
    """A subclass is code."""


def dims(n_levels):
    return 3


@pytest.mark.parametrize(
    ("parameters", "way_out"),
    [
        ({"callbacks": [EarlyStopping()]}, "callbacks=None"),
        (
            {"categorical_features": make_column_selector(dtype_include=object)},
            "categorical_features=['shop', 'product', 'promotion']",
        ),
        ({"embedding_dim": dims}, "embedding_dim={'shop': 3, 'product': 3, 'promotion': 3}"),
        ({"random_state": np.random.RandomState(np.random.PCG64(0))}, "random_state=0"),  # noqa: NPY002
    ],
)
def test_what_is_code_is_refused_with_the_way_out(
    parameters, way_out, regressor, sales, revenue, path
):
    regressor.fit(sales, revenue)
    expected = regressor.predict(sales)
    regressor.set_params(**parameters)
    [name] = parameters
    with pytest.raises(TypeError, match=f"The parameter {name}.*cannot be stored") as raised:
        save(regressor, path)
    assert f"use estimator.set_params({way_out}), then save again" in str(raised.value)
    assert not path.exists()
    eval(f"estimator.set_params({way_out})", {"estimator": regressor})
    save(regressor, path)
    assert_array_equal(load(path).predict(sales), expected)


def test_the_way_out_of_an_encoder(regressor, sales, revenue, path):
    """One message leads to the next, until it is saved."""
    regressor.set_params(callbacks=[EarlyStopping(monitor="train_loss")])
    encoder = EntityEmbeddingEncoder(regressor, cv=Splits(2)).fit(sales, revenue)
    followed = []
    for _ in range(3):
        with pytest.raises(TypeError, match="then save again") as raised:
            save(encoder, path)
        followed.append(re.search(r"use (estimator.*\)), then", str(raised.value))[1])
        eval(followed[-1], {"estimator": encoder})
    assert followed == [
        "estimator.set_params(cv=5)",
        "estimator.estimator.set_params(callbacks=None)",
        "estimator.estimator_.set_params(callbacks=None)",
    ]
    save(encoder, path)
    assert_array_equal(load(path).transform(sales), encoder.transform(sales))


@pytest.mark.parametrize("cv", [ShuffleSplit(), Splits(2), iter([])])
def test_other_splitters(cv, regressor, sales, revenue, path):
    encoder = EntityEmbeddingEncoder(regressor, cv=None).fit(sales, revenue).set_params(cv=cv)
    with pytest.raises(TypeError, match=r"The parameter cv is .*set_params\(cv=5\)"):
        save(encoder, path)


def test_a_value_that_no_column_can_store(regressor, sales, revenue, path):
    sales["product"] = [object() for _ in range(len(sales))]
    with pytest.raises(TypeError, match="Column 'product' holds a value .*Convert such values"):
        save(regressor.fit(sales, revenue), path)


def test_an_attribute_that_fit_does_not_set(regressor, sales, revenue, path):
    regressor.fit(sales, revenue).note = "the best so far"
    with pytest.raises(TypeError, match="The attribute 'note' is none that fit sets"):
        save(regressor, path)


def test_a_list_that_holds_itself(stored):
    circle = []
    circle.append(circle)
    with pytest.raises(TypeError, match="embedding_dim.*cannot be stored"):
        stored(circle)
