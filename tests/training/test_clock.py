"""A training is as long as its noise asks for, and its end is known before the last epoch."""

import pytest

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingRegressor
from sk_entity._training.clock import Clock


def run(clock, noise, steps=10):
    """All epochs, with the noise that each begins with; what is done after each step."""
    done = []
    while not clock.is_over:
        clock.begin_epoch(noise[min(len(done) // steps, len(noise) - 1)])
        for _ in range(steps):
            clock.tick()
            done.append(clock.done)
        clock.end_epoch()
    return done


def test_a_number_of_epochs_is_kept_whatever_the_noise():
    done = run(Clock(4, 4, 10), [1.0, 0.01, 0.5])
    assert done == pytest.approx([step / 41 for step in range(1, 41)])


@pytest.mark.parametrize(
    ("noise", "n_epochs"), [(1.3, 10), (1.0, 10), (0.64, 12), (0.25, 20), (0.01, 20)]
)
def test_the_epochs_are_as_the_inverse_root_of_the_noise(noise, n_epochs):
    assert len(run(Clock(10, 20, 10), [noise])) == 10 * n_epochs


def test_what_is_learned_on_the_way_slows_the_clock_down():
    done = run(Clock(10, 20, 10), [1.0] * 5 + [0.25])
    assert len(done) == 150  # half at the pace of ten epochs, half at that of twenty
    assert all(after > before for before, after in zip(done, done[1:], strict=False))
    assert 0.98 < done[-1] < 1


@pytest.mark.slow
def test_a_target_of_little_noise_is_trained_for_longer(slopes):
    X, y = slopes
    settings = {"hidden_layer_sizes": (16,), "random_state": 0, "device": "cpu"}
    clear = EntityEmbeddingRegressor(**settings).fit(X, X["x"])
    noisy = EntityEmbeddingRegressor(**settings).fit(X, y[::-1])
    assert noisy.n_iter_ < 1.2 * 42 < 60 < clear.n_iter_
    assert len(clear.history_) == clear.n_iter_
    assert clear.history_["learning_rate"].iloc[-1] < 1e-4


@pytest.mark.slow
def test_so_is_a_class_that_is_easy_to_tell(slopes):
    X, y = slopes
    settings = {"hidden_layer_sizes": (16,), "random_state": 0, "device": "cpu"}
    clear = EntityEmbeddingClassifier(**settings).fit(X, X["x"] > 0)
    noisy = EntityEmbeddingClassifier(**settings).fit(X, y[::-1] > 0)
    assert noisy.n_iter_ < 55 < clear.n_iter_


def test_a_number_is_the_number_of_epochs(slopes, small):
    X, y = slopes
    assert EntityEmbeddingRegressor(**small).fit(X, y).n_iter_ == small["max_iter"]
