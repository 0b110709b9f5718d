"""`python -m benchmarks.accuracy` on a made-up task."""

from dataclasses import replace

import pytest

from benchmarks.accuracy.__main__ import main
from benchmarks.accuracy.models import MODELS
from benchmarks.accuracy.run import EVERY_MODEL
from benchmarks.store import Store

ONCE = "--tasks made-up --sizes small --seeds 1 --threads 1 --tag quick --set max_iter=1"
# These come with the library's own requirements.
ALWAYS = ("ours", "hgb", "linear")


@pytest.fixture
def results(tmp_path):
    return tmp_path / "accuracy.jsonl"


@pytest.mark.parametrize("kind", ["regression", "rate", "binary"])
def test_models_are_compared(kind, add_task, output_of, results):
    task = add_task(kind)
    text = output_of(main, f"{ONCE} --results {results} --models {' '.join(ALWAYS)}")
    labels = "sk-entity (quick) | HistGradientBoosting | one-hot linear"
    assert text.startswith("Errors on test rows; lower is better.")
    for metric in task.metrics:
        assert f"| task | error | {labels} |" in text
        assert f"\n| made-up | {metric} | " in text
    lines = Store(results).lines
    assert [line["model"] for line in lines] == list(ALWAYS)
    assert {line["part"] for line in lines} == {"test"}


@pytest.mark.parametrize("kind", ["regression", "rate", "binary"])
@pytest.mark.parametrize(
    ("model", "package"),
    [("lightgbm", "lightgbm"), ("target", "lightgbm"), ("catboost", "catboost")],
)
@pytest.mark.slow
def test_models_of_other_packages_run(model, package, kind, add_task, output_of, results):
    pytest.importorskip(package)
    add_task(kind)
    text = output_of(main, f"{ONCE} --results {results} --models {model}")
    assert f"| task | error | {MODELS[model].label} |" in text


def test_results_of_others_are_taken_from_the_file_and_ours_if_resumed(
    add_task, output_of, results
):
    add_task("regression")
    both = f"{ONCE} --results {results} --models ours linear"
    output_of(main, both)
    output_of(main, both)
    assert [line["model"] for line in Store(results).lines] == ["ours", "linear", "ours"]
    output_of(main, f"{both} --resume")
    assert len(Store(results).lines) == 3


def test_other_settings_are_shown_beside(add_task, output_of, results):
    add_task("regression")
    output_of(main, f"{ONCE} --results {results} --models ours")
    text = output_of(
        main, f"{ONCE} --tag other --results {results} --models ours --compare quick --inner"
    )
    assert "(quick)" not in text  # that was on the rows that test
    text = output_of(main, f"{ONCE} --tag other --results {results} --models ours --compare quick")
    assert "| task | error | sk-entity (other) | sk-entity (quick) |" in text


def test_inner_rows_are_said_to_validate(add_task, output_of, results):
    add_task("regression")
    text = output_of(main, f"{ONCE} --results {results} --models linear --inner")
    assert text.startswith("Errors on VALIDATION rows")
    assert {line["part"] for line in Store(results).lines} == {"inner"}


def test_a_model_that_breaks_does_not_end_the_others(add_task, results, monkeypatch, one_thread):
    add_task("regression")

    def broken(*arguments):
        raise ValueError("broken")

    monkeypatch.setitem(EVERY_MODEL, "hgb", replace(MODELS["hgb"], build=broken))
    assert main(f"{ONCE} --results {results} --models hgb linear".split()) == 1
    assert [line["model"] for line in Store(results).lines] == ["linear"]


def test_settings_need_a_tag(capsys):
    with pytest.raises(SystemExit):
        main(["--set", "dropout=0.2"])
    assert "--set needs --tag" in capsys.readouterr().err
