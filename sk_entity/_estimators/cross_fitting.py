"""Networks that have not seen the rows of a fold are trained side by side."""

from numbers import Integral

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import check_random_state

from .._shown import shown
from .._training.progress import current_bar
from .sizing import resolve_batch_size

# Once they are aligned, their vectors serve a model as well as those of all epochs.
EPOCHS_OF_FOLDS = 0.7


def disjoint_folds(cv, estimator, X, y, sample_weight, params):
    """Find the rows of each fold, which together are all rows.

    Parameters
    ----------
    cv : int, splitter or iterable
    estimator : BaseEntityEmbedding
    X : data frame or array-like of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    sample_weight : ndarray of shape (n_samples,) or None
    params : dict
        For the splitter, such as groups.

    Returns
    -------
    list of ndarray of int

    Raises
    ------
    ValueError
        If a row is in no fold or in several, or if a class is in one fold only.
    """
    splitter = _splitter(cv, estimator, y)
    folds = [test for _, test in splitter.split(X, y, **params)]
    folds = [np.flatnonzero(f) if np.asarray(f).dtype == bool else np.asarray(f) for f in folds]
    times = np.bincount(np.concatenate(folds), minlength=len(y))
    if (times != 1).any():
        row = int(np.argmax(times != 1))
        raise ValueError(
            f"The folds of cv must hold each row once; row {row} is in {times[row]} of them. Use a "
            "splitter such as KFold or GroupKFold, or cv=None for no cross-fitting."
        )
    if is_classifier(estimator):
        _refuse_class_of_one_fold(folds, y, sample_weight)
    return folds


def _splitter(cv, estimator, y):
    from sklearn.model_selection import KFold, StratifiedKFold, check_cv  # slow to import

    if not isinstance(cv, Integral):
        return check_cv(cv, y)
    _refuse_few_rows(cv, y, is_classifier(estimator))
    # `check_cv` does not shuffle before scikit-learn 1.9.
    folds = StratifiedKFold if is_classifier(estimator) else KFold
    return folds(cv, shuffle=True, random_state=estimator.random_state)


def _refuse_few_rows(cv, y, classifier):
    way_out = "Lower cv, or set cv=None for no cross-fitting."
    if len(y) < 2 * cv:
        raise ValueError(
            f"cv={cv} folds need {2 * cv} rows; there are n_samples={len(y)}. {way_out}"
        )
    if classifier:
        classes, counts = np.unique(y, return_counts=True)
        if counts.min() < cv:
            rarest = classes.tolist()[counts.argmin()]
            raise ValueError(
                f"cv={cv} folds need {cv} rows of each class; class {shown(rarest)} has "
                f"{counts.min()}. {way_out}{_if_no_classes(y)}"
            )


def _refuse_class_of_one_fold(folds, y, sample_weight):
    classes, index = np.unique(y, return_inverse=True)
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    in_all = np.bincount(index, weights=weight)
    for fold in folds:
        outside = np.delete(np.arange(len(y)), fold)
        in_others = np.bincount(index[outside], weights=weight[outside], minlength=len(classes))
        only_here = (in_all > 0) & (in_others == 0)
        if only_here.any():
            raise ValueError(
                f"Class {shown(classes.tolist()[np.argmax(only_here)])} is in one fold of cv "
                "only, so that the network of that fold cannot learn it. Use StratifiedKFold, or "
                f"cv=None for no cross-fitting.{_if_no_classes(y)}"
            )


def _if_no_classes(y):
    """The other way out, where y may be a quantity that was taken for classes."""
    if y.dtype.kind not in "iuf":
        return ""
    return (
        " If y is a quantity and no class, set target_type='continuous', or give an "
        "EntityEmbeddingRegressor as estimator."
    )


def set_alike(estimator, n_samples):
    """Give the estimator a number as its random state and as its batch size.

    So its clones start and go on alike, though they learn from fewer rows.
    """
    if not isinstance(estimator.random_state, Integral):
        seed = check_random_state(estimator.random_state).randint(np.iinfo(np.int32).max)
        estimator.set_params(random_state=int(seed))
    estimator.set_params(batch_size=resolve_batch_size(estimator.batch_size, n_samples))


def epochs_of_folds(n_iter):
    """Epochs for the networks of folds, given those of the network of all rows."""
    return max(1, round(EPOCHS_OF_FOLDS * n_iter))


def fit_networks(estimator, X, y, sample_weight, folds, n_jobs):
    """Fit one network to all rows, then one to the rows outside of each fold.

    All start from the same weights, draw the same numbers and know the same
    categories: a row that is left out has the weight 0. Those of the folds train
    for `EPOCHS_OF_FOLDS` of the epochs.

    Returns
    -------
    list of BaseEntityEmbedding
    """
    estimator.fit(X, y, sample_weight=sample_weight)
    from sklearn.utils.parallel import Parallel, delayed  # slow to import

    max_iter = epochs_of_folds(estimator.n_iter_)
    given = np.ones(sum(map(len, folds))) if sample_weight is None else sample_weight

    def fit_without(fold):
        weight = np.array(given, dtype=float)
        weight[fold] = 0
        network = clone(estimator).set_params(max_iter=max_iter)
        return network.fit(X, y, sample_weight=weight)

    bar = current_bar()
    if bar is not None:
        bar.expect(max_iter * len(folds))
    networks = [estimator]
    fitted = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(fit_without)(fold) for fold in folds
    )
    for network in fitted:
        networks.append(network)
        if bar is not None and bar.n_begun < len(networks):
            loss = network.history_["train_loss"].iloc[-1]
            bar.end_network_elsewhere(max_iter, {"train_loss": loss})
    return networks
