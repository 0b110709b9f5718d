"""Networks that have not seen the rows of a fold are trained side by side."""

from numbers import Integral

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import check_random_state

from .._shown import shown
from .._target.regression import named_outputs
from .._training.progress import current_bar
from .sizing import resolve_batch_size

# Once they are aligned, their vectors serve a model as well as those of all epochs.
EPOCHS_OF_FOLDS = 0.7


def disjoint_folds(cv, estimator, X, y, sample_weight, params, *, of_networks=False):
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
    of_networks : bool
        Whether each fold is to have a network of its own, which must find something to learn.

    Returns
    -------
    list of ndarray of int

    Raises
    ------
    ValueError
        If a row is in no fold or in several, or if the rows outside of a fold cannot be learned
        from: a class is in one fold only, or the target varies in it alone.
    """
    pairs = _pairs(cv, estimator, X, y, params)
    folds = [_rows_of_fold(k, pair, len(y)) for k, pair in enumerate(pairs)]
    if not folds:
        raise ValueError("cv holds no fold. Use a whole number, or cv=None for no cross-fitting.")
    times = np.bincount(np.concatenate(folds), minlength=len(y))
    if (times != 1).any():
        row = int(np.argmax(times != 1))
        raise ValueError(
            f"The folds of cv must hold each row once; row {row} is in {times[row]} of them. Use a "
            "splitter such as KFold or GroupKFold, or cv=None for no cross-fitting."
        )
    classifier = is_classifier(estimator)
    for k, fold in enumerate(folds):
        outside = np.ones(len(y), dtype=bool)
        outside[fold] = False
        if sample_weight is not None:
            outside &= sample_weight > 0
        if not outside.any():
            raise ValueError(
                f"Fold {k} of cv holds every row of positive weight, so that none is left to learn "
                "from. Use two folds or more, shuffled, or cv=None for no cross-fitting."
            )
        if of_networks and not classifier:
            _refuse_constant(k, y[outside])
    if classifier:
        _refuse_class_of_one_fold(folds, y, sample_weight)
    return folds


def _pairs(cv, estimator, X, y, params):
    """Pairs of rows, those to train on and those of the fold."""
    from sklearn.model_selection import KFold, StratifiedKFold  # slow to import

    if not isinstance(cv, Integral):
        return cv.split(X, y, **params) if hasattr(cv, "split") else cv
    _refuse_few_rows(cv, y, is_classifier(estimator))
    folds = StratifiedKFold if is_classifier(estimator) else KFold
    return folds(cv, shuffle=True, random_state=estimator.random_state).split(X, y, **params)


def _rows_of_fold(k, pair, n_samples):
    """Positions of the rows of a fold; refuse what are none."""
    if not isinstance(pair, tuple | list | np.ndarray) or len(pair) != 2:
        raise ValueError(
            "cv must hold a pair of arrays for each fold: the rows to train on, and those of the "
            f"fold. Its element {k} is of type {type(pair).__name__}"
            f"{f' and length {len(pair)}' if hasattr(pair, '__len__') else ''}."
        )
    fold = np.asarray(pair[1])
    if fold.ndim != 1 or (fold.size and fold.dtype.kind not in "iub"):
        raise ValueError(
            f"Fold {k} of cv must be positions of rows or a mask, of one dimension; it is an array "
            f"of dtype {fold.dtype} and shape {fold.shape}."
        )
    if fold.dtype == bool:
        if len(fold) != n_samples:
            raise ValueError(
                f"Fold {k} of cv is a mask of {len(fold)} rows; there are n_samples={n_samples}."
            )
        fold = np.flatnonzero(fold)
    if len(fold) == 0:
        raise ValueError(f"Fold {k} of cv holds no row: leave it out.")
    beyond = (fold < 0) | (fold >= n_samples)
    if beyond.any():
        raise ValueError(
            f"Fold {k} of cv holds row {fold[np.argmax(beyond)]}; there are n_samples={n_samples}, "
            "numbered from 0."
        )
    return fold


def _refuse_constant(k, y):
    for name, column in named_outputs(y):
        if (column == column[0]).all():
            raise ValueError(
                f"Outside of fold {k} of cv, {name} is constant ({column[0]:g} in all "
                f"{len(column)} rows of positive weight), so that the network of that fold has "
                "nothing to learn. Shuffle the rows into the folds, as cv=5 and KFold(5, "
                "shuffle=True) do; if the target hardly varies at all, use fewer folds, "
                "cross_fit='tables', or cv=None for no cross-fitting."
            )


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
    for k, fold in enumerate(folds):
        outside = np.delete(np.arange(len(y)), fold)
        in_others = np.bincount(index[outside], weights=weight[outside], minlength=len(classes))
        only_here = (in_all > 0) & (in_others == 0)
        if only_here.any():
            raise ValueError(
                f"Class {shown(classes.tolist()[np.argmax(only_here)])} is in one fold of cv only, "
                f"fold {k}, so that the network of that fold cannot learn it. Use StratifiedKFold, "
                f"or cv=None for no cross-fitting.{_if_no_classes(y)}"
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
