"""Find out whether an encoder tells a model what no fresh row will confirm."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import narwhals as nw
import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state

from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.types import TableLike, TargetLike
from .._estimators.validation import read_table
from .._table.reading import with_column


@dataclass(frozen=True)
class Leakage:
    """What `check_leakage` has found.

    Attributes
    ----------
    permuted_skill : float
        How well a model seems to predict a target that nothing can predict.
    identifier_cost : float
        What skill on fresh rows a model loses to a column that means nothing.
    noise : float
        How large either may be by chance.

    Examples
    --------
    >>> from sk_entity.inspection import Leakage
    >>> Leakage(permuted_skill=0.2, identifier_cost=0.01, noise=0.05).leaks
    True
    """

    permuted_skill: float
    identifier_cost: float
    noise: float

    @property
    def leaks(self) -> bool:
        """Whether one of them is more than chance."""
        return max(self.permuted_skill, self.identifier_cost) > self.noise


def check_leakage(
    encoder: EntityEmbeddingEncoder,
    X: TableLike,
    y: TargetLike,
    *,
    estimator: Any = None,
    random_state: Any = None,
) -> Leakage:
    """Find out whether an encoder tells a model what no fresh row will confirm.

    Two trials, with a model behind the encoder. In the first the target is
    permuted, and the model is cross-validated on what `fit_transform` returns:
    any skill is the target of a row in its own vectors. In the second a column
    of random identifiers, each of about four rows, is encoded with the others;
    half of the rows teach, the others show what skill the column costs a model
    that has come to trust it. The encoder is fitted twice.

    Parameters
    ----------
    encoder : EntityEmbeddingEncoder
        A clone of it is checked.
    X : data frame or array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
    estimator : regressor or classifier, default=None
        The model behind the encoder; a random forest if None.
    random_state : int, RandomState instance or None, default=None
        Of the permutation, the identifiers, the halves and the forest.

    Returns
    -------
    Leakage
        Skill is the correlation of a regression's predictions with the target,
        and ``2 * AUC - 1`` of a classification (of each class against the rest,
        the mean over the classes).

    Raises
    ------
    ValueError
        If the encoder holds a frozen estimator: nothing of it would be fitted.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingEncoder
    >>> from sk_entity.inspection import check_leakage
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"city": rng.integers(0, 50, 200).astype(str)})
    >>> y = rng.normal(size=200)
    >>> encoder = EntityEmbeddingEncoder(cv=3, random_state=0)
    >>> check_leakage(encoder, X, y, random_state=0).leaks
    False
    """
    if isinstance(encoder.estimator, FrozenEstimator):
        raise ValueError(
            "The encoder holds a frozen estimator, which is not fitted again: pass an encoder of "
            "an estimator that is not frozen."
        )
    rng = check_random_state(random_state)
    frame, y = read_table(X, estimator=encoder), np.asarray(y)
    # Most random identifiers are new to the rows that do not teach.
    encoder = clone(encoder).set_output(transform="default").set_params(handle_unknown="ignore")
    if estimator is None:
        estimator = partial(_forest, random_state=rng.randint(2**31))
    permuted = rng.permutation(y)
    permuted_encoder = clone(encoder)
    encoded = permuted_encoder.fit_transform(frame.to_native(), permuted)
    behind = _Behind.of(permuted_encoder, estimator, y)
    return Leakage(
        behind.seeming_skill(encoded, permuted),
        behind.identifier_cost(encoder, frame, y, rng),
        behind.noise(y),
    )


def _forest(classify: bool, random_state: int) -> BaseEstimator:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # slow to import

    forest = RandomForestClassifier if classify else RandomForestRegressor
    return forest(random_state=random_state)


@dataclass(frozen=True)
class _Behind:
    """The model behind the encoder of `check_leakage`."""

    model: BaseEstimator
    classes: np.ndarray | None

    @classmethod
    def of(cls, encoder: EntityEmbeddingEncoder, model: Any, y: np.ndarray) -> Self:
        """Ask a fitted encoder whether y holds classes, and make the model for it."""
        classify = is_classifier(encoder.estimator_)
        if isinstance(model, partial):
            model = model(classify)
        return cls(model, np.unique(y) if classify else None)

    def skill(self, predicted: np.ndarray, y: np.ndarray) -> float:
        if self.classes is None:
            varies = np.ptp(predicted) > 0
            return np.corrcoef(predicted, y)[0, 1] if varies else 0.0
        from sklearn.metrics import roc_auc_score  # slow to import

        if len(self.classes) == 2:
            return 2 * roc_auc_score(y == self.classes[1], predicted[:, 1]) - 1
        return 2 * roc_auc_score(y, predicted, multi_class="ovr", labels=self.classes) - 1

    @property
    def method(self) -> str:
        return "predict" if self.classes is None else "predict_proba"

    def noise(self, y: np.ndarray) -> float:
        """Return about three standard errors of the skill on half of the rows."""
        few = len(y) / 2 if self.classes is None else np.unique(y, return_counts=True)[1].min()
        return 3 / float(few) ** 0.5

    def seeming_skill(self, encoded: np.ndarray, permuted: np.ndarray) -> float:
        from sklearn.model_selection import cross_val_predict  # slow to import

        predicted = cross_val_predict(self.model, encoded, permuted, cv=5, method=self.method)
        return float(self.skill(predicted, permuted))

    def identifier_cost(
        self,
        encoder: EntityEmbeddingEncoder,
        frame: nw.DataFrame[Any],
        y: np.ndarray,
        rng: np.random.RandomState,
    ) -> float:
        name = "random_identifier"
        identifiers = np.char.add("id", rng.randint(max(2, len(y) // 4), size=len(y)).astype(str))
        encoder.set_params(**_embedding_also(encoder, name))
        order = rng.permutation(len(y))
        learn, fresh = order[: len(y) // 2], order[len(y) // 2 :]
        table = with_column(frame, name, identifiers.tolist())
        encoded = encoder.fit_transform(table[learn].to_native(), y[learn])
        encoded_fresh = encoder.transform(table[fresh].to_native())
        without = [not n.startswith(f"{name}_") for n in encoder.get_feature_names_out()]
        skills = []
        for columns in (np.flatnonzero(without), slice(None)):
            model = clone(self.model).fit(encoded[:, columns], y[learn])
            predicted = getattr(model, self.method)(encoded_fresh[:, columns])
            skills.append(self.skill(predicted, y[fresh]))
        return float(skills[0] - skills[1])


def _embedding_also(encoder: EntityEmbeddingEncoder, name: str) -> dict[str, Any]:
    """Parameters of the encoder with which a further column is embedded, too."""
    parameters = encoder.get_params()
    for key in ("categorical_features", "estimator__categorical_features"):
        chosen = parameters.get(key)
        if callable(chosen):
            parameters[key] = [chosen, name]
        elif chosen is not None and not isinstance(chosen, str):
            chosen = list(chosen)
            is_mask = len(chosen) > 0 and all(isinstance(c, bool | np.bool_) for c in chosen)
            parameters[key] = [*chosen, True if is_mask else name]
    return {k: v for k, v in parameters.items() if k.endswith("categorical_features")}
