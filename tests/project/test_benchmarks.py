"""The benchmark of speed: how it compares, and that it still fits the library's rooms."""

import pytest


def test_works_take_turns_after_a_first_call_that_does_not_count(benchmark):
    measure = benchmark("_speed_measure")
    calls = []
    works = {name: lambda name=name: calls.append(name) or len(calls) for name in ("a", "b")}
    results = measure.alternate(works, runs=3)
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab"
    assert results == {"a": [3, 6, 7], "b": [4, 5, 8]}


def test_a_ratio_says_how_many_times_faster_ours_is(benchmark):
    measure = benchmark("_speed_measure")
    assert measure.ratio(lambda: 0.5, lambda: 2.0, runs=2) == ([4.0, 4.0], 0.5, 2.0)


@pytest.mark.parametrize(
    ("goal", "values", "met"),
    [
        ("≥ 3", [2.0, 3.5, 9.0], "yes"),
        ("≥ 3", [2.0, 2.5, 9.0], "**no**"),
        ("≤ 1.5", [1.0, 1.4, 9.0], "yes"),
        ("≤ 32 bytes", [33.0], "**no**"),
        ("≥ 3", [], "–"),
        ("", [1.0], "–"),
    ],
)
def test_the_median_is_compared_with_the_goal(benchmark, goal, values, met):
    assert benchmark("_speed_measure").Line("work", "other", goal, values).met == met


@pytest.mark.parametrize("configuration", ["DEFAULT", "TEXTBOOK"])
def test_both_networks_are_built_and_trained_as_fit_does(benchmark, configuration):
    ours = benchmark("_speed_ours")
    coder, examples = ours.rossmann_like(300)
    network = ours.network_for(coder, examples, getattr(ours, configuration))
    before = network.to_arrays()["kernels"][0]
    ours.train(network, examples, batch_size=64, epochs=1)
    assert (network.to_arrays()["kernels"][0] != before).any()


@pytest.mark.parametrize("configuration", ["default", "textbook"])
@pytest.mark.parametrize("epoch", ["our_epoch", "bare_epoch", "skorch_epoch"])
def test_every_way_of_training_that_is_compared_runs(benchmark, configuration, epoch):
    coder, examples = benchmark("_speed_ours").rossmann_like(300)
    work = getattr(benchmark("_speed_training"), epoch)(coder, examples, configuration, 64)
    assert work() > 0


def test_one_column_has_the_levels_asked_for(benchmark):
    row_counts, examples = benchmark("_speed_ours").one_column(1000, 100)
    assert row_counts.tolist() == [0] * 3 + [10] * 100
    assert len(examples.target) == 1000
