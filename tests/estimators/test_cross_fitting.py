import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit

from sk_entity import EntityEmbeddingRegressor
from sk_entity._estimators.cross_fitting import (
    EPOCHS_OF_FOLDS,
    disjoint_folds,
    fit_networks,
    set_alike,
)


def folds(cv, estimator, X, y, weight=None, **params):
    return disjoint_folds(cv, estimator, X, np.asarray(y), weight, params)


@pytest.mark.parametrize("cv", [2, 5, KFold(3), "iterable", "masks"])
def test_folds_hold_each_row_once(cv, regressor, sales, revenue):
    halves = np.arange(60), np.arange(60, 120)
    if cv == "iterable":
        cv = [(halves[1], halves[0]), (halves[0], halves[1])]
    elif cv == "masks":
        cv = [(None, np.arange(120) < 60), (None, np.arange(120) >= 60)]
    found = folds(cv, regressor, sales, revenue)
    assert_array_equal(np.sort(np.concatenate(found)), np.arange(120))


def test_a_number_of_folds_means_shuffled_and_stratified_ones(regressor, classifier, sales, size):
    counts = [np.unique(size[f], return_counts=True)[1] for f in folds(4, classifier, sales, size)]
    assert np.ptp(counts, axis=0).max() <= 1
    first = folds(4, regressor, sales, np.arange(120.0))[0]
    assert (np.diff(first) != 1).any()
    assert_array_equal(first, folds(4, regressor, sales, np.arange(120.0))[0])
    other = regressor.set_params(random_state=1)
    assert not np.array_equal(first, folds(4, other, sales, np.arange(120.0))[0])


def test_groups_stay_together(regressor, sales, revenue):
    groups = np.arange(120) // 10
    found = folds(GroupKFold(4), regressor, sales, revenue, groups=groups)
    assert all(len(np.intersect1d(groups[a], np.delete(groups, a))) == 0 for a in found)


def test_folds_that_overlap_or_leave_rows_out_are_refused(regressor, sales, revenue):
    splitter = ShuffleSplit(2, test_size=0.5, random_state=0)
    with pytest.raises(ValueError, match=r"each row once; row \d+ is in [02] of them. Use a spl"):
        folds(splitter, regressor, sales, revenue)


HALVES = np.arange(60), np.arange(60, 120)


def cv_of(*tests):
    return [(None, test) for test in tests]


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        ([], "cv holds no fold"),
        (cv_of(HALVES[0], HALVES[1] + 1), "Fold 1 of cv holds row 120; there are n_samples=120"),
        (cv_of(HALVES[0], -HALVES[1]), "Fold 1 of cv holds row -60"),
        (cv_of(*HALVES, np.array([], dtype=int)), "Fold 2 of cv holds no row"),
        (cv_of(*HALVES, []), "Fold 2 of cv holds no row"),
        (cv_of(np.arange(120)), "Fold 0 of cv holds every row of positive weight"),
        (cv_of(HALVES[0][:, None], HALVES[1]), r"Fold 0 .* of dtype int64 and shape \(60, 1\)"),
        (cv_of(HALVES[0], HALVES[1] / 1), "Fold 1 of cv must be positions.* of dtype float64"),
        (cv_of(HALVES[0], HALVES[1].astype(str)), "Fold 1 of cv must be positions"),
        (cv_of(np.arange(100) < 50, HALVES[1]), "Fold 0 of cv is a mask of 100 rows; there are n"),
        (cv_of(3, 4), r"Fold 0 of cv must be positions.* shape \(\)"),
        (cv_of(HALVES[0], None), "Fold 1 of cv must be positions"),
        (HALVES, "a pair of arrays for each fold.* Its element 0 is of type ndarray and length 60"),
        ([3, 4], "a pair of arrays for each fold.* Its element 0 is of type int"),
    ],
)
def test_what_are_no_folds_is_refused(cv, message, regressor, sales, revenue):
    with pytest.raises(ValueError, match=message):
        folds(cv, regressor, sales, revenue)


@pytest.mark.parametrize("two_outputs", [False, True])
def test_a_target_that_varies_in_one_fold_only_is_refused(two_outputs, regressor, sales):
    y = np.where(np.arange(120) < 30, np.arange(120.0), 7)
    name = "y"
    if two_outputs:
        y, name = np.column_stack([np.arange(120), y]), r"y\[:, 1\]"
    params = {"sample_weight": None, "params": {}}
    message = rf"Outside of fold 0 of cv, {name} is constant \(7 in all 90 rows.*KFold\(5, shuff"
    with pytest.raises(ValueError, match=message):
        disjoint_folds(KFold(4), regressor, sales, y, **params, of_networks=True)
    # Shuffled it is no longer so, and tables can be fitted all the same.
    shuffled = KFold(4, shuffle=True, random_state=0)
    assert len(disjoint_folds(shuffled, regressor, sales, y, **params, of_networks=True)) == 4
    assert len(disjoint_folds(KFold(4), regressor, sales, y, **params)) == 4


def test_a_fold_that_holds_all_of_the_weight_is_refused(regressor, sales, revenue):
    weight = np.where(np.arange(120) < 30, 1.0, 0.0)
    with pytest.raises(ValueError, match="Fold 0 of cv holds every row of positive weight"):
        folds(KFold(4), regressor, sales, revenue, weight)


def test_too_few_rows_or_rows_of_a_class_are_refused(regressor, classifier, sales, size):
    with pytest.raises(ValueError, match="cv=5 folds need 10 rows; there are n_samples=9. Lower"):
        folds(5, regressor, sales[:9], np.arange(9.0))
    assert [len(f) for f in folds(5, regressor, sales[:10], np.arange(10.0))] == [2] * 5
    y = size.copy()
    y[:3] = "xl"
    with pytest.raises(ValueError, match="need 5 rows of each class; class 'xl' has 3. Lower cv"):
        folds(5, classifier, sales, y)


def test_a_class_of_one_fold_is_refused(classifier, sales):
    y = np.where(np.arange(120) < 60, "a", "b")
    y[:5] = "c"
    with pytest.raises(ValueError, match="Class 'c' is in one fold of cv only, fold 0, so"):
        folds(KFold(4), classifier, sales, y)
    # What weighs nothing in any fold is no class at all.
    weight = np.where(y == "c", 0.0, 1.0)
    assert len(folds(KFold(4), classifier, sales, y, weight)) == 4


def test_networks_differ_in_the_rows_and_nothing_else(regressor, sales, revenue, one_thread):
    halves = [np.arange(60), np.arange(60, 120)]
    full, first, second = fit_networks(regressor, sales, revenue, None, halves, n_jobs=None)
    assert full.n_iter_ == 5
    assert first.n_iter_ == second.n_iter_ == round(EPOCHS_OF_FOLDS * 5) < 5
    for network, rows in ((first, halves[1]), (second, halves[0])):
        alone = EntityEmbeddingRegressor(**regressor.get_params() | {"max_iter": network.n_iter_})
        alone.fit(sales.iloc[rows], revenue.iloc[rows], sample_weight=np.ones(60))
        assert_allclose(network.predict(sales), alone.predict(sales), rtol=1e-12)
        assert list(network.categories_["product"]) == list(full.categories_["product"])


@pytest.mark.slow
def test_networks_side_by_side_are_the_same(regressor, sales, revenue, one_thread):
    halves = [np.arange(60), np.arange(60, 120)]
    weight = np.linspace(0.5, 2, 120)
    one_by_one = fit_networks(regressor, sales, revenue, weight, halves, n_jobs=1)
    together = fit_networks(regressor, sales, revenue, weight, halves, n_jobs=2)
    for one, other in zip(one_by_one, together, strict=True):
        assert_array_equal(one.predict(sales), other.predict(sales))
    assert weight[0] == 0.5  # the user's weights stay


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_networks_alike_share_a_seed_and_a_batch_size(random_state, regressor):
    regressor.set_params(random_state=random_state, batch_size="auto")
    set_alike(regressor, 20_000)
    assert isinstance(regressor.random_state, int)
    assert regressor.batch_size == 256
