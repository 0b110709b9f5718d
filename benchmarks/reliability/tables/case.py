"""This module fits the estimators of a random table, for the invariants to look at."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .judging import call, outputs
from .random_tables import RandomTable


@dataclass
class Case:
    """A random table and what was fitted to it.

    Attributes
    ----------
    table : RandomTable
    network, encoder : estimator
        Fitted to the pandas table.
    encoded : ndarray
        What `fit_transform` of the encoder has returned.
    """

    table: RandomTable
    network: Any
    encoder: Any
    encoded: np.ndarray

    @classmethod
    def fit(cls, table):
        """Fit both estimators.

        Parameters
        ----------
        table : RandomTable

        Returns
        -------
        Case

        Raises
        ------
        judging.Refused
            If there is nothing to learn, such as from one row.
        """
        network = call(table.network().fit, table.X, table.y, sample_weight=table.weight)
        encoder = table.encoder()
        encoded = call(encoder.fit_transform, table.X, table.y, sample_weight=table.weight)
        return cls(table, network, encoder, encoded)

    @property
    def models(self):
        """The fitted estimators by name."""
        return {"network": self.network, "encoder": self.encoder}

    @cached_property
    def expected(self):
        """By model: outputs for the rows learned from, and for the new ones."""
        X, new = self.table.X, self.table.new
        return {name: (outputs(m, X), outputs(m, new)) for name, m in self.models.items()}

    @property
    def learns_all_rows(self):
        """Whether each row is a training row."""
        weight = self.table.weight
        return self.network.early_stopping is not True and (weight is None or weight.all())

    @property
    def training_rows(self):
        """Rows that surely are training rows; none if some are held out at random."""
        weight = np.ones(len(self.table.y)) if self.table.weight is None else self.table.weight
        return np.flatnonzero(weight * (self.network.early_stopping is not True))

    @property
    def rng(self):
        """A generator for what an invariant draws."""
        return np.random.default_rng(self.table.plan.seed)
