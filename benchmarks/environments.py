"""This module makes environments for packages that cannot live beside sk-entity, on demand."""

import os
import subprocess
import sys
from pathlib import Path

from .report import progress

HERE = Path(__file__).parent
ENVIRONMENTS = Path(os.environ.get("SK_ENTITY_ENVIRONMENTS") or HERE / ".envs").resolve()
SCRIPTS = HERE / "peers"


class NotInstalledError(Exception):
    """Why a peer cannot be measured."""


def python_of(name):
    """Interpreter of a peer's environment, created from its pinned requirements."""
    folder = ENVIRONMENTS / name
    requirements, stamp = SCRIPTS / f"{name}.txt", folder / "installed.txt"
    python = interpreter(folder)
    if stamp.exists() and stamp.read_text() == requirements.read_text():
        return python
    progress(f"Preparing {folder} ...")
    must_run([sys.executable, "-m", "venv", "--clear", folder])
    install(python, "--requirement", requirements)
    stamp.write_text(requirements.read_text())
    return python


def interpreter(folder):
    """Python of the environment in a folder."""
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def install(python, *requirements):
    """Let the pip of an environment install these."""
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    must_run([*pip, *requirements])


def must_run(command):
    """Run what prepares an environment; NotInstalledError says why that fails."""
    run = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        reasons = [line for line in run.stderr.splitlines() if line.startswith("ERROR")]
        raise NotInstalledError((reasons or ["pip failed"])[-1][:200])
