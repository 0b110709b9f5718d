"""Vectors in the plane: two of their components, or what a transformer makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from .._estimators.inside import did_you_mean
from .._shown import listed, shortened, shown
from .._vectors.encoded_column import EncodedColumn
from .units import Outputs

COUNT = "count"


def in_the_plane(
    column: EncodedColumn,
    rows: pd.DataFrame,
    outputs: Outputs,
    output: int,
    projection: Any,
    components: Sequence[str] | None,
) -> tuple[np.ndarray, dict[str, str]]:
    """Find where each of `rows_to_draw` lies, and what the two axes are.

    Parameters
    ----------
    column : EncodedColumn
    rows : DataFrame
    outputs : Outputs
    output : int
        The output whose effect is drawn.
    projection, components
        See `EmbeddingDisplay.from_estimator`.

    Returns
    -------
    points : ndarray of float, shape (n_rows, 2)
    axes : dict of str
        xlabel, ylabel and, for counts, a scale.
    """
    names = column.components()
    vectors = pd.DataFrame(column.table[rows["row"]], columns=names)
    if projection is not None:
        given = names if components is None else _known(components, names, column.name)
        return _project(projection, vectors[given].to_numpy(), column.name)
    chosen = _usual(column, names, output)
    if components is not None:
        chosen = _known(components, [*names, COUNT], column.name)
        if len(chosen) != 2:
            raise ValueError(
                f"components={shown(components)} must be two, unless with a projection."
            )
    vectors[COUNT] = rows["count"].to_numpy()
    pairs = zip(names, outputs.units_of(column), strict=True)
    labels = {name: f"{name} ({unit})" for name, unit in pairs}
    labels[COUNT] = "training rows"
    axes = {}
    for axis, name in zip("xy", chosen, strict=True):
        axes[f"{axis}label"] = labels[name]
        if name == COUNT:
            # With min_count=0 there are counts of zero, which have no logarithm.
            axes[f"{axis}scale"] = "log" if rows["count"].min() > 0 else "symlog"
    return vectors[chosen].to_numpy(float), axes


def _usual(column: EncodedColumn, names: list[str], output: int) -> list[str]:
    """The effect and the first axis, or what there is instead."""
    effect = names[min(output, column.n_effects - 1)]
    others = names[column.n_effects :] + [n for n in names[: column.n_effects] if n != effect]
    return [effect, (others or [COUNT])[0]]


def _known(components: Any, names: list[str], column: str) -> list[str]:
    components = [components] if isinstance(components, str) else list(components)
    for name in components:
        if name not in names:
            hint = did_you_mean(name, names) or f"There are {listed(names)}."
            raise ValueError(f"{shown(name)} is no component of {shown(column)}. {hint}")
    return components


def _project(
    projection: Any, vectors: np.ndarray, column: str
) -> tuple[np.ndarray, dict[str, str]]:
    """What a transformer makes of the vectors."""
    if not hasattr(projection, "fit_transform"):
        raise TypeError(
            f"projection={shown(projection)} has no fit_transform. Pass a transformer such as "
            "sklearn.decomposition.PCA(2) or sklearn.manifold.TSNE()."
        )
    projection = clone(projection, safe=False)
    try:
        points = projection.fit_transform(vectors)
    except ValueError as error:
        raise ValueError(
            f"{shown(projection)} cannot project the vectors of {shown(column)}, which are of "
            f"shape {vectors.shape}: {shortened(error)}"
        ) from error
    points = np.asarray(points)
    if points.shape != (len(vectors), 2):
        raise ValueError(
            f"{shown(projection)} made an array of shape {points.shape} of the {len(vectors)} "
            "vectors: a point needs two numbers."
        )
    last = projection[-1] if hasattr(projection, "steps") else projection
    name = type(last).__name__
    return points, {"xlabel": f"{name} 1 of {column}", "ylabel": f"{name} 2 of {column}"}
