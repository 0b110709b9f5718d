"""The regressor: what differs from the classifier, as small hooks."""

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin

from .._network.losses import REGRESSION_LOSSES
from .._target.regression import RegressionTarget
from .base import BaseEntityEmbedding
from .sklearn_compat import Interval, StrOptions
from .target_checks import check_regression_target
from .types import TableLike


class EntityEmbeddingRegressor(RegressorMixin, BaseEntityEmbedding):
    """Regression with a vector per category, learned inside `fit`.

    An embedding network (Guo & Berkhahn 2016): each categorical column has a
    table with a vector per category; the vectors and the numeric columns go
    through dense layers. Vectors are learned under a prior, so that a rare
    category stays close to the average one.

    Parameters
    ----------
    loss : str, default="squared_error"
        "squared_error" (the mean is predicted), "absolute_error" (the median),
        "huber" (between the two), "quantile" (see `quantile`), "poisson" for
        counts and rates, "gamma" for positive and skewed targets; the latter
        two predict through a logarithmic link. For a rate, pass the exposure
        as `sample_weight`.
    quantile : float, default=None
        Level between 0 and 1 for ``loss="quantile"``.
    categorical_features : array-like, "from_dtype" or None, default="from_dtype"
        Columns to embed: those of dtype category, string, object or bool, or a
        list of names, of positions, or a boolean mask; None for no column. An
        object column that holds only numbers counts as numeric.
    embedding_dim : "auto", int, dict or callable, default="auto"
        Dimensions of a category's vector: one number for all columns, a number
        by column name, or a function of the number of levels. "auto" is
        ``min(16, round(1.6 * n_levels ** 0.56))`` and less than n_levels.
    min_frequency : int or float, default=None
        Categories in fewer training rows (int), or in a smaller share of them
        (float), share the infrequent vector.
    max_categories : int, default=None
        Most vectors per column, the infrequent one included.
    hidden_layer_sizes : int or array-like of int, default=(256, 128)
        Widths of the dense layers.
    activation : {"identity", "logistic", "tanh", "relu", "selu", "silu", "mish"}, default="silu"
        Of the dense layers.
    dropout : float, default=0.1
        Probability with which a hidden unit is zeroed in training.
    embedding_dropout : float, default=0.1
        Probability with which, in training, the category of a cell is hidden
        and the unknown vector stands in its place. This is how the unknown
        vector is learned; with 0 it is the mean of the column's vectors.
    weight_decay : float, default=0.3
        Of the dense layers, decoupled (AdamW); multiplied by the dispersion that
        the network leaves, such as the residual variance over that of the
        target, where that is below 1. The vectors have their prior.
    batch_size : int or "auto", default="auto"
        Rows per step. "auto" is the power of two nearest to
        ``sqrt(2 * n_samples)``, from 16 to 1024.
    learning_rate_init : float, default=0.003
        Highest learning rate: reached after 5 % of all steps, then lowered to
        0 along a cosine. The tables of categories learn at three times the rate.
    max_iter : int, default=30
        Epochs.
    early_stopping : bool or "auto", default="auto"
        Whether to stop when the validation loss ceases to fall and to restore
        the epoch where it was lowest. True holds out a random part of the rows
        if there is no `X_val`; "auto" validates on `X_val` if there is one and
        else trains on all rows: the prior keeps late epochs from overfitting.
    validation_fraction : float, default=0.1
        Share of the rows to hold out.
    n_iter_no_change : int, default=10
        Epochs without an improvement by `tol` after which to stop.
    tol : float, default=0
        Improvement of the validation loss that counts.
    warm_start : bool, default=False
        Whether `fit` continues from the weights learned before, for `max_iter`
        more epochs. Vocabularies and scales are kept; a new category is
        unknown.
    callbacks : list of skorch callbacks, default=None
        Run during training, on copies. A `skorch.callbacks.LRScheduler`
        replaces the cosine.
    device : str, default="auto"
        Where to train: "cpu", "cuda", "mps"; "auto" takes the best there is.
    verbose : int, default=0
        1 shows a progress bar over epochs with the losses.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, order of rows, held-out rows and what training
        draws. The global states of NumPy and torch are not touched.

    Attributes
    ----------
    embeddings_ : dict of DataFrame
        By column name: a row per category in the data, a column per dimension.
    special_embeddings_ : dict of DataFrame
        By column name: the vectors for "unknown" (a value never seen), "missing"
        and "infrequent". Those of the latter two are the unknown vector if
        training had no such row.
    categories_ : dict of ndarray
        By column name: the sorted categories.
    embedding_dims_ : dict of int
        By column name.
    history_ : DataFrame
        By epoch: losses (mean over rows), learning rate at its end, seconds.
    n_iter_ : int
        Epochs run.
    best_iter_ : int
        Epoch whose weights are kept.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only if X had column names.

    See Also
    --------
    EntityEmbeddingClassifier : The same for classes.
    EntityEmbeddingEncoder : The vectors as features for another model.

    References
    ----------
    C. Guo and F. Berkhahn, "Entity Embeddings of Categorical Variables", 2016,
    arXiv:1604.06737.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> X = pd.DataFrame({"shop": ["north", "south", "east"] * 50, "day": range(150)})
    >>> y = X["shop"].map({"north": 1.0, "south": 5.0, "east": 5.5}) + X["day"] / 100
    >>> model = EntityEmbeddingRegressor(random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.9
    True
    >>> model.embeddings_["shop"].shape
    (3, 2)
    """

    _parameter_constraints = {
        **BaseEntityEmbedding._parameter_constraints,
        "loss": [StrOptions(REGRESSION_LOSSES)],
        "quantile": [Interval(Real, 0, 1, closed="neither"), None],
        "power": [Interval(Real, 1, 3, closed="both")],
    }

    def __init__(
        self,
        *,
        loss="squared_error",
        quantile=None,
        power=1.5,
        categorical_features="from_dtype",
        embedding_dim="auto",
        min_frequency=None,
        max_categories=None,
        hidden_layer_sizes=(256, 128),
        activation="silu",
        dropout=0.1,
        embedding_dropout=0.1,
        weight_decay=0.3,
        batch_size="auto",
        learning_rate_init=3e-3,
        max_iter=30,
        early_stopping="auto",
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=0.0,
        warm_start=False,
        callbacks=None,
        device="auto",
        verbose=0,
        random_state=None,
    ):
        self.loss = loss
        self.quantile = quantile
        self.power = power
        self.categorical_features = categorical_features
        self.embedding_dim = embedding_dim
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.embedding_dropout = embedding_dropout
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.device = device
        self.verbose = verbose
        self.random_state = random_state

    def _check_target(self, y, n_samples):
        return check_regression_target(y, n_samples, self._make_loss())

    def _learn_target(self, y, sample_weight):
        return RegressionTarget.learn(y, sample_weight, self._make_loss().link)

    def _check_further_target(self, y, n_samples, target):
        y = check_regression_target(y, n_samples, self._make_loss())
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        if n_outputs != target.n_outputs:
            raise ValueError(f"y_val has {n_outputs} output(s), y has {target.n_outputs}.")
        return y

    def predict(self, X: TableLike) -> np.ndarray:
        """Predict the target.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples,) or (n_samples, n_outputs)
            In the unit of y.
        """
        output = self._output(X)
        return self.state_.target.decode(output)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
