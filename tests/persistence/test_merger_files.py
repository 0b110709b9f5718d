"""A merger is saved with its groups, and a file whose groups do not fit is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator

from sk_entity import CategoryMerger, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.persistence import load, save

SETTINGS = {"max_iter": 2, "hidden_layer_sizes": (8,), "device": "cpu", "random_state": 0}


@pytest.fixture(params=["of a network", "of a frozen encoder", "of a frozen network"])
def merger(request, sales, revenue):
    network = EntityEmbeddingRegressor(**SETTINGS)
    if request.param == "of a frozen encoder":
        network = FrozenEstimator(EntityEmbeddingEncoder(network).fit(sales, revenue))
    elif request.param == "of a frozen network":
        network = FrozenEstimator(network.fit(sales, revenue))
    merger = CategoryMerger(network, n_clusters=3, random_state=0)
    return merger.set_output(transform="pandas").fit(sales, revenue)


def test_it_comes_back(merger, sales, tmp_path):
    save(merger, tmp_path / "merger")
    loaded = load(tmp_path / "merger")
    assert loaded.get_params(deep=False).keys() == merger.get_params(deep=False).keys()
    sales = pd.concat([sales, sales.head(1).assign(product="new")], ignore_index=True)
    pd.testing.assert_frame_equal(loaded.transform(sales), merger.transform(sales))
    pd.testing.assert_series_equal(loaded.mapping_["product"], merger.mapping_["product"])
    assert loaded.state_.encoder is loaded.estimator_.state_


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"of_rows": np.full(15, 3, dtype=np.int32)}, "a row is in no group"),
        ({"of_rows": np.zeros(3, dtype=np.int32)}, "groups of column 'product' are another's"),
        ({"centers": np.zeros((3, 9))}, "groups of column 'product' are another's"),
        ({"centers": np.full((3, 1), np.nan)}, "NaN or infinity"),
    ],
)
def test_groups_that_do_not_fit_are_refused(sales, revenue, tmp_path, change, message):
    merger = CategoryMerger(EntityEmbeddingRegressor(**SETTINGS), n_clusters=3, random_state=0)
    merger.fit(sales[["product"]], revenue)
    groups = (replace(merger.state_.groups[0], **change),)
    merger.state_ = replace(merger.state_, groups=groups)
    with pytest.raises(ValueError, match=message):
        save(merger, tmp_path / "merger")
