"""What a page for a browser is told of a column, as text that is safe inside of HTML."""

import json
from base64 import b64encode
from typing import Any

import numpy as np

from .._vectors.encoded_column import EncodedColumn
from .._vectors.points import kinds_without_own_vector, points_of
from .units import Outputs


def column_data(column: EncodedColumn, target: Any) -> dict[str, Any]:
    """Describe a column for the page; numbers are packed as little-endian base64.

    Parameters
    ----------
    column : EncodedColumn
    target : RegressionTarget or ClassificationTarget
        Of the network, for the unit.
    """
    points, shared = points_of(column), kinds_without_own_vector(column)
    components = column.components()
    trusted = points["trusted"].astype("Int8").fillna(-1)
    of_categories = points["kind"] == "category"
    return {
        "name": str(column.name),
        "components": components,
        "n_effects": column.n_effects,
        "units": Outputs.of(target).units_of(column),
        "categories": [str(name) for name in points.loc[of_categories, "name"]],
        "special": points.loc[~of_categories, "kind"].tolist(),
        "count": packed(points["count"], "<u4"),
        "deviation": packed(points["deviation"], "<f4"),
        "trusted": packed(trusted, "<i1"),
        "vectors": packed(points[components], "<f4"),
        "shared": [str(name) for name in shared.index],
        "shared_kinds": packed(shared == "infrequent", "<u1"),
    }


def packed(values: Any, dtype: str) -> str:
    """Write numbers as base64, row by row."""
    return b64encode(np.ascontiguousarray(values, dtype=dtype).tobytes()).decode("ascii")


def json_in_html(value: Any) -> str:
    """Write JSON that a script element can hold: ASCII, and no character of markup."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
