"""What a table holds that training has not seen, or not often enough."""

from typing import Any

import numpy as np
import pandas as pd

from .._estimators.inside import network_state
from .._estimators.types import TableLike
from .._estimators.validation import read_further_table
from .._table.unseen import rows_of, values_of_rows
from .._table.vocabulary import SPECIAL_ROWS, Vocabulary

# Values that the table shows.
_MOST_VALUES = 10


def unseen(estimator: Any, X: TableLike) -> pd.DataFrame:
    """Count the cells that have no vector of their own, and list what they hold.

    Parameters
    ----------
    estimator : EntityEmbeddingRegressor, EntityEmbeddingClassifier or EntityEmbeddingEncoder
        Fitted.
    X : data frame or array-like of shape (n_samples, n_features)
        As `predict` and `transform` take it.

    Returns
    -------
    DataFrame of shape (3 * n_categorical, 5)
        Indexed by ``column`` and ``kind``: "unknown" cells hold a value that no
        training row holds, "missing" ones nothing, "infrequent" ones a value that
        training saw too rarely. A table of the same columns whatever X holds, so
        that those of several days can be concatenated:

        - ``n_rows``, and ``fraction`` of the rows of X;
        - ``training_fraction``, the fraction of the training rows of this kind;
        - ``n_values``, the number of distinct values;
        - ``values``, a dict of up to ten of them and how often they occur, the
          most frequent first.

        Of a column that keeps its frequent values only, all others are "infrequent",
        those that training never saw included: it cannot tell them apart.

        Of a column of lists, ``n_rows`` counts the rows with such a member at least
        (an empty list is missing), and ``training_fraction`` is one of all members.

    Raises
    ------
    ValueError, TypeError
        For a table that `predict` would refuse.
    sklearn.exceptions.NotFittedError

    See Also
    --------
    sk_entity.EntityEmbeddingRegressor : Its `handle_unknown` warns of unknown
        values or refuses them.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> from sk_entity.inspection import unseen
    >>> X = pd.DataFrame({"fruit": ["fig", "fig", "kiwi", "lime"]})
    >>> model = EntityEmbeddingRegressor(max_iter=1, min_frequency=2).fit(X, [1, 1, 2, 3])
    >>> fresh = pd.DataFrame({"fruit": ["fig", "kiwi", "plum", "pear", "plum"]})
    >>> found = unseen(model, fresh)
    >>> found.loc["fruit", "n_rows"].to_dict()
    {'unknown': 3, 'missing': 0, 'infrequent': 1}
    >>> found.loc[("fruit", "unknown"), "values"]
    {'plum': 2, 'pear': 1}
    """
    coder = network_state(estimator).coder
    frame = read_further_table(estimator, X)
    occurrences = coder.code_categorical(frame).occurrences()
    found = []
    for column, (codes, rows_of_codes) in zip(coder.categorical, occurrences, strict=True):
        in_training = _by_kind(column.vocabulary)
        kinds = column.vocabulary.kinds_of(codes)
        for row, kind in enumerate(SPECIAL_ROWS):
            rows = rows_of(kinds == row, rows_of_codes)
            values = values_of_rows(column, frame, rows, row)
            found.append(
                {
                    "column": column.name,
                    "kind": kind,
                    "n_rows": len(rows),
                    "fraction": len(rows) / len(frame),
                    "training_fraction": in_training[row] / in_training.sum(),
                    "n_values": len(values),
                    "values": dict(list(values.items())[:_MOST_VALUES]),
                }
            )
    columns = ["column", "kind", "n_rows", "fraction", "training_fraction", "n_values", "values"]
    return pd.DataFrame(found, columns=columns).set_index(["column", "kind"])


def _by_kind(vocabulary: Vocabulary) -> np.ndarray:
    """Training rows by embedding row, those of hashed rows among the infrequent ones."""
    counts = vocabulary.row_counts
    return np.bincount(vocabulary.kinds_of(np.arange(len(counts))), counts, len(counts))
