"""This module says on which machine, and with which versions, speed was measured."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..report import progress

PACKAGES = (
    "sk-entity",
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "skorch",
    "pandas",
    "polars",
    "lightgbm",
    "category_encoders",
)


def describe(n_threads):
    """Processor, cores and versions, a line each."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((ln.split(": ")[1] for ln in lines if ln.startswith("model name")), cpu)
    yield f"{cpu}, {os.cpu_count()} cores, {n_threads} threads used, {platform.system()}"
    yield ", ".join([f"Python {platform.python_version()}", *filter(None, map(_version, PACKAGES))])


def _version(package):
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return None


def warn_if_busy():
    """Timings mean little on a machine that does something else."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > 0.5:
        progress(f"The load average is {load:.1f}: something else runs here.")
