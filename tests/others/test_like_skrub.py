"""After what skrub asks of its encoders.

The meanings, by the encoder or the step of a table that is asked there:

- GapEncoder: the same seed gives the same numbers; lists, arrays and frames are alike; a first
  `partial_fit` is a fit and a further one changes vectors; names stay through `transform`; many
  values of one row each overflow nowhere; two equal columns are encoded alike; more components
  than there is room for; missing cells.
- MinHashEncoder: number of components; wrong parameters; several threads.
- StringEncoder: names; a column of one name; empty strings and missing cells.
- SimilarityEncoder: categories are the sorted values; the table comes back; repeated fits.
- TextEncoder: what was pickled encodes alike; silence by default; other dtypes later on.
- ToCategorical: strings, whole numbers and categories are accepted; later any dtype is.
- TableVectorizer: which columns are encoded; one row; a changed type; column by column; names
  that are repeated or no strings; sparse columns; dates; bad tables; parameters are passed on.
- CheckInputDataFrame: names that changed; another library later on; lazy frames.
- ApplyToCols: a selection of columns, by dtype or by what is not selected.
"""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from adapter import answer, column, effects, encoder, estimators, fit
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sk_entity import EntityEmbeddingEncoder

LIBRARIES = {
    "pandas": pd.DataFrame,
    "polars": lambda X: pl.from_pandas(X),
    "arrow": lambda X: pa.Table.from_pandas(X, preserve_index=False),
}
Y = np.array([1.0, 0.2, 0.7, 2.0, 1.5] * 2)
BY_DTYPE = {"categorical_features": "from_dtype"}


def staff(text="string", categories="category"):
    """Ten rows of two numbers, two columns of text and two of categories, of these dtypes."""
    X = pd.DataFrame(
        {
            "int": [15, 56, 63, 12, 44],
            "float": [5.2, 2.4, 6.2, 10.45, 9.0],
            "str1": ["public", "private", "private", "private", "public"],
            "str2": ["officer", "manager", "lawyer", "chef", "teacher"],
            "cat1": ["yes", "yes", "no", "yes", "no"],
            "cat2": ["20K+", "40K+", "60K+", "30K+", "50K+"],
        }
    )
    X = pd.concat([X, X], ignore_index=True)
    return X.astype({"str1": text, "str2": text, "cat1": categories, "cat2": categories})


@pytest.fixture(scope="module")
def in_pandas():
    """All of our estimators, fitted, by name."""
    return {name: fit(ours, staff(), Y) for name, ours in estimators(**BY_DTYPE).items()}


@pytest.fixture(params=estimators())
def each(request, in_pandas):
    """Each of our estimators, fitted."""
    return in_pandas[request.param]


@pytest.fixture
def fitted(in_pandas):
    return in_pandas["encoder"]


def assert_same(found, expected):
    """Equal numbers to the last bit or so, and equal groups."""
    if expected.dtype == object:
        assert found.tolist() == expected.tolist()
    else:
        assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


# The encoders of one column


def test_the_same_seed_gives_the_same_numbers_and_a_second_fit_too():
    X = staff()
    ours = encoder(**BY_DTYPE)
    first = ours.fit_transform(X, Y)
    assert_array_equal(ours.fit_transform(X, Y), first)
    assert_array_equal(clone(ours).fit_transform(X, Y), first)


def test_lists_arrays_and_frames_are_alike():
    X = np.array([["alice", "charlie"], ["bob", "delta"]] * 4)
    y = np.random.default_rng(0).normal(size=8)
    expected = encoder().fit_transform(X, y)
    frame = pd.DataFrame(X, columns=["a", "b"])
    for same in (X.tolist(), X.astype(object), *(make(frame) for make in LIBRARIES.values())):
        assert_array_equal(encoder().fit_transform(same, y), expected)


def test_a_first_partial_fit_is_a_fit_and_a_further_one_changes_vectors():
    X, further = staff(), pl.from_pandas(staff()[::-1]).head(7)
    grown, plain = encoder(**BY_DTYPE), encoder(**BY_DTYPE).fit(X, Y)
    assert_array_equal(grown.partial_fit(X, Y).transform(X), plain.transform(X))
    names = grown.get_feature_names_out()
    grown.partial_fit(further, Y[:7] + 3)
    assert (grown.transform(X) != plain.transform(X)).any()
    assert_array_equal(grown.get_feature_names_out(), names)


def test_names_stay_through_transform(fitted):
    before = fitted.get_feature_names_out()
    out = fitted.transform(staff()[:3])
    assert_array_equal(fitted.get_feature_names_out(), before)
    assert out.shape == (3, len(before))
    assert [n for n in before if n in ("int", "float")] == ["int", "float"]
    assert fitted.estimator_.categories_["str1"].tolist() == ["private", "public"]


def test_many_values_of_one_row_each_overflow_nowhere():
    rng = np.random.default_rng(0)
    X = rng.integers(10**5, 10**6, size=(2000, 1)).astype(str)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        out = encoder(network={"batch_size": 500}).fit_transform(X, rng.normal(size=2000))
    assert np.isfinite(out).all()


def test_two_equal_columns_have_equal_effects():
    X = staff()[["str1", "str2"]]
    fitted = encoder().fit(X.assign(same1=X["str1"], same2=X["str2"]), Y)
    out = effects(fitted, X.assign(same1=X["str1"], same2=X["str2"]))
    assert_array_equal(out[:, :2], out[:, 2:])


def test_components_beyond_what_there_is_are_not_made_up():
    """Theirs refuses, or fills up with a warning; here the number is a limit."""
    network = {"embedding_dim": 2}
    all_there_are = encoder(network=network, n_components=None, **BY_DTYPE).fit(staff(), Y)
    many = encoder(network=network, n_components=30, **BY_DTYPE).fit(staff(), Y)
    assert_array_equal(many.get_feature_names_out(), all_there_are.get_feature_names_out())
    few = encoder(network=network, n_components=1, **BY_DTYPE).fit(staff(), Y)
    assert few.transform(staff()).shape == (10, 4 + 2)


@pytest.mark.parametrize(
    "settings",
    [
        {"n_components": -1},
        {"n_components": "yes"},
        {"cross_fit": "aaa"},
        {"handle_unknown": "bb"},
        {"verbose": "yes"},
        {"remainder": "a"},
        {"cv": "incorrect"},
    ],
    ids=str,
)
def test_wrong_parameters_are_refused_in_fit(settings):
    ours = encoder(**settings)  # without a word
    (name,) = settings
    with pytest.raises(ValueError, match=f"'{name}' parameter of EntityEmbeddingEncoder"):
        ours.fit(staff()[["str1"]], Y)


def test_several_threads_give_the_same():
    """Several processes do, too: tests/estimators/test_cross_fitting.py."""
    X, settings = staff(), {"cross_fit": "networks", **BY_DTYPE}
    alone = encoder(**settings).fit_transform(X, Y)
    ours = encoder(**settings, n_jobs=2)
    with parallel_config("threading"):
        assert_array_equal(ours.fit_transform(X, Y), alone)
    assert ours.n_jobs == 2


def test_missing_cells_are_missing_and_empty_strings_are_strings():
    """To theirs both are the absence of text, and zeros."""
    X = pd.DataFrame({"col": ["one two", None, "", "two three", np.nan] * 2})
    fitted = encoder(cv=None).fit(X, Y)
    out = fitted.transform(X)
    assert_array_equal(out[1], out[4])
    assert out[1, 0] != out[2, 0]
    assert "" in fitted.embeddings_["col"].index
    assert_array_equal(out[[1]], fitted.special_embeddings_["col"].loc[["missing"]])


def test_single_column_without_a_name_is_called_by_its_position():
    assert encoder().fit(column("ab" * 5), Y).get_feature_names_out().tolist() == ["x0_effect"]
    unnamed = pd.DataFrame(column("ab" * 5))
    assert encoder().fit(unnamed, Y).get_feature_names_out().tolist() == ["x0_effect"]


def test_a_table_of_two_columns_comes_back():
    X = pd.DataFrame({"A": ["aaa", "aax", "xxx"], "B": ["bbb", "bby", "yyy"]})
    kept = encoder(cv=None, n_components=None).set_output(transform="pandas")
    back = kept.inverse_transform(kept.fit(X, [0.0, 1.0, 3.0]).transform(X[1:]))
    assert_array_equal(back, X[1:].to_numpy(object))


def test_what_was_pickled_answers_alike(each):
    copied = pickle.loads(pickle.dumps(each))
    assert_array_equal(answer(copied, staff()), answer(each, staff()))


def test_it_is_silent_by_default(capfd):
    assert EntityEmbeddingEncoder().verbose == 0
    encoder(**BY_DTYPE).fit_transform(staff(), Y)
    assert capfd.readouterr() == ("", "")


# Which columns of a table are encoded


@pytest.mark.parametrize("text", ["string", "object", "category"])
def test_text_and_categories_are_encoded_and_numbers_pass(text, fitted):
    X = staff(text, "object" if text == "category" else "category")
    ours = encoder(**BY_DTYPE).set_output(transform="pandas").fit(X, Y)
    assert list(ours.embeddings_) == ["str1", "str2", "cat1", "cat2"]
    out = ours.transform(X)
    pd.testing.assert_frame_equal(out[["int", "float"]], X[["int", "float"]].astype(float))
    assert_array_equal(out, fitted.transform(staff()))


def test_one_row_is_answered_as_among_others(each):
    out = answer(each, staff())
    for X in (staff(), staff("object", "object")):
        for row in (0, 7):
            assert_same(answer(each, X.iloc[[row]]), out[[row]])


def test_no_row_is_refused(each):
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        answer(each, staff()[:0])


def test_dirty_cells_are_encoded(fitted):
    X = staff("object", "object").astype({"int": "Int64", "float": "Float64"})
    X.iloc[0], X.iloc[1, 4], X.iloc[2, 5] = (
        [pd.NA, pd.NA, None, np.nan, "maybe", "70K+"],
        None,
        np.nan,
    )
    out = fitted.transform(X)
    n_vectors = out.shape[1] - 2
    assert np.isfinite(out[:, :n_vectors]).all()
    assert np.isnan(out[0, n_vectors:]).all()  # missing numbers are for the model behind
    assert_array_equal(out[3:], fitted.transform(staff())[3:])


def test_mixed_cells_are_categories_of_their_own_types():
    """Theirs reads numbers out of strings; here "1" and 1 are two values."""
    numbers = np.array([1, 2, 3.0, 3, 5.0] * 2, dtype=object)
    X = pd.DataFrame({"mixed": ["1", 1, 2, "True", 2.5] * 2, "numbers": numbers})
    fitted = encoder(**BY_DTYPE).fit(X, Y)
    assert list(fitted.embeddings_) == ["mixed"]
    assert fitted.embeddings_["mixed"].index.tolist() == [1, 2, 2.5, "1", "True"]
    assert fitted.get_feature_names_out()[-1] == "numbers"


def test_numbers_that_become_text_are_refused_with_the_cell():
    """Theirs makes NaN of them; a table whose types changed is rather looked at."""
    numbers = encoder(**BY_DTYPE).fit(pd.DataFrame({"col1": [1, 2, 3, 4, 5] * 2}), Y)
    with pytest.raises(ValueError, match="'col1' is numeric, but row 2 holds 'placeholder'"):
        numbers.transform(pd.DataFrame({"col1": [1, 2, "placeholder"]}))
    assert_allclose(numbers.transform(pd.DataFrame({"col1": [1, 3.3]})), [[1], [3.3]])


def test_a_column_without_a_value_is_warned_of_and_does_nothing():
    X = pd.DataFrame({"empty": np.full(10, None), "str1": staff()["str1"]})
    with pytest.warns(UserWarning, match="'empty' has no value"):
        fitted = encoder(cv=None).fit(X, Y)
    out = effects(fitted, pd.DataFrame({"empty": [None, "new"], "str1": ["public", "private"]}))
    assert_array_equal(out[:, 0], 0)


def test_column_by_column_the_effects_are_the_same(fitted):
    X = staff()
    together = effects(fitted, X)
    for j, name in enumerate(["str1", "str2", "cat1", "cat2"]):
        alone = encoder().fit(X[[name]], Y)
        assert_allclose(effects(alone, X[[name]])[:, 0], together[:, j], atol=1e-6)


def test_as_the_encoder_of_columns_of_many_categories():
    """What TableVectorizer(high_cardinality=...) does, by a ColumnTransformer."""
    X = staff("object", "object")
    many = [name for name in X.columns[2:] if X[name].nunique() > 2]
    few = [name for name in X.columns[2:] if name not in many]
    table = ColumnTransformer(
        [
            ("many", encoder(n_components=1), many),
            ("few", OneHotEncoder(drop="if_binary"), few),
            ("numbers", StandardScaler(), make_column_selector(dtype_include="number")),
        ],
        verbose_feature_names_out=False,
    )
    assert table.fit_transform(X, Y).shape == (10, 6)
    names = ["str2_effect", "cat2_effect", "str1_public", "cat1_yes", "int", "float"]
    assert table.get_feature_names_out().tolist() == names
    new = X[:2].assign(str2=["researcher", "chef"])
    assert table.transform(new).shape == (2, 6)
    assert table.named_transformers_["many"].n_jobs is None


@pytest.mark.parametrize(
    "chosen",
    [
        make_column_selector(dtype_include="category"),
        lambda X: [name for name in X.columns if name.startswith("cat")],
        lambda X: X.columns.str.startswith("cat"),
    ],
    ids=["selector", "names", "mask"],
)
def test_columns_are_selected_by_a_callable(chosen):
    X = staff()[["int", "cat1", "float", "cat2"]]
    assert list(encoder(categorical_features=chosen).fit(X, Y).embeddings_) == ["cat1", "cat2"]


def test_columns_are_excluded_by_dropping_them_before():
    """There is no exclude_cols: a ColumnTransformer hands on what is to be encoded."""
    rest = make_column_selector(pattern="^(?!str2)")
    table = ColumnTransformer([("ours", encoder(**BY_DTYPE), rest)])
    assert not any("str2" in n for n in table.fit(staff(), Y).get_feature_names_out())


def test_whole_numbers_and_floats_are_categories_if_they_are_chosen():
    """Their ToCategorical refuses floats; a column of 1.0 and 2.0 is often one of codes."""
    X = pd.DataFrame({"whole": [1, 2, 3, 1, 2] * 2, "real": [1.5, 2.5, np.nan, 1.5, 2.5] * 2})
    assert list(encoder(**BY_DTYPE).fit(X, Y).embeddings_) == []
    chosen = encoder(categorical_features=["whole", "real"]).fit(X, Y)
    assert chosen.embeddings_["whole"].index.tolist() == [1, 2, 3]
    assert chosen.embeddings_["real"].index.tolist() == [1.5, 2.5]


CATEGORIES = [*"xcbayz"]
LATER = {
    "object": lambda s: s.astype(object),
    "string": lambda s: s.astype("string"),
    "category": lambda s: s.astype(pd.CategoricalDtype(CATEGORIES)),
    "ordered": lambda s: s.astype(pd.CategoricalDtype(CATEGORIES, ordered=True)),
    "polars": lambda s: pl.Series("c", s.tolist()),
    "polars category": lambda s: pl.Series("c", s.tolist(), dtype=pl.Categorical),
    "polars enum": lambda s: pl.Series("c", s.tolist(), dtype=pl.Enum(CATEGORIES)),
}


@pytest.fixture(scope="module", params=estimators())
def letters(request):
    return fit(estimators()[request.param], pd.DataFrame({"c": pd.Series([*"abcab"] * 2)}), Y)


@pytest.mark.parametrize("dtype", LATER)
def test_a_later_table_may_have_another_dtype(dtype, letters):
    later = pd.Series([*"cbaz"])
    expected = answer(letters, pd.DataFrame({"c": later}))
    cells = LATER[dtype](later)
    later = cells.to_frame() if isinstance(cells, pl.Series) else pd.DataFrame({"c": cells})
    assert_array_equal(answer(letters, later), expected)


# What a table may be


@pytest.mark.parametrize("given_in", LIBRARIES)
def test_a_later_table_may_be_of_another_library(given_in, each):
    """Theirs refuses a pandas table after a polars one."""
    X = staff("object", "object")
    assert_same(answer(each, LIBRARIES[given_in](X)), answer(each, X))


@pytest.mark.parametrize("fitted_in", ["polars", "arrow"])
@pytest.mark.parametrize("kind", estimators())
def test_the_library_of_fit_changes_nothing(fitted_in, kind, in_pandas):
    X = staff("object", "object")
    other = fit(estimators(**BY_DTYPE)[kind], LIBRARIES[fitted_in](X), Y)
    assert_same(answer(other, X), answer(in_pandas[kind], X))


def test_names_that_changed_are_refused(each):
    with pytest.raises(ValueError, match="unseen at fit time:\n- cat1_changed"):
        answer(each, staff().rename(columns=lambda name: f"{name}_changed"))


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (["a", "a"], ValueError, "must be unique"),
        (["a", 0], TypeError, r"strings; got 0 .*str\(name\)"),
        (["a", None], TypeError, "strings; got"),
    ],
    ids=["repeated", "number", "none"],
)
def test_names_that_are_repeated_or_no_strings_are_refused(names, error, message):
    """Theirs invents names, so that columns of the result cannot be told by name."""
    X = pd.DataFrame(np.array([[*"abcab"] * 2] * 2).T, columns=pd.Index(names, dtype=object))
    with pytest.raises(error, match=message):
        encoder().fit(X, Y)


def test_numbered_columns_are_as_those_of_an_array():
    X = column("abcab" * 2)
    assert_array_equal(encoder().fit_transform(pd.DataFrame(X), Y), encoder().fit_transform(X, Y))


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (1, ValueError, "got scalar array"),
        (np.array([1]), ValueError, "got 1D array"),
        (pd.DataFrame([], columns=["a", "b"]), ValueError, r"0 sample\(s\)"),
        (pd.DataFrame([], index=[0, 1]), ValueError, r"0 feature\(s\)"),
        (csr_array([[1]]), TypeError, "Sparse data was passed"),
        (
            pd.DataFrame({"a": [1, 1], "b": pd.arrays.SparseArray([0, 1])}),
            TypeError,
            "'b' has dtype Sparse",
        ),
        (pl.LazyFrame({"a": ["x"]}), TypeError, r"pass X\.collect\(\)"),
    ],
    ids=["scalar", "one dimension", "no rows", "no columns", "sparse", "sparse column", "lazy"],
)
def test_what_is_no_table_is_refused(X, error, message):
    """Theirs collects a lazy frame with a warning; its query would be run at each step."""
    with pytest.raises(error, match=message):
        encoder().fit(X, [1.0, 2.0][: 2 if isinstance(X, pd.DataFrame) else 1])


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_dates_are_left_to_the_user(zone):
    """Theirs takes dates apart by itself; which parts matter is known to the user."""
    X = staff()[["str1"]].assign(day=pd.date_range("2023-01-01", periods=10, tz=zone))
    with pytest.raises(TypeError, match=r"'day' holds dates or times.*dt\.month"):
        encoder().fit(X, Y)
    apart = X.assign(month=X["day"].dt.month, weekday=X["day"].dt.day_name()).drop(columns="day")
    assert list(encoder(**BY_DTYPE).fit(apart, Y).embeddings_) == ["str1", "weekday"]


@pytest.mark.parametrize("kind", estimators())
def test_nothing_is_answered_before_fit(kind):
    with pytest.raises(NotFittedError):
        answer(estimators()[kind], staff())


def test_without_folds_fit_transform_is_fit_and_then_transform():
    """In theirs, which do without the target, it always is."""
    X = staff()
    at_once = encoder(cv=None, **BY_DTYPE).fit_transform(X, Y)
    assert_array_equal(at_once, encoder(cv=None, **BY_DTYPE).fit(X, Y).transform(X))
