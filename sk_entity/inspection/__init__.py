"""Look inside a fitted estimator."""

from .clusters import cluster
from .coded_model import CodedModel
from .comparison import compare
from .dependence import category_effects
from .leakage import Leakage, check_leakage
from .mechanism import block_matrix, one_hot_and_numeric
from .neighbours import most_similar
from .unseen_cells import unseen

__all__ = [
    "CodedModel",
    "Leakage",
    "block_matrix",
    "category_effects",
    "check_leakage",
    "cluster",
    "compare",
    "most_similar",
    "one_hot_and_numeric",
    "unseen",
]
