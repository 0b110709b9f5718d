"""What all pictures have in common."""

import subprocess
import sys

import matplotlib.pyplot as plt
import pytest

from sk_entity._pictures.style import add_note, axes_to_draw_on, few_spines, mark_zero, pyplot

WITHOUT_MATPLOTLIB = """
import sys
sys.modules["matplotlib"] = None
import pandas as pd
from sk_entity import EntityEmbeddingRegressor
from sk_entity.inspection import EffectDisplay, EmbeddingDisplay, SimilarityDisplay, TrainingDisplay
for call in (
    lambda: EmbeddingDisplay.from_estimator(None, "x"),
    lambda: SimilarityDisplay.from_estimator(None, "x"),
    lambda: EffectDisplay.from_estimator(None, "x"),
    lambda: TrainingDisplay.from_estimator(None),
    lambda: TrainingDisplay.from_cv_results({}),
):
    try:
        call()
    except ImportError as error:
        print(error)
"""


@pytest.mark.slow
def test_without_matplotlib_the_error_says_what_to_do():
    command = [sys.executable, "-c", WITHOUT_MATPLOTLIB]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    displays = "Embedding", "Similarity", "Effect", "Training", "Training"
    expected = 'Display draws with matplotlib. Install it by: pip install "sk-entity[plot]"'
    assert ran.stdout.splitlines() == [name + expected for name in displays]


def test_new_axes_are_in_a_figure_of_pyplot():
    figure, ax = axes_to_draw_on("Display", None, figsize=(3, 2))
    assert plt.gcf() is figure
    assert figure.get_size_inches().tolist() == [3, 2]
    assert axes_to_draw_on("Display", ax) == (figure, ax)
    assert pyplot("Display") is plt


def test_a_title_leaves_room_for_its_note():
    _, ax = plt.subplots()
    add_note(ax, "title", "how to read it")
    assert ax.get_title(loc="left") == "title\n"
    assert ax.texts[0].get_text() == "how to read it"


def test_zero_is_marked():
    _, ax = plt.subplots()
    mark_zero(ax)
    (line,) = ax.lines
    assert list(line.get_xdata()) == [0, 0]


def test_few_spines_are_left():
    _, ax = plt.subplots()
    few_spines(ax)
    assert [side for side, spine in ax.spines.items() if spine.get_visible()] == ["left", "bottom"]
