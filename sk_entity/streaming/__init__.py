"""Fit on more rows than memory holds, and predict them: batch by batch, from disk to disk."""

from .encoding import fit_transform
from .fitting import fit
from .output import predict, transform

__all__ = ["fit", "fit_transform", "predict", "transform"]
