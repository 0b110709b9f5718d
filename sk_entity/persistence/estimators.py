"""Estimators: their parameters, and what `fit` has set."""

import inspect
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from .._estimators.base import BaseEntityEmbedding
from .._estimators.classifier import EntityEmbeddingClassifier
from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.merger import CategoryMerger
from .._estimators.regressor import EntityEmbeddingRegressor
from .._estimators.state import FittedEncoder, FittedMerger, FittedNetwork
from .._shown import shown
from .._target.classification import ClassificationTarget
from .._target.regression import RegressionTarget
from .objects import Kind, NotStorableError, Reader

PUBLIC = (
    CategoryMerger,
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
)
ESTIMATORS: dict[str, Any] = {kind.__name__: kind for kind in (*PUBLIC, FrozenEstimator)}
# What an estimator may have beside its parameters.
FITTED = ("state_", "n_features_in_")
ATTRIBUTES = (*FITTED, "feature_names_in_", "estimator_", "_sklearn_output_config")
REQUESTS = "_metadata_request"

SPLITTERS = (
    "GroupKFold",
    "KFold",
    "LeaveOneGroupOut",
    "LeaveOneOut",
    "PredefinedSplit",
    "StratifiedGroupKFold",
    "StratifiedKFold",
)


def _parameters(kind):
    return list(inspect.signature(kind).parameters)


def _is_estimator(value):
    return ESTIMATORS.get(type(value).__name__) is type(value)


def _write_estimator(estimator, writer, path):
    parameters = estimator.get_params(deep=False)
    if isinstance(estimator, FrozenEstimator):
        check_is_fitted(estimator.estimator)
    attributes = {k: v for k, v in vars(estimator).items() if k not in parameters}
    requests = attributes.pop(REQUESTS, None)
    for name in attributes:
        if name not in ATTRIBUTES:
            raise TypeError(
                f"The attribute {shown('.'.join((*path, name)))} is none that fit sets, and is not "
                "stored. Keep it elsewhere and delete it."
            )
    written = [
        {name: writer.value(value, (*path, name)) for name, value in part.items()}
        for part in (parameters, attributes)
    ]
    return [type(estimator).__name__, *written, _requests_of(requests)]


def _requests_of(requests):
    """Metadata that a method asks for, by method, see `sklearn.utils.metadata_routing`."""
    found = {}
    for method, request in vars(requests).items() if requests is not None else ():
        asked = getattr(request, "requests", {})
        found[method] = {name: wish for name, wish in asked.items() if wish is not None}
    return {method: asked for method, asked in found.items() if asked}


def _read_estimator(reader: Reader, class_name, parameters, attributes, requests):
    kind = ESTIMATORS[class_name]
    known = _parameters(kind)
    given = {k: reader.value(v) for k, v in parameters.items() if k in known or not reader.newer}
    estimator = kind(**given)
    for name, value in attributes.items():
        if name in ATTRIBUTES:
            setattr(estimator, name, reader.value(value))
        elif not reader.newer:
            raise ValueError(f"a {class_name} has no attribute {shown(name[:50])}")
    with config_context(enable_metadata_routing=True):
        for method, request in requests.items():
            setter = f"set_{method}_request"
            if not method.isidentifier() or not hasattr(kind, setter):
                raise ValueError(f"a {class_name} has no method {shown(method[:50])}")
            getattr(estimator, setter)(**request)
    _check_estimator(estimator)
    return estimator


def _check_estimator(estimator):
    if isinstance(estimator, FrozenEstimator):
        _require_fitted(estimator.estimator, BaseEntityEmbedding | EntityEmbeddingEncoder)
        return
    if estimator.__sklearn_is_fitted__():
        _check_fitted(estimator)
    config = vars(estimator).get("_sklearn_output_config", {})
    if not isinstance(config, dict) or not all(
        name == "transform" and container in ("default", "pandas", "polars")
        for name, container in config.items()
    ):
        raise ValueError("an estimator has no output of this kind")


def _require_fitted(inside, kind):
    if not isinstance(inside, kind) or not inside.__sklearn_is_fitted__():
        raise ValueError("an estimator has no fitted one inside")


def _check_fitted(estimator):
    state: Any = vars(estimator)["state_"]
    name = type(estimator).__name__
    if not isinstance(state, _state_of(estimator)):
        raise ValueError(f"a {name} has the state of another estimator")
    if isinstance(estimator, CategoryMerger):
        _require_fitted(vars(estimator).get("estimator_"), EntityEmbeddingEncoder)
        state = state.encoder.network
    elif isinstance(estimator, EntityEmbeddingEncoder):
        _require_fitted(vars(estimator).get("estimator_"), BaseEntityEmbedding)
        state = state.network
    elif not isinstance(state.target, _target_of(estimator)):
        raise ValueError(f"a {name} has the target of another estimator")
    columns = list(state.coder.names)
    names = vars(estimator).get("feature_names_in_")
    if vars(estimator).get("n_features_in_") != len(columns):
        raise ValueError(f"a {name} has another number of columns than its table")
    if names is not None and (not isinstance(names, np.ndarray) or names.tolist() != columns):
        raise ValueError(f"a {name} has other columns than its table")


def _state_of(estimator) -> Any:
    if isinstance(estimator, CategoryMerger):
        return FittedMerger
    return FittedEncoder if isinstance(estimator, EntityEmbeddingEncoder) else FittedNetwork


def _target_of(estimator):
    is_classifier = isinstance(estimator, EntityEmbeddingClassifier)
    return ClassificationTarget if is_classifier else RegressionTarget


def _splitters():
    from sklearn import model_selection  # slow to import

    return {name: getattr(model_selection, name) for name in SPLITTERS}


def _is_splitter(value: Any) -> bool:
    name = type(value).__name__
    return name in SPLITTERS and _splitters()[name] is type(value)


def _write_splitter(splitter, writer, path):
    parameters = {name: getattr(splitter, name) for name in _parameters(type(splitter))}
    return [type(splitter).__name__, writer.value(parameters, path)]


def _read_splitter(reader: Reader, class_name, parameters):
    return _splitters()[class_name](**reader.value(parameters))


def _write_random_state(random_state, writer, path):
    state = random_state.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise NotStorableError(path, random_state)
    parts = state["state"]["key"], state["state"]["pos"], state["has_gauss"], state["gauss"]
    return [writer.value(list(parts), path)]


def _read_random_state(reader: Reader, state):
    keys, position, *gauss = reader.value(state)
    # NumPy does not check the place where it will read.
    if keys.dtype != np.uint32 or keys.shape != (624,) or not 0 <= position <= 624:
        raise ValueError("a RandomState is not consistent")
    random_state = np.random.RandomState()  # noqa: NPY002, as scikit-learn has it
    random_state.set_state(("MT19937", keys, position, *gauss))
    return random_state


ESTIMATOR_KINDS = (
    Kind("estimator", _is_estimator, _write_estimator, _read_estimator),
    Kind("splitter", _is_splitter, _write_splitter, _read_splitter),
    Kind(
        "random_state",
        lambda value: type(value) is np.random.RandomState,  # noqa: NPY002
        _write_random_state,
        _read_random_state,
    ),
)
