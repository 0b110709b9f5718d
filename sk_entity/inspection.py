"""Look inside a fitted estimator."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ._table import read_table, with_column

__all__ = ["Leakage", "block_matrix", "check_leakage", "one_hot_and_numeric"]


def block_matrix(estimator):
    """The embedding layer as one matrix: learned tables beside a fixed identity.

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
    weights = _fitted(estimator)._weights
    tables = [*weights.tables, *weights.steps]
    n_numerical = weights.kernels[0].shape[0] - sum(t.shape[1] for t in tables)
    identity = sparse.eye_array(n_numerical, dtype=np.float32)
    blocks = [*tables, identity] if n_numerical else tables
    return sparse.csr_array(sparse.block_diag(blocks))


def one_hot_and_numeric(estimator, X):
    """One-hot vectors of the categories beside positions of numbers and the numbers.

    Parameters
    ----------
    estimator : EntityEmbeddingRegressor, EntityEmbeddingClassifier or EntityEmbeddingEncoder
        Fitted.
    X : data frame or array-like of shape (n_samples, n_features)

    Returns
    -------
    scipy.sparse.csr_array of float32, shape (n_samples, n_one_hot + n_positions + n_numbers)
        For each categorical column the one-hot vector of unknown, missing,
        infrequent and its frequent categories; for each numeric column the
        position within its bins, 1/2 in those below the number and -1/2 in
        those above; then the scaled values and the indicators.
    """
    estimator = _fitted(estimator)
    categorical, numerical = estimator.to_codes(X)
    sizes = [len(t) for t in estimator._weights.tables]
    offsets = np.cumsum([0, *sizes])
    columns = (categorical + offsets[:-1]).ravel()
    starts = np.arange(0, categorical.size + 1, len(sizes)) if sizes else [0] * (len(X) + 1)
    ones = np.ones(categorical.size, dtype=np.float32)
    one_hot = sparse.csr_array((ones, columns, starts), shape=(len(categorical), offsets[-1]))
    positions = sparse.csr_array(estimator._weights.positions(numerical))
    return sparse.hstack([one_hot, positions, sparse.csr_array(numerical)], format="csr")


def _fitted(estimator):
    check_is_fitted(estimator)
    return getattr(estimator, "estimator_", estimator)


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
    """

    permuted_skill: float
    identifier_cost: float
    noise: float

    @property
    def leaks(self):
        """Whether one of them is more than chance."""
        return max(self.permuted_skill, self.identifier_cost) > self.noise


def check_leakage(encoder, X, y, *, estimator=None, random_state=None):
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
    behind = _Behind.of(encoder, y, estimator, rng)
    encoder = clone(encoder).set_output(transform="default")
    return Leakage(
        behind.seeming_skill(clone(encoder), frame.to_native(), rng.permutation(y)),
        behind.identifier_cost(encoder, frame, y, rng),
        behind.noise(y),
    )


@dataclass(frozen=True)
class _Behind:
    """The model behind the encoder of `check_leakage`."""

    model: BaseEstimator
    classes: np.ndarray | None

    @classmethod
    def of(cls, encoder, y, model, rng):
        classes = np.unique(y) if is_classifier(encoder._choose_estimator(y)) else None
        if model is None:
            from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # slow

            forest = RandomForestRegressor if classes is None else RandomForestClassifier
            model = forest(random_state=rng.randint(2**31))
        return cls(model, classes)

    def skill(self, predicted, y):
        if self.classes is None:
            varies = np.ptp(predicted) > 0
            return np.corrcoef(predicted, y)[0, 1] if varies else 0.0
        from sklearn.metrics import roc_auc_score  # slow to import

        if len(self.classes) == 2:
            return 2 * roc_auc_score(y == self.classes[1], predicted[:, 1]) - 1
        return 2 * roc_auc_score(y, predicted, multi_class="ovr", labels=self.classes) - 1

    @property
    def method(self):
        return "predict" if self.classes is None else "predict_proba"

    def noise(self, y):
        """Three standard errors, about, of the skill on half of the rows."""
        few = len(y) / 2 if self.classes is None else np.unique(y, return_counts=True)[1].min()
        return 3 / float(few) ** 0.5

    def seeming_skill(self, encoder, X, permuted):
        from sklearn.model_selection import cross_val_predict  # slow to import

        encoded = encoder.fit_transform(X, permuted)
        predicted = cross_val_predict(self.model, encoded, permuted, cv=5, method=self.method)
        return float(self.skill(predicted, permuted))

    def identifier_cost(self, encoder, frame, y, rng):
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


def _embedding_also(encoder, name):
    """Parameters of the encoder with which a further column is embedded, too."""
    parameters = encoder.get_params()
    for key in ("categorical_features", "estimator__categorical_features"):
        chosen = parameters.get(key)
        if chosen is not None and not isinstance(chosen, str):
            chosen = list(chosen)
            is_mask = all(isinstance(c, bool | np.bool_) for c in chosen)
            parameters[key] = [*chosen, True if is_mask else name]
    return {k: v for k, v in parameters.items() if k.endswith("categorical_features")}
