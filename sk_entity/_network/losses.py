"""The losses: a class for each, which knows its link, the domain of y and its parameters.

A loss reads the output of the network, (n, n_outputs), in the unit of the
target: with the identity link it is the target, with the log link the logarithm
of the target over its mean, with the logit link the log-odds of classes.

A loss is a negative log-likelihood up to its dispersion, which is the mean of its
residuals: the residual variance for the squared error, Pearson's statistic for
counts. Divided by it, the loss has the unit of the divergence from the prior, and
the two can be added. Classes have a dispersion of 1; their residuals, the Brier
scores, say only how much noise there is.

To add a loss, write its class here and describe it in the docstring of the
estimator. Tensors bring the methods that a loss needs; torch is imported inside
functions only, so that links and domains can be read without it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from .._shown import shown

if TYPE_CHECKING:
    from torch import Tensor

# So that a row that is predicted almost surely asks for no endless step.
LEAST_CURVATURE = 1e-6


@dataclass(frozen=True)
class Loss(ABC):
    """A loss per row. The fields of a subclass are its parameters, by the estimator's names.

    Attributes
    ----------
    name : str
    link : {"identity", "log", "logit"}
    domain : {"real", "non-negative", "positive"}
        Targets that can be learned; a property where it depends on a parameter.
    has_dispersion : bool
        Whether the loss is a log-likelihood only once it is divided by its dispersion.
    for_zeros : str
        What to use instead where the domain is positive and the target can be 0.
    """

    name: ClassVar[str]
    link: ClassVar[str] = "identity"
    domain: ClassVar[Any] = "real"
    has_dispersion: ClassVar[bool] = True
    for_zeros: ClassVar[str] = ""

    @abstractmethod
    def value(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each row, (n,): the mean over the outputs."""

    @abstractmethod
    def gradient(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the gradient of each row's loss by its outputs, (n, n_outputs)."""

    @abstractmethod
    def residual(self, output: Tensor, target: Tensor) -> Tensor:
        """Return what is left of the variance of each row, (n,), in the unit of the loss."""

    def curvature(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the expected second derivative of each row's loss by its outputs, (n, n_outputs).

        Of a log-likelihood it is the mean square of the gradient, over the dispersion; that
        serves where the second derivative itself is 0 or not there.
        """
        square = self.gradient(output, target).square_().mean()
        mean = square * output.shape[1] / self.residual(output, target).mean()
        return mean.expand(output.shape)

    def least_squares(
        self, output: Tensor, target: Tensor, jacobian: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Write the loss around the outputs as half a sum of squares (Gauss and Newton).

        If the outputs move by ``jacobian @ step``, a row's loss changes by half the square of
        ``residual + jacobian @ step``, with what is returned; its first derivative is exact.

        Parameters
        ----------
        output, target : Tensor
        jacobian : Tensor of shape (n, n_outputs, n_parameters)

        Returns
        -------
        residual : Tensor of shape (n, n_outputs)
        jacobian : Tensor of shape (n, n_outputs, n_parameters)
        """
        root = self.curvature(output, target).clamp(min=LEAST_CURVATURE).sqrt()
        return self.gradient(output, target) / root, jacobian * root.unsqueeze(2)

    def check_domain(self, name: str, y: Any) -> None:
        """Refuse a target that is too low.

        Parameters
        ----------
        name : str
            That of the target, for the message.
        y : ndarray of shape (n_samples,)

        Raises
        ------
        ValueError
            Naming value, row and the way out.
        """
        lowest = y.min()
        positive = self.domain == "positive"
        if self.domain == "real" or lowest > 0 or (lowest == 0 and not positive):
            return
        way_out = "Use loss='squared_error' for values that can be negative."
        if lowest == 0:
            way_out = f"Use {self.for_zeros} for values that can be 0, or loss='squared_error'."
        raise ValueError(
            f"loss={shown(self.name)} needs y {'>' if positive else '>='} 0; {name} holds "
            f"{lowest:g} in row {int(y.argmin())}. {way_out}"
        )


class SquaredError(Loss):
    """Half the squared error; the mean is learned."""

    name = "squared_error"

    def value(self, output, target):
        return (output - target).square().mean(dim=1) / 2

    def gradient(self, output, target):
        return (output - target).div_(output.shape[1])

    def residual(self, output, target):
        return 2 * self.value(output, target)

    def curvature(self, output, target):
        return output.new_ones(()).div(output.shape[1]).expand(output.shape)


class AbsoluteError(Loss):
    """Absolute error; the median is learned."""

    name = "absolute_error"

    def value(self, output, target):
        return (output - target).abs().mean(dim=1)

    def gradient(self, output, target):
        return (output - target).sign_().div_(output.shape[1])

    def residual(self, output, target):
        return self.value(output, target)


class Huber(Loss):
    """Half the squared error below one standard deviation of y, absolute above."""

    name = "huber"

    def value(self, output, target):
        from torch.nn import functional as F

        return F.huber_loss(output, target, reduction="none").mean(dim=1)

    def gradient(self, output, target):
        return (output - target).clamp_(-1, 1).div_(output.shape[1])

    def residual(self, output, target):
        return 2 * self.value(output, target)


@dataclass(frozen=True)
class Quantile(Loss):
    """Pinball loss; a quantile is learned."""

    name = "quantile"
    quantile: float

    def __post_init__(self):
        if self.quantile is None:
            raise ValueError("loss='quantile' needs quantile=, such as quantile=0.9.")

    def value(self, output, target):
        error = target - output
        return (error * self.quantile).maximum(error * (self.quantile - 1)).mean(dim=1)

    def gradient(self, output, target):
        above = (output > target).to(output.dtype)
        return above.sub_(self.quantile).div_(output.shape[1])

    def residual(self, output, target):
        return self.value(output, target)


class Poisson(Loss):
    """Negative Poisson log-likelihood without its constant, for counts and rates."""

    name = "poisson"
    link = "log"
    domain = "non-negative"

    def value(self, output, target):
        return (output.exp() - target * output).mean(dim=1)

    def gradient(self, output, target):
        return (output.exp() - target).div_(output.shape[1])

    def residual(self, output, target):
        return _pearson(output, target, power=1)

    def curvature(self, output, target):
        return _expected_curvature(output, power=1)


class Gamma(Loss):
    """Negative gamma log-likelihood without its constant, for positive and skewed targets."""

    name = "gamma"
    link = "log"
    domain = "positive"
    for_zeros = "loss='poisson'"

    def value(self, output, target):
        return (output + target * (-output).exp()).mean(dim=1)

    def gradient(self, output, target):
        return (1 - target * (-output).exp()).div_(output.shape[1])

    def residual(self, output, target):
        return _pearson(output, target, power=2)

    def curvature(self, output, target):
        return _expected_curvature(output, power=2)


@dataclass(frozen=True)
class Tweedie(Loss):
    """Negative Tweedie log-likelihood without its constant.

    The variance is proportional to the mean to this power: 1 is Poisson, 2 is
    gamma, 3 inverse Gaussian; in between 1 and 2 the target is often exactly 0 and
    else positive and skewed, such as the sum of claims (Jørgensen 1987).
    """

    name = "tweedie"
    link = "log"
    for_zeros = "a power below 2"
    power: float

    @property
    def domain(self):
        return "non-negative" if self.power < 2 else "positive"

    def value(self, output, target):
        if self.power == 1:
            return Poisson().value(output, target)
        if self.power == 2:
            return Gamma().value(output, target)
        of_mean = ((2 - self.power) * output).exp() / (2 - self.power)
        of_target = ((1 - self.power) * output).exp() / (1 - self.power)
        return (of_mean - target * of_target).mean(dim=1)

    def gradient(self, output, target):
        of_mean, of_target = ((2 - self.power) * output).exp(), ((1 - self.power) * output).exp()
        return (of_mean - target * of_target).div_(output.shape[1])

    def residual(self, output, target):
        return _pearson(output, target, self.power)

    def curvature(self, output, target):
        return _expected_curvature(output, self.power)


class LogLoss(Loss):
    """Cross-entropy of one log-odds or of a score per class."""

    name = "log_loss"
    link = "logit"
    has_dispersion = False

    def value(self, output, target):
        from torch.nn import functional as F

        if output.shape[1] == 1:
            return F.binary_cross_entropy_with_logits(
                output[:, 0], target.to(output.dtype), reduction="none"
            )
        return F.cross_entropy(output, target, reduction="none")

    def gradient(self, output, target):
        from torch.nn import functional as F

        if output.shape[1] == 1:
            return output.sigmoid() - target.unsqueeze(1)
        return output.softmax(dim=1) - F.one_hot(target, output.shape[1])

    def residual(self, output, target):
        return self.gradient(output, target).square_().sum(dim=1)

    def curvature(self, output, target):
        """Of one log-odds; that of several scores is no number for each, see `least_squares`."""
        probability = output.sigmoid()
        return probability * (1 - probability)

    def least_squares(self, output, target, jacobian):
        if output.shape[1] == 1:
            return super().least_squares(output, target, jacobian)
        # The second derivative is diag(p) - p p', which has the root diag(√p) - p √p'.
        probability = output.softmax(dim=1).clamp(min=LEAST_CURVATURE)
        probability /= probability.sum(dim=1, keepdim=True)
        root = probability.sqrt()
        jacobian = (jacobian - probability.unsqueeze(1) @ jacobian).mul_(root.unsqueeze(2))
        residual = output.new_zeros(output.shape)
        own = root.gather(1, target.unsqueeze(1))
        return residual.scatter_(1, target.unsqueeze(1), -1 / own), jacobian


def _expected_curvature(output, power):
    return ((2 - power) * output).exp().div_(output.shape[1])


def _pearson(output, target, power):
    mean = output.exp()
    return ((target - mean).square() / mean**power).mean(dim=1)


LOSSES: dict[str, type[Loss]] = {
    loss.name: loss
    for loss in (
        SquaredError,
        AbsoluteError,
        Huber,
        Quantile,
        Poisson,
        Gamma,
        Tweedie,
        LogLoss,
    )
}
REGRESSION_LOSSES = {name for name, loss in LOSSES.items() if loss.link != "logit"}


def make_loss(name: str, parameters: Any) -> Loss:
    """Make the loss of this name.

    Parameters
    ----------
    name : str
    parameters : object
        Has the parameters of the loss as attributes, such as ``quantile``.
    """
    loss = LOSSES[name]
    return loss(**{field.name: getattr(parameters, field.name) for field in fields(loss)})
