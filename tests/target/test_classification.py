"""Classes and their probabilities."""

import numpy as np
import pytest

from sk_entity._target.classification import ClassificationTarget


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_start_at_the_weighted_share_of_the_classes(n_classes):
    y = np.array(["a", "b", "c"] if n_classes == 3 else ["a", "b", "b"])
    target = ClassificationTarget.learn(y, np.array([1.0, 2, 3]))
    assert target.n_outputs == (3 if n_classes == 3 else 1)
    probabilities = target.probabilities(target.initial_output[None, :].astype(float))
    expected = [1 / 6, 2 / 6, 3 / 6] if n_classes == 3 else [1 / 6, 5 / 6]
    np.testing.assert_allclose(probabilities, [expected], rtol=1e-6)


def test_probabilities_follow_the_scores_and_sum_to_one():
    target = ClassificationTarget.learn(np.array([0, 1]), None)
    output = np.array([[-800.0], [-1.0], [0.0], [800.0]])
    probabilities = target.probabilities(output)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(probabilities[:, 1], [0, 1 / (1 + np.e), 0.5, 1], atol=1e-12)
    assert target.scores(output).shape == (4,)

    target = ClassificationTarget.learn(np.array([0, 1, 2]), None)
    output = np.array([[1000.0, 0, -1000], [np.log(2), 0, 0]])
    np.testing.assert_allclose(target.probabilities(output), [[1, 0, 0], [0.5, 0.25, 0.25]])
    assert target.scores(output) is output


@pytest.mark.parametrize("labels", [["b", "a"], [True, False], [3, -1, 7], [1.0, 2.0]])
def test_classes_are_sorted_and_coded_by_position(labels):
    y = np.array(labels * 2)
    target = ClassificationTarget.learn(y, None)
    assert target.classes.tolist() == sorted(labels)
    assert target.classes[target.code(y)].tolist() == y.tolist()


def test_rows_of_weight_zero_hold_no_classes():
    target = ClassificationTarget.learn(np.array(["a", "b", "c"]), np.array([1.0, 1, 0]))
    assert target.classes.tolist() == ["a", "b"]


def test_a_single_class_is_refused_among_the_rows_that_count():
    with pytest.raises(ValueError, match=r"one class only, \['a'\].*at least 2"):
        ClassificationTarget.learn(np.array(["a", "a"]), None)
    with pytest.raises(ValueError, match="one class only, .* of positive weight"):
        ClassificationTarget.learn(np.array(["a", "b"]), np.array([1.0, 0.0]))
