"""Whoever runs scikit-learn's public check on the estimators sees what the documentation says."""

import pytest
from sklearn.utils.estimator_checks import check_estimator

from sk_entity import (
    CategoryMerger,
    EntityEmbeddingClassifier,
    EntityEmbeddingEncoder,
    EntityEmbeddingRegressor,
)

# Random numbers are drawn per row, so that a row given twice is not one of weight two.
WEIGHTS = "check_sample_weight_equivalence_on_dense_data"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (EntityEmbeddingRegressor(max_iter=3), {WEIGHTS}),
        (EntityEmbeddingClassifier(max_iter=3), {WEIGHTS}),
        (EntityEmbeddingEncoder(), set()),
        (EntityEmbeddingEncoder(EntityEmbeddingRegressor(max_iter=3), cv=2), set()),
        (CategoryMerger(EntityEmbeddingRegressor(max_iter=3)), set()),
    ],
    ids=str,
)
def test_nothing_fails_but_the_equivalence_of_weights(estimator, expected):
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert set(failed) == expected, failed
