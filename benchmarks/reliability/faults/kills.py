"""This module ends works by force, and by Ctrl+C, at many moments."""

import itertools
import os
import shutil
import signal
import time
from functools import partial

import numpy as np
import pandas as pd

from sk_entity.persistence import load

from .fault_process import finish, fresh, left_behind, start, wait_until_begun, whole
from .works import N_ROWS

TARGET = "target.safetensors"


def moments(seconds, n):
    """Seconds from the begin of a work, evenly over its time and a little beyond."""
    return (np.arange(n) + 0.5) * 1.05 * seconds / n


def hit(work, run, moment, signum):
    """Send a signal to a work at a moment; return the exit status."""
    process = start(work, run)
    wait_until_begun(process, run)
    time.sleep(moment)
    if process.is_alive():
        os.kill(process.pid, signum)
    return finish(process)


def hits(work, folder, n, signum, prepare=None):
    """Hit a work at `n` moments; yield the folder of the run, the moment and the exit status."""
    seconds = whole(work, fresh(folder))
    for moment in moments(seconds, n):
        run = fresh(folder)
        if prepare is not None:
            prepare(run)
        yield run, moment, hit(work, run, moment, signum)


def kill_fit(folder, n):
    """Nothing is to be lost, and no file is to be left."""
    for work in ("fit", "stream_fit_without_checkpoint"):
        for run, moment, status in hits(work, folder, n, signal.SIGKILL):
            left = left_behind(run)
            # The rows of a stream, in the system's folder for temporary files.
            expected = all(name.startswith("passing/sk_entity-") for name in left)
            expected &= bool(not left or work.startswith("stream"))
            outcome = "left temporary files" if left and expected else "nothing left"
            yield result(work, "kill -9", moment, status, outcome, ok=expected, left=left)


def kill_save(folder, n):
    """The file is the old one or the new one."""
    for work, signum in (("save", signal.SIGKILL), ("save_interrupted", signal.SIGINT)):
        old, new = folder / "given/model.safetensors", folder / "given/large.safetensors"
        versions = [len(load(path).categories_) for path in (old, new)]
        for run, moment, status in hits(work, folder, n, signum, partial(_put, old)):
            n_columns, left = len(load(run / TARGET).categories_), left_behind(run)
            fault = "kill -9" if signum == signal.SIGKILL else "Ctrl+C"
            expected = all(n.startswith(".sk_entity-") and fault == "kill -9" for n in left)
            outcome = "old file" if n_columns == versions[0] else "new file"
            outcome += ", temporary file left" if left else ""
            yield result(work, fault, moment, status, outcome, ok=expected, left=left)


def kill_stream(folder, n):
    """The same call goes on, and comes to the same bits."""
    for work in ("stream_fit", "stream_fit_transform"):
        run = fresh(folder)
        seconds = whole(work, run)
        expected = np.load(run / "found.npy")
        for moment in moments(seconds, n):
            run = fresh(folder)
            if work == "stream_fit_transform":
                _put_old_output(run)
            status = hit(work, run, moment, signal.SIGKILL)
            ok = not work.endswith("transform") or _is_whole(run / "output.parquet")
            (run / "begun").unlink()
            whole(work, run)
            same = np.array_equal(np.load(run / "found.npy"), expected)
            outcome = "same bits" if same else "other bits"
            left = [name for name in left_behind(run) if name.endswith(".tmp")]
            outcome += ", temporary file left" if left else ""
            yield result(work, "kill -9", moment, status, outcome, ok=ok and same, left=left)


def kill_predict(folder, n):
    """The output is the old one or the new one."""
    work = "stream_predict"
    for run, moment, status in hits(work, folder, n, signal.SIGKILL, _put_old_output):
        ok = _is_whole(run / "output.parquet")
        left = left_behind(run)
        outcome = "old or new output" if ok else "half an output"
        outcome += ", temporary file left" if left else ""
        yield result(work, "kill -9", moment, status, outcome, ok=ok, left=left)


def _put(old, run):
    shutil.copyfile(old, run / TARGET)


def _put_old_output(run):
    pd.DataFrame({"old": [1]}).to_parquet(run / "output.parquet")


def _is_whole(path):
    table = pd.read_parquet(path)
    return list(table.columns) == ["old"] or len(table) == N_ROWS


def interrupt(folder, n):
    """What was fitted before stays."""
    for work in ("refit", "partial_fit"):
        for run, moment, status in hits(work, folder, n, signal.SIGINT):
            said = (run / "said").read_text() if (run / "said").exists() else "nothing said"
            # A signal that comes after the work is no fault of it.
            ok = said in ("kept", "ended")
            yield result(work, "Ctrl+C", moment, status, said, ok=ok, left=left_behind(run))


def result(work, fault, moment, status, outcome, *, ok, left=()):
    """What one fault has led to."""
    return {
        "work": work,
        "fault": fault,
        "at": round(float(moment), 2),
        "status": status,
        "outcome": outcome,
        "ok": bool(ok),
        "left": list(itertools.islice(left, 5)),
    }


GROUPS = {
    "kill-fit": kill_fit,
    "kill-save": kill_save,
    "kill-stream": kill_stream,
    "kill-predict": kill_predict,
    "interrupt": interrupt,
}
