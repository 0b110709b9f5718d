"""Tables with categories as numbers, for tools that know numbers only."""

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from .._estimators.types import TableLike
from .._estimators.validation import read_table
from .._shown import listed
from .._table.reading import as_frame
from .coded_column import CodedColumn
from .response import Response


class CodedModel:
    """A fitted model as a function of numbers, so that SHAP can explain it.

    Explainers take differences of cells, or copy them into arrays of numbers, which
    strings and missing cells do not bear. Here each cell that is no number is coded: a table
    becomes an array of codes, and the model a function that decodes what it is given and
    predicts. shap's own explainers then work as they are, with one attribution per column.

    This class is experimental: it may change in any minor release.

    Parameters
    ----------
    estimator : estimator
        Fitted: any regressor or classifier that predicts from X, such as
        `EntityEmbeddingRegressor`, or a pipeline of an `EntityEmbeddingEncoder` and a
        forest.
    X : data frame or array-like of shape (n_samples, n_features)
        Rows that hold each value that is to have a code, missing cells included: both the
        background sample and the rows to explain.
    response_method : {"auto", "predict", "predict_proba", "decision_function"}, default="auto"
        What is explained. "auto" is ``predict_proba`` of a classifier (of its second
        class, if there are two), and ``predict`` of any other estimator.

    Attributes
    ----------
    feature_names : list of str
        Names of the columns; ``x0``, ``x1``, … where X had none.

    Raises
    ------
    ValueError, AttributeError
        If there is no such response.
    sklearn.exceptions.NotFittedError

    Notes
    -----
    Numbers stay what they are. Of a column of strings, categories, booleans or lists, the code
    is the position of a value among the sorted ones; a missing cell has the code -1. The
    distance of two codes means nothing, which suits explainers that put one cell
    in the place of another, as shap's do that know nothing of the model
    (``PermutationExplainer``, ``ExactExplainer``, ``KernelExplainer``, ``SamplingExplainer``);
    each is made of this function and the codes of a background sample, and called with the
    codes of the rows to explain. It does not suit those that move a cell a little.

    References
    ----------
    S. Lundberg and S.-I. Lee, "A unified approach to interpreting model predictions",
    NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> from sk_entity.inspection import CodedModel
    >>> X = pd.DataFrame({"fruit": ["fig", "kiwi", None] * 20, "weight": np.arange(60.0)})
    >>> model = EntityEmbeddingRegressor(max_iter=2, random_state=0).fit(X, X["weight"])
    >>> coded = CodedModel(model, X)
    >>> codes = coded.encode(X)
    >>> codes[:3].tolist()
    [[0.0, 0.0], [1.0, 1.0], [-1.0, 2.0]]
    >>> bool((coded(codes) == model.predict(X)).all())
    True

    With shap installed, ``shap.Explainer(coded, codes[:100])(coded.encode(X[:5]))`` explains
    five rows, and `describe` puts names and values in the place of codes:

    >>> explanation = coded.describe(explanation, X[:5])  # doctest: +SKIP
    """

    def __init__(self, estimator: Any, X: TableLike, *, response_method: str = "auto"):
        check_is_fitted(estimator)
        self._response = Response.choose(estimator, response_method)
        self._estimator = estimator
        frame = read_table(X, estimator=estimator)
        self._columns = [CodedColumn(name, frame[name]) for name in frame.columns]
        self._is_array = as_frame(X) is None

    @property
    def feature_names(self) -> list[str]:
        """list of str: the names of the columns."""
        return [column.name for column in self._columns]

    def __call__(self, codes: ArrayLike) -> np.ndarray:
        """Predict from codes.

        Parameters
        ----------
        codes : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        out = self._response.of(self._estimator, self.decode(codes))
        return out[:, 0] if out.shape[1] == 1 else out

    def encode(self, X: TableLike) -> np.ndarray:
        """Code a table.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If it has other columns, or a value that has no code.
        """
        frame = self._read(X)
        return np.column_stack([column.encode(frame[column.name]) for column in self._columns])

    def decode(self, codes: ArrayLike) -> Any:
        """Make the table of codes.

        Parameters
        ----------
        codes : array-like of shape (n_samples, n_features)
            As `encode` returns it.

        Returns
        -------
        data frame or ndarray of shape (n_samples, n_features)
            In the container of the X that was given first.
        """
        codes = np.asarray(codes, dtype=np.float64)
        columns = zip(self._columns, codes.T, strict=True)
        frame = nw.concat(
            [column.decode(of_column).to_frame() for column, of_column in columns],
            how="horizontal",
        )
        return frame.to_numpy() if self._is_array else frame.to_native()

    def describe(self, explanation: Any, X: TableLike) -> Any:
        """Give an explanation names, and the cells of the table in the place of codes.

        Parameters
        ----------
        explanation : shap.Explanation
            Of the rows of X, coded; it is changed in place.
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        shap.Explanation
            The same one, whose plots show names and values. Missing cells are NaN. A base
            value that all rows have in common, as of ``SamplingExplainer``, is given to
            each row, as some plots need it.
        """
        frame = self._read(X)
        cells = np.empty(frame.shape, dtype=object)
        for j, name in enumerate(frame.columns):
            column = pd.Series(frame[name].to_list(), dtype=object)
            cells[:, j] = column.where(column.notna(), np.nan)
        explanation.data = explanation.display_data = cells
        explanation.feature_names = self.feature_names
        shape = np.shape(explanation.values)
        base = np.broadcast_to(explanation.base_values, shape[:1] + shape[2:])
        explanation.base_values = base.copy()
        classes = self._response.names(shape[2]) if len(shape) == 3 else None
        if classes is not None:
            explanation.output_names = [str(name) for name in classes]
        return explanation

    def _read(self, X: TableLike) -> nw.DataFrame[Any]:
        frame = read_table(X, estimator=self._estimator)
        if list(frame.columns) != self.feature_names:
            raise ValueError(
                f"X has the columns {listed(frame.columns)}, but the codes are of "
                f"{listed(self.feature_names)}."
            )
        return frame
