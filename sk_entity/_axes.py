"""Axes of the vectors that are the same whatever the seed.

A network does not fix the axes of its tables: any invertible map of a table is
undone by its inverse in the first layer, and the outputs stay what they are.
What is fixed is what a vector does to the outputs. So a category is described
by its profile: by how much it moves each output, to first order, on each of
many rows of data, the contexts. The axes are the principal components of the
profiles (of what is left of them once the categories' own effects are known),
and as any network has profiles in the same contexts, vectors of any network can
be measured along them.

NumPy only.
"""

from dataclasses import dataclass

import numpy as np

# Smaller parts of what a column does are rounding, and so is all of what does less than this.
LEAST_PART, LEAST_SIZE = 1e-5, 1e-8


@dataclass(frozen=True)
class Axes:
    """Directions among the profiles of one column's categories, the largest first.

    Attributes
    ----------
    directions : ndarray of shape (n_contexts * n_outputs, n_axes)
        Orthonormal. Along each, the last output rises, on average over the contexts.
    sizes : ndarray of shape (n_axes,)
        Deviation of the categories along each, once their own effects are
        known, over all training rows.
    """

    directions: np.ndarray
    sizes: np.ndarray

    @classmethod
    def find(cls, vectors, effects):
        """The principal components of profiles.

        Parameters
        ----------
        vectors : Vectors
        effects : ndarray of shape (n_rows, n_outputs)
            Of the same rows; what they explain is no part of an axis.
        """
        share = vectors.share
        own = effects - share @ effects
        # What the effects explain is taken off as if it were more dimensions of the vectors.
        explained = np.linalg.pinv(own.T @ (share[:, None] * own)) @ (own.T * share)
        profiles = vectors.gradients @ (explained @ vectors.centred).T
        table = np.hstack([vectors.centred, own])
        gradients = np.hstack([vectors.gradients, -profiles])
        # The components of table @ gradients.T, by way of matrices no wider than the table.
        gram, spread = gradients.T @ gradients, table.T @ (share[:, None] * table)
        values, rotation = np.linalg.eigh(gram)
        root = (rotation * np.sqrt(np.maximum(values, 0))) @ rotation.T
        squares, components = np.linalg.eigh(root @ spread @ root)
        squares, components = squares[::-1], components[:, ::-1]
        sizes = np.sqrt(np.maximum(squares, 0))
        largest = max(sizes.max(initial=0), np.abs(own).max(initial=0))
        found = sizes > max(LEAST_SIZE, LEAST_PART * largest)
        directions = gradients @ (spread @ root @ components[:, found]) / squares[found]
        n_outputs = effects.shape[1]
        sign = np.where(directions[n_outputs - 1 :: n_outputs].sum(axis=0) < 0, -1, 1)
        return cls(directions * sign, sizes[found])

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, kept):
        return Axes(self.directions[:, kept], self.sizes[kept])


class Vectors:
    """The vectors that a network has learned for one column, and what they do.

    Parameters
    ----------
    table : ndarray of shape (n_rows, embedding_dim)
    row_counts : ndarray of shape (n_rows,)
        Training rows of each.
    gradients : ndarray of shape (n_contexts, n_outputs, embedding_dim)
        Of the outputs with respect to the vector, in each context.

    Attributes
    ----------
    share : ndarray of shape (n_rows,)
        Of the training rows.
    centred : ndarray of shape (n_rows, embedding_dim)
        The average training row has the vector 0.
    gradients : ndarray of shape (n_contexts * n_outputs, embedding_dim)
        Divided by the root of the number of contexts, so that the length of a
        profile is the root mean square over them.
    """

    def __init__(self, table, row_counts, gradients):
        self.share = row_counts / row_counts.sum()
        self.centred = table.astype(np.float64) - self.share @ table
        gradients = gradients.astype(np.float64) / np.sqrt(len(gradients))
        self.gradients = gradients.reshape(-1, table.shape[1])

    def along(self, axes):
        """Coordinates of each row, (n_rows, n_axes)."""
        return self.centred @ self._loadings(axes)

    def deviations_along(self, axes, log_deviations):
        """What is uncertain about the coordinates, (n_rows, n_axes).

        Parameters
        ----------
        axes : Axes
        log_deviations : ndarray of shape (n_rows, embedding_dim)
            Logarithm of the standard deviations of the vectors.
        """
        return np.sqrt(np.exp(2.0 * log_deviations) @ self._loadings(axes) ** 2)

    def _loadings(self, axes):
        return self.gradients.T @ axes.directions


def align(coordinates, reference, weight):
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
