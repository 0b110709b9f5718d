"""Fit on several machines, and predict on them: the same estimators, on Ray.

This module is experimental: it may change in any minor release.
"""

from .cluster import local_cluster
from .cross_fitting import fit_transform
from .fitting import fit
from .prediction import predict, transform

__all__ = ["fit", "fit_transform", "local_cluster", "predict", "transform"]
