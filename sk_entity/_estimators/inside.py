"""The network and the vectors inside of an estimator."""

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import partial
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from .._shown import close_matches, listed, shown
from .._vectors.embedded_column import EmbeddedColumn
from .._vectors.encoded_column import EncodedColumn
from .base import BaseEntityEmbedding
from .encoder import EntityEmbeddingEncoder
from .state import FittedNetwork
from .types import TableLike

# Where scikit-learn's estimators keep the fitted one that they ask, and those they are made of.
_ASKED = "best_estimator_", "regressor_", "estimator_"
_LISTS = "steps", "transformers_", "transformer_list"


def ours_inside(
    estimator: Any, but_not_in: type | tuple[()] = ()
) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """Yield the regressors, classifiers and encoders in an estimator, the estimator included.

    Parameters
    ----------
    estimator : estimator
        They are looked for in pipelines, searches, `ColumnTransformer` and the like.
    but_not_in : type, default=()
        What is inside of an estimator of this type is left out.

    Yields
    ------
    inside : BaseEntityEmbedding or EntityEmbeddingEncoder
    put : callable
        Returns a copy of the estimator with another one in the place of this one.
    """
    if isinstance(estimator, BaseEntityEmbedding | EntityEmbeddingEncoder):
        yield estimator, lambda other: other
    elif not isinstance(estimator, but_not_in):
        for part, put in parts(estimator):
            for inside, put_inside in ours_inside(part, but_not_in):
                yield inside, partial(_put_both, put, put_inside)


def _put_both(put: Callable[[Any], Any], put_inside: Callable[[Any], Any], other: Any) -> Any:
    return put(put_inside(other))


def parts(estimator: Any) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """Yield the fitted parts of an estimator of scikit-learn.

    Yields
    ------
    part : estimator
    put : callable
        Returns a copy of the estimator with another part in the place of this one.
    """
    if isinstance(estimator, FrozenEstimator):
        yield estimator.estimator, FrozenEstimator
    elif isinstance(estimator, BaseEstimator):
        held = vars(estimator)
        for name in _ASKED:
            if name in held:
                yield held[name], partial(_with, estimator, name)
        for name in _LISTS:
            for k, entry in enumerate(held.get(name, ())):
                yield entry[1], partial(_with_entry, estimator, name, k)


def _with(estimator: Any, name: str, value: Any) -> Any:
    changed = copy(estimator)
    setattr(changed, name, value)
    return changed


def _with_entry(estimator: Any, name: str, k: int, part: Any) -> Any:
    entries = list(getattr(estimator, name))
    entries[k] = (entries[k][0], part, *entries[k][2:])
    return _with(estimator, name, entries)


def network_inside(estimator: Any) -> Any:
    """Return the estimator itself, or that of all rows inside an encoder.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    check_is_fitted(estimator)
    return getattr(estimator, "estimator_", estimator)


def find_network(estimator: Any) -> BaseEntityEmbedding:
    """Return the fitted network in an estimator, or in what the estimator is made of.

    Raises
    ------
    TypeError
        If there is none.
    sklearn.exceptions.NotFittedError
    """
    check_is_fitted(estimator)
    inside, _ = next(ours_inside(estimator), (None, None))
    if inside is None:
        raise TypeError(f"There is no estimator of sk-entity in {shown(estimator)}.")
    return network_inside(inside)


def network_state(estimator: Any) -> FittedNetwork:
    """Return what `fit` has learned of the network, as `network_inside` finds it."""
    return network_inside(estimator).state_


def encoded_columns(estimator: Any, X: TableLike | None = None) -> dict[str, EncodedColumn]:
    """Return the vectors along canonical axes, by column name.

    Parameters
    ----------
    estimator : EntityEmbeddingEncoder, EntityEmbeddingRegressor or EntityEmbeddingClassifier
    X : data frame or array-like, or None
        Rows on which a network is asked what its vectors do; an encoder knows.

    Raises
    ------
    TypeError
        If the estimator is neither.
    ValueError
        If it is a network, and X is missing.
    sklearn.exceptions.NotFittedError
    """
    _refuse_other_kinds(estimator)
    if isinstance(estimator, BaseEntityEmbedding):
        if X is None:
            raise ValueError(
                f"The axes of a {type(estimator).__name__}'s vectors are arbitrary: pass X, rows "
                "on which the network is asked what its vectors do. An EntityEmbeddingEncoder "
                "needs none."
            )
        estimator = EntityEmbeddingEncoder(FrozenEstimator(estimator), remainder="drop").fit(X)
    return {column.name: column for column in estimator.state_.columns}


def encoded_column(estimator: Any, name: str, X: TableLike | None = None) -> EncodedColumn:
    """Return the vectors of one column, see `encoded_columns`.

    Raises
    ------
    TypeError, ValueError, sklearn.exceptions.NotFittedError
        As `encoded_columns`; ValueError also if there is no such categorical column.
    """
    return named(encoded_columns(estimator, X), name)


def embedded_column(estimator: Any, name: str) -> EmbeddedColumn:
    """Return what the network has learned of one column.

    Raises
    ------
    TypeError, ValueError, sklearn.exceptions.NotFittedError
        As `encoded_column`.
    """
    _refuse_other_kinds(estimator)
    return named({column.name: column for column in network_state(estimator).columns}, name)


def named(columns: dict[str, Any], name: str) -> Any:
    """Return the categorical column of this name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in columns:
        hint = did_you_mean(name, map(str, columns))
        raise ValueError(
            f"{shown(name)} is no categorical column of the fit. {hint and f'{hint} '}The "
            f"categorical columns are {listed(columns)}."
        )
    return columns[name]


def did_you_mean(name: Any, names: Iterable[str]) -> str:
    """Ask whether one of the names that are nearly the same was meant; "" if there is none."""
    close = close_matches(str(name), names)
    return f"Did you mean {' or '.join(map(shown, close))}?" if close else ""


def _refuse_other_kinds(estimator: Any) -> None:
    if not isinstance(estimator, EntityEmbeddingEncoder | BaseEntityEmbedding):
        raise TypeError(
            f"{type(estimator).__name__} is no estimator of sk-entity. Pass the step of a pipeline "
            "that is one, such as pipeline[0]."
        )
    check_is_fitted(estimator)
