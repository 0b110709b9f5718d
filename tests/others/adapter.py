"""Our estimators in the form in which tests of other encoders call them.

Those tests hand over a table, all of whose columns are categories whatever their dtype, and
expect a transformer that is fitted in no time. Most of them know one number per category; that
is the effect, the first component of each vector.
"""

import numpy as np

from sk_entity import (
    CategoryMerger,
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
)

NETWORK = {
    "embedding_dim": 1,
    "hidden_layer_sizes": (4,),
    "max_iter": 1,
    "batch_size": 1000,
    "device": "cpu",
    "random_state": 0,
}
BY_TARGET = {"continuous": EntityEmbeddingRegressor, "classes": EntityEmbeddingClassifier}


def every_column(X):
    """Positions of all columns of a table in any container."""
    return list(range(np.shape(X)[1]))


def encoder(target="continuous", *, network=None, **settings):
    """An unfitted encoder of every column around a tiny network.

    Parameters
    ----------
    target : {"continuous", "classes"}
    network : dict, default=None
        Parameters of the estimator inside.
    **settings : dict
        Parameters of the encoder; `cv` is 2 unless given.
    """
    inside = BY_TARGET[target](**NETWORK | (network or {}))
    return EntityEmbeddingEncoder(
        inside, **{"cv": 2, "categorical_features": every_column} | settings
    )


def estimators(**settings):
    """Each of our estimators, unfitted, by name; settings are those of the encoder."""
    network = NETWORK | {"categorical_features": settings.get("categorical_features", every_column)}
    return {
        "encoder": encoder(**settings),
        "merger": CategoryMerger(encoder(**settings), n_clusters=2),
        "regressor": EntityEmbeddingRegressor(**network),
        "classifier": EntityEmbeddingClassifier(**network),
    }


def fit(estimator, X, y):
    """Fit to numbers, or to whether they are above their median."""
    is_classifier = isinstance(estimator, EntityEmbeddingClassifier)
    return estimator.fit(X, y > np.median(y) if is_classifier else y)


def answer(fitted, X):
    """What a fitted estimator says of the rows of a table, as an array."""
    of = "transform" if hasattr(fitted, "transform") else "predict"
    return np.asarray(getattr(fitted, "predict_proba" if hasattr(fitted, "classes_") else of)(X))


def effects(fitted, X):
    """The effect of each cell on the first output, shape (n_samples, n_columns)."""
    names = fitted.get_feature_names_out()
    first = [j for j, name in enumerate(names) if name.endswith(("_effect", "_effect_0"))]
    return np.asarray(fitted.transform(X))[:, first]


def column(cells, dtype=object):
    """An array of one column."""
    return np.array([*cells], dtype=dtype).reshape(-1, 1)
