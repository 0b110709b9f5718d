"""Fit RealMLP-TD or TabM-D with its defaults, and predict; sk_entity is not needed here.

Reads rows.npz in the folder of work, writes predicted.npy, and prints seconds
and versions as a line of JSON. Missing numbers become the median, as both want.
"""

import json
import os
import platform
import sys
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
import torch
from pytabkit import (
    RealMLP_TD_Classifier,
    RealMLP_TD_Regressor,
    TabM_D_Classifier,
    TabM_D_Regressor,
)

MODELS = {
    ("realmlp", True): RealMLP_TD_Classifier,
    ("realmlp", False): RealMLP_TD_Regressor,
    ("tabm", True): TabM_D_Classifier,
    ("tabm", False): TabM_D_Regressor,
}


def frame(arrays, part, settings):
    """Categories as such, numbers as floats."""
    columns = {name: arrays[f"{part} {name}"] for name in settings["columns"]}
    X = pd.DataFrame(columns)
    for name in set(settings["columns"]) - set(settings["categorical"]):
        X[name] = X[name].astype(float).fillna(np.nanmedian(arrays[f"learn {name}"]))
    return X.astype(dict.fromkeys(settings["categorical"], "category"))


def main():
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the packages print is no answer
    settings = json.loads(sys.argv[1])
    torch.set_num_threads(settings["threads"])
    arrays = np.load("rows.npz", allow_pickle=True)
    X, X_test = (frame(arrays, part, settings) for part in ("learn", "test"))
    model = MODELS[settings["model"], settings["binary"]](
        device="cpu", random_state=settings["seed"], n_threads=settings["threads"]
    )
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(X, arrays["y"])
    fitted, cpu = time.perf_counter(), time.process_time() - cpu
    predicted = model.predict_proba(X_test)[:, 1] if settings["binary"] else model.predict(X_test)
    done = time.perf_counter()
    np.save("predicted.npy", np.asarray(predicted, dtype=float).ravel())
    versions = [f"{name} {version(name)}" for name in ("pytabkit", "torch")]
    result = {
        "fit_seconds": fitted - start,
        "cpu_seconds": cpu,
        "predict_seconds": done - fitted,
        "version": ", ".join([*versions, f"Python {platform.python_version()}"]),
    }
    answer.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
