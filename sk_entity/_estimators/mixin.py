"""All estimators keep what they have learned as a record; most show vectors of categories."""

import warnings
from typing import Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from .._version import VersionWarning, __version__
from .html_repr import learned_html
from .sklearn_compat import DiagramMixin, validate_params


class FittedStateMixin(DiagramMixin):
    """Estimators that hold what they have learned as one record, ``state_``."""

    state_: Any

    def _html_below(self) -> str:
        return learned_html(self.state_) if hasattr(self, "state_") else ""

    def __getstate__(self) -> dict[str, Any]:
        # A pickle says which version has written it; the estimator itself has no such attribute.
        state: Any = super().__getstate__()
        return {**state, "_sk_entity_version": __version__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        written = state.pop("_sk_entity_version", "of an unknown version")
        if written != __version__:
            warnings.warn(
                f"This {type(self).__name__} was pickled by sk-entity {written} and is loaded by "
                f"{__version__}, which may give other results or fail. Keep estimators with "
                "sk_entity.persistence.save, which other versions read, or install that version.",
                VersionWarning,
                stacklevel=2,
            )
        super().__setstate__(state)  # type: ignore[misc]

    def _validate_params(self) -> None:
        validate_params(self)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "state_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


class EmbeddingMixin(FittedStateMixin):
    """Estimators whose ``state_`` has columns with vectors."""

    @property
    def embeddings_(self) -> dict[str, pd.DataFrame]:
        """dict of DataFrame: a vector per category, by column name.

        The index holds every category of the column in the data. Infrequent
        categories have one vector in common; a category that occurs in no training row has
        the unknown vector. A column that keeps its frequent values only has only those.
        Of the encoder, the columns are the effect and the
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
