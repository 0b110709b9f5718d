"""`python -m benchmarks.encoder` on a made-up task."""

from dataclasses import replace
from functools import partial

import pytest

from benchmarks.encoder import axes, cost
from benchmarks.encoder.__main__ import main
from benchmarks.encoder.downstream import DOWNSTREAM
from benchmarks.encoder.encoders import ENCODERS, entity
from benchmarks.store import Store
from benchmarks.versions import library_checksum, versions
from sk_entity import EntityEmbeddingRegressor

# Before, TargetEncoder takes no splitter.
pytest.importorskip("sklearn", minversion="1.9")

ONCE = "--tasks made-up --sizes small --seeds 1 --threads 1"
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
    assert "| task | rows | error | sk-entity | TargetEncoder | one-hot | native |" in text
    assert "| made-up | small | RMSE | " in text
    read = {}
    for line in Store(results).lines:
        read.setdefault(line["encoder"], []).append(line["model"])
    every = ["forest", "hgb", "linear", "neighbours"]
    assert read == {"ours": every, "target": every, "one-hot": every, "native": ["hgb"]}


def test_the_tables_need_no_results_of_ours(add_task, output_of, results, monkeypatch):
    monkeypatch.delitem(DOWNSTREAM, "lightgbm")
    add_task("binary", missing_numbers=False)
    text = output_of(main, f"{ONCE} --results {results} --encoders target ordinal")
    assert "| task | rows | error | TargetEncoder | ordinal |" in text
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
    labels = " | ".join(encoder.label for encoder in ENCODERS.values())
    assert text.count(f"| task | rows | error | {labels} |") == n_models
    assert "#### Error of sk-entity over that of others" in text


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


def test_axes_of_two_seeds_are_compared(add_task, output_of, monkeypatch):
    monkeypatch.setattr(axes, "COMPARED", ("made-up",))
    monkeypatch.setattr(axes, "entity", quick_entity)
    add_task("regression")
    lines = output_of(main, "--axes --threads 1").splitlines()
    assert lines[0] == "| task | column | categories | weighted | unweighted |"
    assert [line.split(" | ")[:3] for line in lines[2:]] == [
        ["| made-up", "city", "7"],
        ["| made-up", "post", "5"],
    ]


@pytest.mark.slow
def test_cross_fitting_has_a_cost(add_task, output_of, monkeypatch):
    monkeypatch.setattr(cost, "MEASURED", ("made-up",))
    monkeypatch.setattr(cost, "entity", quick_entity)
    add_task("regression")
    lines = output_of(main, "--cost --seeds 1 --threads 1").splitlines()
    assert lines[0] == "| task | rows | cv=None, s | cv=5 | cv=5, n_jobs=2 |"
    assert float(lines[2].split(" | ")[3]) > 1
