"""Save a fitted estimator in one file without code, and load it."""

from .._version import VersionWarning
from .artefact import load, save

__all__ = ["VersionWarning", "load", "save"]
