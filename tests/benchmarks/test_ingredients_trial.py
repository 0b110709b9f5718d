"""`python -m benchmarks.trials.ingredients` on a made-up task."""

import pytest

from benchmarks.speed.library import constants
from benchmarks.trials import ingredients
from sk_entity._network import embeddings


@pytest.mark.slow
def test_every_variant_gives_another_error(add_task, output_of):
    add_task("regression")
    head, _, *rows = output_of(
        ingredients.main, "--tasks made-up --sizes small --seeds 1 --threads 1"
    ).splitlines()[3:]
    assert head == "| with | made-up | mean |"
    changed = {row.split(" | ")[0].strip("| "): row.split(" | ")[1] for row in rows}
    assert list(changed) == list(ingredients.VARIANTS)
    # Its pairs have too few levels to be encoded.
    same = {name for name, change in changed.items() if change in ("+0.0", "-0.0")}
    assert same <= {"64 encodings", "all rows start alike"}


def test_constants_are_others_for_a_while():
    before = embeddings.INITIAL_SPREAD
    with pytest.raises(RuntimeError), constants({"_network.embeddings.INITIAL_SPREAD": 7.0}):
        assert embeddings.INITIAL_SPREAD == 7.0
        raise RuntimeError
    assert before == embeddings.INITIAL_SPREAD
    with pytest.raises(AttributeError), constants({"_network.embeddings.NO_SUCH_NAME": 7.0}):
        pass


def test_every_constant_that_a_variant_names_is_there():
    for variant in ingredients.VARIANTS.values():
        with constants(variant.constants):
            pass
