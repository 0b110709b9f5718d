"""Entity embeddings (Guo & Berkhahn 2016) as scikit-learn estimators."""

from ._classifier import EntityEmbeddingClassifier
from ._encoder import EntityEmbeddingEncoder
from ._regressor import EntityEmbeddingRegressor
from ._version import __version__

__all__ = [
    "EntityEmbeddingClassifier",
    "EntityEmbeddingEncoder",
    "EntityEmbeddingRegressor",
    "__version__",
]
