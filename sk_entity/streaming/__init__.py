"""Fit on more rows than memory holds, and predict them: batch by batch, from disk to disk.

This module is experimental: it may change in any minor release.
"""

from .fitting import fit
from .folds import fit_transform
from .output import predict, transform

__all__ = ["fit", "fit_transform", "predict", "transform"]
