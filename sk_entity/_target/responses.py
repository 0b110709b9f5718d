"""Sums of the working response, of numbers and of classes."""

from typing import Self

import numpy as np


class NumberResponses:
    """The working response as numbers.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_outputs)
    """

    def __init__(self, values: np.ndarray):
        self.values = values

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows: slice | np.ndarray) -> Self:
        return type(self)(self.values[rows])

    def total(self, weight: np.ndarray) -> np.ndarray:
        """Sum over all rows, (n_outputs,)."""
        return weight @ self.values.astype(np.float64)

    def sums(
        self, codes: np.ndarray, n_rows: int, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sum over the rows of each code, and the squares over all of them.

        Parameters
        ----------
        codes : ndarray of int, shape (n_samples,)
        n_rows : int
            Of the codes, those that there are.
        weight : ndarray of shape (n_samples,)

        Returns
        -------
        totals : ndarray of shape (n_rows, n_outputs)
        squares : ndarray of shape (n_outputs,)
        """
        totals = np.empty((n_rows, self.values.shape[1]))
        squares = np.empty(self.values.shape[1])
        for k, column in enumerate(self.values.T):
            weighted = weight * column
            totals[:, k] = np.bincount(codes, weights=weighted, minlength=n_rows)
            squares[k] = weighted @ column.astype(np.float64)
        return totals, squares


class ClassResponses:
    """The working response of many classes: of each row it is 0 but for its own class.

    So a row takes as much time and memory as with two classes.

    Parameters
    ----------
    coded : ndarray of int64, shape (n_samples,)
        Position of each row's class.
    height : ndarray of shape (n_classes,)
        Response of a row of each class to that class.
    """

    def __init__(self, coded: np.ndarray, height: np.ndarray):
        self.coded, self.height = coded, height

    def __len__(self):
        return len(self.coded)

    def __getitem__(self, rows: slice | np.ndarray) -> Self:
        return type(self)(self.coded[rows], self.height)

    def total(self, weight: np.ndarray) -> np.ndarray:
        """Sum over all rows, see `NumberResponses`."""
        return self._by_class(weight) * self.height

    def sums(
        self, codes: np.ndarray, n_rows: int, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sum over the rows of each code, and the squares, see `NumberResponses`."""
        n_classes = len(self.height)
        found = codes.astype(np.int64) * n_classes + self.coded
        totals = np.bincount(found, weights=weight, minlength=n_rows * n_classes)
        return totals.reshape(n_rows, n_classes) * self.height, self._by_class(
            weight
        ) * self.height**2

    def _by_class(self, weight):
        return np.bincount(self.coded, weights=weight, minlength=len(self.height))
