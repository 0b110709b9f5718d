"""`EntityEmbeddingRegressor`: hooks for continuous targets."""

from numbers import Real

from sklearn.base import RegressorMixin

from ._base import BaseEntityEmbedding, Interval, StrOptions
from ._target import LOG_LINK, RegressionTarget, check_regression_target


class EntityEmbeddingRegressor(RegressorMixin, BaseEntityEmbedding):
    """TODO"""

    _parameter_constraints = {
        **BaseEntityEmbedding._parameter_constraints,
        "loss": [
            StrOptions(
                {"squared_error", "absolute_error", "huber", "poisson", "gamma", "quantile"}
            )
        ],
        "quantile": [Interval(Real, 0, 1, closed="neither"), None],
    }

    def __init__(
        self,
        *,
        loss="squared_error",
        quantile=None,
        categorical_features="from_dtype",
        embedding_dim="auto",
        min_frequency=None,
        max_categories=None,
        hidden_layer_sizes=(256, 128),
        activation="relu",
        dropout=0.0,
        embedding_dropout=0.05,
        weight_decay=1e-2,
        batch_size="auto",
        learning_rate_init=1e-3,
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
        if self.loss == "quantile" and self.quantile is None:
            raise ValueError("loss='quantile' needs quantile=, such as quantile=0.9.")
        return check_regression_target(y, n_samples, self.loss)

    def _learn_target(self, y, sample_weight):
        return RegressionTarget.learn(y, sample_weight, self.loss)

    def _check_validation_target(self, y, n_samples, target):
        y = check_regression_target(y, n_samples, self.loss)
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        if n_outputs != target.n_outputs:
            raise ValueError(f"y_val has {n_outputs} output(s), y has {target.n_outputs}.")
        return y

    def _unit(self):
        return self._target.offset, self._target.scale, self.loss in LOG_LINK

    def predict(self, X):
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
        return self._target.decode(output)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
