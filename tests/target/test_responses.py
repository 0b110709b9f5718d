import tracemalloc

import numpy as np
from numpy.testing import assert_allclose

from sk_entity._target.responses import ClassResponses, NumberResponses

HEIGHT = np.array([2.0, 3.0, 5.0])


def both(coded):
    """The same working response as classes and as numbers."""
    numbers = (coded[:, None] == np.arange(3)) * HEIGHT
    return ClassResponses(coded, HEIGHT), NumberResponses(numbers)


def test_classes_are_summed_as_numbers_are():
    rng = np.random.default_rng(0)
    coded, codes, weight = rng.integers(3, size=50), rng.integers(6, size=50), rng.uniform(size=50)
    classes, numbers = both(coded)
    assert len(classes) == len(numbers) == 50
    assert_allclose(classes.total(weight), numbers.total(weight))
    rows = rng.integers(50, size=80)
    for taken, of_rows in ((slice(10, 40), slice(10, 40)), (rows, rows)):
        found = classes[taken].sums(codes[of_rows], 8, weight[of_rows])
        expected = numbers[taken].sums(codes[of_rows], 8, weight[of_rows])
        assert found[0].shape == (8, 3)
        for one, other in zip(found, expected, strict=True):
            assert_allclose(one, other)


def test_a_row_takes_no_more_memory_with_many_classes():
    n_rows, n_classes = 2000, 500
    coded = np.arange(n_rows) % n_classes
    tracemalloc.start()
    ClassResponses(coded, np.ones(n_classes)).sums(np.zeros(n_rows, int), 1, np.ones(n_rows))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.1 * 8 * n_rows * n_classes
