"""Classes over batches."""

import numpy as np
import pytest

from sk_entity._target.classification import ClassificationTarget
from sk_entity._target.classification_summary import ClassificationSummary


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes", "no", "perhaps", "yes", "no"], dtype=object),
        np.array([3, 1, 3, 3, 2, 1]),
        np.array([True, False, True, True, True, False]),
        np.array([0.0, 1.0, 1.0, 0.0, 1.0, 1.0]),
    ],
    ids=["str", "int", "bool", "float"],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_batches_add_up_to_the_whole(labels, weighted):
    weight = np.arange(1.0, 7) if weighted else None
    total = ClassificationSummary()
    for rows in (slice(0, 2), slice(2, 6)):
        part = ClassificationSummary()
        part.add(labels[rows], None if weight is None else weight[rows])
        total.merge(part)
    found, expected = total.target(), ClassificationTarget.learn(labels, weight)
    assert found.classes.tolist() == expected.classes.tolist()
    assert found.classes.dtype == expected.classes.dtype
    np.testing.assert_allclose(found.frequency, expected.frequency)
    assert total.total() == (6, 21.0 if weighted else 6.0)


def test_factors():
    total = ClassificationSummary()
    total.add(np.array(["a", "b", "b", "c"], dtype=object), None)
    assert total.n_rows.tolist() == [1, 2, 1]
    factors = np.array([2.0, 1.0, 0.0])
    assert total.total(factors) == (3, 4.0)
    assert total.target(factors).classes.tolist() == ["a", "b"]
    assert total.target(factors).frequency.tolist() == [0.5, 0.5]


def test_one_class():
    total = ClassificationSummary()
    total.add(np.array(["a", "a"], dtype=object), None)
    with pytest.raises(ValueError, match="one class only, \\['a'\\]"):
        total.target()
