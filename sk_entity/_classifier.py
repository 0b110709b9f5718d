"""`EntityEmbeddingClassifier`: hooks for classes."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from ._base import BaseEntityEmbedding, StrOptions
from ._target import (
    ClassificationTarget,
    balanced_weight,
    check_classification_target,
)


class EntityEmbeddingClassifier(ClassifierMixin, BaseEntityEmbedding):
    """TODO"""

    _parameter_constraints = {
        **BaseEntityEmbedding._parameter_constraints,
        "loss": [StrOptions({"log_loss"})],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(
        self,
        *,
        loss="log_loss",
        class_weight=None,
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
        self.class_weight = class_weight
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
        return check_classification_target(y, n_samples)

    def _row_weight(self, y, sample_weight):
        return balanced_weight(self.class_weight, y, sample_weight)

    def _strata(self, y):
        return y

    def _learn_target(self, y, sample_weight):
        return ClassificationTarget.learn(y, sample_weight)

    def _check_validation_target(self, y, n_samples, target):
        y = check_classification_target(y, n_samples)
        other = np.setdiff1d(y, target.classes)
        if len(other):
            raise ValueError(
                f"y_val holds the class {other[0]!r}, which y does not: {target.classes.tolist()}."
            )
        return y

    def _unit(self):
        ones = np.ones(self._target.n_outputs, dtype=np.float32)
        return 0 * ones, ones, False

    @property
    def classes_(self):
        """ndarray of shape (n_classes,): the classes, sorted."""
        check_is_fitted(self)
        return self._target.classes

    def decision_function(self, X):
        """Log-odds of the second class, or a score per class.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples,) or (n_samples, n_classes)
        """
        output = self._output(X)
        return self._target.scores(output)

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        output = self._output(X)
        return self._target.probabilities(output)

    def predict_log_proba(self, X):
        """Logarithm of `predict_proba`."""
        return np.log(self.predict_proba(X))

    def predict(self, X):
        """The most probable class.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
