"""A masked cell is a missing one; a target or a weight cannot be masked."""

import numpy as np
import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor

SETTINGS = {"max_iter": 1, "hidden_layer_sizes": (4,), "random_state": 0, "device": "cpu"}
Y = np.arange(12.0)
MASK = np.zeros((12, 2), dtype=bool)
MASK[[1, 5], [0, 1]] = True
CELLS = np.column_stack([np.arange(12) % 3, np.arange(12) % 4])


def test_masked_cells_are_missing_in_fit_and_predict():
    masked = np.ma.array(CELLS, mask=MASK)
    plain = CELLS.astype(float)
    plain[MASK] = np.nan
    model = EntityEmbeddingRegressor(**SETTINGS, categorical_features=[0])
    expected = model.fit(plain, Y).predict(plain)
    np.testing.assert_array_equal(model.predict(masked), expected)
    np.testing.assert_array_equal(model.predict(masked[:3]), expected[:3])
    np.testing.assert_array_equal(model.fit(masked, Y).predict(masked), expected)
    assert model.state_.coder.categorical[0].vocabulary.n_missing == 1


@pytest.mark.parametrize("estimator", [EntityEmbeddingRegressor, EntityEmbeddingClassifier])
def test_a_masked_target_is_missing(estimator):
    y = np.ma.array(np.arange(12) % 2, mask=MASK[:, 0].copy())
    with pytest.raises(ValueError, match=r"1 missing value\(s\), the first in row 1"):
        estimator(**SETTINGS).fit(CELLS, y)
    y.mask = False
    estimator(**SETTINGS).fit(CELLS, y)


def test_a_masked_weight_is_refused():
    weight = np.ma.array(np.ones(12), mask=MASK[:, 0].copy())
    with pytest.raises(ValueError, match=r"sample_weight is masked in row 1: .* Use 0"):
        EntityEmbeddingRegressor(**SETTINGS).fit(CELLS, Y, sample_weight=weight)
