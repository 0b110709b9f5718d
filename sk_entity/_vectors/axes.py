"""Axes of the vectors that are the same whatever the seed.

A network does not fix the axes of its tables: any invertible map of a table is
undone by its inverse in the first layer, and the outputs stay what they are.
What is fixed is what a vector does to the outputs. So a category is described
by its linearised response: by how much it moves each output, to first order, on
each row of a background sample. The axes are the principal components of the
linearised responses (of what is left of them once the categories' own effects
are known), and as any network has such responses on the same rows, vectors of
any network can be measured along them.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

# Relative to the largest response, and absolute: what a column does less is rounding.
SMALLEST_RELATIVE_SIZE, SMALLEST_SIZE = 1e-5, 1e-8
# Relative to the largest: in which direction effects differ less, they do so by rounding (float32).
EFFECT_ROUNDING = 1e-6


@dataclass(frozen=True)
class Axes:
    """Directions among the linearised responses of one column, the largest first.

    Attributes
    ----------
    directions : ndarray of shape (n_background * n_outputs, n_axes)
        Orthonormal. Along each, the last output rises, on average over the
        background sample.
    sizes : ndarray of shape (n_axes,)
        Standard deviation of the categories along each, once their own effects
        are known, over all training rows.
    """

    directions: np.ndarray
    sizes: np.ndarray

    @classmethod
    def find(cls, column: "LinearisedColumn", effects: np.ndarray) -> Self:
        """Find the principal components of linearised responses.

        Parameters
        ----------
        column : LinearisedColumn
        effects : ndarray of shape (n_rows, n_outputs)
            Of the same rows; what they explain is no part of an axis.
        """
        frequency = column.frequency[:, None]
        own = effects - column.frequency @ effects
        # What the effects explain of the responses they explain of the vectors: a response is
        # linear in its vector. So no matrix has a row and a column per output.
        root = np.sqrt(frequency)
        explained, *_ = np.linalg.lstsq(root * own, root * column.centered, rcond=EFFECT_ROUNDING)
        left = column.centered - own @ explained
        # The components of left @ gradients.T, by way of matrices no wider than a vector.
        gradients = column.gradients
        gram, covariance = gradients.T @ gradients, left.T @ (frequency * left)
        values, rotation = np.linalg.eigh(gram)
        root = (rotation * np.sqrt(np.maximum(values, 0))) @ rotation.T
        squares, components = np.linalg.eigh(root @ covariance @ root)
        squares, components = squares[::-1], components[:, ::-1]
        sizes = np.sqrt(np.maximum(squares, 0))
        largest = max(sizes.max(initial=0), np.abs(own).max(initial=0))
        found = sizes > max(SMALLEST_SIZE, SMALLEST_RELATIVE_SIZE * largest)
        directions = gradients @ (covariance @ root @ components[:, found] / squares[found])
        n_outputs = effects.shape[1]
        sign = np.where(directions[n_outputs - 1 :: n_outputs].sum(axis=0) < 0, -1, 1)
        return cls(directions * sign, sizes[found])

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, kept):
        """Take some of the axes, by slice or mask."""
        return Axes(self.directions[:, kept], self.sizes[kept])

    def mean_responses(self, n_outputs: int) -> np.ndarray:
        """Return what a step of 1 along each axis does to each output on average.

        Parameters
        ----------
        n_outputs : int
            Of the network.

        Returns
        -------
        ndarray of shape (n_outputs, n_axes)
        """
        n_background = len(self.directions) // n_outputs
        by_output = self.directions.reshape(n_background, n_outputs, len(self))
        return by_output.sum(axis=0) / np.sqrt(n_background)


class LinearisedColumn:
    """The vectors that a network has learned for one column, and what they do.

    Parameters
    ----------
    table : ndarray of shape (n_rows, embedding_dim)
    row_counts : ndarray of shape (n_rows,)
        Training rows of each.
    gradients : ndarray of shape (n_background, n_outputs, embedding_dim)
        Of the outputs with respect to the vector, on each row of the background sample.

    Attributes
    ----------
    frequency : ndarray of shape (n_rows,)
        Relative frequency among the training rows.
    origin : ndarray of shape (embedding_dim,)
        The vector of the average training row.
    centered : ndarray of shape (n_rows, embedding_dim)
        The table, less its origin.
    gradients : ndarray of shape (n_background * n_outputs, embedding_dim)
        Divided by the root of the number of rows, so that the length of a
        linearised response is the root mean square over them.
    """

    def __init__(self, table: np.ndarray, row_counts: np.ndarray, gradients: np.ndarray):
        self.frequency = row_counts / row_counts.sum()
        self.origin = self.frequency @ table
        self.centered = table.astype(np.float64) - self.origin
        gradients = gradients.astype(np.float64) / np.sqrt(len(gradients))
        self.gradients = gradients.reshape(-1, table.shape[1])

    def along(self, axes: Axes) -> np.ndarray:
        """Return the coordinates of each row, (n_rows, n_axes)."""
        return self.centered @ self.loadings(axes)

    def deviations_along(self, axes: Axes, log_deviation: np.ndarray) -> np.ndarray:
        """Return posterior standard deviations of the coordinates, (n_rows, n_axes).

        Parameters
        ----------
        axes : Axes
        log_deviation : ndarray of shape (n_rows, embedding_dim)
            Logarithm of the posterior standard deviations of the vectors.
        """
        return np.sqrt(np.exp(2.0 * log_deviation) @ self.loadings(axes) ** 2)

    def loadings(self, axes: Axes) -> np.ndarray:
        """Return what a centered vector is multiplied with, (embedding_dim, n_axes)."""
        return self.gradients.T @ axes.directions


def align(coordinates: np.ndarray, reference: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fit coordinates from another network to those of the same categories in the reference.

    Training on fewer rows, or with another seed, stretches and mixes axes a
    little; the least squares over the categories undo it.

    Parameters
    ----------
    coordinates, reference : ndarray of shape (n_categories, n_axes)
    weight : ndarray of shape (n_categories,)

    Returns
    -------
    ndarray of shape (n_axes, n_axes)
        To multiply the coordinates with.
    """
    root = np.sqrt(weight)[:, None]
    return np.linalg.lstsq(root * coordinates, root * reference, rcond=None)[0]
