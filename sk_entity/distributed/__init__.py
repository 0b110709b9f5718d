"""Fit on several machines, and predict on them: the same estimators, on Ray."""

from .cluster import local_cluster
from .fitting import fit
from .prediction import predict, transform

__all__ = ["fit", "local_cluster", "predict", "transform"]
