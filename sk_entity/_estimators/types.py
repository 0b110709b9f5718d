"""Names for what users pass in."""

from typing import Any, TypeAlias

from narwhals.typing import IntoDataFrame
from numpy.typing import ArrayLike

# A pandas, polars or pyarrow table, an array, or a list of rows.
TableLike: TypeAlias = IntoDataFrame | ArrayLike
# Numbers or labels, in an array, a list, or a column of any of these tables.
TargetLike: TypeAlias = Any
