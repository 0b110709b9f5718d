"""After what scikit-learn asks of `OrdinalEncoder` (its tests/test_encoders.py).

The meanings, by the test there they are from:

- ordinal_encoder, encoder_dtypes, encoders_string_categories: lists, arrays of numbers, of
  strings, of bytes and of mixed objects are encoded alike; categories keep their type, sorted.
- ordinal_encoder_inverse, ordinal_encoder_sparse: the table comes back; another width and
  sparse data are refused.
- handle_unknowns_string, handle_unknowns_numeric, handle_unknown_string_dtypes: unknown values
  are told from known ones in each column, whatever the width of strings.
- specified_categories, raise_categories_shape, duplicate_specified_categories,
  nan_ending_specified_categories, fit_with_unseen_category, predefined_categories_dtype,
  mixed_string_bytes_categoricals: a list of categories may be given. Here it may not.
- passthrough_missing_values_float, missing_value_support_pandas_categorical: missing cells are
  one category, whatever marks them.
- handle_unknowns_nan, handle_unknowns_nan_non_float_dtype,
  passthrough_missing_values_float_errors_dtype: codes for unknown and missing cells may be
  chosen, if the dtype holds them. Here there is no code to choose.
- handle_missing_and_unknown, unknown_missing_interaction, unknown_missing_interaction_both_nan,
  encoded_missing_value_error, missing_unknown_encoding_max: missing and unknown are told apart.
- infrequent_*, all_frequent, all_infrequent, missing_appears_*: rare categories are one, by
  number of rows, by part of the rows or by number of categories; missing cells are not among them.
- python_integer: integers of any size are categories.
- features_names_out_pandas, ordinal_set_output: names follow the columns.
- X_is_not_1D, X_is_not_1D_pandas, encoder_not_fitted, encoders_has_categorical_tags.
"""

import numpy as np
import pandas as pd
import pytest
from adapter import column, encoder
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError

FRUIT = [["a"] * 5 + ["b"] * 20 + ["c"] * 10 + ["d"] * 3]
X_FRUIT = column(FRUIT)
Y_FRUIT = np.repeat([3.0, -1.0, 1.0, -3.0], [5, 20, 10, 3]) + np.linspace(-0.1, 0.1, 38)
NEW_FRUIT = [["a"], ["b"], ["c"], ["d"], ["z"]]
THREE_LEVELS = [
    {"max_categories": 3},
    {"min_frequency": 6},
    {"min_frequency": 9},
    {"min_frequency": 0.24},
    {"min_frequency": 0.16},
    {"max_categories": 3, "min_frequency": 8},
    {"max_categories": 4, "min_frequency": 6},
]


def target(n_samples):
    """Numbers that no two rows share."""
    return np.random.default_rng(0).normal(size=n_samples)


def is_missing(cell):
    return isinstance(cell, float) and np.isnan(cell)


TABLES = {
    "lists": [["def", 1, 55], ["abc", 2, 55]] * 4,
    "numbers": np.array([[10, 1, 55], [5, 2, 55]] * 4),
    "floats": np.array([[10.0, 1.0, 55.0], [5.0, 2.0, 55.0]] * 4),
    "strings": np.array([["d", "A", "cat"], ["a", "B", "cat"]] * 4),
    "bytes": np.array([[b"d", b"A", b"cat"], [b"a", b"B", b"cat"]] * 4),
    "objects": np.array([["d", 1, "cat"], ["a", 2, "cat"]] * 4, dtype=object),
}


@pytest.fixture(scope="module")
def of_codes():
    """Vectors of the same table with codes in the place of values."""
    codes = np.array([[1, 0, 0], [0, 1, 0]] * 4)
    return encoder(n_components=1).fit(codes, target(8)).transform(codes)


@pytest.mark.parametrize("kind", TABLES)
def test_tables_of_each_kind_are_encoded_alike(kind, of_codes):
    """Theirs may give integers; vectors are always floats."""
    fitted = encoder(n_components=1).fit(TABLES[kind], target(8))
    vectors = fitted.transform(TABLES[kind])
    assert vectors.dtype == np.float32
    assert_array_equal(vectors, of_codes)
    for found, own in zip(
        fitted.estimator_.categories_.values(), zip(*TABLES[kind], strict=True), strict=True
    ):
        assert found.tolist() == sorted(set(own))


@pytest.fixture(scope="module", params=[object, "U", "S"], ids=["object", "strings", "bytes"])
def two_letters(request):
    """The dtype of an array of two letters, how a cell of it is made, and what was fitted to it."""
    made = (lambda cell: cell.encode()) if request.param == "S" else str
    X = column([made(cell) for cell in "ba" * 4], request.param)
    return request.param, made, encoder().fit(X, target(8))


@pytest.mark.parametrize("container", ["list", "array", "pandas"])
def test_a_container_other_than_the_one_of_fit_gives_the_same(two_letters, container):
    trained, made, fitted = two_letters
    cells = [[made(c)] for c in "aaba"]
    X = {"list": cells, "array": np.array(cells), "pandas": pd.DataFrame(cells).to_numpy()}
    b, a = fitted.transform(column([made("b"), made("a")], trained))
    assert_array_equal(fitted.transform(X[container]), [a, a, b, a])


@pytest.fixture(scope="module")
def mixed():
    """An encoder that keeps all components, and its table of strings and numbers."""
    X = [["abc", 2, 55], ["def", 1, 55], ["abc", 3, 56], ["ghi", 1, 55]] * 3
    return encoder(n_components=None, cv=None).fit(X, target(12)), X


def test_the_table_comes_back(mixed):
    fitted, X = mixed
    assert_array_equal(fitted.inverse_transform(fitted.transform(X)), np.array(X, dtype=object))


def test_another_width_does_not_come_back(mixed):
    fitted, X = mixed
    wide = np.column_stack([fitted.transform(X), np.zeros(12)])
    n = wide.shape[1]
    with pytest.raises(ValueError, match=f"X has {n} columns; transform gives {n - 1}"):
        fitted.inverse_transform(wide)


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_data_is_refused_everywhere(container, mixed):
    X = container(np.array([[3, 2, 1], [0, 1, 1]]))
    unfitted = encoder()
    for refuse in (
        lambda: unfitted.fit(X, [0.0, 1.0]),
        lambda: unfitted.fit_transform(X, [0.0, 1.0]),
        lambda: mixed[0].transform(X),
        lambda: mixed[0].inverse_transform(container(mixed[0].transform(mixed[1]))),
    ):
        with pytest.raises(TypeError, match="Sparse data was passed"):
            refuse()


@pytest.mark.parametrize("kind", [object, "U", float, int])
def test_unknown_values_are_unknown_in_their_column(kind):
    strings = kind in (object, "U")
    known = [["a", "x"], ["b", "y"], ["c", "z"]] if strings else [[1, 7], [2, 8], [3, 9]]
    new = [["c", "xy"], ["bla", "y"], ["a", "x"]] if strings else [[3, 12], [23, 8], [1, 7]]
    fitted = encoder(n_components=1).fit(np.array(known * 3, dtype=kind), target(9))
    out = fitted.transform(np.array(new, dtype=kind))
    unknown = [fitted.special_embeddings_[name].loc["unknown"].item() for name in ("x0", "x1")]
    assert_array_equal(out == unknown, [[False, True], [True, False], [False, False]])
    back = fitted.inverse_transform(out)
    assert_array_equal(back, [[new[0][0], None], [None, new[1][1]], new[2]])


@pytest.mark.parametrize("fitted_as", [object, "U"])
def test_strings_are_not_cut_to_the_width_of_others(fitted_as):
    known = np.array([["AA", "B"], ["AC", "C"]] * 3, dtype=fitted_as)
    fitted = encoder(handle_unknown="error").fit(known, target(6))
    new = [["A", "B"], ["AA", "B"]]
    for given in (new, np.array(new, dtype=object), np.array(new), np.array(new, dtype="U9")):
        with pytest.raises(ValueError, match=r"'x0'.*'A'"):
            fitted.transform(given)


def test_a_list_of_categories_is_no_parameter():
    """Levels are learned from the rows, and what is in no row is unknown: a list could not give
    it a vector. A pandas category or a polars Enum fixes the values that a column may hold."""
    with pytest.raises(TypeError, match="categories"):
        encoder(categories=[["a", "b"]])


@pytest.mark.parametrize(
    "cells",
    [
        np.array([np.nan, 3.0, 1.0, 3.0]),
        pd.Series(["c", "a", None, "b", "a"], dtype="category"),
        pd.Series(["c", "a", pd.NA, "b", "a"], dtype="string"),
        pd.Series(["c", "a", pd.NA, "b", "a"], dtype=object),
        pd.Series(["c", "a", float("nan"), None, pd.NA, pd.NaT], dtype=object),
    ],
    ids=["float", "category", "string", "object", "each mark"],
)
def test_missing_cells_are_one_category_and_leave_no_nan(cells):
    """Theirs passes NaN on; here a missing cell has a vector, which was learned from its rows."""
    X = pd.DataFrame({"col": cells})
    fitted = encoder(n_components=None, cv=None).fit(X, np.arange(len(X)) ** 2.0)
    out = fitted.transform(X)
    assert np.isfinite(out).all()
    missing = X["col"].isna().to_numpy()
    assert len(np.unique(out[missing], axis=0)) == 1
    assert not (out[missing][0] == out[~missing]).all(axis=1).any()
    back = fitted.inverse_transform(out)[:, 0]
    assert_array_equal([is_missing(cell) for cell in back], missing)
    assert_array_equal(back[~missing], X["col"][~missing].astype(object))
    assert not any(pd.isna(fitted.estimator_.categories_["col"]))


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ([1.0, np.nan, 3.0], 4.0),
        ([1.0, 4.0, 3.0], np.nan),
        (["c", None, "b"], "d"),
        (["c", "a", "b"], None),
    ],
    ids=["number", "missing number", "string", "missing string"],
)
def test_what_training_had_not_is_unknown_missing_cells_too(known, new):
    dtype = float if isinstance(known[0], float) else object
    fitted = encoder(cv=None).fit(column(known * 3, dtype), [1.0, 2.0, 4.0] * 3)
    out = fitted.transform(column([*known, new], dtype))
    unknown = fitted.special_embeddings_["x0"].loc["unknown"].item()
    assert_array_equal(out[:, 0] == unknown, [False, False, False, True])
    assert fitted.inverse_transform(out)[-1, 0] is None


def test_missing_and_unknown_come_back_as_themselves():
    """No code has to be chosen for either, so that none can clash with a category's."""
    fitted = encoder(cv=None).fit(column(["a", "b", np.nan] * 3), [1.0, 2.0, 4.0] * 3)
    back = fitted.inverse_transform(fitted.transform(column(["a", "c", np.nan])))[:, 0]
    assert back[0] == "a"
    assert back[1] is None
    assert is_missing(back[2])


@pytest.mark.parametrize("limits", THREE_LEVELS, ids=str)
def test_rare_categories_are_one(limits):
    fitted = encoder(network=limits).fit(X_FRUIT, Y_FRUIT)
    a, b, c, d, z = out = fitted.transform(NEW_FRUIT)
    assert_array_equal(a, d)
    assert len(np.unique([a, b, c, z])) == 4
    back = fitted.inverse_transform(out)[:, 0].tolist()
    assert back == ["infrequent_sklearn", "b", "c", "infrequent_sklearn", None]
    assert fitted.estimator_.categories_["x0"].tolist() == [*"abcd"]
    table = fitted.to_frame("x0")
    assert table["category"][table["kind"] == "infrequent"].tolist() == ["a", "d"]


def test_columns_have_rare_categories_of_their_own():
    X = np.column_stack(([0, 1, 3, 3, 3, 3, 2, 0, 3], [0, 0, 0, 0, 1, 1, 1, 1, 1]))
    fitted = encoder(network={"max_categories": 3}, n_components=1).fit(X, target(9))
    back = fitted.inverse_transform(fitted.transform([[3, 0], [1, 1], [2, 1], [0, 0]]))
    rare = "infrequent_sklearn"
    assert_array_equal(back, np.array([[3, 0], [rare, 1], [rare, 1], [0, 0]], dtype=object))


def test_rare_categories_of_strings_numbers_and_a_category_dtype():
    """Where counts are equal, the last in sorted order are kept, as there."""
    animals = pd.CategoricalDtype(["bird", "cat", "dog", "snake"])
    X = pd.DataFrame(
        {
            "str": ["a", "f", "c", "f", "f", "a", "c", "b", "b"],
            "int": [5, 3, 0, 10, 10, 12, 0, 3, 5],
            "pet": pd.Series(["dog"] * 4 + ["cat"] * 3 + ["snake"] + ["bird"], dtype=animals),
        }
    )
    fitted = encoder(network={"max_categories": 3}).fit(X, target(9))
    rare = {
        name: table["category"][table["kind"] == "infrequent"].tolist()
        for name, table in fitted.to_frame().items()
    }
    assert rare == {"str": ["a", "b"], "int": [0, 3, 12], "pet": ["bird", "snake"]}


def test_as_many_categories_as_may_be_are_all_kept():
    """Theirs calls the rarest infrequent, though it has that place to itself."""
    kept = encoder(network={"max_categories": 4}).fit(X_FRUIT, Y_FRUIT).to_frame("x0")
    assert kept["kind"].tolist() == ["category"] * 4 + ["missing", "unknown"]


@pytest.fixture(scope="module")
def plain_fruit():
    return encoder().fit(X_FRUIT, Y_FRUIT).transform(NEW_FRUIT)


@pytest.mark.parametrize("limits", [{"max_categories": 6}, {"min_frequency": 2}], ids=str)
def test_limits_that_no_category_meets_change_nothing(limits, plain_fruit):
    out = encoder(network=limits).fit(X_FRUIT, Y_FRUIT).transform(NEW_FRUIT)
    assert_array_equal(out, plain_fruit)


@pytest.mark.parametrize("limits", [{"max_categories": 1}, {"min_frequency": 100}], ids=str)
def test_where_all_categories_are_rare_a_column_tells_nothing(limits):
    """So an unknown value is like the others, which theirs tells apart by a code."""
    fitted = encoder(network=limits).fit(X_FRUIT, Y_FRUIT)
    assert_array_equal(fitted.transform(NEW_FRUIT), np.zeros((5, 1)))
    assert set(fitted.to_frame("x0")["kind"][:4]) == {"infrequent"}


def test_frequent_missing_cells_take_no_place_of_a_category():
    X = column([np.nan] * 20 + ["dog"] * 10 + ["cat"] * 5 + ["snake", "deer"])
    fitted = encoder(network={"max_categories": 3}).fit(X, target(37))
    back = fitted.inverse_transform(fitted.transform(column(["snake", "cat", "dog", np.nan])))
    assert back[:3, 0].tolist() == ["infrequent_sklearn", "cat", "dog"]
    assert is_missing(back[3, 0])


def test_rare_missing_cells_are_not_put_with_rare_categories():
    pets = [np.nan] + ["dog"] * 10 + ["cat"] * 5 + ["snake", "deer"]
    X = np.array([pets, ["red"] * 9 + ["green"] * 9], dtype=object).T
    fitted = encoder(network={"min_frequency": 4}, n_components=1).fit(X, target(18))
    new = [["snake", "red"], ["deer", "green"], [np.nan, "green"], ["dog", "green"]]
    out = fitted.transform(np.array(new, dtype=object))
    assert out[0, 0] == out[1, 0]
    assert len(set(out[:, 0])) == 3
    assert len(set(out[:, 1])) == 2
    assert is_missing(fitted.inverse_transform(out)[2, 0])


def test_missing_unknown_and_rare_are_three_things():
    X = column([*X_FRUIT[:, 0], np.nan])
    fitted = encoder(network={"max_categories": 2}).fit(X, [*Y_FRUIT, 5.0])
    a, b, c, d, e, none = fitted.transform(column([*"abcde", np.nan]))
    assert_array_equal([a, c], [d, d])
    assert len(np.unique([a, b, e, none])) == 4


def test_integers_of_any_size_are_categories():
    big = [44253463435747313673, 9867966753463435747313673, 44253462342215747313673, 7]
    X = column(big * 3)
    fitted = encoder(cv=None).fit(X, np.tile([1.0, 2.0, 4.0, 8.0], 3))
    assert fitted.estimator_.categories_["x0"].tolist() == sorted(big)
    out = fitted.transform(X[:4])
    assert len(np.unique(out)) == 4
    assert fitted.inverse_transform(out)[:, 0].tolist() == big


def test_names_follow_the_columns():
    X = pd.DataFrame([[1, 2, 3], [2, 3, 4]] * 2, columns=["b", "c", "a"])
    fitted = encoder(n_components=1).fit(X, target(4))
    assert fitted.get_feature_names_out().tolist() == ["b_effect", "c_effect", "a_effect"]
    framed = fitted.set_output(transform="pandas").transform(X)
    assert_array_equal(framed.columns, fitted.get_feature_names_out())
    assert_array_equal(fitted.set_output(transform="default").transform(X), framed)
    assert_array_equal(fitted.get_feature_names_out([*"bca"]), framed.columns)
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        fitted.get_feature_names_out([*"abc"])


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([1, 2], "Expected 2D array, got 1D array"),
        (np.array([3.0, 4.0]), "Expected 2D array, got 1D array"),
        (pd.Series([6, 3]), "Expected a 2-dimensional container"),
    ],
    ids=["list", "array", "series"],
)
def test_one_dimension_is_not_a_table(X, message, method):
    with pytest.raises(ValueError, match=message):
        getattr(encoder(), method)(X, [1.0, 2.0])


@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_nothing_is_encoded_before_fit(method):
    with pytest.raises(NotFittedError):
        getattr(encoder(), method)(column("ABC"))


def test_it_says_that_it_takes_categories():
    tags = encoder().__sklearn_tags__()
    assert tags.input_tags.categorical
    assert tags.input_tags.string
    assert tags.target_tags.required
