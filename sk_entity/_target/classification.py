"""Classes are coded for the network, and its outputs become probabilities."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit, softmax

from .._shown import listed, shown
from .responses import ClassResponses, NumberResponses


@dataclass(frozen=True)
class ClassificationTarget:
    """Classes and their frequencies.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    frequency : ndarray of shape (n_classes,)
        Weighted relative frequency of each.
    """

    classes: np.ndarray
    frequency: np.ndarray

    link: ClassVar[str] = "logit"
    offset: ClassVar[float] = 0.0
    scale: ClassVar[float] = 1.0

    @classmethod
    def learn(cls, y, sample_weight, classes=None):
        """Count the classes of all rows of positive weight; refuse a single one.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
            Labels, none of them missing.
        sample_weight : ndarray of shape (n_samples,) or None
        classes : array-like of shape (n_classes,) or None
            Classes to expect. One that no row holds counts as half a row.
        """
        if sample_weight is not None:
            y, sample_weight = y[sample_weight > 0], sample_weight[sample_weight > 0]
        found, index = np.unique(y, return_inverse=True)
        if classes is None:
            classes, place = found, np.arange(len(found))
        else:
            classes = np.unique(np.asarray(classes))
            _refuse_undeclared(found, classes)
            place = np.searchsorted(classes, found)
        if len(classes) < 2:
            raise ValueError(
                f"y holds one class only, {listed(classes.tolist())}, among the rows of positive "
                "weight. A classifier needs at least 2 classes."
            )
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        count = np.full(len(classes), weight.mean() / 2)
        count[place] = np.bincount(index, weights=weight)
        frequency = count / count.sum()
        if frequency.max() == 1 or frequency.min() == 0:
            least = classes.tolist()[frequency.argmin()]
            raise ValueError(
                f"Class {shown(least)} has {frequency.min():g} of the weight of all rows, which is "
                "nothing within the precision of floats. Leave its rows out, or give them more "
                "weight (sample_weight, class_weight)."
            )
        return cls(classes, frequency)

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the network: one log-odds, or a score per class."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    @property
    def initial_output(self) -> np.ndarray:
        """Output before training, (n_outputs,): the classes' log-frequencies."""
        log = np.log(self.frequency).astype(np.float32)
        return log[1:] - log[:1] if self.n_outputs == 1 else log

    def code(self, y: np.ndarray) -> np.ndarray:
        """Find the position of each row's class, int64 of shape (n_samples,)."""
        return np.searchsorted(self.classes, y)

    def working_response(self, coded: np.ndarray) -> NumberResponses | ClassResponses:
        """Linearise the link at the frequencies: the log-odds that each row asks for.

        Parameters
        ----------
        coded : ndarray of int64, shape (n_samples,)

        Returns
        -------
        NumberResponses or ClassResponses
            To first order, up to a constant.
        """
        if self.n_outputs > 1:
            return ClassResponses(coded, 1 / self.working_unit)
        return NumberResponses((coded[:, None] == 1) / self.working_unit)

    @property
    def working_unit(self) -> np.ndarray:
        """What one unit of the working response is in probability, (n_outputs,)."""
        frequency = self.frequency[-self.n_outputs :]
        return frequency * (1 - frequency)

    def scores(self, output: np.ndarray) -> np.ndarray:
        """Return scores: (n_samples,) for two classes, else (n_samples, n_classes)."""
        return output[:, 0] if self.n_outputs == 1 else output

    def probabilities(self, output: np.ndarray) -> np.ndarray:
        """Return probabilities of shape (n_samples, n_classes)."""
        if self.n_outputs == 1:
            positive = expit(output)
            return np.hstack([1 - positive, positive])
        return softmax(output, axis=1)


def _refuse_undeclared(found, classes):
    other = np.setdiff1d(found, classes)
    if len(other):
        raise ValueError(
            f"y holds the class {shown(other.tolist()[0])}, which is not among classes="
            f"{listed(classes.tolist())}. The first call of partial_fit must declare all classes "
            "to expect."
        )
