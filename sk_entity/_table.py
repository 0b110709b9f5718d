"""Any table → integer codes and scaled numbers.

pandas, polars and pyarrow tables and arrays are read through narwhals, so that
the same rows give the same codes whatever holds them. NumPy and the data-frame
layer only; nothing in here knows of a network.
"""

from dataclasses import dataclass
from numbers import Integral

import narwhals as nw
import numpy as np
import pandas as pd
from sklearn.utils import check_array

from ._column import factorize, is_categorical, numeric_values
from ._numeric import N_BINS, NumericScaler
from ._vocabulary import Vocabulary


@dataclass(frozen=True)
class Coded:
    """A table as the network receives it.

    Attributes
    ----------
    categorical : ndarray of int32, shape (n_samples, n_categorical)
        Table rows, see `Vocabulary`.
    numerical : ndarray of float32, shape (n_samples, n_numerical)
        Scaled numbers, then missing-value indicators, see `NumericScaler`.
    """

    categorical: np.ndarray
    numerical: np.ndarray

    def __len__(self):
        return len(self.categorical)

    def __getitem__(self, rows):
        return Coded(self.categorical[rows], self.numerical[rows])


def read_table(X, *, estimator, min_samples=1):
    """Wrap any two-dimensional container as a narwhals DataFrame.

    Parameters
    ----------
    X : data frame, array or nested list, shape (n_samples, n_features)
    estimator : estimator
        For scikit-learn's error messages.
    min_samples : int
        Refuse shorter tables.

    Returns
    -------
    narwhals.DataFrame
        With columns x0, x1, … where X has no names.
    """
    try:
        frame = nw.from_native(X, eager_only=True, pass_through=True)
    except nw.exceptions.DuplicateError as error:
        raise ValueError(f"Column names must be unique; rename or drop some. {error}") from None
    if isinstance(frame, nw.DataFrame):
        _check_frame(frame, min_samples)
        return _with_string_names(frame)
    if hasattr(X, "collect"):
        raise TypeError("A lazy frame has no rows yet: pass X.collect() instead.")
    return nw.from_native(_frame_of_array(X, estimator, min_samples), eager_only=True)


def with_column(frame, name, values):
    """A narwhals DataFrame with one more column, the last."""
    column = nw.new_series(name, values, backend=frame.implementation)
    if frame.implementation.is_pandas():
        column = nw.from_native(
            column.to_native().set_axis(frame.to_native().index), series_only=True
        )
    return frame.with_columns(column)


def _check_frame(frame, min_samples):
    n_samples, n_features = frame.shape
    names = _names(frame.to_native())
    other = [n for n in names if not isinstance(n, str)]
    # Integers alone, as pd.DataFrame(array) sets them, are no names, as in scikit-learn.
    if other and not all(isinstance(n, Integral) for n in names):
        raise TypeError(
            f"Column names must be strings; got {other[0]!r} of type {type(other[0]).__name__}. "
            "Use X.columns = [str(name) for name in X.columns]."
        )
    if n_features == 0:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={frame.shape}) while a minimum of 1 is required."
        )
    if n_samples < min_samples:
        raise ValueError(
            f"Found array with {n_samples} sample(s) (shape={frame.shape}) while a minimum of "
            f"{min_samples} is required."
        )


def _with_string_names(frame):
    native = frame.to_native()
    if isinstance(_names(native)[0], str):
        return frame
    return nw.from_native(native.set_axis(_default_names(frame.shape[1]), axis=1), eager_only=True)


def _default_names(n_features):
    return [f"x{i}" for i in range(n_features)]


def _names(native):
    columns = native.column_names if hasattr(native, "column_names") else native.columns
    return list(columns)


def _frame_of_array(X, estimator, min_samples):
    """Columns of an array; of objects, if rows have several types."""
    if isinstance(X, list | tuple) and all(isinstance(row, list | tuple) for row in X):
        # Rows of mixed types must not become strings, nor truth values numbers.
        X = np.array(X, dtype=object)
    X = check_array(
        X,
        accept_sparse=False,
        dtype=None,
        ensure_all_finite=False,
        ensure_min_samples=min_samples,
        estimator=estimator,
        input_name="X",
    )
    if X.dtype.kind == "S":
        X = X.astype(object)  # pandas has no columns of fixed-width bytes
    return pd.DataFrame(X, columns=_default_names(X.shape[1]), copy=False)


def select_categorical(frame, categorical_features, *, named):
    """Positions of the columns to embed.

    Parameters
    ----------
    frame : narwhals.DataFrame
    categorical_features : "from_dtype", None or array-like
        As in `sklearn.ensemble.HistGradientBoostingClassifier`.
    named : bool
        Whether the user gave the columns names.

    Returns
    -------
    list of int, ascending
    """
    names = frame.columns
    if categorical_features is None:
        return []
    if isinstance(categorical_features, str):
        if categorical_features == "from_dtype":
            return [i for i, name in enumerate(names) if is_categorical(frame[name])]
        raise ValueError(
            f"categorical_features={categorical_features!r}: use 'from_dtype', None or a list, "
            f"such as [{categorical_features!r}]."
        )
    wanted = list(np.atleast_1d(np.asarray(categorical_features, dtype=object)))
    if all(isinstance(w, bool | np.bool_) for w in wanted) and wanted:
        return _from_mask(wanted, names)
    return sorted({_position(w, names, named) for w in wanted})


def _from_mask(mask, names):
    if len(mask) != len(names):
        raise ValueError(
            f"categorical_features is a mask of {len(mask)} values for {len(names)} columns."
        )
    return [i for i, chosen in enumerate(mask) if chosen]


def _position(wanted, names, named):
    if isinstance(wanted, str):
        if not named:
            raise ValueError(
                f"categorical_features names {wanted!r}, but X has no column names. "
                "Use positions or a data frame."
            )
        if wanted not in names:
            raise ValueError(
                f"categorical_features names {wanted!r}, which is not a column of X. "
                f"Columns: {names}."
            )
        return names.index(wanted)
    position = isinstance(wanted, Integral) and not isinstance(wanted, bool)
    if not position or not -len(names) <= wanted < len(names):
        raise ValueError(
            f"categorical_features holds {wanted!r}: use column names, positions from 0 to "
            f"{len(names) - 1}, or a boolean mask."
        )
    return int(wanted) % len(names)


@dataclass(frozen=True)
class TableCoder:
    """How to code tables of one shape: learned once, then applied to any of them.

    Attributes
    ----------
    names : list of str
        Columns of the table.
    categorical, numerical : list of int
        Positions of the columns that are looked up and of those that are scaled.
    vocabularies : list of Vocabulary
    scalers : list of NumericScaler
    """

    names: list
    categorical: list
    numerical: list
    vocabularies: list
    scalers: list

    @classmethod
    def learn(cls, frame, categorical, training, sample_weight, min_frequency, max_categories):
        """Learn from the training rows and code all rows.

        Parameters
        ----------
        frame : narwhals.DataFrame of shape (n_samples, n_features)
        categorical : list of int
            From `select_categorical`.
        training : ndarray of int or slice
            Rows to learn from; the others are coded only.
        sample_weight : ndarray of shape (n_training,) or None
        min_frequency, max_categories
            As in `sklearn.preprocessing.OrdinalEncoder`.

        Returns
        -------
        TableCoder, Coded
        """
        names = frame.columns
        numerical = [i for i in range(len(names)) if i not in set(categorical)]
        codes = np.empty((len(frame), len(categorical)), dtype=np.int32)
        vocabularies = []
        for j, i in enumerate(categorical):
            column_codes, values = factorize(names[i], frame[names[i]])
            _refuse_empty(names[i], column_codes < 0)
            vocabulary = Vocabulary.learn(
                names[i], column_codes, values, training, min_frequency, max_categories
            )
            vocabularies.append(vocabulary)
            codes[:, j] = vocabulary.lookup(column_codes, values)
        scalers = []
        for i in numerical:
            values = numeric_values(names[i], frame[names[i]])
            _refuse_empty(names[i], np.isnan(values))
            scalers.append(NumericScaler.learn(names[i], values[training], sample_weight))
        coder = cls(names, categorical, numerical, vocabularies, scalers)
        # Numbers are read again, as all of them in double precision take twice the result's memory.
        return coder, Coded(codes, coder.code_numerical(frame))

    def code(self, frame):
        """Code a table that has the columns of the one learned from, in its order.

        Columns are taken by position, so that an array serves where a data
        frame was fitted; the estimator has compared the names before.

        Returns
        -------
        Coded
        """
        return Coded(self.code_categorical(frame), self.code_numerical(frame))

    def code_categorical(self, frame):
        """The categorical half of `code`.

        Returns
        -------
        ndarray of int32, shape (n_samples, n_categorical)
        """
        out = np.empty((len(frame), len(self.categorical)), dtype=np.int32)
        for j, (i, vocabulary) in enumerate(zip(self.categorical, self.vocabularies, strict=True)):
            out[:, j] = vocabulary.lookup(*factorize(vocabulary.name, frame[:, i]))
        return out

    def code_numerical(self, frame):
        """The numeric half of `code`.

        Returns
        -------
        ndarray of float32, shape (n_samples, n_numerical)
        """
        columns = (
            numeric_values(scaler.name, frame[:, i])
            for i, scaler in zip(self.numerical, self.scalers, strict=True)
        )
        return self.scale(columns, len(frame))

    def scale(self, columns, n_samples):
        """Scaled numbers, then missing-value indicators, from numeric columns one by one.

        Parameters
        ----------
        columns : iterable of ndarray of float64, shape (n_samples,)
        n_samples : int

        Returns
        -------
        ndarray of float32, shape (n_samples, n_numerical)
        """
        out = np.empty((n_samples, len(self.numerical_names)), dtype=np.float32)
        indicator = len(self.scalers)
        for j, (values, scaler) in enumerate(zip(columns, self.scalers, strict=True)):
            out[:, j], missing = scaler.apply(values)
            if scaler.has_indicator:
                out[:, indicator] = missing
                indicator += 1
        return out

    def raw_numerical(self, frame):
        """Numeric columns as they are, shape (n_samples, n_numeric_columns)."""
        dtype = np.float64 if self.numerical else np.float32
        out = np.empty((len(frame), len(self.numerical)), dtype=dtype)
        for j, i in enumerate(self.numerical):
            column = frame[:, i]
            out[:, j] = numeric_values(column.name, column)
        return out

    @property
    def categorical_names(self):
        """Names of the columns that are looked up."""
        return [v.name for v in self.vocabularies]

    @property
    def row_counts(self):
        """Training rows behind each table row, an array per categorical column."""
        return [v.row_counts for v in self.vocabularies]

    @property
    def edges(self):
        """Bins of the scaled numbers, float32 of shape (n_numeric_columns, N_BINS + 1)."""
        edges = [s.edges for s in self.scalers]
        return np.array(edges, dtype=np.float32).reshape(len(edges), N_BINS + 1)

    @property
    def numerical_names(self):
        """Names of the numbers that the network receives, indicators included."""
        names = [s.name for s in self.scalers]
        return names + [f"{s.name}_missing" for s in self.scalers if s.has_indicator]


def _refuse_empty(name, missing):
    if missing.all():
        raise ValueError(
            f"Column {name!r} has no value: all {len(missing)} rows are missing. Leave it out, or "
            "fill it in."
        )
