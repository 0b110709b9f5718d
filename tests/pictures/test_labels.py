"""Names beside points: who gets one, and where."""

import builtins

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sk_entity._pictures.labels import label_points, order_of_labels, plain, shorten


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    ax.set(xlim=(-4, 4), ylim=(-4, 4))
    return ax


def label(ax, positions, names=None, counts=None, most=40):
    n = len(positions)
    names = [f"name {k}" for k in range(n)] if names is None else names
    counts = np.arange(n, 0, -1) if counts is None else counts
    return label_points(ax, np.asarray(positions, float), names, counts, np.full(n, 20.0), most)


def boxes_of(texts):
    return [text.get_window_extent().extents for text in texts]


def test_no_two_names_lie_upon_each_other(ax):
    cloud = np.random.default_rng(0).normal(size=(300, 2))
    texts = label(ax, cloud)
    assert 15 <= len(texts) <= 40
    boxes = boxes_of(texts)
    for k, a in enumerate(boxes):
        for b in boxes[:k]:
            assert (a[2:] <= b[:2]).any() or (b[2:] <= a[:2]).any()


def test_a_name_stays_near_its_point_and_inside_the_axes(ax):
    cloud = np.random.default_rng(1).normal(size=(100, 2))
    names = [f"n{k}" for k in range(100)]
    inside = ax.get_window_extent().extents
    for text in label(ax, cloud, names):
        point = ax.transData.transform(cloud[names.index(text.get_text())])
        box = text.get_window_extent().extents
        edge = np.clip(point, box[:2], box[2:])
        assert np.hypot(*(edge - point)) < 50 * ax.figure.dpi / 72
        assert (box[:2] >= inside[:2] - 1).all()
        assert (box[2:] <= inside[2:] + 1).all()


def test_points_in_one_place_have_a_name_or_two(ax):
    texts = label(ax, np.zeros((50, 2)))
    assert 1 <= len(texts) <= 4
    assert texts[0].get_text() == "name 0"  # the most frequent


def test_the_most_frequent_and_the_outermost_come_first():
    positions = np.array([[0, 0], [0.1, 0], [9, 0], [-0.1, 0], [-5, 0]])
    order = order_of_labels(positions, np.array([100, 50, 1, 2, 1]))
    assert order[:4].tolist() == [0, 2, 1, 4]


def test_no_name_is_drawn_where_none_is_wanted(ax):
    assert label(ax, [[0, 0]], most=0) == []
    assert not ax.texts


def test_points_outside_of_the_axes_have_no_name(ax):
    assert [text.get_text() for text in label(ax, [[9, 9], [0, 0]])] == ["name 1"]
    assert label(ax, [[9, 9]]) == []


def test_a_name_that_is_wider_than_the_axes_is_left_out():
    figure, ax = plt.subplots(figsize=(1.5, 1.5))
    ax.set(xlim=(-1, 1), ylim=(-1, 1))
    texts = label(ax, [[0, 0], [0, 0.5]], ["W" * 28, "i"])
    assert [text.get_text() for text in texts] == ["i"]


def test_lines_lead_to_names_that_had_to_move(ax):
    label(ax, np.zeros((4, 2)))
    lines = ax.collections[-1].get_segments()
    assert all(np.hypot(*line[0]) < 0.2 for line in lines)  # from the edge of the point
    label(ax, [[3, 3]])
    assert len(ax.collections[-1].get_segments()) == 0


@pytest.mark.slow
def test_places_are_the_same_each_time():
    cloud = np.random.default_rng(2).normal(size=(60, 2))
    places = []
    for _ in range(2):
        figure, ax = plt.subplots()
        ax.set(xlim=(-4, 4), ylim=(-4, 4))
        places.append([text.get_position() for text in label(ax, cloud)])
    assert places[0] == places[1]


def test_the_state_of_numpy_stays(ax):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    label(ax, np.zeros((20, 2)))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_signs_of_mathematics_are_shown_as_they_stand(ax):
    (text,) = label(ax, [[0, 0]], ["$a$ b"])
    assert text.get_text() == "$a$ b"
    assert not text.get_parse_math()
    assert plain("$a$\n b") == r"\$a\$ b"


def test_long_names_keep_their_ends():
    name = "Administrative Specialist of the County III"
    short = shorten(name)
    assert len(short) <= 28
    assert short.startswith("Administrative")
    assert short.endswith("County III"[-5:])
    assert "…" in short
    assert shorten("short") == "short"
    assert shorten("a\n\tb") == "a b"
    assert len(shorten(name, 12)) <= 12


def test_without_adjust_text_the_error_says_what_to_do(ax, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "adjustText":
            raise ImportError
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r'pip install "sk-entity\[plot\]".*max_labels=0'):
        label(ax, [[0, 0]])


def test_names_keep_off_large_points(ax):
    positions = np.array([[-2.0, -2], [-2, 2], [2, -2], [2, 2]])
    names = ["a", "b", "c", "d"]
    texts = label_points(ax, positions, names, np.ones(4), np.full(4, 260.0), 40)
    radius = np.sqrt(260 / np.pi) * ax.figure.dpi / 72
    assert len(texts) == 4
    for text in texts:
        middle = ax.transData.transform(positions[names.index(text.get_text())])
        box = text.get_window_extent().extents
        center = (box[:2] + box[2:]) / 2
        assert np.hypot(*(center - middle)) > 0.9 * radius
