"""What users call to export and to feed a model."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._estimators.types import TableLike
from .._estimators.validation import read_further_table, read_table
from .._shown import listed, shown

if TYPE_CHECKING:
    from onnx import ModelProto

# Of ONNX, from 2022: any runtime in use knows it.
DEFAULT_OPSET = 17


def to_onnx(
    estimator: BaseEstimator,
    X: TableLike,
    *,
    missing_string: str = "",
    target_opset: int = DEFAULT_OPSET,
) -> ModelProto:
    """Export a fitted estimator, or a pipeline with one inside, to ONNX.

    The model has one input of shape (n_samples, 1) per column of X, named as the
    column (``x0``, ``x1``, … where X has no names). It takes the values as they
    are: categories need no codes, numbers no scaling.

    ==========================================  =================  ======================
    column of X                                 input              a missing cell
    ==========================================  =================  ======================
    strings                                     string             `missing_string`
    integers, all cells present                 int64              none
    booleans, all cells present                 bool               none
    float32                                     float              NaN
    float64; integers or booleans with missing  double             NaN
    cells; integers beyond int64
    lists of strings                            string             `missing_string`
    lists of numbers                            double             NaN
    ==========================================  =================  ======================

    An input of lists has the shape (n_samples, longest): missing values fill a list up, and
    an empty one is all missing.

    Unknown and infrequent values get the vectors that they get in `predict` and
    `transform`.

    Parameters
    ----------
    estimator : estimator, fitted
        One of the three of this library, or a `sklearn.pipeline.Pipeline` or
        another estimator with one of these inside, of which skl2onnx knows all
        other parts.
    X : data frame or array-like of shape (n_samples, n_features)
        A sample of the table, of which names and types are taken; the first rows of
        the training table will do.
    missing_string : str, default=""
        What an input of strings holds where a cell is missing. It must be no
        category.
    target_opset : int, default=17
        Version of ONNX's operators, at least 13, and one that the installed onnx knows.

    Returns
    -------
    onnx.ModelProto
        With the outputs that skl2onnx gives: ``variable`` of a regressor (double,
        (n_samples, n_outputs)) and of an encoder (float, or double if `transform`
        gives float64; (n_samples, n_features_out)); ``label`` (int64 or string,
        (n_samples,)) and ``probabilities`` (float, (n_samples, n_classes)) of a
        classifier.

    Raises
    ------
    ImportError
        If onnx is not installed, or for a pipeline skl2onnx.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        For a column that no input holds, such as one with strings and numbers; if
        `missing_string` is no string.
    ValueError
        If X has other columns than the estimator was fitted with, or one whose name is
        the empty string; if `missing_string` is a category; or if the model exceeds 2 GiB.

    See Also
    --------
    make_feed : Turns a table into the inputs of the model.
    register_converters : For calls of `skl2onnx.to_onnx` itself.

    Examples
    --------
    >>> import pandas as pd
    >>> from onnxruntime import InferenceSession
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> from sk_entity.onnx import make_feed, to_onnx
    >>> X = pd.DataFrame({"shop": ["north", "south", None] * 50, "day": range(150)})
    >>> y = X["shop"].map({"north": 1.0, "south": 5.0}).fillna(3.0) + X["day"] / 100
    >>> estimator = EntityEmbeddingRegressor(max_iter=2, random_state=0).fit(X, y)
    >>> model = to_onnx(estimator, X)
    >>> session = InferenceSession(model.SerializeToString())
    >>> [(x.name, x.type) for x in session.get_inputs()]
    [('shop', 'tensor(string)'), ('day', 'tensor(int64)')]
    >>> (predicted,) = session.run(["variable"], make_feed(model, X))
    >>> bool(abs(predicted[:, 0] - estimator.predict(X)).max() < 1e-5)
    True
    """
    _require("onnx")
    check_is_fitted(estimator)
    if not isinstance(missing_string, str):
        raise TypeError(f"missing_string must be a string; got {shown(missing_string)}.")
    from .estimator import ESTIMATORS, coder_of
    from .inputs import input_of_column
    from .model import model_of_estimator

    if isinstance(estimator, ESTIMATORS):
        frame = read_further_table(estimator, X)
        names = coder_of(estimator).names
        make_model = model_of_estimator
    else:
        _require("skl2onnx")
        from .converters import model_of_pipeline

        frame = read_table(X, estimator=estimator)
        names = tuple(frame.columns)
        _check_names(estimator, names)
        make_model = model_of_pipeline
    inputs = [input_of_column(name, frame[:, j]) for j, name in enumerate(names)]
    return make_model(estimator, inputs, missing_string, target_opset)


def make_feed(model: ModelProto, X: TableLike) -> dict[str, np.ndarray]:
    """Turn a table into what a session of onnxruntime takes.

    Parameters
    ----------
    model : onnx.ModelProto
        From `to_onnx`.
    X : data frame or array-like of shape (n_samples, n_features)
        With the columns of the table that was exported with, in any order if they
        have names.

    Returns
    -------
    dict of ndarray, shape (n_samples, 1); of lists, (n_samples, longest)
        By name of the input.

    Raises
    ------
    ValueError
        If a column is not there, or has a missing cell where its input is of integers
        or booleans, or a missing member in a list.
    TypeError
        For cells that are not of the input's type.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> from sk_entity.onnx import make_feed, to_onnx
    >>> X = pd.DataFrame({"shop": ["north", "south"] * 50, "day": range(100)})
    >>> model = EntityEmbeddingRegressor(max_iter=2, random_state=0).fit(X, range(100))
    >>> feed = make_feed(to_onnx(model, X), X.head(3))
    >>> {name: (array.dtype.kind, array.shape) for name, array in feed.items()}
    {'shop': ('O', (3, 1)), 'day': ('i', (3, 1))}
    """
    _require("onnx")
    from .inputs import cells
    from .model import inputs_of, missing_string_of

    frame = read_table(X, estimator="make_feed")
    inputs, missing_string = inputs_of(model), missing_string_of(model)
    absent = [x.value for x in inputs if x.value not in frame.columns]
    if absent:
        raise ValueError(
            f"X lacks the column {shown(absent[0])}. The model takes "
            f"{listed(x.value for x in inputs)}."
        )
    return {x.value: cells(x, frame[x.value], missing_string) for x in inputs}


def register_converters() -> None:
    """Let `skl2onnx.to_onnx` and `skl2onnx.convert_sklearn` convert the three estimators.

    `to_onnx` does so itself. Call this to use skl2onnx's own functions, with the
    initial types of your choice: one variable of shape [None, 1] per column, or one of
    shape [None, n_features] if all columns have the same type. The option
    ``missing_string`` of the estimators is the parameter of `to_onnx`.

    Raises
    ------
    ImportError
        If onnx or skl2onnx is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from skl2onnx import to_onnx
    >>> from skl2onnx.common.data_types import StringTensorType
    >>> from sk_entity import EntityEmbeddingRegressor
    >>> from sk_entity.onnx import register_converters
    >>> X = pd.DataFrame({"shop": ["north", "south"] * 50})
    >>> model = EntityEmbeddingRegressor(max_iter=2, random_state=0).fit(X, range(100))
    >>> register_converters()
    >>> exported = to_onnx(model, initial_types=[("shop", StringTensorType([None, 1]))])
    >>> [output.name for output in exported.graph.output]
    ['variable']
    """
    _require("onnx")
    _require("skl2onnx")
    from .converters import register

    register()


def _require(library):
    if find_spec(library) is None:
        raise ImportError(
            f"Export to ONNX needs the package {library}, which is not installed: "
            "pip install 'sk-entity[onnx]'"
        )


def _check_names(estimator, names):
    fitted = getattr(estimator, "feature_names_in_", None)
    if fitted is not None and list(fitted) != list(names):
        raise ValueError(
            f"X has the columns {listed(names)}, but {type(estimator).__name__} was fitted with "
            f"{listed(fitted)}: they must agree, in this order."
        )
    n_features = getattr(estimator, "n_features_in_", len(names))
    if n_features != len(names):
        raise ValueError(
            f"X has {len(names)} columns, but {type(estimator).__name__} was fitted with "
            f"{n_features}."
        )
