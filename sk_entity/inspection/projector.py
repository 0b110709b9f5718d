"""Vectors as files that the TensorFlow Embedding Projector and TensorBoard read."""

import json
import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from .._atomic_file import write_file
from .._estimators.inside import encoded_column
from .._estimators.types import TableLike
from .._vectors.points import points_of


def export_projector(
    estimator: Any, column: str, path: str | os.PathLike[str], X: TableLike | None = None
) -> tuple[Path, Path]:
    """Write the vectors of a column for the TensorFlow Embedding Projector and TensorBoard.

    At https://projector.tensorflow.org, "Load" takes the two files, and nothing leaves
    the browser. ``tensorboard --logdir path`` shows them, too: beside them there is a
    ``projector_config.pbtxt`` that names them.

    Parameters
    ----------
    estimator : EntityEmbeddingEncoder, EntityEmbeddingRegressor or EntityEmbeddingClassifier
        Fitted.
    column : str
        Name of a categorical column; ``x0``, ``x1``, … where X had no names.
    path : str or os.PathLike
        Folder for the files, one for each column. It is made if it is not there; files
        of these names in it are replaced.
    X : data frame or array-like of shape (n_samples, n_features), default=None
        Rows on which a network is asked what its vectors do, as its own axes are
        arbitrary. Needed for regressors and classifiers, not used for encoders.

    Returns
    -------
    vectors : pathlib.Path
        ``vectors.tsv`` in the folder: a line per vector, its components separated by
        tabs, without a header.
    metadata : pathlib.Path
        ``metadata.tsv`` in the folder: a header, and in the order of the vectors a line
        for each. Columns: ``category``; ``kind`` ("category", "infrequent", "missing" or
        "unknown"); ``count``, ``deviation`` and ``trusted`` ("True", "False" or "not
        known") as in `EntityEmbeddingEncoder.support_`; and the effects.

    Raises
    ------
    ValueError, TypeError
        If there is no such categorical column, if X is missing, or if it is no
        estimator of sk-entity.
    OSError
        If a file cannot be written.
    sklearn.exceptions.NotFittedError

    Notes
    -----
    Infrequent categories have one vector, and so one line. A tab, a line break or
    another control character in the name of a category is written as Python writes
    it, such as ``\\t``.

    Examples
    --------
    >>> import pandas as pd
    >>> from tempfile import TemporaryDirectory
    >>> from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
    >>> from sk_entity.inspection import export_projector
    >>> X = pd.DataFrame({"fruit": ["fig", "kiwi", "lime"] * 10})
    >>> encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=1))
    >>> encoder = encoder.fit(X, [1.0, 2.0, 3.0] * 10)
    >>> with TemporaryDirectory() as folder:
    ...     vectors, metadata = export_projector(encoder, "fruit", folder)
    ...     pd.read_csv(metadata, sep="\\t")["category"].tolist()
    ['fig', 'kiwi', 'lime', 'unknown']
    """
    encoded = encoded_column(estimator, column, X)
    points = points_of(encoded)
    components = encoded.components()
    trusted = points["trusted"].map({True: "True", False: "False"}).fillna("not known")
    metadata = points[["name", "kind", "count", "deviation"]].assign(trusted=trusted)
    metadata = metadata.rename(columns={"name": "category"})
    metadata = metadata.join(points[components[: encoded.n_effects]])
    folder = Path(os.path.abspath(path))
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / "vectors.tsv", folder / "metadata.tsv"
    write_file(files[0], [_lines(points[components])])
    write_file(files[1], [_lines(metadata, header=True)])
    write_file(folder / "projector_config.pbtxt", [_config(column).encode()])
    return files


def _lines(frame: pd.DataFrame, header: bool = False) -> bytes:
    """A table as lines of cells separated by tabs."""
    cells = [[_cell(value) for value in frame[name].to_numpy()] for name in frame]
    rows: Iterable[Any] = zip(*cells, strict=True)
    if header:
        rows = [map(_cell, frame.columns), *rows]
    text = "".join("\t".join(row) + "\n" for row in rows)
    return text.encode(errors="backslashreplace")


def _cell(value: Any) -> str:
    """A value as text of one line without tabs."""
    text = str(value)
    if text.isprintable():
        return text
    # Zl and Zp are separators of lines and of paragraphs.
    breaks = ("Cc", "Zl", "Zp")
    return "".join(repr(c)[1:-1] if unicodedata.category(c) in breaks else c for c in text)


def _config(column: str) -> str:
    """Tell TensorBoard where the files are; the name is a string of protocol buffers."""
    # In ASCII, with what has a meaning in such a string escaped.
    name = json.dumps(column)
    return (
        "embeddings {\n"
        f"  tensor_name: {name}\n"
        '  tensor_path: "vectors.tsv"\n'
        '  metadata_path: "metadata.tsv"\n'
        "}\n"
    )
