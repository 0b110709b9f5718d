"""kill -9 in the middle of a stream: the same call goes on, and ends with the same bits."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

from sk_entity.persistence import load

SCRIPT = """
import os, signal, sys
from sk_entity import EntityEmbeddingRegressor, streaming
from sk_entity._estimators.second_pass import SecondPass
from sk_entity._training import checkpoints, spill

checkpoints.SECONDS_BETWEEN = 0.0
spill.BYTES_PER_PART = 8000
dying_at, n = int(sys.argv[1]), 0


def dying(method):
    def called(*args):
        global n
        n += 1
        found = method(*args)
        if n == dying_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    return called


SecondPass.add = dying(SecondPass.add)
checkpoints.Checkpoints._keep = dying(checkpoints.Checkpoints._keep)
model = EntityEmbeddingRegressor(max_iter=3, batch_size=8, random_state=0, device="cpu")
streaming.fit(model, "*.parquet", checkpoint="kept")
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL.")
def test_killed_and_gone_on(tmp_path):
    rng = np.random.default_rng(0)
    shop, x = rng.integers(0, 30, 1200), rng.normal(size=1200)
    table = pd.DataFrame({"shop": [f"s{k}" for k in shop], "x": x, "y": np.sin(shop) + x})
    for number in range(3):
        table[number::3].to_parquet(tmp_path / f"part-{number}.parquet")
    script = tmp_path / "fit.py"
    script.write_text(textwrap.dedent(SCRIPT))

    def run(dying_at):
        return subprocess.run(
            [sys.executable, str(script), str(dying_at)],
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        ).returncode

    assert run(0) == 0
    expected = load(tmp_path / "kept" / "fitted.safetensors").predict(table[["shop", "x"]])
    (tmp_path / "kept").rename(tmp_path / "whole")
    # In the second pass; within epochs, early and late; then nothing dies any more.
    died = [run(dying_at) for dying_at in (2, 5, 4, 9, 0)]
    assert died == [-signal.SIGKILL] * 4 + [0]
    found = load(tmp_path / "kept" / "fitted.safetensors").predict(table[["shop", "x"]])
    np.testing.assert_array_equal(found, expected)
