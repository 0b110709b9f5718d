"""This module computes the errors of a prediction; lower is better throughout."""

import numpy as np
from sklearn.metrics import (
    log_loss,
    mean_absolute_percentage_error,
    mean_poisson_deviance,
    roc_auc_score,
    root_mean_squared_error,
)

CALIBRATION = "calibration"


def scores(task, split, predicted):
    """All errors of a task by name, the first metric of the task among them."""
    y, weight = split.y_test, split.weight_test
    if task.kind == "binary":
        return {
            "1-AUC": 1 - roc_auc_score(y, predicted),
            "log-loss": log_loss(y, predicted),
            CALIBRATION: calibration_error(y, predicted),
        }
    if task.kind == "rate":
        rate = np.maximum(predicted, 1e-6)
        return {"deviance": mean_poisson_deviance(y, rate, sample_weight=weight)}
    found = {"RMSE": root_mean_squared_error(y, predicted)}
    if "MAPE" in task.metrics:  # of the sales, whose logarithm is learned
        found["MAPE"] = mean_absolute_percentage_error(np.exp(y), np.exp(predicted))
    if "RMSE of log" in task.metrics:
        positive = np.maximum(predicted, split.y.min())
        found["RMSE of log"] = root_mean_squared_error(np.log(y), np.log(positive))
    return found


def calibration_error(y, probability, n_bins=15):
    """Mean distance of frequency and probability in bins of as many rows each."""
    bins = np.array_split(np.argsort(probability, kind="stable"), n_bins)
    return sum(abs(y[b].sum() - probability[b].sum()) for b in bins) / len(y)


def rounded(errors):
    """As they are stored."""
    return {metric: round(float(error), 6) for metric, error in errors.items()}
