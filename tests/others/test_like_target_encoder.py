"""After what scikit-learn asks of `TargetEncoder` (its tests/test_target_encoder.py).

The meanings, by the test there they are from:

- encoding: a category is drawn from the mean of all rows to its own mean, whatever type its
  name has; an unknown one is the mean; a row is encoded from the rows outside of its fold.
- encoding_multiclass: a number per class and column, and the classes' names are kept.
- custom_categories: a category that is declared and in no row is encoded like an unknown one.
- errors: targets of another length and of no known kind are refused.
- use_regression_target: whole numbers are classes unless `target_type` says otherwise.
- feature_names_out_set_output: a table holds the numbers of the array, under its names.
- multiple_features_quick: a column is encoded as if it stood alone, for each kind of target.
- constant_target_and_feature: what never varies tells nothing.
- fit_transform_not_associated_with_y: a model behind it finds nothing where there is nothing.
- smooth_zero: a category that lies in one fold only is encoded there like an unknown one.
- invariance_of_encoding_under_label_permutation: names do not matter.
- target_encoding_for_linear_regression: an identifier does not mislead a linear model, unless
  vectors have seen the target of their row.
- pandas_copy_on_write: a target that is read-only will do.
- raises_cv_overlap: folds must hold each row once; an iterable of folds will do.
- shuffle_random_state: the number that seeds folds decides them.
"""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from adapter import column, effects, encoder, every_column
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, ShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor

LEVEL = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [20, 30, 40]))
TARGET = 2.0 * LEVEL + np.random.default_rng(1).normal(size=90)
NAMES = {
    "whole numbers": np.array([4, 7, 9]),
    "numbers, one of them missing": np.array([np.nan, 1.0, 3.0]),
    "strings": np.array(["snake", "cat", "dog"], dtype=object),
    "strings and missing": np.array([None, "cat", "dog"], dtype=object),
}
UNKNOWN = {"whole numbers": 5, "numbers, one of them missing": 6.0}


def of_levels(fitted, names):
    return effects(fitted, column(names, names.dtype)).ravel()


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def fitted():
    return encoder().fit(column(LEVEL, int), TARGET)


@pytest.fixture(
    scope="module",
    params=[(target, kind) for target in ("continuous", "classes") for kind in NAMES],
    ids=lambda param: ", ".join(param),
)
def named(request):
    """The kind of target, the kind of names, the target, and an encoder that was fitted to both."""
    target, kind = request.param
    y = TARGET if target == "continuous" else np.array(["low", "high"])[(TARGET > 2).astype(int)]
    X = column(NAMES[kind][LEVEL], NAMES[kind].dtype)
    return target, kind, y, encoder(target).fit(X, y)


def test_a_category_is_drawn_from_the_mean_to_its_own_whatever_its_name(named):
    target, kind, y, fitted = named
    out = of_levels(fitted, NAMES[kind])
    truth = TARGET if target == "continuous" else (y == "low").astype(float)
    own = np.array([truth[k == LEVEL].mean() for k in range(3)]) - truth.mean()
    assert_array_equal(np.sign(out), np.sign(own))
    assert_array_equal(np.argsort(out), np.argsort(own))
    if target == "continuous":
        share = out / (own / truth.std())
        assert (share > 0.9).all()
        assert (share < 1.0).all()
        assert_array_equal(np.argsort(share), [0, 1, 2])  # the more rows, the nearer


def test_an_unknown_category_is_the_average(named):
    _, kind, _, fitted = named
    names = NAMES[kind]
    known, unknown = fitted.transform(column([names[1], UNKNOWN.get(kind, "bear")], names.dtype))
    assert_array_equal([unknown], fitted.special_embeddings_["x0"].loc[["unknown"]])
    assert abs(unknown[0]) < 1e-6
    assert abs(known[0]) > 0.01


def test_it_says_of_means_what_target_encoder_says(fitted):
    """Ours are measured from the mean and in standard deviations, with one smoothing for all."""
    theirs = TargetEncoder(target_type="continuous").fit(column(LEVEL, int), TARGET)
    ours = TARGET.mean() + TARGET.std() * of_levels(fitted, np.arange(3))
    assert_allclose(ours, theirs.encodings_[0], atol=0.05)


def test_a_row_is_encoded_from_the_rows_outside_of_its_fold(fitted):
    folds = KFold(3)
    X = column(LEVEL, int)
    of_rows = encoder(cv=folds).fit_transform(X, TARGET)[:, 0]
    for outside, inside in folds.split(X):
        alone = encoder(cv=None).fit(X[outside], TARGET[outside])
        expected = effects(alone, X[inside])[:, 0] * TARGET[outside].std() / TARGET.std()
        assert_allclose(of_rows[inside], expected, atol=1e-6)
    assert not np.allclose(of_rows, fitted.transform(X)[:, 0])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_classes_have_a_number_each_and_two_have_one(n_classes, rng):
    classes = np.array(["no", "perhaps", "yes"])[:n_classes]
    y = classes[np.where(rng.random(90) < 0.3, LEVEL % n_classes, rng.integers(n_classes, size=90))]
    X = pd.DataFrame({"A": NAMES["strings"][LEVEL], "B": rng.integers(2, size=90)})
    fitted = encoder("classes", n_components=3).fit(X, y)
    assert_array_equal(fitted.estimator_.classes_, classes)
    names = fitted.get_feature_names_out()
    of_a = [f"A_effect_{k}" for k in range(3)] if n_classes == 3 else ["A_effect"]
    assert names[: len(of_a)].tolist() == of_a
    out = fitted.set_output(transform="pandas").transform(X)
    for name, of_class in zip(of_a, classes if n_classes == 3 else classes[1:], strict=True):
        share = pd.Series(y == of_class).groupby(LEVEL).mean()
        found = out[name].groupby(LEVEL).first()
        assert_array_equal(np.argsort(found), np.argsort(share))
    unknown = pd.DataFrame({"A": ["cat", "bear"], "B": [0, 7]})
    assert np.isfinite(fitted.transform(unknown)).all(axis=None)


def test_declared_categories_without_a_row_are_encoded_like_unknown_ones(rng):
    """There is no parameter `categories`: the dtype of a column declares them."""
    declared = pd.CategoricalDtype(["dog", "cat", "cow"])
    X = pd.DataFrame({"pet": pd.Series(["cat", "dog"] * 10, dtype=declared)})
    fitted = encoder().fit(X, rng.normal(size=20))
    cow = pd.DataFrame({"pet": pd.Series(["cow", "dog"], dtype=declared)})
    assert_array_equal(
        fitted.transform(cow)[:1], fitted.special_embeddings_["pet"].loc[["unknown"]]
    )
    assert_array_equal(fitted.transform(pl.DataFrame(cow)), fitted.transform(cow))


def test_a_target_of_another_length_is_refused():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        encoder().fit_transform(column([1, 0, 1, 0], int), [1.0, 2.0, 0.5, 1.0, 2.0])


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (csr_array(column([1.0, 2.0, 0.5, 1.0], float)), TypeError, "Sparse data was passed for y"),
        ([1.0, np.nan, 0.5, 1.0], ValueError, "NaN|missing"),
        ([1.0, np.inf, 0.5, 1.0], ValueError, "infinity|infinite"),
    ],
    ids=["sparse", "missing", "infinite"],
)
def test_a_target_that_is_no_column_of_numbers_is_refused(y, error, message):
    with pytest.raises(error, match=message):
        encoder().fit_transform(column([1, 0, 1, 0], int), y)


def test_a_table_of_targets_is_several_quantities_and_never_several_classes():
    """Theirs takes no target of two columns."""
    X, y = column([1, 0, 1, 2], int), np.array([[1, 2, 0, 1], [1, 2, 3, 0]]).T
    assert encoder().fit(X, y).get_feature_names_out().tolist() == ["x0_effect_0", "x0_effect_1"]
    with pytest.raises(ValueError, match="1d array"):
        encoder("classes").fit(X, y)
    with pytest.raises(ValueError, match="1d array"):
        EntityEmbeddingEncoder(target_type="multiclass").fit(X, y)


def test_target_type_decides_where_whole_numbers_could_be_either(no_training):
    """A class of one row, which they split with a warning, is refused with the way out."""
    X, y = column([0, 1] * 3, int), np.array([1.0, 2.0, 3.0, 2.0, 3.0, 4.0])
    with pytest.raises(ValueError, match="class 1.0 has 1.*target_type='continuous'"):
        EntityEmbeddingEncoder(cv=2, categorical_features=[0]).fit_transform(X, y)
    with pytest.raises(no_training):  # is let through
        EntityEmbeddingEncoder(cv=2, target_type="continuous").fit_transform(X, y)


@pytest.mark.slow
def test_the_kind_of_network_shows_what_the_target_was_taken_for():
    X, y = column([0, 1] * 10, int), np.array([1.0, 2.0, 3.0, 2.0, 3.0] * 4)
    for target_type, kind in [
        ("auto", EntityEmbeddingClassifier),
        ("continuous", EntityEmbeddingRegressor),
    ]:
        plain = EntityEmbeddingEncoder(
            cv=2, target_type=target_type, categorical_features=every_column
        )
        plain.fit_transform(X, y)
        assert type(plain.estimator_) is kind


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize("target", ["continuous", "classes"])
def test_a_table_holds_the_numbers_of_the_array_under_its_names(container, target, rng):
    X = pd.DataFrame({"A": ["a", "b"] * 10, "B": [1, 2, 3, 4] * 5})
    y = rng.normal(size=20) if target == "continuous" else ["y1", "y2", "y3"] * 6 + ["y1", "y2"]
    plain = encoder(target).set_output(transform="default").fit_transform(X, y)
    framed = encoder(target).set_output(transform=container)
    out = framed.fit_transform(X, y)
    assert_array_equal(out.to_numpy(), plain)
    assert_array_equal(framed.get_feature_names_out(), list(out.columns))


@pytest.mark.parametrize(
    ("y", "frame"), [("strings", True), ("whole numbers", False), ("continuous", True)]
)
def test_a_column_is_encoded_as_if_it_stood_alone(y, frame, rng):
    second = rng.integers(2, size=90)
    X = np.column_stack([LEVEL, second])
    new = np.array([[0, 1], [5, 0], [1, 10]])  # 5 and 10 are unknown
    if frame:
        X, new = (
            pd.DataFrame(
                {"a": t[:, 0], "b": pd.Series(t[:, 1]).map({0: "cat", 1: "dog", 10: "ox"})}
            )
            for t in (X, new)
        )
    target = {
        "strings": np.array(["a", "b"])[(TARGET > 2).astype(int)],
        "whole numbers": (TARGET > 2) + 3,
        "continuous": TARGET.astype(np.float32),
    }[y]
    kind = "continuous" if y == "continuous" else "classes"
    both = effects(encoder(kind).fit(X, target), new)
    for j in range(2):
        alone = X.iloc[:, [j]] if frame else X[:, [j]]
        of_new = new.iloc[:, [j]] if frame else new[:, [j]]
        assert_allclose(both[:, [j]], effects(encoder(kind).fit(alone, target), of_new), atol=1e-6)
    assert_allclose([both[1, 0], both[2, 1]], 0, atol=1e-6)


@pytest.mark.parametrize("target", ["continuous", "classes"])
def test_a_constant_column_does_nothing(target, rng):
    y = rng.normal(size=20) if target == "continuous" else ["a", "b"] * 10
    constant = encoder(target)
    assert_array_equal(constant.fit_transform(column([1] * 20, int), y), np.zeros((20, 1)))
    assert_array_equal(constant.transform([[1], [0]]), np.zeros((2, 1)))


@pytest.mark.parametrize("y", [[3.4] * 20, [0] * 20, ["a"] * 20], ids=["real", "whole", "string"])
def test_a_constant_target_is_refused_as_there_is_nothing_to_learn(y):
    """Theirs answers with the constant; a column that was mixed up is better found here."""
    target = "continuous" if isinstance(y[0], float) else "classes"
    with pytest.raises(ValueError, match="y is constant|y holds one class only"):
        encoder(target).fit_transform(column([1, 2] * 10, int), y)


@pytest.mark.slow
def test_a_model_behind_it_finds_nothing_where_there_is_nothing(rng):
    """Rows are sorted by the target, so that only shuffled folds are alike."""
    y = np.sort(rng.normal(size=1500))
    X = column(rng.integers(30, size=1500), int)
    forest = RandomForestRegressor(n_estimators=10, min_samples_leaf=20, random_state=0)
    folds = ShuffleSplit(5, random_state=0)

    def found(cv):
        return cross_val_score(forest, encoder(cv=cv).fit_transform(X, y), y, cv=folds).mean()

    assert found(2) < 0.1  # an int makes shuffled folds
    # As there: a fold of other targets than the rest shows in the vectors of all its rows.
    assert found(KFold(2)) > 0.3


def test_a_category_of_one_fold_only_is_unknown_there():
    """Theirs takes the mean outside of the fold; the unknown vector is the mean of all rows."""
    X = column([0] * 5 + [1] * 5, int)
    y = np.array([2.1, 4.3, 1.2, 3.1, 1.0, 9.0, 10.3, 14.2, 13.3, 15.0])
    fitted = encoder(cv=KFold(2))
    out = fitted.fit_transform(X, y)
    assert_array_equal(out, np.zeros((10, 1)))
    assert_array_equal(np.sign(fitted.transform(X))[[0, -1], 0], [-1, 1])


def test_names_do_not_matter(rng):
    y = rng.normal(size=300)
    X = np.argsort(np.argsort(y)).reshape(-1, 1) // 10
    other = rng.permutation(30)
    ours, renamed = encoder(), encoder()
    assert_allclose(ours.fit_transform(X, y), renamed.fit_transform(other[X], y), atol=1e-6)
    assert_allclose(ours.transform(X), renamed.transform(other[X]), atol=1e-6)


@pytest.mark.slow
def test_an_identifier_does_not_mislead_a_linear_model(rng):
    n_samples = 3000
    y = rng.normal(size=n_samples)
    told = np.digitize(y + 0.8 * rng.normal(size=n_samples), np.linspace(-3, 3, 30))
    told = rng.permutation(31)[told]
    X = np.column_stack(
        [told, rng.permutation(told), rng.choice(int(0.9 * n_samples), size=n_samples)]
    )
    train, test = slice(0, 2200), slice(2200, None)
    line = Ridge(alpha=1e-6)
    assert line.fit(X[train], y[train]).score(X[test], y[test]) < 0.1

    ours = encoder(cv=5, n_components=1)
    behind = make_pipeline(ours, Ridge(alpha=1e-6)).fit(X[train], y[train])
    assert behind.score(X[train], y[train]) > 0.5
    assert behind.score(X[test], y[test]) > 0.5
    contributions = np.abs(behind[-1].coef_) * behind[0].transform(X[test]).std(axis=0)
    assert contributions[0] > 0.6
    assert (contributions[1:] < 0.1).all()

    seen = encoder(cv=None, n_components=1)
    misled = line.fit(seen.fit_transform(X[train], y[train]), y[train])
    assert misled.score(seen.transform(X[test]), y[test]) < behind.score(X[test], y[test])


def test_read_only_tables_and_targets_will_do():
    X, y = pd.DataFrame({"x": ["a", "b", "b"] * 4}), np.array([4.0, 5.0, 6.0] * 4)
    expected = encoder().fit_transform(X, y)
    cells = X.to_numpy(object)
    for array in (cells, y):
        array.flags.writeable = False
    assert_array_equal(encoder().fit_transform(cells, y), expected)
    assert_array_equal(encoder().fit_transform(X, pd.Series(y)), expected)


def test_folds_must_hold_each_row_once():
    X = column(LEVEL, int)
    for cv in (ShuffleSplit(5, random_state=0), ShuffleSplit(5, random_state=0).split(X)):
        with pytest.raises(ValueError, match="folds of cv must hold each row once"):
            encoder(cv=cv).fit_transform(X, TARGET)
    by_iterable = encoder(cv=KFold(2).split(X)).fit_transform(X, TARGET)
    assert_array_equal(by_iterable, encoder(cv=KFold(2)).fit_transform(X, TARGET))


def test_the_number_that_seeds_decides_the_folds():
    X = column(LEVEL, int)
    first, again, other = (
        encoder(random_state=seed).fit_transform(X, TARGET) for seed in (0, 0, 1)
    )
    assert_array_equal(first, again)
    assert (first != other).any()
