"""How outputs are called, and in which unit effects are."""

import numpy as np
import pytest

from sk_entity._pictures.units import Outputs
from sk_entity._target.classification import ClassificationTarget
from sk_entity._target.regression import RegressionTarget


def regression(y, link="identity"):
    return Outputs.of(RegressionTarget.learn(np.asarray(y, float), None, link))


def classes(*values):
    return Outputs.of(ClassificationTarget.learn(np.array(values), None))


def test_units_are_those_of_the_link():
    assert regression([1, 2, 3]).unit_of(0) == "standard deviations of y"
    assert regression([1, 2, 3], "log").unit_of(0) == "log of y"
    assert classes("no", "yes").unit_of(0) == "log-odds of class 'yes'"
    assert classes(0, 1).unit_of_axes == "log-odds of class 1"


def test_several_outputs_have_names():
    several = regression([[1, 2], [3, 5]])
    assert several.unit_of(1) == "standard deviations of y[:, 1]"
    assert several.unit_of_axes == "standard deviations of the outputs"
    assert classes("a", "b", "c").names == ["class 'a'", "class 'b'", "class 'c'"]


def test_an_output_is_found_by_class_or_position():
    assert classes("a", "b", "c").position("b") == 1
    assert classes("a", "b", "c").position(None) == 0
    assert classes(5, 7, 9).position(np.int64(9)) == 2
    assert classes("a", "b").position("b") == 0
    assert regression([[1, 2], [3, 5]]).position(1) == 1


@pytest.mark.parametrize("target", ["a", 2, "x"])
def test_an_output_that_there_is_not_is_refused(target):
    with pytest.raises(ValueError, match=rf"no target={target!r}: the outputs are \['b'\]"):
        classes("a", "b").position(target)
