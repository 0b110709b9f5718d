"""What the regressor and the classifier share is described in the same words."""

import pytest
from sklearn.utils import _testing

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor

pytest.importorskip("numpydoc", reason="scikit-learn reads docstrings with numpydoc")


@pytest.mark.skipif(
    not hasattr(_testing, "assert_docstring_consistency"),
    reason="this version of scikit-learn does not compare docstrings",
)
def test_shared_parameters_and_attributes_are_described_alike():
    _testing.assert_docstring_consistency(
        [EntityEmbeddingRegressor, EntityEmbeddingClassifier],
        include_params=True,
        exclude_params=["loss", "quantile", "power", "class_weight", "ordered_target_encoding"],
        include_attrs=True,
        exclude_attrs=["classes_"],
    )


def parameters(estimator):
    return set(estimator().get_params())


def test_what_is_not_shared_is_left_out_above():
    differing = parameters(EntityEmbeddingRegressor) ^ parameters(EntityEmbeddingClassifier)
    assert differing == {"quantile", "power", "class_weight", "ordered_target_encoding"}
