"""One page for a browser, with the vectors of all columns."""

import html
import os
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from .._atomic_file import write_file
from .._estimators.inside import encoded_columns, named, network_state
from .._estimators.types import TableLike
from .._shown import shown
from .page_data import column_data, json_in_html

# In this order.
_SCRIPTS = ("data.js", "picture.js", "marks.js", "chosen.js", "search.js", "events.js")


def to_html(
    estimator: Any,
    path: str | os.PathLike[str],
    X: TableLike | None = None,
    *,
    columns: Sequence[str] | None = None,
    title: str | None = None,
) -> Path:
    """Write a page that shows the vectors in any browser, to look around and to search in.

    Each vector is a point, in two components that can be chosen there; its size is
    the number of training rows, its colour the effect or what else is chosen. The page
    tells the category, the count, the effect, the deviation and the trust of a point,
    finds categories by a part of their name, and lists the nearest ones in all
    components. Infrequent categories are one point, as they have one vector; so are
    missing cells and unknown values.

    Parameters
    ----------
    estimator : EntityEmbeddingEncoder, EntityEmbeddingRegressor or EntityEmbeddingClassifier
        Fitted.
    path : str or os.PathLike
        Name of the file, such as ``vectors.html``. A file that is there is replaced, as
        a whole or, if anything goes wrong, not at all.
    X : data frame or array-like of shape (n_samples, n_features), default=None
        Rows on which a network is asked what its vectors do, as its own axes are
        arbitrary: such as those that it was fitted to. Needed for regressors and
        classifiers, not used for encoders.
    columns : sequence of str, default=None
        Names of the categorical columns to show, the first one first. None shows all.
    title : str, default=None
        Of the page. None makes one of the names of the columns.

    Returns
    -------
    pathlib.Path
        Of the file, absolute.

    Raises
    ------
    ValueError
        If a column is no categorical one of the fit, if there is none to show, or if X
        is missing.
    TypeError
        If it is no estimator of sk-entity, or `columns` is a string.
    ImportError
        Without plotly; ``pip install "sk-entity[plot]"`` installs it.
    OSError
        If the file cannot be written.
    sklearn.exceptions.NotFittedError

    Notes
    -----
    The page is one file, which can be mailed or put on a server. It loads nothing
    from anywhere, and forbids its browser to. plotly.js is inside and takes 4.8 MB; a
    column of 50,000 categories, with seven components and names of 27 letters, adds
    4.0 MB. The page holds the categories' names, counts and vectors, and no row of the
    data. With WebGL a browser draws all points; without, the 5,000 most frequent
    categories, and the search finds all.

    Examples
    --------
    >>> import pandas as pd
    >>> from tempfile import TemporaryDirectory
    >>> from sk_entity import EntityEmbeddingEncoder, EntityEmbeddingRegressor
    >>> from sk_entity.inspection import to_html
    >>> X = pd.DataFrame({"fruit": ["fig", "kiwi", "lime"] * 10})
    >>> encoder = EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=1))
    >>> encoder = encoder.fit(X, [1.0, 2.0, 3.0] * 10)
    >>> with TemporaryDirectory() as folder:
    ...     path = to_html(encoder, f"{folder}/fruit.html")
    ...     path.name
    'fruit.html'
    """
    plotly = _plotly()
    chosen = _columns(estimator, X, columns)
    target = network_state(estimator).target
    blocks = [column_data(column, target) for column in chosen]
    title = f"Vectors of {_listed([b['name'] for b in blocks])}" if title is None else title
    page = _page(title, blocks, plotly)
    path = Path(os.path.abspath(path))
    write_file(path, [page.encode(errors="backslashreplace")])
    return path


def _plotly() -> str:
    """plotly.js, as the plotly package holds it."""
    try:
        from plotly.offline import get_plotlyjs  # slow to import
    except ImportError as error:
        raise ImportError(
            'to_html needs plotly. Install it with pip install "sk-entity[plot]".'
        ) from error
    return get_plotlyjs()


def _columns(estimator: Any, X: TableLike | None, names: Sequence[str] | None) -> list[Any]:
    """The columns to show."""
    if isinstance(names, str):
        raise TypeError(
            f"columns={shown(names)} is a string: pass a list, columns=[{shown(names)}]."
        )
    found = encoded_columns(estimator, X)
    chosen = list(found.values()) if names is None else [named(found, name) for name in names]
    if not chosen:
        raise ValueError("There is no categorical column to show.")
    return chosen


def _listed(names: list[str]) -> str:
    parts = names if len(names) <= 5 else [*names[:4], f"{len(names) - 4} more columns"]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _page(title: str, blocks: list[dict[str, Any]], plotly: str) -> str:
    template, style = map(_part, ("page.html", "page.css"))
    # One script, whose parts see each other's names and the page's others do not.
    script = f'"use strict";\n(() => {{\n{"".join(map(_part, _SCRIPTS))}}})();\n'
    scripts = {"plotly": _script(plotly), "script": _script(script)}
    data = "\n".join(
        f'<script type="application/json" class="column" data-name="{html.escape(block["name"])}">'
        f"{json_in_html(block)}</script>"
        for block in blocks
    )
    parts = {
        **scripts,
        "policy": _policy(scripts.values()),
        "title": html.escape(title),
        "style": style,
        "data": data,
    }
    return re.sub(r"{{(\w+)}}", lambda place: parts[place[1]], template)


def _part(name: str) -> str:
    return (resources.files(__package__) / "page" / name).read_text(encoding="utf-8")


def _script(text: str) -> str:
    """A script as a browser reads it in a page, so that its checksum is the browser's."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("</(?=script)", r"<\\/", text, flags=re.IGNORECASE)


def _policy(scripts: Any) -> str:
    """What a browser allows the page: these two scripts, and to load nothing."""
    hashes = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{text}'" for text in hashes)
    return (
        # plotly.js compiles what it draws with.
        f"default-src 'none'; script-src {allowed} 'unsafe-eval'; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
