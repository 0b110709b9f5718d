"""Which estimator an encoder fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.utils.multiclass import type_of_target

from .._shown import shown
from .base import BaseEntityEmbedding
from .classifier import EntityEmbeddingClassifier
from .regressor import EntityEmbeddingRegressor

if TYPE_CHECKING:
    from .encoder import EntityEmbeddingEncoder

# Whole numbers of more distinct values are quantities, such as minutes, rather than classes.
MOST_CLASSES = 20


def choose_estimator(encoder: EntityEmbeddingEncoder, y: Any, classes: Any = None) -> Any:
    """Return an unfitted estimator of the encoder's own to fit, or the frozen one.

    Parameters
    ----------
    encoder : EntityEmbeddingEncoder
    y : array-like
        Target, which decides if nothing else does.
    classes : array-like or None
        Classes to expect, which only a classifier has.
    """
    given = encoder.estimator
    if isinstance(given, FrozenEstimator):
        if not isinstance(given.estimator, BaseEntityEmbedding):
            raise TypeError(
                "A frozen estimator must hold an EntityEmbeddingRegressor or "
                f"EntityEmbeddingClassifier; got {shown(given.estimator)}."
            )
        return given
    if given is None:
        estimator = _of_target(encoder.target_type if classes is None else "multiclass", y)
    else:
        estimator = clone(given)
    if classes is not None and not is_classifier(estimator):
        raise ValueError(
            f"classes are for a classifier, and the estimator is {type(estimator).__name__}. Leave "
            "classes out, or give EntityEmbeddingClassifier() as estimator."
        )
    # The defaults leave a given estimator its own choice.
    features = encoder.categorical_features
    if not (isinstance(features, str) and features == "from_dtype"):
        estimator.set_params(categorical_features=features)
    if encoder.random_state is not None:
        estimator.set_params(random_state=encoder.random_state)
    return estimator


def _of_target(target_type, y):
    if target_type == "continuous" or (target_type == "auto" and is_continuous(y)):
        return EntityEmbeddingRegressor()
    # What a column tells is to be in its vectors.
    return EntityEmbeddingClassifier(ordered_target_encoding=False)


def is_continuous(y: Any) -> bool:
    """Decide whether a target is a quantity, as ``target_type="auto"`` does.

    Whole numbers of more than `MOST_CLASSES` distinct values are; in all else it
    is as `sklearn.utils.multiclass.type_of_target` says.

    Raises
    ------
    ValueError
        If there is no target, or one that can be neither.
    """
    if y is None:
        raise ValueError(
            "fit requires y to be passed, but the target y is None: the vectors are learned "
            "with it."
        )
    kind = type_of_target(y, input_name="y")
    if kind == "multiclass":
        values = np.asarray(y)
        return values.dtype.kind in "iuf" and len(np.unique(values)) > MOST_CLASSES
    if kind == "binary":
        return False
    if kind.startswith("continuous") or kind == "multiclass-multioutput":
        return True
    raise ValueError(
        f"Unknown label type: {shown(kind)}. Set target_type to 'continuous', 'binary' or "
        "'multiclass'."
    )
