"""Export fitted estimators to ONNX, to predict where there is no Python or no scikit-learn.

This module is experimental: it may change in any minor release. Exported files stay as they are.
"""

from .export import make_feed, register_converters, to_onnx

__all__ = ["make_feed", "register_converters", "to_onnx"]
