"""The embedding layer written out as a matrix product."""

from typing import Any

import numpy as np
from scipy import sparse

from .._estimators.inside import network_inside
from .._estimators.types import TableLike
from .._predict.numbers import Bins


def block_matrix(estimator: Any) -> sparse.csr_array:
    """Return the embedding layer as one matrix: learned tables beside a fixed identity.

    With the one-hot vectors of the categorical columns and the numbers side by
    side, the lookup is a matrix product (Guo & Berkhahn 2016, section 2)::

        [ E  0 ]
        [ 0  I ]

    E holds the tables on its diagonal and is learned; the zeros and the
    identity stay what they are. After the tables of the categorical columns
    come those of the numeric ones, with a row per bin, and then the identity
    passes the scaled values and the missing-value indicators on.

    Parameters
    ----------
    estimator : EntityEmbeddingRegressor, EntityEmbeddingClassifier or EntityEmbeddingEncoder
        Fitted.

    Returns
    -------
    scipy.sparse.csr_array of shape (n_one_hot + n_positions + n_numbers, n_first_input)
        ``one_hot_and_numeric(estimator, X) @ block_matrix(estimator)`` is what
        the first dense layer receives.

    Raises
    ------
    sklearn.exceptions.NotFittedError

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> from sk_entity.inspection import block_matrix
    >>> X = pd.DataFrame({"fruit": ["fig", "fig", "kiwi"]})
    >>> model = EntityEmbeddingRegressor(embedding_dim=2, max_iter=1).fit(X, [1, 2, 3])
    >>> block_matrix(model).shape  # unknown, missing, infrequent, fig, kiwi
    (5, 2)
    """
    weights = network_inside(estimator).state_.weights
    blocks = [table.mean for table in weights.tables]
    blocks += [table.steps for table in weights.numeric_tables]
    if weights.n_numerical:
        blocks.append(sparse.eye_array(weights.n_numerical, dtype=np.float32))
    return sparse.csr_array(sparse.block_diag(blocks))


def one_hot_and_numeric(estimator: Any, X: TableLike) -> sparse.csr_array:
    """Return one-hot vectors of the categories beside positions of numbers and the numbers.

    Parameters
    ----------
    estimator : EntityEmbeddingRegressor, EntityEmbeddingClassifier or EntityEmbeddingEncoder
        Fitted.
    X : data frame or array-like of shape (n_samples, n_features)

    Returns
    -------
    scipy.sparse.csr_array of float32, shape (n_samples, n_one_hot + n_positions + n_numbers)
        For each categorical column the one-hot vector of unknown, missing,
        infrequent and its frequent categories (of a column of lists, the mean of
        those of its members); for each numeric column the
        position within its bins, 1/2 in those below the number and -1/2 in
        those above; then the scaled values and the indicators.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> from sk_entity.inspection import one_hot_and_numeric
    >>> X = pd.DataFrame({"fruit": ["fig", "kiwi", "plum"] * 20})
    >>> model = EntityEmbeddingRegressor(max_iter=2, random_state=0).fit(X, range(60))
    >>> one_hot_and_numeric(model, X.head(3)).toarray()  # after unknown, missing, infrequent
    array([[0., 0., 0., 1., 0., 0.],
           [0., 0., 0., 0., 1., 0.],
           [0., 0., 0., 0., 0., 1.]], dtype=float32)
    """
    inside = network_inside(estimator)
    weights = inside.state_.weights
    categorical, numerical, *bags = inside.to_codes(X)
    several = [*categorical.T[:, :, None], *bags]
    one_hot = [_shares(rows, len(t.mean)) for rows, t in zip(several, weights.tables, strict=True)]
    positions = sparse.csr_array(Bins(weights.numeric_tables).positions(numerical))
    return sparse.hstack([*one_hot, positions, sparse.csr_array(numerical)], format="csr")


def _shares(members: np.ndarray, n_rows: int) -> sparse.csr_array:
    """One-hot vectors of the members of each cell, averaged; -1 is no member."""
    row, place = np.nonzero(members >= 0)
    share = np.float32(1) / (members >= 0).sum(axis=1, dtype=np.float32)[row]
    shape = (len(members), n_rows)
    return sparse.csr_array((share, (row, members[row, place])), shape=shape)
