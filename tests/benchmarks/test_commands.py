"""Every folder is a command, from the root of the clone."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CLONE = Path(__file__).parents[2]
COMMANDS = [path.parent.name for path in sorted(CLONE.glob("benchmarks/*/__main__.py"))]


def test_there_are_six():
    assert COMMANDS == ["accuracy", "encoder", "reliability", "rossmann", "scale", "speed"]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_says_what_it_does(command):
    run = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{command}", "--help"],
        cwd=CLONE,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"usage: python -m benchmarks.{command} " in run.stdout
    assert "This command " in run.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_there_is_a_make_target_for_it(command):
    makefile = (CLONE / "Makefile").read_text(encoding="utf-8")
    assert f"\nbench-{command}: $(VENV)/with-benchmarks\n" in makefile
    assert re.search(rf"^\t\$\(BIN\)/python -m benchmarks\.{command}( --.*)?$", makefile, re.M)
