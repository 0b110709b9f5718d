"""A continuous target is brought to the unit of the network's output, and back."""

from dataclasses import dataclass

import numpy as np

from .responses import NumberResponses

# Squares of float32 have no room for more.
LARGEST_CODED = 1e18


@dataclass(frozen=True)
class RegressionTarget:
    """The unit of the network's output for a continuous target.

    Identity link: ``y = offset + scale * output``. Log link:
    ``y = scale * exp(output)``, where scale is the mean of y.

    Attributes
    ----------
    link : {"identity", "log"}
        That of the loss.
    offset, scale : ndarray of shape (n_outputs,)
        In the unit of y.
    one_dimensional : bool
        Whether y was of shape (n_samples,).
    """

    link: str
    offset: np.ndarray
    scale: np.ndarray
    one_dimensional: bool

    @classmethod
    def learn(cls, y, sample_weight, link):
        """Learn the unit from all rows; refuse a target that does not vary.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Finite numbers.
        sample_weight : ndarray of shape (n_samples,) or None
        link : {"identity", "log"}
        """
        _refuse_constant(y if sample_weight is None else y[sample_weight > 0])
        columns = y.reshape(len(y), -1)
        mean = np.average(columns, axis=0, weights=sample_weight)
        if link == "log":
            _refuse_tiny(mean)
            return cls(link, np.zeros_like(mean), mean, y.ndim == 1)
        if sample_weight is not None and not sample_weight.all():
            columns, sample_weight = columns[sample_weight > 0], sample_weight[sample_weight > 0]
        # Divided by the largest first, no square leaves the range of a float.
        largest = np.abs(columns - mean).max(axis=0)
        square = np.average(((columns - mean) / largest) ** 2, axis=0, weights=sample_weight)
        deviation = largest * np.sqrt(square)
        _refuse_tiny(deviation)
        return cls(link, mean, deviation, y.ndim == 1)

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the network."""
        return len(self.scale)

    @property
    def initial_output(self) -> np.ndarray:
        """Output before training, (n_outputs,): the mean of y."""
        return np.zeros(self.n_outputs, dtype=np.float32)

    def code(self, y: np.ndarray) -> np.ndarray:
        """Bring the target to the network's unit, float32 of shape (n_samples, n_outputs).

        Raises
        ------
        ValueError
            For a value too far from those that the unit was learned from.
        """
        with np.errstate(over="ignore"):
            coded = (y.reshape(len(y), -1) - self.offset) / self.scale
        if max(coded.max(initial=0), -coded.min(initial=0)) > LARGEST_CODED:
            value = y.reshape(coded.shape).flat[np.abs(coded).argmax()]
            raise ValueError(
                f"y holds {value:g}, which is more than {LARGEST_CODED:g} times as far off as what "
                "its unit was learned from, the first rows by their weights. Correct or drop the "
                "row, or fit anew to all rows."
            )
        return coded.astype(np.float32)

    def working_response(self, coded: np.ndarray) -> NumberResponses:
        """Linearise the link at the mean: the output that each row asks for, to first order.

        Parameters
        ----------
        coded : ndarray of float32, shape (n_samples, n_outputs)

        Returns
        -------
        NumberResponses
            Up to a constant.
        """
        return NumberResponses(coded)  # with the log link too, as the coded target has the mean 1

    @property
    def working_unit(self) -> np.ndarray:
        """What one unit of the working response is in y, or with a log link relative to y."""
        return self.scale if self.link == "identity" else np.ones_like(self.scale)

    def decode(self, output: np.ndarray) -> np.ndarray:
        """Return predictions in the unit of y from outputs of shape (n_samples, n_outputs)."""
        if self.link == "log":
            output = np.exp(output)
        y = self.offset + self.scale * output
        return y[:, 0] if self.one_dimensional else y


def named_outputs(y: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return the outputs of a target one by one, each with its name for messages."""
    return [("y", y)] if y.ndim == 1 else [(f"y[:, {j}]", c) for j, c in enumerate(y.T)]


def _refuse_tiny(unit):
    least = np.abs(unit).min()
    if least < np.finfo(np.float64).tiny:
        raise ValueError(
            f"y is too small or varies too little ({least:g}) for the precision of floats. "
            "Multiply it by a large number."
        )


def _refuse_constant(y):
    for name, column in named_outputs(y):
        if (column == column[0]).all():
            raise ValueError(
                f"{name} is constant ({column[0]:g} in all {len(column)} rows of positive "
                "weight): there is nothing to learn. Check that the right column was chosen."
            )
