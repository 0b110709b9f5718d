"""How much of a training is done, and how long it is to last."""

import math


class Clock:
    """Counts the steps of a training, whose length may follow the noise.

    The less noise there is, the more an epoch has to tell: between `least` and `most`,
    the number of epochs is as the inverse root of the noise. It is decided anew before
    each epoch, so that the clock runs faster or slower, but never back.

    Parameters
    ----------
    least, most : int
        Epochs.
    steps_per_epoch : int

    Attributes
    ----------
    done : float
        Part of the training that is over, with the current step.
    """

    def __init__(self, least: int, most: int, steps_per_epoch: int):
        self.least, self.most = least, most
        self.steps_per_epoch = steps_per_epoch
        self.done = 0.0
        self.per_step = 0.0
        self.n_left = most

    def begin_epoch(self, noise: float) -> None:
        """Set the pace of an epoch.

        Parameters
        ----------
        noise : float
            What the network leaves of the target's variance, 1 at first.
        """
        wanted = self.least / math.sqrt(max(noise, 1e-9))
        n_epochs = min(self.most, max(self.least, wanted))
        left = 1 - self.done
        self.n_left = max(1, round(left * n_epochs))
        # One more than there are, so that the last step still moves.
        self.per_step = left / (self.n_left * self.steps_per_epoch + 1)

    def tick(self) -> None:
        """Count a step."""
        self.done += self.per_step

    def end_epoch(self) -> None:
        """Count an epoch."""
        self.n_left -= 1

    @property
    def is_over(self) -> bool:
        """Whether no epoch is left."""
        return self.n_left == 0
