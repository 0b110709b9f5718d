"""This module holds the rows of the protocol, and measures on them what is not stored yet.

A line of the file of results is of one model, or of the mean over the predictions of
several seeds. Predictions are kept as files of this machine, so that a run that was ended
can go on; where they are missing but needed, their model is fitted again.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import mean_absolute_percentage_error

from ..data import read_sales
from ..report import progress
from ..splits import Split, old_and_new
from ..store import Store
from ..tasks import ROSSMANN
from ..versions import digest


@dataclass(frozen=True)
class Job:
    """What tells a model from others, and how to predict log(sales) of the rows that test."""

    model: str
    seed: int
    settings: dict
    version: str
    log_sales: Callable


def coded_sales():
    """Integer-coded columns and sales, in the order of time."""
    sales = read_sales()
    X = sales[list(ROSSMANN)].assign(State=sales["State"].astype("category").cat.codes)
    return X.astype(np.int32), sales["Sales"].astype(float)


class Bench:
    """The rows, and the errors of models on them: stored ones unless the options say no."""

    def __init__(self, options):
        X, sales = coded_sales()
        learn, test = old_and_new(len(X), options.rows)
        self.levels = {name: np.unique(X[name]) for name in X}
        self.X, self.X_test, self.sales_test = X.iloc[learn], X.iloc[test], sales.iloc[test]
        self.log = np.log(sales.iloc[learn])
        self.offset, self.scale = self.log.mean(), self.log.std()
        self.y = (self.log - self.offset) / self.scale
        split = Split(
            self.X, self.log.to_numpy(), None, self.X_test, self.sales_test.to_numpy(), None
        )
        self.rows = {"n_rows": len(learn), "rows": split.checksum}
        self.store, self.folder = Store(options.results), options.predictions
        if options.rerun:
            self.store.lines.clear()

    def fit(self, model):
        """A model that has learned the standardised logarithm."""
        with warnings.catch_warnings():
            # The number of epochs is a budget, not a failure to converge.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(self.X, self.y)

    def log_sales(self, fitted):
        """What such a model predicts for the rows that test, as a logarithm of sales."""
        return self.offset + self.scale * fitted.predict(self.X_test)

    def error(self, job):
        """Mean absolute percentage error of a model."""
        line = self.store.find(**self._key(job, job.seed))
        return self._append(job, job.seed, self._predict(job)) if line is None else line["error"]

    def error_of_mean(self, jobs):
        """The error of the mean over the predictions of several seeds."""
        seeds = [job.seed for job in jobs]
        line = self.store.find(**self._key(jobs[0], seeds))
        if line is not None:
            return line["error"]
        return self._append(jobs[0], seeds, np.mean([self._sales(job) for job in jobs], axis=0))

    def _key(self, job, seed):
        key = {"model": job.model, "seed": seed, "settings": job.settings, "version": job.version}
        return {**self.rows, **key}

    def _file(self, job):
        return self.folder / f"{digest(self._key(job, job.seed))}.npy"

    def _sales(self, job):
        """Predictions of a model that are of this line, or made again."""
        stored = self.store.find(**self._key(job, job.seed))
        if stored is not None and self._file(job).exists():
            return np.load(self._file(job))
        return self._predict(job)

    def _predict(self, job):
        start = time.perf_counter()
        sales = np.exp(job.log_sales())
        error, seconds = self._error(sales), time.perf_counter() - start
        progress(f"{job.model}, seed {job.seed}: {error:.4f}, {seconds:.0f} s")
        self.folder.mkdir(parents=True, exist_ok=True)
        np.save(self._file(job), sales)
        return sales

    def _append(self, job, seed, sales):
        error = round(self._error(sales), 6)
        self.store.append({**self._key(job, seed), "error": error})
        return error

    def _error(self, sales):
        return float(mean_absolute_percentage_error(self.sales_test, sales))
