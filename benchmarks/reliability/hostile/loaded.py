"""This module does with a file what a user does: load it, then predict and look inside.

A file may be refused, as docs/saving.md says, or else what was loaded must work.
"""

import warnings

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import InvalidParameterError

from sk_entity import CategoryMerger
from sk_entity.persistence import load

NEW = "never seen before"


def try_file(path):
    """Load a file and use what it holds.

    Returns
    -------
    str
        "refused", "used", or "parameter" if a parameter that was loaded is none.

    Raises
    ------
    Exception
        Whatever else happens: that is a find.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            estimator = load(path)
        except ValueError as error:
            if "cannot be loaded: " not in str(error):
                raise AssertionError(f"a refusal without the file: {error}") from error
            return "refused"
        try:
            use(estimator)
        except InvalidParameterError:  # named where it is read, as after set_params
            return "parameter"
    return "used"


def use(estimator):
    """All that reads the fitted state and needs no torch."""
    X = table_for(estimator)
    repr(estimator)
    if hasattr(estimator, "transform"):
        estimator.transform(X)
        estimator.get_feature_names_out()
    if hasattr(estimator, "predict"):
        for rows in (X, X[:1]):
            estimator.predict(rows)
    if hasattr(estimator, "predict_proba"):
        estimator.predict_proba(X)
    if isinstance(estimator, CategoryMerger):
        return estimator.mapping_
    if hasattr(estimator, "to_frame"):
        estimator.to_frame()
        estimator.support_  # noqa: B018
    else:
        estimator.categories_  # noqa: B018
    return estimator.embeddings_, estimator.special_embeddings_


def table_for(estimator):
    """A few rows of known, new and missing categories, and of numbers."""
    network = _network_of(estimator)
    coder = network.coder
    columns = {name: [1.0, -1e6, np.nan, 0.5] for name in coder.names}
    for column in coder.categorical:
        known = column.vocabulary.categories.tolist()[:2]
        cells = [*known, NEW, None, *known][:4]
        if column.holds_lists:
            cells = [known, [NEW], None, []]
        columns[column.name] = pd.Series(cells, dtype=object)
    X = pd.DataFrame(columns, columns=list(coder.names))
    if not hasattr(estimator, "feature_names_in_"):
        return X.to_numpy()
    return X


def _network_of(estimator):
    state = estimator.state_
    state = getattr(state, "encoder", state)
    return getattr(state, "network", state)
