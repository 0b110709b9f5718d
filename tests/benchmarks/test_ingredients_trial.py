"""`python -m benchmarks.trials.ingredients` on a made-up task."""

import pytest

from benchmarks.speed.library import constants
from benchmarks.trials import ingredients
from sk_entity._network import embeddings


@pytest.mark.slow
def test_every_variant_gives_another_error(add_task, one_thread):
    task = add_task("regression")
    options = ingredients.parse(["--seeds", "1", "--threads", "1"])
    found = ingredients.changes(task, "small", options)
    assert list(found) == list(ingredients.VARIANTS)
    # With a number as its target a table has no encodings.
    assert {name for name, change in found.items() if change == 0} == {"64 encodings"}


def test_a_table_has_a_row_per_variant(add_task, output_of, monkeypatch):
    add_task("regression")
    monkeypatch.setattr(ingredients, "error", lambda *arguments: 2.0)
    text = output_of(ingredients.main, "--tasks made-up --sizes small middle --seeds 1")
    small, middle = text.split("\nmiddle:\n")
    head, _, *rows = small.strip().splitlines()[2:]
    assert head == "| with | made-up | mean |"
    assert len(rows) == len(ingredients.VARIANTS)
    assert rows[0] == "| vectors start at 0.1 | +0.0 | +0.0 |"
    assert "made-up" not in middle  # it has no more rows


def test_constants_are_others_for_a_while():
    before = embeddings.INITIAL_MEAN_DEVIATION
    with constants({"_network.embeddings.INITIAL_MEAN_DEVIATION": 7.0}):
        assert embeddings.INITIAL_MEAN_DEVIATION == 7.0
    assert before == embeddings.INITIAL_MEAN_DEVIATION


def test_every_constant_that_a_variant_names_is_there():
    for variant in ingredients.VARIANTS.values():
        with constants(variant.constants):
            pass
