"""`python -m benchmarks.accuracy` on a made-up task."""

from dataclasses import replace

import pytest

from benchmarks.accuracy import __main__ as command
from benchmarks.accuracy import run
from benchmarks.accuracy.__main__ import main, parse
from benchmarks.accuracy.models import MODELS
from benchmarks.accuracy.models_apart import MODELS_APART
from benchmarks.accuracy.run import EVERY_MODEL
from benchmarks.store import OUTPUT, STORED, Store

ONCE = "--tasks made-up --sizes small --seeds 1 --threads 1 --tag quick --set max_iter=1"
# These come with the library's own requirements.
ALWAYS = ("ours", "hgb", "linear")


@pytest.fixture
def results(tmp_path):
    return tmp_path / "accuracy.jsonl"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["regression", "rate", "binary"])
def test_models_are_compared(kind, add_task, output_of, results):
    task = add_task(kind)
    text = output_of(main, f"{ONCE} --results {results} --models {' '.join(ALWAYS)}")
    labels = "sk-entity (quick) | HistGradientBoosting | one-hot linear"
    assert text.startswith("Errors on test rows; lower is better.")
    for metric in task.metrics:
        assert f"| task, error | {labels} |" in text
        assert f"\n| made-up, {metric} | " in text
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
    assert f"| task, error | {MODELS[model].label} |" in text


def with_version(model, version):
    """The same model, measured with other versions."""

    class Other(type(model)):
        @property
        def version(self):
            return version

    return Other(**vars(model))


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["ours", "linear"])
def test_results_are_taken_from_the_file_while_their_version_is_the_same(
    changed, add_task, output_of, results, monkeypatch
):
    add_task("regression")
    both = f"{ONCE} --results {results} --models ours linear"
    output_of(main, both)
    output_of(main, both)
    assert [line["model"] for line in Store(results).lines] == ["ours", "linear"]
    monkeypatch.setitem(EVERY_MODEL, changed, with_version(MODELS[changed], "newer"))
    text = output_of(main, both)
    assert [line["model"] for line in Store(results).lines] == ["ours", "linear", changed]
    assert "newer" in text
    output_of(main, f"{both} --rerun")
    assert len(Store(results).lines) == 5


def test_the_version_of_ours_is_its_code():
    assert MODELS["ours"].version.startswith("sk-entity code ")


def test_other_settings_under_the_same_tag_are_not_taken_for_these(add_task, output_of, results):
    add_task("regression")
    output_of(main, f"{ONCE} --results {results} --models ours")
    output_of(main, f"{ONCE} dropout=0.3 --results {results} --models ours")
    assert [line["settings"] for line in Store(results).lines] == [
        {"max_iter": "1"},
        {"max_iter": "1", "dropout": "0.3"},
    ]


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [("", STORED), ("--tasks adult", STORED), ("--inner", OUTPUT), ("--tag look", OUTPUT)],
)
def test_only_what_the_docs_may_show_goes_to_the_file_of_the_project(arguments, folder):
    options = parse(arguments.split())
    assert options.results == folder / "accuracy.jsonl"
    assert STORED / "accuracy.jsonl" in options.also or not (STORED / "accuracy.jsonl").exists()


def test_results_under_a_tag_are_found_in_the_file_they_go_to(
    add_task, output_of, tmp_path, monkeypatch
):
    monkeypatch.setattr(command, "OUTPUT", tmp_path / "output")
    monkeypatch.setattr(command, "STORED", tmp_path / "stored")
    add_task("regression")
    output_of(main, f"{ONCE} --models ours")
    assert len(Store(tmp_path / "output" / "accuracy.jsonl").lines) == 1
    default = ONCE.partition(" --tag")[0]
    text = output_of(main, f"{default} --models linear --compare quick")
    assert "| task, error | one-hot linear | sk-entity (quick) |" in text
    assert "### Before and after" not in text  # there is no "after"
    # Without a tag there are no settings, and the network would take long.
    present = with_version(replace(MODELS["hgb"], label="sk-entity"), "as it is")
    monkeypatch.setitem(EVERY_MODEL, "ours", present)
    text = output_of(main, f"{default} --models ours linear --compare quick")
    assert "### Before and after" in text
    assert "| task, error | sk-entity | sk-entity (quick) |" in text


def test_other_settings_are_shown_beside(add_task, output_of, results):
    add_task("regression")
    output_of(main, f"{ONCE} --results {results} --models ours")
    text = output_of(
        main, f"{ONCE} --tag other --results {results} --models ours --compare quick --inner"
    )
    assert "(quick)" not in text  # that was on the rows that test
    text = output_of(main, f"{ONCE} --tag other --results {results} --models ours --compare quick")
    assert "| task, error | sk-entity (other) | sk-entity (quick) |" in text


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


def test_models_that_take_long_have_a_table_of_their_own(add_task, output_of, results):
    task = add_task("regression")
    output_of(main, f"{ONCE} --results {results} --models ours linear")
    line = Store(results).lines[-1]
    slow = {**line, "model": "realmlp", "version": "1", "errors": {task.metrics[0]: 3.0}}
    Store(results).append(slow)
    text = output_of(main, f"{ONCE} --results {results} --models ours linear")
    label = MODELS_APART["realmlp"].label
    assert "| task, error | sk-entity (quick) | one-hot linear |" in text
    assert f"| task, error | sk-entity (quick) | {label} |" in text
    assert f"| {label} | " in text  # in the summary


def test_the_file_that_is_written_is_what_is_printed(add_task, output_of, results, tmp_path):
    add_task("binary")
    written = tmp_path / "tables.md"
    text = output_of(main, f"{ONCE} --results {results} --models ours hgb --write {written}")
    note, empty, *rest = written.read_text().splitlines()
    assert note.startswith("<!-- Written by python -m benchmarks.accuracy")
    assert not empty
    assert rest == text.splitlines()


def test_what_is_stored_can_be_shown_again_without_a_table_or_a_model(
    add_task, output_of, results, monkeypatch
):
    add_task("regression")
    once = f"{ONCE} --results {results} --models ours linear"
    output_of(main, f"{once} --tag earlier")
    again = f"{once} --compare earlier"
    monkeypatch.setitem(EVERY_MODEL, "ours", with_version(MODELS["ours"], "old"))
    output_of(main, again)
    monkeypatch.setitem(EVERY_MODEL, "ours", with_version(MODELS["ours"], "new"))
    text = output_of(main, again)
    monkeypatch.setitem(EVERY_MODEL, "ours", with_version(MODELS["ours"], "not measured yet"))
    monkeypatch.setitem(run.TASKS, "made-up", replace(run.TASKS["made-up"], read=None))
    options = parse(again.split())
    lines = list(run.stored_lines(options))
    assert [line["version"] for line in lines if line["model"] == "ours"] == ["new"]
    assert "sk-entity (earlier)" in text
    assert "\n".join(command.page(options, lines)) == text.rstrip("\n")


def test_nothing_is_stored_of_other_rows_or_under_other_tags(add_task, output_of, results):
    add_task("regression")
    output_of(main, f"{ONCE} --results {results} --models ours")
    arguments = f"{ONCE} --results {results} --models ours".split()
    assert len(list(run.stored_lines(parse(arguments)))) == 1
    assert not list(run.stored_lines(parse([*arguments, "--inner"])))
    assert not list(run.stored_lines(parse([*arguments, "--tag", "other"])))


def test_settings_need_a_tag(capsys):
    with pytest.raises(SystemExit):
        main(["--set", "dropout=0.2"])
    assert "--set needs --tag" in capsys.readouterr().err
