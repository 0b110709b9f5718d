"""Look inside a fitted estimator."""

from .._pictures.page import to_html
from .comparison import compare
from .leakage import Leakage, check_leakage
from .mechanism import block_matrix, one_hot_and_numeric
from .projector import export_projector
from .unseen_cells import unseen

__all__ = [
    "Leakage",
    "block_matrix",
    "check_leakage",
    "compare",
    "export_projector",
    "one_hot_and_numeric",
    "to_html",
    "unseen",
]
