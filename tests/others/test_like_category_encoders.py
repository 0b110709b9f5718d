"""After what category_encoders asks of every encoder (its tests/test_encoders.py and others).

The meanings, by the test there they are from:

- np, classification, impact_encoders: any table with any kinds of columns becomes finite
  numbers, new values and missing cells included; the target comes as a list, series or table.
- deepcopy, test_clone, sklearn_compliance: copies are made of fitted and of unfitted encoders.
- error_handling, error_messages, target_encoders, get_feature_names_not_set: nothing works before
  `fit`, without a target, with one of another length, or with other columns.
- handle_unknown_error, handle_unknown_value, handle_unknown_return_nan, handle_missing_error,
  handle_missing_return_nan, missing_values: what becomes of new and of missing values.
- inverse_transform, inverse_uninitialized, inverse_wrong_feature_count, inverse_numeric,
  inverse_numpy.
- types: what a cell may be.
- cols, columns, pandas_index, ignored_columns_are_untouched: which columns are encoded, and what
  becomes of the others.
- preserve_column_order, preserve_names, tmp_column_name, get_feature_names, test_feature_names:
  names and order of the result.
- unique_column_is_not_predictive: an identifier tells nothing of the rows it was learned from.
- noncontiguous_index, duplicate_index_value, string_index, truncated_index, mismatched_indexes:
  rows go by position.
- column_transformer: the same inside of one.
- drop_invariant: what becomes of a column that does not vary.
- metamorphic: names, containers and verbosity change nothing.
- numbers_as_strings: they are categories.
- test_wrapper: several classes; training and test rows are encoded differently; given folds.
- test_target_encoder: missing and unknown cells are the mean; lists and categories are alike.
"""

import copy
import datetime
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from adapter import column, effects, encoder
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

BY_DTYPE = {"categorical_features": "from_dtype"}


def table(n_samples, *, new=False, seed=0):
    """A table with each kind of column; with values that training has not, if they are new."""
    rng = np.random.default_rng(seed)
    labels = [*"ABC", "D", *("E" if new else "")]
    X = pd.DataFrame(
        {
            "float": rng.normal(size=n_samples),
            "edge": rng.choice([0.0, -1e30, 1e30, np.nan], n_samples),
            "unique_int": np.arange(n_samples),
            "unique_str": np.arange(n_samples).astype(str),
            "invariant": "invariant",
            "under_score": rng.choice(["A_B", "A_A"], n_samples),
            "none": rng.choice(np.array(["A", "B", None], dtype=object), n_samples),
            "extra": rng.choice(labels, n_samples),
            "321": rng.choice([1.0, 2.0, np.nan], n_samples),
            "ordered": pd.Categorical(rng.choice(labels, n_samples), ordered=True),
            "holes": pd.Categorical(rng.choice(labels, n_samples)).remove_categories("A"),
            "of_ints": pd.Categorical(rng.integers(3, size=n_samples)),
            "bool": rng.random(n_samples) < 0.5,
        }
    )
    return X.set_axis(np.arange(n_samples)[::-1] // 2, axis=0)


@pytest.fixture(scope="module")
def rows():
    X = table(100)
    return X, np.random.default_rng(1).random(100) > 0.5


@pytest.fixture(scope="module")
def fitted(rows):
    return encoder("classes", **BY_DTYPE).set_output(transform="pandas").fit(*rows)


@pytest.fixture(scope="module")
def of_letters():
    """A table of five rows, a target, and what it becomes."""
    X, y = pd.DataFrame({"x": [*"abcab"]}), [1.0, 0.0, 1.5, 0.2, 1.0]
    return X, y, encoder(cv=None).fit_transform(X, y)


@pytest.fixture
def towns():
    X = pd.DataFrame({"city": ["chicago", "los angeles", "chicago", "denver"] * 5})
    return X, np.random.default_rng(0).normal(size=20)


def test_any_table_becomes_finite_numbers(rows, fitted):
    new = table(50, new=True, seed=2)
    out = fitted.transform(new)
    assert_array_equal(out.index, new.index)
    numbers = ["float", "edge", "unique_int", "321"]
    vectors = out.drop(columns=numbers)
    assert np.isfinite(vectors).all(axis=None)
    pd.testing.assert_frame_equal(out[numbers], new[numbers].astype(float))
    encoded = [name for name in new.columns if name not in numbers]
    assert list(fitted.embeddings_) == encoded
    as_array = fitted.set_output(transform="default").transform(new)
    fitted.set_output(transform="pandas")
    assert type(as_array) is np.ndarray
    assert_array_equal(as_array, out)


def test_the_table_is_left_as_it_was(rows, fitted):
    X, y = rows
    before, of_y = X.copy(deep=True), y.copy()
    encoder("classes", **BY_DTYPE).fit_transform(X, y)
    fitted.transform(X)
    pd.testing.assert_frame_equal(X, before)
    assert_array_equal(y, of_y)


def test_the_target_may_come_in_any_container(towns):
    X, y = towns
    expected = encoder().fit_transform(X, y)
    for given in (y.tolist(), pd.Series(y, index=range(100, 120)), pd.Series(y, dtype="Float64")):
        assert_array_equal(encoder().fit_transform(X, given), expected)
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        assert_array_equal(encoder().fit_transform(X, pd.DataFrame({"y": y})), expected)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))], ids=["deep", "pickle"]
)
def test_copies_of_fitted_encoders_encode_and_of_others_do_not(copied, rows, fitted):
    pd.testing.assert_frame_equal(copied(fitted).transform(rows[0]), fitted.transform(rows[0]))
    for unfitted in (copied(encoder()), clone(fitted)):
        with pytest.raises(NotFittedError):
            unfitted.transform(rows[0])
    assert repr(clone(fitted)) == repr(fitted)
    assert fitted.get_params()["estimator__max_iter"] == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda e, X: e.transform(X),
        lambda e, X: e.inverse_transform(X),
        lambda e, X: e.get_feature_names_out(),
        lambda e, X: e.to_frame(),
        lambda e, X: e.embeddings_,
    ],
    ids=["transform", "inverse_transform", "names", "to_frame", "embeddings_"],
)
def test_nothing_is_known_before_fit(ask, towns):
    with pytest.raises(NotFittedError):
        ask(encoder(), towns[0])


def test_other_columns_are_refused(rows, fitted):
    X, _ = rows
    with pytest.raises(ValueError, match="now missing:\n- 321\n"):
        fitted.transform(X.iloc[:, :3])
    by_position = encoder().fit(column([*"ABCAB"]), [1.0, 0.0, 1.0, 0.0, 1.0])
    with pytest.raises(ValueError, match="X has 2 features.*expecting 1"):
        by_position.transform([["C", "A"], ["A", "B"]])


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_a_target_is_needed_and_one_of_its_length(method, towns):
    X, y = towns
    with pytest.raises(ValueError, match="requires y"):
        getattr(encoder(), method)(X)
    with pytest.raises(ValueError, match="X has 20 rows, y has 19"):
        getattr(encoder(), method)(X, y[1:])


def test_new_values_may_be_refused(towns):
    X, y = towns
    strict = encoder(handle_unknown="error").fit(X, y)
    for new in ("boston", None):  # no row of training was missing
        with pytest.raises(ValueError, match="'city'"):
            strict.transform(pd.DataFrame({"city": ["chicago", new]}))


def test_missing_cells_are_known_where_training_had_some(towns):
    """There is no handle_missing: what training had is a category like any other."""
    X, y = towns
    X = X.where(X != "denver", None)
    strict = encoder(handle_unknown="error").fit(X, y)
    known = strict.transform(pd.DataFrame({"city": [None, "chicago"]}))
    assert_array_equal(known[:1], strict.special_embeddings_["city"].loc[["missing"]])


def test_no_value_becomes_nan(towns):
    """Theirs may return NaN; a model behind it would have to learn what that means."""
    X, y = towns
    out = encoder().fit(X, y).transform(pd.DataFrame({"city": ["chicago", "boston", None]}))
    assert np.isfinite(out).all()
    assert_allclose(out[1:], 0, atol=1e-6)  # the mean
    with pytest.raises(ValueError, match="'handle_unknown'"):
        encoder(handle_unknown="return_nan").fit(X, y)


def test_missing_cells_are_encoded_like_a_category_of_the_same_rows():
    y = [0.0, 1.0, 1.0, 1.0, 1.0, 3.0]
    expected = encoder(cv=None).fit_transform(column("abbccd"), y)
    for cells, dtype in [
        (["a", "b", "b", np.nan, np.nan, "d"], object),
        (["a", "b", "b", None, None, "d"], object),
        ([1.0, 2.0, 2.0, np.nan, np.nan, 4.0], float),
    ]:
        out = encoder(cv=None).fit_transform(column(cells, dtype), y)
        assert_allclose(out, expected, atol=1e-6)


def test_tables_of_strings_of_numbers_and_of_categories_come_back():
    X = table(60)[["under_score", "extra", "321", "ordered", "of_ints"]]
    X["321"] = X["321"].fillna(3.0)
    y = np.random.default_rng(0).normal(size=60)
    kept = encoder(n_components=None, cv=None).fit(X, y)
    assert_array_equal(kept.inverse_transform(kept.transform(X[::-1])), X[::-1].to_numpy(object))


@pytest.mark.parametrize(
    "X",
    [[[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.array([["A"], ["B"], ["C"]])],
    ids=["numbers", "strings"],
)
def test_three_rows_come_back(X):
    kept = encoder(n_components=None, cv=None)
    assert_array_equal(kept.inverse_transform(kept.fit_transform(X, [0.0, 0.5, 1.0])), X)


def test_tables_of_another_width_do_not_come_back():
    kept = encoder(cv=None).fit([["A", "B"], ["D", "E"], ["G", "H"]], [0.0, 0.5, 1.0])
    with pytest.raises(ValueError, match="X has 1 columns; transform gives"):
        kept.inverse_transform([[0.0], [0.1]])


ODD_CELLS = {
    "bool": [False, True, True, False],
    "ordered": pd.Categorical([*"bbea"], categories=["e", "a", "b"], ordered=True),
    "decimal": [Decimal("0.1"), Decimal("0.2"), Decimal("0.1"), None],
    "mixed": ["1", 1, True, 2.5],
    "tuple": [("a", "tuple"), ("a",), ("b", "tuple"), ()],
    "list": [[1, 2], [2, 3], [3, 4], [4, 5]],
    "set": [{"John", "Jane"}, {"Jane"}, {"John"}, set()],
}


@pytest.mark.parametrize("kind", ODD_CELLS)
def test_a_cell_may_be_one_value_or_several(kind):
    """Of several values, a tuple here, a cell has the mean vector; there it is one value."""
    X = pd.DataFrame({"odd": pd.Series(ODD_CELLS[kind]), "other": [*"aabb"]})
    fitted = encoder(cv=None).fit(X, [1.0, 0.0, 0.3, 1.5])
    assert np.isfinite(fitted.transform(X)).all()
    assert "odd" in fitted.embeddings_


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (3.45j, "complex numbers.*real and the imaginary part"),
        (pd.Timestamp("2012-05-01"), "dates or times.*convert them to strings"),
        (pd.Timedelta("1 days"), "dates or times"),
        (datetime.timedelta(-9), "dates or times"),
        ({1: "a"}, "a dict: a cell must be a single value"),
    ],
    ids=["complex", "timestamp", "timedelta", "datetime.timedelta", "dict"],
)
def test_what_is_no_category_is_refused_with_the_way_out(cell, message):
    """They take each timestamp for a category, which none of the rows to come would have."""
    X = pd.DataFrame({"odd": pd.Series([cell] * 4), "other": [*"aabb"]})
    with pytest.raises(TypeError, match=f"'odd' holds .*{message}"):
        encoder(cv=None).fit(X, [1.0, 0.0, 0.3, 1.5])


@pytest.mark.parametrize(
    "chosen",
    [
        ["extra", "invariant"],
        ("extra", "invariant"),
        np.array(["extra", "invariant"]),
        pd.Series(["extra", "invariant"]),
        pd.Index(["extra", "invariant"]),
        pd.Categorical(["extra", "invariant"]),
        [3, 1],
        [False, True, False, True],
    ],
    ids=["list", "tuple", "array", "series", "index", "category", "positions", "mask"],
)
def test_columns_are_chosen_by_any_array_like(chosen, rows):
    X, y = rows
    X = X[["float", "invariant", "321", "extra"]]
    out = encoder("classes", n_components=1, categorical_features=chosen).fit(X, y)
    names = ["invariant_effect", "extra_effect", "float", "321"]
    assert out.get_feature_names_out().tolist() == names


@pytest.mark.parametrize("chosen", ["extra", {"extra", "invariant"}], ids=["name", "set"])
def test_a_name_alone_and_a_set_are_no_lists_of_columns(chosen, rows):
    """They are taken there; in scikit-learn's words for this parameter they mean nothing."""
    X, y = rows
    with pytest.raises(ValueError, match="categorical_features"):
        encoder("classes", categorical_features=chosen).fit(X[["extra", "invariant"]], y)


def test_without_categories_a_table_passes(rows):
    X, y = rows
    X = X[["float", "unique_int"]]
    none = encoder("classes", categorical_features=[]).set_output(transform="pandas")
    pd.testing.assert_frame_equal(none.fit_transform(X, y), X.astype(float))


def test_strings_that_are_not_chosen_are_refused_and_a_column_transformer_leaves_them(towns):
    """Theirs passes them on; an array of floats, which models want, cannot hold them."""
    X, y = towns
    X = X.assign(left=["C", "D", None, "C"] * 5)
    with pytest.raises(ValueError, match="'left' is numeric, but row 0 holds 'C'.*name the column"):
        encoder(categorical_features=["city"]).fit(X, y)
    chosen = ColumnTransformer(
        [("ours", encoder(), ["city"])], remainder="passthrough", verbose_feature_names_out=False
    )
    out = chosen.set_output(transform="pandas").fit_transform(X, y)
    assert list(out.columns) == ["city_effect", "left"]
    pd.testing.assert_series_equal(out["left"], X["left"])


def test_vectors_come_first_and_then_the_numbers(rows):
    """There the order of the table is kept."""
    X, y = rows
    X = X[["float", "extra", "unique_int"]].rename(columns={"unique_int": "target"})
    ours = encoder("classes", **BY_DTYPE, n_components=1).set_output(transform="pandas")
    out = ours.fit_transform(X, pd.Series(y, name="target"))
    assert list(out.columns) == ["extra_effect", "float", "target"]
    assert_array_equal(ours.get_feature_names_out(), out.columns)
    assert_array_equal(
        ours.get_feature_names_out(),
        ours.transform(table(9)[X.columns[:2]].assign(target=1)).columns,
    )


def test_names_that_would_be_there_twice_are_refused(towns):
    X, y = towns
    X = X.assign(city_effect=np.arange(20))
    with pytest.raises(ValueError, match="clash with columns of X: .'city_effect'"):
        encoder(**BY_DTYPE).fit(X, y)
    X = X.rename(columns={"city_effect": "city_tmp"})
    assert "city_tmp" in encoder(**BY_DTYPE).fit(X, y).get_feature_names_out()


def test_names_are_the_same_within_a_column_transformer(rows):
    X, y = rows
    columns = ["ordered", "none"]
    impute = SimpleImputer(strategy="constant", fill_value="A").set_output(transform="pandas")
    X = X.astype({"none": object, "ordered": object})
    X["none"] = X["none"].where(X["none"].notna(), np.nan)
    ours = ColumnTransformer(
        [
            ("start", make_pipeline(encoder("classes")), columns),
            ("middle", make_pipeline(impute, encoder("classes")), columns),
            ("number", "passthrough", ["float"]),
        ]
    )
    out = ours.fit_transform(X, y)
    names = ours.get_feature_names_out()
    assert out.shape == (100, len(names))
    alone = encoder("classes").fit(X[columns], y).get_feature_names_out()
    assert [n.split("__")[1] for n in names if n.startswith("start")] == alone.tolist()
    assert {"middle__ordered_effect", "middle__none_effect", "number__float"} <= {*names}


def test_inside_of_a_column_transformer_it_is_the_same(rows):
    X, y = rows
    columns = ["unique_str", "invariant", "under_score", "none", "extra"]
    inside = ColumnTransformer([("ours", encoder("classes"), columns)])
    alone = encoder("classes")
    assert_array_equal(inside.fit_transform(X, y), alone.fit_transform(X[columns], y))
    new = table(20, new=True, seed=3)
    assert_array_equal(inside.transform(new), alone.transform(new[columns]))


@pytest.mark.parametrize("cross_fit", ["tables", "networks"])
def test_an_identifier_tells_nothing_of_the_rows_it_was_learned_from(cross_fit, rows):
    X, y = rows
    unique = encoder("classes", cross_fit=cross_fit).fit_transform(X[["unique_str"]], y)
    assert (unique.var(axis=0) < 1e-3).all()
    pairs = pd.DataFrame({"pair": [f"pair {k // 2}" for k in range(100)]})
    ours = encoder("classes", cross_fit=cross_fit, cv=5)
    trained = ours.fit_transform(pairs, y)[:, 0]
    assert abs(np.corrcoef(trained, y)[0, 1]) < 0.3
    assert np.corrcoef(ours.transform(pairs)[:, 0], y)[0, 1] > 0.5


@pytest.mark.parametrize(
    "index",
    [
        [1, 2, 2, 3, 4],
        [*"vwxyz"],
        [7, 5, 9, 0, 2],
        [2, 5, 6, 7, 9],
        pd.date_range("2020", periods=5),
    ],
    ids=["repeated", "strings", "shuffled", "gaps", "dates"],
)
def test_rows_go_by_position_whatever_their_index(index, of_letters):
    X, y, expected = of_letters
    ours = encoder(cv=None).set_output(transform="pandas")
    out = ours.fit_transform(X.set_axis(index, axis=0), pd.Series(y, index=range(5)))
    assert_array_equal(out, expected)
    assert_array_equal(out.index, index)


def test_a_column_that_does_not_vary_is_all_zeros_and_stays():
    """There is no drop_invariant: the columns of the result do not depend on the rows."""
    X = pd.DataFrame([["A", "B", "C"]] * 3 + [["D", "E", "C"]] * 3, columns=[*"xyz"])
    out = encoder(cv=None).set_output(transform="pandas").fit_transform(X, np.arange(6.0))
    assert [n for n in out.columns if n.startswith("z")] == ["z_effect"]
    assert (out["z_effect"] == 0).all()


NAMED_OTHERWISE = {
    "same order": column(["Apple", "Banana", "Citron", "Apple", "Banana"]),
    "reversed order": column("zyxzy"),
    "with missing cells": column(["a", np.nan, "c", "a", np.nan]),
    "category": pd.DataFrame({"x": pd.Categorical([*"abcab"], categories=[*"cab"])}),
    "lists": [[cell] for cell in "abcab"],
}


@pytest.mark.parametrize("kind", NAMED_OTHERWISE)
def test_names_and_containers_change_nothing(kind, of_letters):
    _, y, expected = of_letters
    out = encoder(cv=None).fit_transform(NAMED_OTHERWISE[kind], y)
    assert_allclose(out, expected, atol=1e-6)


def test_verbosity_changes_nothing(towns, capsys):
    quiet = encoder().fit_transform(*towns)
    assert capsys.readouterr() == ("", "")
    assert_array_equal(encoder(verbose=1).fit_transform(*towns), quiet)
    assert capsys.readouterr().out == ""  # bars are for the other stream


def test_numbers_in_strings_are_categories():
    X = np.array([["11"], ["12"], ["13"]] * 3)
    assert encoder(**BY_DTYPE).fit(X.astype(object), range(9)).estimator_.categories_[
        "x0"
    ].tolist() == ["11", "12", "13"]


def test_several_classes_are_the_same_by_any_name(towns):
    X, _ = towns
    y = np.array([1, 2, 3, 3] * 5)
    by_number = encoder("classes").fit_transform(X, y)
    by_name = encoder("classes").fit_transform(X, np.array(["", "bee", "cat", "dog"])[y])
    assert_array_equal(by_number, by_name)
    assert by_number.shape == (20, 3)


@pytest.mark.parametrize("by_group", [False, True])
def test_rows_to_learn_from_are_encoded_otherwise_than_others(by_group, towns):
    X, y = towns
    with config_context(enable_metadata_routing=True):
        folds = GroupKFold(3).set_split_request(groups=True) if by_group else 3
        ours = encoder(cv=folds)
        groups = {"groups": np.arange(20) % 3} if by_group else {}
        trained = ours.fit_transform(X, y, **groups)
    assert not np.allclose(trained, ours.transform(X))
    if by_group:  # rows of one group and one town have one vector
        keys = X["city"] + groups["groups"].astype(str)
        assert pd.Series(trained[:, 0]).groupby(keys).nunique().max() == 1


def test_fitting_again_forgets_what_was_before(towns):
    X, y = towns
    twice = encoder().fit(table(30)[["extra"]], np.arange(30.0)).fit(X, y)
    assert_array_equal(twice.transform(X), encoder().fit(X, y).transform(X))
    assert twice.feature_names_in_.tolist() == ["city"]
    assert_array_equal(effects(twice, X), effects(twice.fit(X, y), X))
