"""`python -m benchmarks.encoder` on a made-up task."""

from dataclasses import replace
from functools import partial

import pytest

from benchmarks.encoder import alone, apart, axes, cost
from benchmarks.encoder.__main__ import main, parse
from benchmarks.encoder.downstream import DOWNSTREAM
from benchmarks.encoder.encoders import ENCODERS, entity
from benchmarks.encoder.page import MEASURES
from benchmarks.report import MOST_COLUMNS, in_parts
from benchmarks.store import Store
from benchmarks.versions import library_checksum, versions
from sk_entity import EntityEmbeddingRegressor

# Before, TargetEncoder takes no splitter.
pytest.importorskip("sklearn", minversion="1.9")

ONCE = "--tasks made-up --sizes small --seeds 1 --threads 1 --parts errors"
quick_entity = partial(entity, estimator=EntityEmbeddingRegressor(max_iter=2))


@pytest.fixture
def results(tmp_path):
    return tmp_path / "encoder.jsonl"


@pytest.mark.slow
def test_encoders_are_compared(add_task, output_of, results, monkeypatch):
    monkeypatch.delitem(DOWNSTREAM, "lightgbm")
    monkeypatch.setitem(ENCODERS, "ours", replace(ENCODERS["ours"], build=quick_entity))
    add_task("regression", missing_numbers=False)
    text = output_of(main, f"{ONCE} --results {results} --encoders ours target one-hot native")
    assert text.startswith("Errors on test rows; lower is better.")
    assert "| task, error | sk-entity | TargetEncoder | one-hot | native |" in text
    assert "| made-up, RMSE | " in text
    read = {}
    for line in Store(results).lines:
        read.setdefault(line["encoder"], []).append(line["model"])
    every = ["forest", "hgb", "linear", "neighbours"]
    assert read == {"ours": every, "target": every, "one-hot": every, "native": ["hgb"]}


def test_the_tables_need_no_results_of_ours(add_task, output_of, results, monkeypatch):
    monkeypatch.delitem(DOWNSTREAM, "lightgbm")
    add_task("binary", missing_numbers=False)
    text = output_of(main, f"{ONCE} --results {results} --encoders target ordinal")
    assert "| task, error | TargetEncoder | ordinal |" in text
    assert "Error of sk-entity" not in text


# category_encoders asks for an option of pandas that does nothing any more.
@pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'")
@pytest.mark.slow
@pytest.mark.parametrize(("kind", "n_models"), [("regression", 5), ("rate", 3), ("binary", 5)])
def test_every_encoder_is_in_front_of_every_model(kind, n_models, add_task, output_of, results):
    pytest.importorskip("lightgbm")
    pytest.importorskip("category_encoders")
    add_task(kind, missing_numbers=False)
    text = output_of(main, f"{ONCE} --results {results}")
    for part in in_parts(list(ENCODERS), "ours"):
        labels = " | ".join(ENCODERS[name].label for name in part)
        assert text.count(f"| task, error | {labels} |") == n_models
    assert max(line.count(" | ") + 1 for line in text.splitlines()) <= MOST_COLUMNS
    assert "### Error of sk-entity over that of others" in text


def test_stored_results_are_made_again_with_other_versions_only(
    add_task, output_of, results, monkeypatch
):
    monkeypatch.delitem(DOWNSTREAM, "lightgbm")
    add_task("regression")
    ordinal = f"{ONCE} --results {results} --encoders ordinal --inner"
    text = output_of(main, ordinal)
    assert text.startswith("Errors on VALIDATION rows")
    before = results.read_text()
    assert output_of(main, ordinal) == text
    assert results.read_text() == before
    linear = replace(DOWNSTREAM["linear"], package="lightgbm")
    monkeypatch.setitem(DOWNSTREAM, "linear", linear)
    output_of(main, ordinal)
    assert len(Store(results).lines) == 8  # all four models again: the encoding is made once
    output_of(main, ordinal)
    assert len(Store(results).lines) == 8
    output_of(main, f"{ordinal} --rerun")
    assert len(Store(results).lines) == 12


def test_the_version_of_our_vectors_is_the_code_of_the_library():
    code = f"sk-entity code {library_checksum()}, torch "
    for ours in ("ours", "in-sample"):
        assert versions(*ENCODERS[ours].packages).startswith(code)


def test_an_encoder_leaves_all_of_its_models_or_none(add_task, results, monkeypatch, one_thread):
    add_task("regression")

    def ended(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setitem(DOWNSTREAM, "linear", replace(DOWNSTREAM["linear"], build=ended))
    monkeypatch.delitem(DOWNSTREAM, "lightgbm")
    with pytest.raises(KeyboardInterrupt):
        main(f"{ONCE} --results {results} --encoders ordinal".split())
    assert not results.exists()


def run_parts(parts, monkeypatch, module, measured, **attributes):
    for name, value in attributes.items():
        monkeypatch.setattr(module, name, value)
    return f"--threads 1 --seeds 1 --tasks made-up --parts {parts} --results {measured}"


def test_axes_of_two_seeds_are_compared(add_task, output_of, monkeypatch, results):
    add_task("regression")
    quick = {"COMPARED": ("made-up",), "entity": quick_entity}
    options = run_parts("axes", monkeypatch, axes, results, **quick)
    text = output_of(main, options)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows[0] == "| task | column | categories | weighted | unweighted |"
    assert [line.split(" | ")[:3] for line in rows[2:]] == [
        ["| made-up", "city", "7"],
        ["| made-up", "post", "5"],
    ]
    # What is stored is not measured again.
    monkeypatch.setattr(axes, "entity", None)
    assert output_of(main, options) == text


@pytest.mark.slow
def test_cross_fitting_has_a_cost(add_task, output_of, monkeypatch, results):
    add_task("regression")
    quick = {"MEASURED": [("made-up", 100, 1, True)], "entity": quick_entity}
    text = output_of(main, run_parts("cost", monkeypatch, cost, results, **quick))
    ratios, medians = (
        line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| made-up")
    )
    assert float(ratios[4]) > 1  # three networks take longer than one
    assert all(float(median) > 0 for median in medians[2:])


def test_vectors_in_training_lie_apart_from_those_at_prediction(
    add_task, output_of, monkeypatch, results
):
    add_task("regression")
    quick = {"COMPARED": ("made-up",), "entity": quick_entity}
    text = output_of(main, run_parts("apart", monkeypatch, apart, results, **quick))
    assert 0 < float(text.splitlines()[-3].split(" | ")[1]) < 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["regression", "rate", "binary"])
def test_a_column_alone_is_as_good_as_its_target_means(
    kind, add_task, output_of, monkeypatch, results
):
    monkeypatch.setattr(alone, "MODELS", ("linear",))
    add_task(kind)
    text = output_of(main, run_parts("alone", monkeypatch, alone, results))
    cells = text.splitlines()[-3].split(" | ")
    assert cells[:2] == ["| ridge or logistic regression", "2"]
    assert float(cells[2]) == pytest.approx(1, abs=0.1)


def test_validation_rows_have_errors_only():
    assert parse(["--inner"]).parts == ["errors"]
    assert parse([]).parts == ["errors", *MEASURES]
    assert parse(["--inner"]).results.parent.name == "output"
