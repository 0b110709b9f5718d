"""The classifier: what differs from the regressor, as small hooks."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from .._shown import listed, shown
from .._table.coder import TableCoder
from .._target.classification import ClassificationTarget
from .._target.classification_summary import ClassificationSummary
from .._target.examples import Examples
from .._target.ordered_encoding import OrderedTargetEncoding
from .base import BaseEntityEmbedding
from .sklearn_compat import StrOptions, fit_context
from .target_checks import balanced_weight, check_classification_target, class_factors
from .types import TableLike, TargetLike


class EntityEmbeddingClassifier(ClassifierMixin, BaseEntityEmbedding):
    """Classification with a vector per category, learned inside `fit`.

    The estimator is an embedding network (Guo & Berkhahn 2016): each categorical
    column has a table with a vector per category, and the vectors and the numeric
    columns go through dense layers. Vectors are learned under a prior, so that a
    rare category stays close to the average one.

    Parameters
    ----------
    loss : {"log_loss"}, default="log_loss"
        Cross-entropy, for two classes or more.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, as in scikit-learn: finite numbers of at least 0. They
        multiply `sample_weight`.
    categorical_features : array-like, callable, "from_dtype" or None, default="from_dtype"
        Columns to embed. "from_dtype" takes those of dtype category, string,
        object or bool; an object column that holds only numbers counts as numeric.
        A list holds names or positions, and may hold "from_dtype" and callables
        beside them: ``["from_dtype", "store"]`` are those by dtype and `store`. A
        boolean mask does as well. A callable gets X and returns any of these, such
        as `sklearn.compose.make_column_selector`. None embeds no column.
        A column of lists is embedded as the mean of its members' vectors; an empty
        list has the missing vector.
    ordered_target_encoding : bool, default=True
        Whether, with two classes, the network also reads numbers for columns and
        pairs of columns that have 100 levels or more, of 50 rows or fewer on
        average: the frequency of the second class among the rows of the level,
        smoothed. In training these are the rows before, in an order that is drawn
        anew for each epoch (Prokhorenkova et al. 2018), so that no row finds its own
        class in them. They tell what the vectors of single columns cannot; where
        the vectors are wanted for themselves, set it to False.
    shared_embeddings : list of tuple, default=None
        Groups of columns, by name or position, that share one table, because they hold
        the same things: ``[("origin", "dest")]``. A group has one vocabulary; each
        column has its own place in the network, and its own counts and effects.
    embedding_dim : "auto", int, dict or callable, default="auto"
        Dimensions of a category's vector: one number for all columns, a number
        by column name, or a function of the number of levels. "auto" is
        ``min(16, round(1.6 * n_levels ** 0.56))`` and less than n_levels.
    embedding_init : dict of DataFrame, default=None
        Vectors from elsewhere, by column name: the index of a frame holds categories, its
        columns are dimensions, and `embedding_dim` of the column is their number. Such are
        `embeddings_` of another estimator, or word vectors, in any unit. The vectors of a
        column are drawn to those given, so that a rare category stays close to its own. A
        category without one starts at their mean, as the unknown vector does. A category
        of a frame that is in no training row keeps its vector.
    freeze_embeddings : bool or list of str, default=False
        Whether the vectors of `embedding_init` stay as they are, or the columns whose do.
    min_frequency : int or float, default=None
        Categories in fewer training rows (int), or in a smaller fraction of them
        (float), get the infrequent vector, which they have in common.
    max_categories : int, default=None
        Largest number of vectors per column, the infrequent one included.
    handle_unknown : {"ignore", "warn", "error"}, default="ignore"
        What prediction does with a category that no training row holds. "ignore"
        gives it the unknown vector; "warn" does so with a warning that names columns
        and values; "error" raises ValueError before anything is predicted. A missing
        cell counts as unknown if the column had none in training, as in
        `sklearn.preprocessing.OrdinalEncoder`. In `fit` nothing is raised. It may be
        changed after `fit`, with `set_params`.
    hidden_layer_sizes : int or array-like of int, default=(256, 128)
        Widths of the dense layers.
    activation : {"identity", "logistic", "tanh", "relu", "selu", "silu", "mish"}, default="silu"
        Activation function of the dense layers.
    dropout : float, default=0.1
        Probability with which a hidden unit is zeroed in training.
    embedding_dropout : float, default=0.1
        Probability of category masking: in training, the category of a cell is
        masked, and the unknown vector stands in its place. This is how the unknown
        vector is learned; with 0 it is the mean of the column's vectors.
    weight_decay : float, default=0.3
        Decay of the dense layers' weights, decoupled from the gradient (AdamW). It
        is multiplied by the dispersion that the network leaves, such as the residual
        variance over that of the target, where that is below 1; with classes it is
        1. The vectors have their prior instead.
    batch_size : int or "auto", default="auto"
        Rows per step. "auto" is the power of two nearest to
        ``sqrt(2 * n_samples)``, from 16 to 1024.
    learning_rate_init : float, default=0.003
        Highest learning rate. It is reached after 5 % of all steps, then lowered to
        0 along a cosine. Vectors learn at three times the rate.
    max_iter : int or "auto", default="auto"
        Number of epochs. "auto" trains for ``30 * (2000 / n_samples) ** 0.25`` epochs
        if the target is all noise, and for up to twice as many the less noise
        there is: their number is as the inverse root of what the network leaves of
        the target's variance. `n_iter_` says how many there were.
    early_stopping : bool or "auto", default="auto"
        Whether training stops when the validation loss ceases to fall, and the
        epoch where it was lowest is restored. True holds out a random part of the
        rows if there is no `X_val`; "auto" validates on `X_val` if there is one and
        else trains on all rows, as the prior keeps late epochs from overfitting.
    validation_fraction : float, default=0.1
        Fraction of the rows to hold out.
    n_iter_no_change : int, default=10
        Epochs without an improvement by `tol` after which training stops.
    tol : float, default=0
        Improvement of the validation loss that counts.
    warm_start : bool, default=False
        Whether `fit` continues from the weights learned before, for `max_iter`
        more epochs. Vocabularies, scales and ordered target encodings are kept; a new
        category is unknown, where `partial_fit` learns it.
    callbacks : list of skorch callbacks, default=None
        Callbacks that run during training, on copies. A
        `skorch.callbacks.LRScheduler` replaces the cosine, and a
        `skorch.callbacks.EarlyStopping` ends training. A KeyboardInterrupt from any
        other one is that of the user: it ends `fit`.
    device : str, default="auto"
        Where to train: "cpu", "cuda", "mps"; "auto" takes the best there is.
    verbose : int, default=0
        1 shows a progress bar over epochs with the losses.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, the order of rows, held-out rows and what training
        draws. torch's global state is not touched, NumPy's only if this is None: then
        the seed is drawn from it.

    Attributes
    ----------
    embeddings_ : dict of DataFrame
        By column name: a row per category in the data, a column per dimension. The
        dimensions are the network's own, which are arbitrary;
        `EntityEmbeddingEncoder` gives axes that mean something.
    special_embeddings_ : dict of DataFrame
        By column name: the vectors for "unknown" (a value never seen), "missing"
        and "infrequent". Those of the latter two are the unknown vector if
        training had no such row.
    categories_ : dict of ndarray
        The sorted categories, by column name.
    embedding_dims_ : dict of int
        Dimensions of the vectors, by column name.
    history_ : DataFrame
        Losses (mean over rows), learning rate at its end, and seconds of each epoch.
    n_iter_ : int
        Epochs that have run.
    best_iter_ : int
        The epoch whose weights are kept.
    state_ : FittedNetwork
        All that `fit` has learned, in one frozen record.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns of X; only if it had any.

    See Also
    --------
    EntityEmbeddingRegressor : The same for continuous targets.
    EntityEmbeddingEncoder : The vectors as features for another model.

    References
    ----------
    C. Guo and F. Berkhahn, "Entity Embeddings of Categorical Variables", 2016,
    arXiv:1604.06737.
    L. Prokhorenkova et al., "CatBoost: unbiased boosting with categorical
    features", NeurIPS 2018, section 3.2.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingClassifier
    >>> X = pd.DataFrame({"fruit": ["fig", "kiwi", "lime"] * 50, "grams": range(150)})
    >>> y = X["fruit"].map({"fig": "sweet", "kiwi": "sweet", "lime": "sour"})
    >>> model = EntityEmbeddingClassifier(random_state=0).fit(X, y)
    >>> model.predict(X[:3]).tolist()
    ['sweet', 'sweet', 'sour']
    """

    _parameter_constraints = {
        **BaseEntityEmbedding._parameter_constraints,
        "loss": [StrOptions({"log_loss"})],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "ordered_target_encoding": ["boolean"],
    }

    def __init__(
        self,
        *,
        loss: str = "log_loss",
        class_weight: Any = None,
        categorical_features: Any = "from_dtype",
        ordered_target_encoding: bool = True,
        shared_embeddings: Any = None,
        embedding_dim: Any = "auto",
        embedding_init: dict[str, Any] | None = None,
        freeze_embeddings: Any = False,
        min_frequency: float | None = None,
        max_categories: int | None = None,
        handle_unknown: str = "ignore",
        hidden_layer_sizes: Any = (256, 128),
        activation: str = "silu",
        dropout: float = 0.1,
        embedding_dropout: float = 0.1,
        weight_decay: float = 0.3,
        batch_size: int | str = "auto",
        learning_rate_init: float = 3e-3,
        max_iter: int | str = "auto",
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 0.0,
        warm_start: bool = False,
        callbacks: list[Any] | None = None,
        device: str = "auto",
        verbose: int = 0,
        random_state: Any = None,
    ):
        self.loss = loss
        self.class_weight = class_weight
        self.categorical_features = categorical_features
        self.ordered_target_encoding = ordered_target_encoding
        self.shared_embeddings = shared_embeddings
        self.embedding_dim = embedding_dim
        self.embedding_init = embedding_init
        self.freeze_embeddings = freeze_embeddings
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.handle_unknown = handle_unknown
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

    def _check_target(self, y: TargetLike, n_samples: int) -> np.ndarray:
        return check_classification_target(y, n_samples)

    def _row_weight(self, y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray | None:
        return balanced_weight(self.class_weight, y, sample_weight)

    def _strata(self, y: np.ndarray) -> np.ndarray:
        return y

    def _learn_target(
        self, y: np.ndarray, sample_weight: np.ndarray | None, classes: TargetLike = None
    ) -> ClassificationTarget:
        return ClassificationTarget.learn(y, sample_weight, classes)

    def _learn_encoding(
        self, coder: TableCoder, target: ClassificationTarget, training: Examples
    ) -> OrderedTargetEncoding:
        if not self.ordered_target_encoding or target.n_outputs > 1:
            return OrderedTargetEncoding.none()
        singles = coder.categorical[: training.coded.categorical.shape[1]]
        n_rows = [column.vocabulary.n_rows for column in singles]
        return OrderedTargetEncoding.learn(training, n_rows)

    def _summarise_target(self) -> ClassificationSummary:
        return ClassificationSummary()

    def _class_factors(
        self, summary: ClassificationSummary
    ) -> tuple[np.ndarray, np.ndarray | None]:
        classes = summary.classes
        return classes, class_factors(self.class_weight, classes, summary.n_rows)

    def _check_further_target(
        self, y: TargetLike, n_samples: int, target: ClassificationTarget
    ) -> np.ndarray:
        y = check_classification_target(y, n_samples)
        other = np.setdiff1d(y, target.classes)
        if len(other):
            raise ValueError(
                f"The class {shown(other.tolist()[0])} is not among those learned: "
                f"{listed(target.classes.tolist())}."
            )
        return y

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: TableLike,
        y: TargetLike,
        sample_weight: TargetLike = None,
        *,
        classes: TargetLike = None,
        only_new: bool = False,
    ) -> Self:
        """Learn from further rows, which may hold new categories.

        The first call is `fit`. What was learned before is the prior of a further call, so
        that it is kept where these rows do not speak against it. A new category starts at
        the vector it had so far, the unknown one, and gets a row behind those that there
        are. Numbers keep their scale, and `fit` starts afresh.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Further rows, with the columns of the first call.
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
        classes : array-like of shape (n_classes,), default=None
            All classes to expect, for the first call; without them, those of its rows.
            Later calls need none.
        only_new : bool, default=False
            Whether to learn the vectors of new categories only. All others, and every
            prediction for a row without a new category, stay the same, bit for bit. There is
            no training, so that it takes milliseconds.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            As `fit`, and for columns, dtypes or classes other than those of the first call.
            What was learned before stays, as it does if the user interrupts.

        References
        ----------
        C. V. Nguyen et al., "Variational continual learning", ICLR 2018.
        """
        return self._partial_fit(X, y, sample_weight, only_new=only_new, classes=classes)

    @property
    def classes_(self) -> np.ndarray:
        """ndarray of shape (n_classes,): the classes, sorted."""
        check_is_fitted(self)
        return self.state_.target.classes

    def decision_function(self, X: TableLike) -> np.ndarray:
        """Return the log-odds of the second class, or a score per class.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples,) or (n_samples, n_classes)

        Raises
        ------
        ValueError
            For a value that no training row holds, with ``handle_unknown="error"``.
        """
        output = self._output(X)
        return self.state_.target.scores(output)

    def predict_proba(self, X: TableLike) -> np.ndarray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples, n_classes)
            In the order of `classes_`.

        Raises
        ------
        ValueError
            For a value that no training row holds, with ``handle_unknown="error"``.
        """
        output = self._output(X)
        return self.state_.target.probabilities(output)

    def predict_log_proba(self, X: TableLike) -> np.ndarray:
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        return np.log(self.predict_proba(X))

    def predict(self, X: TableLike) -> np.ndarray:
        """Predict the most probable class.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
