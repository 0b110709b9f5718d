"""What is saved comes back: predictions, vectors, parameters, in any process."""

import os
import pickle
import subprocess
import sys
import uuid
from decimal import Decimal
from fractions import Fraction

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from tampering import Parts

import sk_entity
from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.persistence import VersionWarning, load, save


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture
def again(path):
    """Save and load."""

    def save_and_load(estimator):
        assert save(estimator, path) is None
        return load(path)

    return save_and_load


@pytest.fixture
def encoder(regressor):
    return EntityEmbeddingEncoder(regressor, cv=2)


@pytest.fixture
def shared_and_lists(sales):
    """Two columns that share a table, and one of lists."""
    lists = [[], ["a"], ["a", "b", None], None, ["c", "c"]]
    other = sales["shop"].sample(frac=1, random_state=0).to_numpy()
    return sales.assign(other=other, tags=[lists[i % 5] for i in range(len(sales))])


class Twice(dict):
    """A dict that json writes with each key twice."""

    def items(self):
        return [*super().items(), *super().items()]


def assert_same_tables(found, expected):
    assert list(found) == list(expected)
    for name in expected:
        assert_frame_equal(found[name], expected[name], check_exact=True)


def test_a_regressor(again, regressor, sales, revenue):
    regressor.fit(sales, revenue)
    found = again(regressor)
    assert type(found) is EntityEmbeddingRegressor
    assert found is not regressor
    assert_array_equal(found.predict(sales), regressor.predict(sales))
    assert found.get_params() == regressor.get_params()
    assert_frame_equal(found.history_, regressor.history_, check_exact=True)
    assert_same_tables(found.embeddings_, regressor.embeddings_)
    assert_same_tables(found.special_embeddings_, regressor.special_embeddings_)
    assert found.n_features_in_ == 5
    assert_array_equal(found.feature_names_in_, sales.columns)
    assert vars(found).keys() == vars(regressor).keys()
    for a, b in zip(found.state_.weights.layers, regressor.state_.weights.layers, strict=True):
        assert a.kernel.strides == b.kernel.strides  # the same memory order, the same bits


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_classifier(n_classes, again, classifier, sales, size):
    y = size if n_classes == 3 else size == "l"
    classifier.fit(sales, y)
    found = again(classifier)
    assert_array_equal(found.predict_proba(sales), classifier.predict_proba(sales))
    assert_array_equal(found.predict(sales), classifier.predict(sales))
    assert found.classes_.dtype == classifier.classes_.dtype


def test_ordered_target_encoding(again, classifier, with_a_long_table):
    X, y = with_a_long_table
    classifier.fit(X, y > 0)
    assert len(classifier.state_.encoding) > 0
    assert_array_equal(again(classifier).predict_proba(X), classifier.predict_proba(X))


def test_an_encoder(again, encoder, sales, revenue):
    encoder.set_output(transform="pandas").fit_transform(sales, revenue)
    found = again(encoder)
    assert_frame_equal(found.transform(sales), encoder.transform(sales), check_exact=True)
    assert_same_tables(found.support_, encoder.support_)
    assert found.estimator.get_params() == encoder.estimator.get_params()
    assert not hasattr(found.estimator, "state_")
    assert_array_equal(found.estimator_.predict(sales), encoder.estimator_.predict(sales))


def test_what_is_one_object_is_one_again(again, encoder, sales, revenue):
    found = again(encoder.fit(sales, revenue))
    network = found.state_.network
    assert network is found.estimator_.state_
    for column, coded in zip(found.state_.columns, network.coder.categorical, strict=True):
        assert column.vocabulary is coded.vocabulary


def test_shared_tables_and_lists(again, regressor, shared_and_lists, revenue):
    regressor.set_params(shared_embeddings=[("shop", "other")]).fit(shared_and_lists, revenue)
    encoder = EntityEmbeddingEncoder(FrozenEstimator(regressor)).fit(shared_and_lists)
    found = again(encoder)
    assert_array_equal(found.transform(shared_and_lists), encoder.transform(shared_and_lists))
    network = found.estimator_
    assert_array_equal(network.predict(shared_and_lists), regressor.predict(shared_and_lists))
    assert network.get_params() == regressor.get_params()
    shop, other = (network.feature_names_in_.tolist().index(n) for n in ("shop", "other"))
    columns = {column.position: j for j, column in enumerate(network.state_.coder.categorical)}
    one, two = (network.state_.coder.categorical[columns[p]].vocabulary for p in (shop, other))
    assert one.categories is two.categories
    assert one.rows is two.rows
    tables = network.state_.weights.tables
    assert tables[columns[shop]] is tables[columns[other]]


@pytest.mark.parametrize("frozen", [False, True])
def test_given_vectors_and_further_rows(frozen, again, regressor, sales, revenue):
    given = pd.DataFrame(np.eye(3), index=["north", "south", "west"])
    regressor.set_params(embedding_init={"shop": given}, freeze_embeddings=frozen)
    regressor.fit(sales[:100], revenue[:100])
    found = again(regressor)
    assert_frame_equal(found.embedding_init["shop"], given)
    further = sales[100:].assign(product="new")
    for estimator in (found, regressor):
        estimator.partial_fit(further, revenue[100:])
        estimator.partial_fit(further.assign(shop="newer"), revenue[100:], only_new=True)
    assert_array_equal(found.predict(sales), regressor.predict(sales))
    last = again(found)
    assert_array_equal(last.predict(sales), regressor.predict(sales))
    assert_same_tables(last.embeddings_, regressor.embeddings_)


def test_an_encoder_learns_further(again, encoder, sales, revenue):
    encoder.fit(sales[:100], revenue[:100])
    found = again(encoder)
    further = sales[100:].assign(product="new")
    for estimator in (found, encoder):
        estimator.partial_fit(further, revenue[100:])
    assert_array_equal(again(found).transform(sales), encoder.transform(sales))


def test_a_frozen_network(again, regressor, sales, revenue):
    encoder = EntityEmbeddingEncoder(FrozenEstimator(regressor.fit(sales, revenue))).fit(sales)
    found = again(encoder)
    assert isinstance(found.estimator, FrozenEstimator)
    assert found.estimator.estimator is found.estimator_
    assert_array_equal(found.transform(sales), encoder.transform(sales))


def test_a_key_that_is_there_twice_in_the_description(regressor, sales, revenue, path):
    save(regressor.fit(sales, revenue), path)
    parts = Parts(path.read_bytes())
    parts.document = Twice(parts.document)
    path.write_bytes(parts.content())
    with pytest.raises(ValueError, match="the key 'class' is there twice"):
        load(path)


def test_it_can_be_fitted_further(again, regressor, sales, revenue):
    found = again(regressor.set_params(warm_start=True).fit(sales, revenue))
    assert_array_equal(
        found.fit(sales, revenue).predict(sales), regressor.fit(sales, revenue).predict(sales)
    )
    assert_array_equal(
        clone(found).fit(sales, revenue).predict(sales),
        clone(regressor).fit(sales, revenue).predict(sales),
    )


def test_an_array_without_names(again, small):
    X = np.random.default_rng(0).integers(4, size=(60, 2))
    estimator = EntityEmbeddingRegressor(categorical_features=[0], **small)
    estimator.fit(X, X.sum(axis=1))
    found = again(estimator)
    assert not hasattr(found, "feature_names_in_")
    assert_array_equal(found.predict(X), estimator.predict(X))


def cells(values, n=60, **options):
    return pd.Series([values[i % len(values)] for i in range(n)], **options)


COLUMNS = {
    "int8": cells([1, -2, 3], dtype="int8"),
    "uint64": cells([1, 2**64 - 1], dtype="uint64"),
    "huge integers": cells([2**70, -(2**70), 3], dtype=object),
    "bool": cells([True, False]),
    "float": cells([0.1, -0.0, np.inf, -np.inf, np.nan]),
    "float16": cells([0.1, 1.5], dtype="float16"),
    "str": cells(
        ["", "\0", "a\0b", "\ud800", "\ud800\udc00", "é", "😀", "x" * 20_000, None], dtype=object
    ),
    "bytes": cells([b"a", b"\xff\0", b""], dtype=object),
    "Decimal": cells([Decimal("1.10"), Decimal("-0"), Decimal("Infinity")], dtype=object),
    "mixed": cells(
        [1, "1", b"1", Decimal("2.5"), 2.25, None, Fraction(1, 3), uuid.UUID(int=5), 2**80, False],
        dtype=object,
    ),
    "category": cells(["b", "a"], dtype="category"),
    "category of integers": cells([1, 2, 3], dtype="category"),
    "string": cells(["a", None], dtype="string"),
    "Int64": cells([1, 2, None], dtype="Int64"),
    "boolean": cells([True, None, False], dtype="boolean"),
    "intervals": pd.Series(pd.cut(np.arange(60), 4)),
    "intervals of time": pd.Series(pd.cut(pd.to_datetime(np.arange(60) * 10**15), 3)),
    "empty": cells([None], dtype=object),
}


@pytest.fixture(scope="module")
def of_all_types():
    """A table with a column of each type, and a regressor that knows it."""
    X = pd.DataFrame(COLUMNS)
    small = {"embedding_dim": 1, "hidden_layer_sizes": (2,), "max_iter": 1, "random_state": 0}
    estimator = EntityEmbeddingRegressor(categorical_features=list(COLUMNS), **small)
    with pytest.warns(UserWarning, match="'empty' has no value"):
        estimator.fit(X, np.arange(60))
    return X, estimator


def test_categories_of_every_type(again, of_all_types):
    X, estimator = of_all_types
    found = again(estimator)
    for a, b in zip(
        found.state_.coder.categorical, estimator.state_.coder.categorical, strict=True
    ):
        a, b = a.vocabulary, b.vocabulary
        assert a.categories.dtype == b.categories.dtype
        assert list(map(repr, a.categories.tolist())) == list(map(repr, b.categories.tolist()))
        assert list(map(type, a.categories.tolist())) == list(map(type, b.categories.tolist()))
        for name in ("counts", "rows"):
            assert_array_equal(getattr(a, name), getattr(b, name))
            assert getattr(a, name).dtype == getattr(b, name).dtype
    assert_array_equal(found.predict(X), estimator.predict(X))


@pytest.mark.parametrize(
    "classes",
    [
        np.array([False, True]),
        np.array([3, 1, 2]),
        np.array([1, 2], dtype=np.uint8),
        np.array([1.0, 2.0]),
        np.array(["b", "äa", "\0c"]),
        np.array(["b", "a"], dtype=object),
        np.array([1, 2], dtype=np.dtype(np.int32).newbyteorder()),
    ],
    ids=lambda classes: classes.dtype.str,
)
def test_classes_of_every_type(classes, again, classifier, sales):
    y = np.resize(classes, len(sales))
    classifier.fit(sales, y)
    found = again(classifier)
    assert found.classes_.dtype == classifier.classes_.dtype.newbyteorder("=")
    assert_array_equal(found.classes_, classifier.classes_)
    assert_array_equal(found.predict(sales), classifier.predict(sales))


def test_any_path(regressor, sales, revenue, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    regressor.fit(sales, revenue)
    for name in ("model", b"bytes", "ü.x", tmp_path / "path"):
        save(regressor, name)
        assert_array_equal(load(name).predict(sales), regressor.predict(sales))
    for name in (None, object()):
        with pytest.raises(TypeError, match="PathLike"):
            save(regressor, name)
        with pytest.raises(TypeError, match="PathLike"):
            load(name)


def test_equal_estimators_give_equal_files(regressor, sales, revenue, tmp_path):
    regressor.fit(sales, revenue)
    save(regressor, tmp_path / "a")
    save(load(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_arrays_that_lie_in_a_file(again, regressor, sales, revenue, tmp_path):
    joblib.dump(regressor.fit(sales, revenue), tmp_path / "model.joblib")
    mapped = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    assert isinstance(mapped.state_.weights.layers[0].kernel, np.memmap)
    found = again(mapped)
    assert type(found.state_.weights.layers[0].kernel) is np.ndarray
    assert_array_equal(found.predict(sales), regressor.predict(sales))


def test_what_is_not_fitted_is_not_saved(path):
    for kind in (EntityEmbeddingRegressor, EntityEmbeddingClassifier, EntityEmbeddingEncoder):
        with pytest.raises(NotFittedError):
            save(kind(), path)
    assert not path.exists()


class Other(EntityEmbeddingRegressor):
    """A subclass is code."""


@pytest.mark.parametrize("other", [Other(), make_pipeline(None), BaseEstimator(), None, "model"])
def test_other_estimators_are_refused(other, path):
    with pytest.raises(TypeError, match="save takes"):
        save(other, path)


def test_an_interrupt_leaves_the_old_file(regressor, sales, revenue, path, monkeypatch):
    save(regressor.fit(sales, revenue), path)
    before = path.read_bytes()

    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(regressor.fit(sales, -revenue), path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_the_file_says_what_wrote_it(regressor, sales, revenue, path):
    save(regressor.fit(sales, revenue), path)
    parts = Parts(path.read_bytes())
    assert parts.metadata["sk_entity"] == "1.0"
    assert parts.document["class"] == "EntityEmbeddingRegressor"
    versions = parts.document["versions"]
    assert versions["sk-entity"] == sk_entity.__version__
    for library in (np, pd, sklearn):
        assert versions[library.__name__] == library.__version__


class TestVersions:
    """A newer minor version warns, a newer major one is refused."""

    @pytest.fixture
    def parts(self, regressor, sales, revenue, path):
        save(regressor.fit(sales, revenue), path)
        return Parts(path.read_bytes())

    def test_newer_minor(self, parts, path, regressor, sales):
        parts.metadata["sk_entity"] = "1.7"
        parts.document["fields"]["Vocabulary"].append("origin")
        for record in parts.objects("record", "Vocabulary"):
            record.append("elsewhere")
        parts.objects("estimator")[0][2]["temperature"] = 0.5
        parts.objects("estimator")[0][3]["calibrated_"] = True
        path.write_bytes(parts.content())
        with pytest.warns(VersionWarning, match=r"has the format 1\.7") as warned:
            found = load(path)
        assert warned[0].filename == __file__
        assert_array_equal(found.predict(sales), regressor.predict(sales))

    def test_the_same_in_this_version_is_refused(self, parts, path):
        parts.document["fields"]["Vocabulary"].append("origin")
        for record in parts.objects("record", "Vocabulary"):
            record.append("elsewhere")
        path.write_bytes(parts.content())
        with pytest.raises(ValueError, match="Vocabulary has no field 'origin'"):
            load(path)

    def test_an_older_minor_lacks_a_field_with_a_default(self, encoder, sales, revenue, path):
        encoder.fit(sales, revenue)
        save(encoder, path)
        parts = Parts(path.read_bytes())
        parts.document["fields"]["EncodedColumn"].remove("spread")  # the last field
        for record in parts.objects("record", "EncodedColumn"):
            del record[-1]
        path.write_bytes(parts.content())
        assert_array_equal(load(path).transform(sales), encoder.transform(sales))

    def test_a_field_without_a_default_is_needed(self, parts, path):
        parts.document["fields"]["Vocabulary"].remove("n_missing")
        for record in parts.objects("record", "Vocabulary"):
            del record[-1]
        path.write_bytes(parts.content())
        with pytest.raises(ValueError, match="Vocabulary lacks the field 'n_missing'"):
            load(path)

    @pytest.mark.parametrize("version", ["2.0", "99.1"])
    def test_newer_major(self, version, parts, path):
        parts.metadata["sk_entity"] = version
        path.write_bytes(parts.content())
        with pytest.raises(ValueError, match=f"has the format {version}.*Install a newer"):
            load(path)

    @pytest.mark.parametrize("version", ["", "1", "1.0.0", "-1.0", "1.x", "١.٠", "1." + "0" * 5000])
    def test_what_is_no_version(self, version, parts, path):
        parts.metadata["sk_entity"] = version
        path.write_bytes(parts.content())
        with pytest.raises(ValueError, match="no version"):
            load(path)


WITHOUT_TORCH = """
import json, pickle, sys
from importlib.abc import MetaPathFinder

import numpy as np


class NoTorch(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "skorch", "safetensors"}:
            raise ImportError(f"{name} is not to be imported here")


sys.meta_path.insert(0, NoTorch())
from sk_entity.persistence import load

with open(sys.argv[1], "rb") as file:
    cases = pickle.load(file)
for path, method, X, expected in cases:
    found = getattr(load(path), method)(X)
    assert found.dtype == expected.dtype and found.tobytes() == expected.tobytes(), path
print(len(cases), "agree")
"""


def agree_elsewhere(cases, folder):
    """Compare in a process of its own without torch: path, method, X and what it returns."""
    path = folder / "cases.pickle"
    path.write_bytes(pickle.dumps(cases))
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, path], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.slow
def test_the_same_bits_in_another_process_without_torch(
    regressor, classifier, encoder, of_all_types, sales, revenue, size, tmp_path
):
    fitted = {
        "regressor": (regressor.fit(sales, revenue), ["predict"], sales),
        "classifier": (
            classifier.fit(sales, size),
            ["predict_proba", "decision_function"],
            sales,
        ),
        "encoder": (encoder.fit(sales, revenue), ["transform"], sales),
        "types": (of_all_types[1], ["predict"], of_all_types[0]),
    }
    cases = []
    for name, (estimator, methods, X) in fitted.items():
        save(estimator, tmp_path / name)
        cases += [(tmp_path / name, m, X, getattr(estimator, m)(X)) for m in methods]
    assert agree_elsewhere(cases, tmp_path) == "5 agree\n"


@pytest.mark.slow
def test_the_same_bits_on_every_real_table(data_dir, tmp_path):
    """All categories of each table, few rows, one epoch; and a file of 1.1 times its content."""
    from benchmarks import data, tasks
    from benchmarks.speed.saving import payload

    assert data_dir.resolve() == data.FOLDER
    cases, ratios = [], {}
    for task in tasks.ALL:
        # The row that shows a category first, for each category, and some more.
        first = [~task.table.X.duplicated(name) for name in task.categorical]
        rows = np.flatnonzero(np.any(first, axis=0) | (np.arange(len(first[0])) < 1000))
        X, y = task.table.X.iloc[rows], task.table.y[rows]
        binary = task.kind == "binary"
        kind = EntityEmbeddingClassifier if binary else EntityEmbeddingRegressor
        model = kind(categorical_features=list(task.categorical), max_iter=1, random_state=0)
        encoder = EntityEmbeddingEncoder(FrozenEstimator(model.fit(X, y))).fit(X)
        for estimator, method in [
            (encoder, "transform"),
            (model, "predict_proba" if binary else "predict"),
        ]:
            path = tmp_path / f"{task.name}-{method}"
            save(estimator, path)
            cases.append((path, method, X[:2000], getattr(estimator, method)(X[:2000])))
        ratios[task.name] = path.stat().st_size / payload(model.state_)
    assert agree_elsewhere(cases, tmp_path) == f"{2 * len(tasks.ALL)} agree\n"
    # Where nineteen or thirty columns have two or three levels, the description counts for more.
    small = {name for name, ratio in ratios.items() if ratio > 1.1}
    assert small <= {"churn", "phishing"}, ratios
    assert max(ratios.values()) < 1.2
