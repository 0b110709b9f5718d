"""Look inside a fitted estimator."""

from .._pictures.effect_display import EffectDisplay
from .._pictures.embedding_display import EmbeddingDisplay
from .._pictures.page import to_html
from .._pictures.similarity_display import SimilarityDisplay
from .._pictures.training_display import TrainingDisplay
from .clusters import cluster
from .coded_model import CodedModel
from .comparison import compare
from .dependence import category_effects
from .leakage import Leakage, check_leakage
from .mechanism import block_matrix, one_hot_and_numeric
from .neighbours import most_similar
from .projector import export_projector
from .unseen_cells import unseen

__all__ = [
    "CodedModel",
    "EffectDisplay",
    "EmbeddingDisplay",
    "Leakage",
    "SimilarityDisplay",
    "TrainingDisplay",
    "block_matrix",
    "category_effects",
    "check_leakage",
    "cluster",
    "compare",
    "export_projector",
    "most_similar",
    "one_hot_and_numeric",
    "to_html",
    "unseen",
]
