"""One column of a table: where it stands, what it is called, and how its cells are coded."""

import warnings
from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np

from .scaler import NumericScaler
from .series import factorize, numeric_values
from .vocabulary import Vocabulary


@dataclass(frozen=True)
class CategoricalColumn:
    """A column whose cells are looked up in a vocabulary.

    Attributes
    ----------
    name : str
    position : int
        Its place among the columns of the table.
    vocabulary : Vocabulary
    """

    name: str
    position: int
    vocabulary: Vocabulary

    @classmethod
    def learn(cls, frame, position, training, min_frequency, max_categories):
        """Learn the vocabulary from the training rows and code all rows.

        Parameters
        ----------
        frame : narwhals.DataFrame of shape (n_samples, n_features)
        position : int
        training : ndarray of int or slice
        min_frequency, max_categories
            As in `sklearn.preprocessing.OrdinalEncoder`.

        Returns
        -------
        CategoricalColumn, ndarray of int32 of shape (n_samples,)
        """
        name = frame.columns[position]
        codes, values = factorize(name, frame[name])
        _warn_if_empty(name, codes[training] < 0)
        vocabulary = Vocabulary.learn(codes, values, training, min_frequency, max_categories)
        return cls(name, position, vocabulary), vocabulary.lookup(codes, values)

    def grow(self, frame, training, min_frequency, max_categories, *, only_new=False):
        """Add the categories of further rows and code these; see `Vocabulary.grow`.

        Returns
        -------
        CategoricalColumn, ndarray of int32 of shape (n_samples,)
        """
        codes, values = factorize(self.name, frame[:, self.position])
        self._refuse_other_kind(values)
        vocabulary = self.vocabulary.grow(
            codes, values, training, min_frequency, max_categories, only_new=only_new
        )
        return replace(self, vocabulary=vocabulary), vocabulary.lookup(codes, values)

    def _refuse_other_kind(self, values):
        """Refuse numbers where strings were learned, and the reverse."""
        learned = self.vocabulary.categories
        if len(values) == 0 or len(learned) == 0:
            return
        (now, value), (before, category) = (
            _kind_of(cells) for cells in (values.to_numpy(), learned.to_numpy())
        )
        if {now, before} == {"text", "numbers"}:
            raise ValueError(
                f"Column {self.name!r} held {before} such as {category!r} when it was learned, and "
                f"holds {now} such as {value!r} now: none of them would be the same category. "
                "Convert the column to what it was."
            )

    def code(self, frame: nw.DataFrame) -> np.ndarray:
        """Find the embedding row of each cell, int32 of shape (n_samples,)."""
        return self.vocabulary.lookup(*factorize(self.name, frame[:, self.position]))


@dataclass(frozen=True)
class NumericColumn:
    """A column of numbers and its scale.

    Attributes
    ----------
    name : str
    position : int
        Its place among the columns of the table.
    scaler : NumericScaler
    """

    name: str
    position: int
    scaler: NumericScaler

    @classmethod
    def learn(cls, frame, position, training, sample_weight):
        """Learn the scale of the training rows.

        Parameters
        ----------
        frame : narwhals.DataFrame of shape (n_samples, n_features)
        position : int
        training : ndarray of int or slice
        sample_weight : ndarray of shape (n_training,) or None

        Returns
        -------
        NumericColumn
        """
        name = frame.columns[position]
        values = numeric_values(name, frame[name])[training]
        _warn_if_empty(name, np.isnan(values))
        return cls(name, position, NumericScaler.learn(values, sample_weight))

    def read(self, frame: nw.DataFrame) -> np.ndarray:
        """Read the numbers as they are, float64 of shape (n_samples,), NaN where missing."""
        return numeric_values(self.name, frame[:, self.position])


def _kind_of(cells):
    """Whether cells are text, numbers, or values of several kinds; and an example."""
    if cells.dtype != object:
        return "numbers", cells[0].item()
    text = [isinstance(cell, str) for cell in cells]
    if all(text):
        return "text", cells[0]
    return ("numbers" if not any(text) else "values"), cells[0]


def _warn_if_empty(name, missing):
    if missing.all():
        warnings.warn(
            f"Column {name!r} has no value: all {len(missing)} training rows are missing. It is "
            "taken as constant. Leave it out, or fill it in.",
            UserWarning,
            stacklevel=2,
        )
