"""Two fits are compared: what moved is on top, and chance stays of order 1."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.inspection import compare

MOVED = ["s05", "s20", "s40"]
LEVEL, SLOPE = np.random.default_rng(7).normal(size=(2, 50))
N_SAMPLES = 1500

# Each needs several networks.
pytestmark = pytest.mark.slow


def fifty_shops(seed, moved_by=0.0):
    """Fifty shops with a level and a slope, of which three have moved."""
    rng = np.random.default_rng(seed)
    shop, price = rng.integers(50, size=N_SAMPLES), rng.normal(size=N_SAMPLES)
    level = LEVEL + moved_by * np.isin(np.arange(50), [int(name[1:]) for name in MOVED])
    y = level[shop] + SLOPE[shop] * price + rng.normal(size=N_SAMPLES)
    return pd.DataFrame({"shop": [f"s{s:02d}" for s in shop], "price": price}), y


def network(seed, cls=EntityEmbeddingRegressor):
    return cls(max_iter=8, batch_size=64, hidden_layer_sizes=(32,), device="cpu", random_state=seed)


def size_of(surprise):
    return np.sqrt((surprise**2).mean())


@pytest.fixture(scope="module")
def fits():
    """Encoders of one table with two seeds, of a fresh one, and of one where shops have moved."""
    tables = {"a": fifty_shops(1), "fresh": fifty_shops(2), "moved": fifty_shops(2, moved_by=3.0)}
    found = {}
    for seed, (name, (X, y)) in enumerate(tables.items()):
        found[name] = EntityEmbeddingEncoder(network(seed)).fit(X, y)
    found["other seed"] = EntityEmbeddingEncoder(network(9), cv=2)
    found["other seed"].fit_transform(*tables["a"])
    return found


def test_shops_that_have_moved_are_on_top(fits):
    found = compare(fits["a"], fits["moved"], "shop")
    assert set(found.index[:3]) == set(MOVED)
    assert found.index.name == "shop"
    rest = found["surprise"].iloc[3:]
    assert found["surprise"].iloc[2] > 1.5 * rest.max()
    assert 0.4 < size_of(rest) < 1.6
    change = found["shop_effect_b"] - found["shop_effect_a"]
    assert (change[MOVED] > 0.5).all()


def test_of_fresh_rows_the_surprise_is_about_one(fits):
    assert 0.4 < size_of(compare(fits["a"], fits["fresh"], "shop")["surprise"]) < 1.5


def test_another_seed_on_the_same_rows_surprises_less(fits):
    found = compare(fits["a"], fits["other seed"], "shop")
    fresh = compare(fits["a"], fits["fresh"], "shop")
    assert size_of(found["surprise"]) < size_of(fresh["surprise"])
    np.testing.assert_allclose(found["shop_effect_a"], found["shop_effect_b"], rtol=1e-6)
    assert found["trusted"].isna().any()  # a has no folds
    assert compare(fits["other seed"], fits["other seed"], "shop")["trusted"].notna().all()


def test_a_fit_does_not_differ_from_itself(fits):
    found = compare(fits["a"], fits["a"], "shop")
    assert (found["moved"] < 1e-5).all()
    assert (found["kind"] == "both").all()
    assert found["trusted"].dtype == "boolean"
    assert found["count_a"].sum() == N_SAMPLES


def test_networks_are_asked_on_rows_for_what_their_vectors_do(fits):
    networks = {name: encoder.estimator_ for name, encoder in fits.items()}
    X, _ = fifty_shops(3)
    with pytest.raises(ValueError, match="arbitrary: pass X"):
        compare(networks["a"], networks["moved"], "shop")
    found = compare(networks["a"], networks["moved"], "shop", X)
    assert set(found.index[:3]) == set(MOVED)
    assert found["surprise"].iloc[2] > 1.5 * found["surprise"].iloc[3:].max()
    assert (compare(networks["a"], networks["a"], "shop", X)["moved"] < 1e-5).all()


def test_the_unit_of_the_target_does_not_matter(fits):
    X, y = fifty_shops(1)
    other = EntityEmbeddingEncoder(network(0)).fit(X, 100 + 10 * y)
    found = compare(fits["a"], other, "shop")
    np.testing.assert_allclose(found["shop_effect_b"], 10 * found["shop_effect_a"], rtol=1e-3)
    back = compare(other, fits["a"], "shop")
    np.testing.assert_allclose(back["moved"], found["moved"].reindex(back.index) / 10, rtol=1e-2)


def test_new_and_gone_categories_are_named(fits):
    X, y = fifty_shops(2)
    X["shop"] = X["shop"].replace({"s00": "new"})
    found = compare(fits["a"], EntityEmbeddingEncoder(network(1)).fit(X, y), "shop")
    assert found.loc["new", "kind"] == "new"
    assert found.loc["s00", "kind"] == "gone"
    assert found["surprise"].iloc[-2:].isna().all()


def test_what_partial_fit_has_moved_is_seen(fits):
    after = deepcopy(fits["a"]).partial_fit(*fifty_shops(4, moved_by=3.0))
    found = compare(fits["a"], after, "shop")
    assert set(found.index[:3]) == set(MOVED)
    assert (found["count_b"] > found["count_a"]).all()


def test_classes_are_compared(fits):
    (X, y), (_, y_moved) = fifty_shops(1), fifty_shops(1, moved_by=3.0)
    a, b = (
        EntityEmbeddingEncoder(network(0, EntityEmbeddingClassifier)).fit(X, target > 0)
        for target in (y, y_moved)
    )
    assert set(compare(a, b, "shop").index[:3]) == set(MOVED)
    with pytest.raises(ValueError, match="EntityEmbeddingRegressor with the link 'identity'"):
        compare(fits["a"], a, "shop")
    c = EntityEmbeddingEncoder(network(0, EntityEmbeddingClassifier)).fit(X, np.sign(y))
    with pytest.raises(ValueError, match=r"a has the classes \[False, True\]"):
        compare(a, c, "shop")


def test_several_outputs_have_an_effect_each(regressor, sales, revenue):
    y = np.column_stack([revenue, -3 * revenue])
    a, b = (EntityEmbeddingEncoder(clone(regressor)).fit(sales, y) for _ in range(2))
    found = compare(a, b, "product")
    assert {"product_effect_0_a", "product_effect_1_b"} <= set(found.columns)
    one = EntityEmbeddingEncoder(clone(regressor), n_components=1).fit(sales, y)
    with pytest.raises(ValueError, match="same n_components"):
        compare(a, one, "product")
    with pytest.raises(ValueError, match=r"a has 2 output\(s\), b has 1"):
        compare(a, EntityEmbeddingEncoder(clone(regressor)).fit(sales, revenue), "product")


def test_what_has_nothing_in_common_is_refused(fits, regressor):
    with pytest.raises(ValueError, match="'price' is no categorical column"):
        compare(fits["a"], fits["moved"], "price")
    with pytest.raises(TypeError, match="compare two encoders or two networks"):
        compare(fits["a"], fits["a"].estimator_, "shop")
    with pytest.raises(TypeError, match="no estimator of sk-entity"):
        compare(fits["a"], Ridge().fit([[0.0], [1.0]], [0, 1]), "shop")
    with pytest.raises(NotFittedError):
        compare(fits["a"], EntityEmbeddingEncoder(), "shop")
    X, y = fifty_shops(1)
    log = EntityEmbeddingRegressor(loss="poisson", max_iter=1, device="cpu").fit(X, np.exp(y))
    with pytest.raises(ValueError, match="link 'log'"):
        compare(fits["a"].estimator_, log, "shop", X)
    X["shop"] = X["shop"].str[1:].astype(int)
    numbers = regressor.set_params(categorical_features=["shop"], max_iter=1).fit(X, y)
    with pytest.raises(ValueError, match=r"no category .* such as \['s00'.* b has int64"):
        compare(fits["a"], EntityEmbeddingEncoder(numbers).fit(X, y), "shop")


@pytest.mark.slow
def test_of_two_halves_of_a_real_table_the_surprise_is_about_one(data_dir):
    table = pd.read_parquet(data_dir / "employee_salaries.parquet").sample(frac=1, random_state=0)
    y = table["current_annual_salary"].to_numpy()
    X = table[["division", "employee_position_title", "gender", "year_first_hired"]]
    halves = [
        EntityEmbeddingEncoder(EntityEmbeddingRegressor(device="cpu", random_state=k)).fit(
            X[k::2], y[k::2]
        )
        for k in range(2)
    ]
    for column in ("division", "employee_position_title"):
        surprise = compare(*halves, column)["surprise"].dropna()
        assert len(surprise) > 250
        assert 0.6 < size_of(surprise) < 1.7
