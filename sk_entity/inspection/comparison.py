"""Two fits are compared, such as a model and the one that is to replace it."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from .._estimators.encoder import EntityEmbeddingEncoder
from .._estimators.inside import encoded_column, network_inside, network_state
from .._estimators.types import TableLike
from .._shown import shown
from .._vectors.comparison import compare_columns
from .._vectors.encoded_column import EncodedColumn


def compare(a: Any, b: Any, column: str, X: TableLike | None = None) -> pd.DataFrame:
    """Find which categories of a column have moved between two fits.

    Categories are matched by value. Effects are compared as they are, in the unit
    of a. The axes of the two fits are turned onto each other, by the rotation that
    brings the common categories closest; an axis that only one of them has is zero
    in the other. What the categories have in common, the median of the
    differences, is no move of a category and is taken off.

    Parameters
    ----------
    a, b : EntityEmbeddingEncoder, or both EntityEmbeddingRegressor or EntityEmbeddingClassifier
        Fitted to the same target, before and after. The tables they were fitted to
        may differ in rows and in other columns.
    column : str
        Name of a categorical column; ``x0``, ``x1``, … where X had no names.
    X : data frame or array-like of shape (n_samples, n_features), default=None
        Rows on which two networks are asked what their vectors do, as their own
        axes are arbitrary: rows from a time that both should know. Needed for
        regressors and classifiers. Not used for encoders, which have vectors with
        a meaning.

    Returns
    -------
    DataFrame, indexed by category
        The most surprising category first. Columns:

        - ``kind``: "both"; "new", with training rows in b only; "gone", with
          training rows in a only; "infrequent", with training rows in both, but
          with the infrequent vector in one of them, or without a row of its own where a
          fit keeps its frequent values only (it has no count there, and may be new);
        - ``count_a``, ``count_b``: training rows;
        - ``<column>_effect_a``, ``<column>_effect_b``: its effect in either fit, in
          the unit of a, measured from the mean of the rows of each (``…_effect_0_a``
          and so on, if there are several outputs);
        - ``moved``: the distance of its two vectors, in the unit of a's effects;
        - ``uncertainty``: the root of the sum of the squares of both posterior
          standard deviations;
        - ``surprise``: ``moved / uncertainty``;
        - ``trusted``: whether both fits trust the vector, see
          `EntityEmbeddingEncoder.support_`; not known (NA) without cross-fitting.

        ``moved``, ``uncertainty`` and ``surprise`` are NaN unless the kind is "both".

    Raises
    ------
    ValueError
        If the two do not have the column, a category, or the kind of target in
        common; or if X is missing.
    TypeError
        If one is an encoder and the other is none, or one of them is neither.
    sklearn.exceptions.NotFittedError

    Notes
    -----
    Of categories that have not moved, the root mean square of the surprise is
    about 1 if the two fits have learned from different rows of the same kind, and
    less if they have learned from the same rows. It may reach 2 in a column of few
    and frequent categories, where the training of the network leaves more noise
    than the posterior knows of, and is about 0.5 where most categories have a row or
    two. In a column of hardly more categories than axes the rotation hides a part of
    what has moved.

    That both fits have the same quantity as their target cannot be checked beyond
    its kind (links, outputs, classes).

    References
    ----------
    P. Schönemann, "A generalized solution of the orthogonal Procrustes problem",
    Psychometrika 31(1), 1966.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.base import clone
    >>> from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
    >>> from sk_entity.inspection import compare
    >>> rng = np.random.default_rng(0)
    >>> shop = rng.integers(8, size=800)
    >>> X = pd.DataFrame({"shop": [f"shop {s}" for s in shop]})
    >>> before = shop + rng.normal(size=800)
    >>> after = before + 3 * (shop == 5)
    >>> encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=2))
    >>> a, b = clone(encoder).fit(X, before), clone(encoder).fit(X, after)
    >>> compare(a, b, "shop").index[0]
    'shop 5'
    """
    _refuse_other_kinds(a, b)
    of_a, of_b = (encoded_column(estimator, column, X) for estimator in (a, b))
    _refuse_nothing_in_common(of_a, of_b)
    n_effects = of_a.n_effects
    if n_effects != of_b.n_effects:
        raise ValueError(
            f"a has {n_effects} effect(s) and b {of_b.n_effects} of column {shown(column)}. Fit "
            "both with the same n_components."
        )
    return compare_columns(of_a, of_b, (_unit(b) / _unit(a))[:n_effects])


def _refuse_other_kinds(a: Any, b: Any) -> None:
    for name, estimator in (("a", a), ("b", b)):
        check_is_fitted(estimator)
        if not hasattr(getattr(network_inside(estimator), "state_", None), "coder"):
            raise TypeError(f"{name} is {shown(estimator)}, which is no estimator of sk-entity.")
    if isinstance(a, EntityEmbeddingEncoder) != isinstance(b, EntityEmbeddingEncoder):
        raise TypeError(
            f"a is a {type(a).__name__} and b a {type(b).__name__}: compare two encoders or two "
            "networks. The network of an encoder is its estimator_."
        )
    one, other = (network_inside(estimator) for estimator in (a, b))
    targets = one.state_.target, other.state_.target
    kinds = [
        f"{type(e).__name__} with the link {shown(e.state_.target.link)}" for e in (one, other)
    ]
    if kinds[0] != kinds[1]:
        raise ValueError(f"a learned by a {kinds[0]}, b by a {kinds[1]}: nothing to compare.")
    if is_classifier(one) and list(targets[0].classes) != list(targets[1].classes):
        classes = [target.classes.tolist() for target in targets]
        raise ValueError(f"a has the classes {classes[0]}, b has {classes[1]}.")
    if targets[0].n_outputs != targets[1].n_outputs:
        raise ValueError(f"a has {targets[0].n_outputs} output(s), b has {targets[1].n_outputs}.")


def _refuse_nothing_in_common(a: EncodedColumn, b: EncodedColumn) -> None:
    of_a, of_b = (column.vocabulary.categories for column in (a, b))
    if set(of_a) & set(of_b):
        return
    examples = [
        f"{categories.dtype}, such as {categories[:3].tolist()}" for categories in (of_a, of_b)
    ]
    raise ValueError(
        f"The fits have no category of column {shown(a.name)} in common: a has {examples[0]}; b "
        f"has {examples[1]}. Categories are matched by value: give both the same dtype."
    )


def _unit(estimator: Any) -> np.ndarray:
    """What one unit of the effects is in the target; of log-odds and logarithms, one."""
    target = network_state(estimator).target
    if target.link == "identity":
        return target.working_unit
    return np.ones(target.n_outputs)
