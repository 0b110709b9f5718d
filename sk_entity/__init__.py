"""Entity embeddings (Guo & Berkhahn 2016) as scikit-learn estimators."""

from ._estimators.classifier import EntityEmbeddingClassifier
from ._estimators.encoder import EntityEmbeddingEncoder
from ._estimators.merger import CategoryMerger
from ._estimators.regressor import EntityEmbeddingRegressor
from ._version import __version__

__all__ = [
    "CategoryMerger",
    "EntityEmbeddingClassifier",
    "EntityEmbeddingEncoder",
    "EntityEmbeddingRegressor",
    "__version__",
]
