"""Pickles and skops files say what wrote them and need no classes but ours and NumPy's."""

import copy
import io
import pickle

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.base import clone

import sk_entity
from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.persistence import VersionWarning


@pytest.fixture(params=["regressor", "classifier", "encoder"])
def fitted(request, small, sales, revenue, size):
    if request.param == "classifier":
        return EntityEmbeddingClassifier(**small).fit(sales, size)
    regressor = EntityEmbeddingRegressor(**small)
    if request.param == "regressor":
        return regressor.fit(sales, revenue)
    return EntityEmbeddingEncoder(regressor, cv=None).fit(sales, revenue)


def output(estimator, X):
    return (estimator.transform if hasattr(estimator, "transform") else estimator.predict)(X)


def test_a_pickle_of_the_same_version_is_quiet(fitted, sales):
    found = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(output(found, sales), output(fitted, sales))
    assert vars(found).keys() == vars(fitted).keys()
    network, again = (getattr(e, "estimator_", e) for e in (fitted, found))
    assert_frame_equal(again.history_, network.history_, check_exact=True)
    for name, vectors in fitted.embeddings_.items():
        assert_frame_equal(found.embeddings_[name], vectors, check_exact=True)


@pytest.mark.parametrize("version", ["0.0.1", "99.0"])
def test_a_pickle_of_another_version_warns(version, fitted, sales, monkeypatch):
    monkeypatch.setattr("sk_entity._estimators.mixin.__version__", version)
    content = pickle.dumps(fitted)
    monkeypatch.undo()
    said = f"was pickled by sk-entity {version} and is loaded by {sk_entity.__version__}"
    with pytest.warns(VersionWarning, match=said) as warned:
        found = pickle.loads(content)
    # An encoder's network says so, too.
    assert f"This {type(fitted).__name__} " in str(warned[-1].message)
    assert_array_equal(output(found, sales), output(fitted, sales))
    assert vars(found).keys() == vars(fitted).keys()


def test_a_pickle_that_says_no_version_warns(fitted):
    state = fitted.__getstate__()
    assert state.pop("_sk_entity_version") == sk_entity.__version__
    found = type(fitted)()
    with pytest.warns(VersionWarning, match="pickled by sk-entity of an unknown version"):
        found.__setstate__(state)
    assert "_sk_entity_version" not in vars(found)


def test_what_copies_is_quiet(fitted, sales):
    for found in (copy.copy(fitted), copy.deepcopy(fitted)):
        assert_array_equal(output(found, sales), output(fitted, sales))
    assert not hasattr(clone(fitted), "state_")
    assert joblib.hash(fitted) == joblib.hash(fitted)
    file = io.BytesIO()
    joblib.dump(fitted, file)
    file.seek(0)
    assert_array_equal(output(joblib.load(file), sales), output(fitted, sales))


@pytest.mark.parametrize("values", [[1, 2], [2**64 - 1], [0.5], [True], ["a", 1]])
def test_categories_keep_their_dtype(values, regressor):
    X = np.array([[values[i % len(values)]] for i in range(20)], dtype=object)
    regressor.set_params(categorical_features=[0]).fit(X, np.arange(20))
    found = pickle.loads(pickle.dumps(regressor))
    (a,), (b,) = (e.state_.coder.categorical for e in (found, regressor))
    assert a.vocabulary.categories.dtype == b.vocabulary.categories.dtype
    assert a.vocabulary.categories.equals(b.vocabulary.categories)


def test_a_pickle_holds_no_class_of_pandas(fitted):
    names = set()

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            names.add(module)
            return super().find_class(module, name)

    Reader(io.BytesIO(pickle.dumps(fitted))).load()
    assert {name.partition(".")[0] for name in names} <= {"sk_entity", "numpy", "copyreg"}


def test_skops_asks_to_trust_our_classes_only(fitted, sales):
    skops = pytest.importorskip("skops.io")
    content = skops.dumps(fitted)
    types = skops.get_untrusted_types(data=content)
    assert types
    assert not [name for name in types if not name.startswith("sk_entity.")]
    found = skops.loads(content, trusted=types)
    assert_array_equal(output(found, sales), output(fitted, sales))
    network, again = (getattr(e, "estimator_", e) for e in (fitted, found))
    assert_frame_equal(again.history_, network.history_, check_exact=True)
    if network is not fitted:
        assert found.state_.network is again.state_
