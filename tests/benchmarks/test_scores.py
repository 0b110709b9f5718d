"""The errors of a prediction."""

import numpy as np
import pytest

from benchmarks.scores import calibration_error, rounded, scores
from benchmarks.splits import Split
from benchmarks.tasks import Task


def a_split(y, weight=None):
    return Split(None, np.asarray(y), None, None, np.asarray(y), weight)


def a_task(kind, *metrics):
    return Task("t", kind, None, (), metrics)


def test_calibration_error_is_the_mean_distance_to_the_frequency():
    y = np.tile([0, 1], 300)
    assert calibration_error(y, np.full(600, 0.5)) == 0
    assert calibration_error(y, np.full(600, 0.7)) == pytest.approx(0.2)


def test_a_class_has_the_errors_of_its_probability():
    y, probability = np.repeat([0, 1], [50, 100]), np.repeat([0.2, 0.8], [50, 100])
    found = scores(a_task("binary"), a_split(y), probability)
    assert found == pytest.approx({"1-AUC": 0, "log-loss": -np.log(0.8), "calibration": 0.2})


def test_errors_of_sales_are_relative_though_logarithms_are_learned():
    y = np.log([100.0, 200.0])
    found = scores(a_task("regression", "MAPE"), a_split(y), np.log([110.0, 180.0]))
    assert found["MAPE"] == pytest.approx(0.1)


def test_the_logarithm_of_a_negative_prediction_is_that_of_the_least_target():
    task = a_task("regression", "RMSE", "RMSE of log")
    found = scores(task, a_split([10.0, 20.0]), np.array([-5.0, 20.0]))
    assert found == pytest.approx({"RMSE": 15 / np.sqrt(2), "RMSE of log": 0.0})


def test_a_rate_counts_by_its_exposure():
    split = a_split([1.0, 3.0], weight=np.array([1.0, 0.0]))
    assert scores(a_task("rate"), split, np.array([1.0, 9.0])) == pytest.approx({"deviance": 0.0})


def test_stored_errors_are_numbers_of_python():
    found = rounded({"RMSE": np.float64(0.123456789)})
    assert found == {"RMSE": 0.123457}
    assert type(found["RMSE"]) is float
