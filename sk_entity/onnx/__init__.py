"""Export fitted estimators to ONNX, to predict where there is no Python or no scikit-learn."""

from .export import make_feed, register_converters, to_onnx

__all__ = ["make_feed", "register_converters", "to_onnx"]
