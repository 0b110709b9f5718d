"""Look inside a fitted estimator."""

from .._pictures.effect_display import EffectDisplay
from .._pictures.embedding_display import EmbeddingDisplay
from .._pictures.similarity_display import SimilarityDisplay
from .._pictures.training_display import TrainingDisplay
from .comparison import compare
from .leakage import Leakage, check_leakage
from .mechanism import block_matrix, one_hot_and_numeric
from .unseen_cells import unseen

__all__ = [
    "EffectDisplay",
    "EmbeddingDisplay",
    "Leakage",
    "SimilarityDisplay",
    "TrainingDisplay",
    "block_matrix",
    "check_leakage",
    "compare",
    "one_hot_and_numeric",
    "unseen",
]
