"""What each loss is for, shown by what it learns."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import mean_tweedie_deviance

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity._network.losses import (
    LOSSES,
    REGRESSION_LOSSES,
    Gamma,
    Poisson,
    SquaredError,
    Tweedie,
    make_loss,
)

N = 4000
LEARN = {
    "hidden_layer_sizes": (32,),
    "batch_size": 128,
    "learning_rate_init": 0.01,
    "max_iter": 12,
    "device": "cpu",
    "random_state": 0,
}


@pytest.fixture
def groups():
    """Rows in four groups, and the number of each row's group."""
    number = np.random.default_rng(0).integers(0, 4, N)
    return pd.DataFrame({"group": number.astype(str)}), number


def by_group(model):
    """Prediction for each of the four groups."""
    return model.predict(pd.DataFrame({"group": list("0123")}))


@pytest.mark.slow
def test_squared_error_learns_means(groups):
    X, number = groups
    y = number**2 + np.random.default_rng(1).exponential(1.0, N)
    model = EntityEmbeddingRegressor(**LEARN).fit(X, y)
    assert by_group(model) == pytest.approx(pd.Series(y).groupby(number).mean().tolist(), abs=0.15)


@pytest.mark.slow
def test_absolute_error_learns_medians(groups):
    X, number = groups
    y = number + np.random.default_rng(1).exponential(3.0, N)
    model = EntityEmbeddingRegressor(loss="absolute_error", **LEARN).fit(X, y)
    grouped = pd.Series(y).groupby(number)
    assert by_group(model) == pytest.approx(grouped.median().tolist(), abs=0.3)
    assert (by_group(model) < grouped.mean() - 0.5).all()


@pytest.mark.slow
def test_huber_resists_outliers_that_move_the_mean(groups):
    X, number = groups
    y = number.astype(float)
    y[::20] += 100.0
    huber = by_group(EntityEmbeddingRegressor(loss="huber", **LEARN).fit(X, y))
    squared = by_group(EntityEmbeddingRegressor(**LEARN).fit(X, y))
    assert np.abs(huber - range(4)).mean() < 0.8 * np.abs(squared - range(4)).mean()


@pytest.mark.slow
def test_quantile_covers_its_share_of_fresh_rows():
    rng = np.random.default_rng(0)
    number = rng.integers(0, 4, 2 * N)
    X = pd.DataFrame({"group": number.astype(str), "x": rng.normal(size=2 * N)})
    y = number + X["x"] + rng.normal(size=2 * N) * (1 + number)
    model = EntityEmbeddingRegressor(loss="quantile", quantile=0.9, **LEARN).fit(X[:N], y[:N])
    covered = y[N:] <= model.predict(X[N:])
    assert covered.mean() == pytest.approx(0.9, abs=0.02)
    assert covered.groupby(number[N:]).mean().tolist() == pytest.approx([0.9] * 4, abs=0.05)


def test_quantile_needs_its_level(groups):
    with pytest.raises(ValueError, match="needs quantile="):
        EntityEmbeddingRegressor(loss="quantile").fit(groups[0], groups[1])


@pytest.mark.slow
def test_poisson_recovers_rates_with_exposure_as_weight():
    rng = np.random.default_rng(0)
    number = rng.integers(0, 4, 5 * N)
    rate = np.array([0.05, 0.1, 0.2, 0.4])
    exposure = rng.uniform(0.1, 2.0, 5 * N)
    claims = rng.poisson(rate[number] * exposure)
    X = pd.DataFrame({"group": number.astype(str)})
    model = EntityEmbeddingRegressor(loss="poisson", **LEARN)
    model.fit(X, claims / exposure, sample_weight=exposure)
    assert by_group(model) == pytest.approx(rate, rel=0.15)


@pytest.mark.slow
def test_gamma_learns_means_of_skewed_positive_targets(groups):
    X, number = groups
    mean = np.array([1.0, 10.0, 100.0, 1000.0])
    y = np.random.default_rng(1).gamma(2.0, mean[number] / 2.0)
    model = EntityEmbeddingRegressor(loss="gamma", **LEARN).fit(X, y)
    # Over three orders of magnitude, where a squared error sees only the largest.
    assert by_group(model) == pytest.approx(pd.Series(y).groupby(number).mean().tolist(), rel=0.15)


@pytest.mark.slow
def test_tweedie_learns_means_of_targets_that_are_often_zero():
    rng = np.random.default_rng(0)
    number = rng.integers(0, 4, 2 * N)
    n_claims = rng.poisson(np.array([0.2, 0.5, 1.0, 2.0])[number])
    # A sum of so many gamma amounts: exactly zero without a claim.
    y = rng.gamma(2.0 * np.maximum(n_claims, 1), 50.0) * (n_claims > 0)
    assert (y == 0).mean() > 0.4
    model = EntityEmbeddingRegressor(loss="tweedie", **LEARN)
    model.fit(pd.DataFrame({"group": number.astype(str)}), y)
    assert by_group(model) == pytest.approx(pd.Series(y).groupby(number).mean().tolist(), rel=0.15)


@pytest.mark.parametrize(("power", "same"), [(1, "poisson"), (2, "gamma")])
def test_tweedie_is_poisson_at_power_1_and_gamma_at_2(power, same, groups):
    X, number = groups
    y = 1.0 + number
    settings = LEARN | {"max_iter": 1}
    tweedie = EntityEmbeddingRegressor(loss="tweedie", power=power, **settings).fit(X, y)
    other = EntityEmbeddingRegressor(loss=same, **settings).fit(X, y)
    assert by_group(tweedie) == pytest.approx(by_group(other), rel=1e-6)


LIKELIHOODS = [
    (SquaredError(), 0),
    (Poisson(), 1),
    (Tweedie(power=1.2), 1.2),
    (Tweedie(power=1.9), 1.9),
    (Gamma(), 2),
    (Tweedie(power=2.5), 2.5),
    (Tweedie(power=3), 3),
]


@pytest.mark.parametrize(("loss", "power"), LIKELIHOODS, ids=lambda value: str(value))
def test_likelihoods_differ_by_half_the_deviance(loss, power):
    rng = np.random.default_rng(0)
    target = rng.uniform(0.5, 3.0, (5, 1))
    first, second = rng.normal(size=(2, 5, 1))
    means = (first, second) if loss.link == "identity" else (np.exp(first), np.exp(second))
    values = [loss.value(torch.tensor(o), torch.tensor(target)).numpy() for o in (first, second)]
    deviances = [
        [mean_tweedie_deviance(t, m, power=power) for t, m in zip(target, mean, strict=True)]
        for mean in means
    ]
    assert values[0] - values[1] == pytest.approx(np.subtract(*deviances) / 2)


@pytest.mark.parametrize(("loss", "power"), LIKELIHOODS, ids=lambda value: str(value))
def test_the_dispersion_is_the_variance_over_its_function_of_the_mean(loss, power):
    rng = np.random.default_rng(0)
    mean, dispersion = 3.0, 0.2
    target = mean + np.sqrt(dispersion * mean**power) * rng.normal(size=(100_000, 1))
    output = np.full_like(target, mean if loss.link == "identity" else np.log(mean))
    found = loss.residual(torch.tensor(output), torch.tensor(target)).mean()
    assert float(found) == pytest.approx(dispersion, rel=0.02)


def test_every_loss_of_a_regression_is_offered_and_documented():
    described = EntityEmbeddingRegressor.__doc__.partition("quantile : float")[0]
    for name in REGRESSION_LOSSES:
        assert f'"{name}"' in described
        EntityEmbeddingRegressor(loss=name, quantile=0.5)._make_loss()


@pytest.mark.parametrize(("loss", "lowest"), [("gamma", 0.0), ("poisson", -1.0)])
def test_log_links_say_which_targets_they_need(groups, loss, lowest):
    X, number = groups
    y = np.where(np.arange(N) == 7, lowest, 1.0 + number)
    with pytest.raises(ValueError, match=f"loss='{loss}' needs .* in row 7"):
        EntityEmbeddingRegressor(loss=loss).fit(X, y)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "gamma"])
def test_the_unit_of_the_target_does_not_matter(groups, loss, one_thread):
    X, number = groups
    y = 1.0 + number + np.random.default_rng(1).uniform(0.0, 0.5, N)
    settings = {**LEARN, "max_iter": 3}
    plain = EntityEmbeddingRegressor(loss=loss, **settings).fit(X, y).predict(X)
    scaled = EntityEmbeddingRegressor(loss=loss, **settings).fit(X, 1024.0 * y).predict(X)
    assert scaled / 1024.0 == pytest.approx(plain, rel=1e-4)


@pytest.mark.slow
def test_several_targets_are_learned_together(groups):
    X, number = groups
    y = np.column_stack([number, -10.0 * number, number % 2])
    model = EntityEmbeddingRegressor(**LEARN).fit(X, y)
    assert model.predict(X).shape == (N, 3)
    assert model.score(X, y) > 0.98


@pytest.mark.slow
@pytest.mark.parametrize("labels", [["no", "yes"], [3, 7, 11], ["a", "b", "c", "d"]])
def test_classes_of_any_kind_and_number(groups, labels):
    X, number = groups
    y = np.array(labels)[number % len(labels)]
    model = EntityEmbeddingClassifier(**LEARN).fit(X, y)
    assert model.classes_.tolist() == sorted(labels)
    assert model.score(X, y) == 1.0
    proba = model.predict_proba(X)
    assert proba.shape == (N, len(labels))
    assert proba.sum(axis=1) == pytest.approx(1.0)


@pytest.mark.slow
def test_probabilities_are_the_frequencies(groups):
    X, number = groups
    chance = np.array([0.05, 0.3, 0.6, 0.9])
    y = np.random.default_rng(1).random(N) < chance[number]
    model = EntityEmbeddingClassifier(**LEARN).fit(X, y)
    learned = model.predict_proba(pd.DataFrame({"group": list("0123")}))[:, 1]
    assert learned == pytest.approx(chance, abs=0.05)


def test_an_untrained_network_predicts_the_average(groups):
    X, number = groups
    y = np.random.default_rng(1).random(N) < 0.2
    model = EntityEmbeddingClassifier(**{**LEARN, "learning_rate_init": 1e-9, "max_iter": 1})
    odds = model.fit(X, y).decision_function(X)
    assert odds.mean() == pytest.approx(np.log(y.mean() / (1 - y.mean())), abs=0.2)


@pytest.mark.slow
def test_rare_categories_stay_near_the_prior():
    rng = np.random.default_rng(0)
    # 20 groups of 200 rows and 200 groups of 2, with targets that are nothing but noise there.
    frequent = np.repeat(np.arange(20), 200)
    rare = 20 + np.repeat(np.arange(200), 2)
    effect = rng.normal(size=20)
    y = np.r_[effect[frequent], np.zeros(len(rare))] + rng.normal(size=4400)
    X = pd.DataFrame({"group": np.r_[frequent, rare].astype(str)})
    model = EntityEmbeddingRegressor(**{**LEARN, "max_iter": 20}).fit(X, y)
    length = np.linalg.norm(model.embeddings_["group"], axis=1)
    is_rare = model.embeddings_["group"].index.astype(int) >= 20
    assert length[is_rare].mean() < 0.5 * length[~is_rare].mean()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_gradient_is_that_of_the_value(name, n_outputs):
    loss = make_loss(name, SimpleNamespace(quantile=0.8, power=1.5))
    generator = torch.Generator().manual_seed(0)
    output = torch.randn(6, n_outputs, generator=generator).double().mul(2).requires_grad_()
    target = torch.rand(6, n_outputs, generator=generator).double()
    if loss.link == "logit":
        target = torch.tensor([0, 1, 1, 0, 1, 0]) if n_outputs == 1 else torch.arange(6) % 3
    (expected,) = torch.autograd.grad(loss.value(output, target).sum(), output)
    torch.testing.assert_close(loss.gradient(output.detach(), target), expected)


def drawn(name, n_outputs, n=200):
    """A loss with outputs and targets that it can learn."""
    generator = torch.Generator().manual_seed(0)
    loss = make_loss(name, SimpleNamespace(quantile=0.7, power=1.5))
    output = torch.randn(n, n_outputs, generator=generator).double()
    target = torch.rand(n, n_outputs, generator=generator).double() + 0.1
    if name == "log_loss":
        target = torch.randint(max(2, n_outputs), (n,), generator=generator)
    return loss, output, target


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_as_least_squares_a_loss_has_its_own_gradient(name, n_outputs):
    loss, output, target = drawn(name, n_outputs)
    jacobian = torch.randn(len(output), n_outputs, 5, generator=torch.Generator().manual_seed(1))
    jacobian = jacobian.double()
    before = jacobian.clone()
    residual, scaled = loss.least_squares(output, target, jacobian)
    expected = (loss.gradient(output, target).unsqueeze(1) @ jacobian)[:, 0]
    torch.testing.assert_close((residual.unsqueeze(1) @ scaled)[:, 0], expected)
    torch.testing.assert_close(jacobian, before, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["squared_error", "log_loss", "poisson", "gamma", "tweedie"])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_its_squares_have_the_second_derivative_of_the_loss(name, n_outputs):
    loss, output, target = drawn(name, n_outputs, n=50)
    if loss.link == "log":
        target = output.exp()  # where a row is predicted exactly, it is the expected one

    def total(outputs):
        return loss.value(outputs, target).sum()

    every = torch.autograd.functional.hessian(total, output)
    rows = torch.arange(len(output))
    expected = every.permute(0, 2, 1, 3)[rows, rows]
    identity = torch.eye(n_outputs).double().expand(len(output), -1, -1)
    _, scaled = loss.least_squares(output, target, identity)
    torch.testing.assert_close(scaled.mT @ scaled, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["absolute_error", "huber", "quantile"])
def test_losses_with_corners_have_the_mean_curvature_of_their_likelihood(name):
    loss, output, target = drawn(name, 1)
    dispersion = loss.residual(output, target).mean()
    expected = loss.gradient(output, target).square().mean() / dispersion
    torch.testing.assert_close(loss.curvature(output, target), expected.expand(output.shape))
