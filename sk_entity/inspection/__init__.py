"""Look inside a fitted estimator."""

from .._pictures.embedding_display import EmbeddingDisplay
from .comparison import compare
from .leakage import Leakage, check_leakage
from .mechanism import block_matrix, one_hot_and_numeric
from .unseen_cells import unseen

__all__ = [
    "EmbeddingDisplay",
    "Leakage",
    "block_matrix",
    "check_leakage",
    "compare",
    "one_hot_and_numeric",
    "unseen",
]
