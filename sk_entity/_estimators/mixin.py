"""All three estimators read any table and show the vectors of its categories."""

from typing import Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted


class EmbeddingMixin:
    """Estimators whose ``state_`` has columns with vectors."""

    state_: Any

    @property
    def embeddings_(self) -> dict[str, pd.DataFrame]:
        """dict of DataFrame: a vector per category, by column name.

        The index holds every category of the column in the data. Infrequent
        categories have one vector in common; a category that occurs in no training row has
        the unknown vector. Of the encoder, the columns are the effect and the
        coordinates along its axes; of the regressor and the classifier they are
        the network's own dimensions, which are arbitrary: another seed gives others.
        """
        check_is_fitted(self)
        return {column.name: column.vectors() for column in self.state_.columns}

    @property
    def special_embeddings_(self) -> dict[str, pd.DataFrame]:
        """dict of DataFrame: the vectors for "unknown", "missing" and "infrequent"."""
        check_is_fitted(self)
        return {column.name: column.special_vectors() for column in self.state_.columns}

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "state_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags
