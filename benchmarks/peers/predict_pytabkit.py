"""This script fits RealMLP-TD or TabM-D with its defaults, and predicts.

It reads rows.npz in the folder that it runs in, writes predicted.npy, and answers with
seconds and versions. Missing numbers become the median, as both models want.
"""

import platform
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
from _serve import answer, begin
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
    settings, answers = begin()
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
    answer(answers, result)


if __name__ == "__main__":
    main()
