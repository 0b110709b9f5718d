"""Fit on more rows than memory holds, and predict them: batch by batch, from disk to disk."""

from .output import predict, transform

__all__ = ["predict", "transform"]
