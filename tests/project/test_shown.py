"""Messages show values and names in bounded length."""

import pytest

from sk_entity._shown import MOST_CHARACTERS, close_matches, listed, shortened, shown


@pytest.mark.parametrize(
    "value",
    [
        "a",
        b"a",
        1,
        1.5,
        None,
        [],
        [1, "a"],
        (1,),
        ("a", "b"),
        {"a": 1},
        {1},
        "it's",
        "\ud800",
        "\n",
    ],
    ids=repr,
)
def test_a_short_value_is_shown_as_python_writes_it(value):
    assert shown(value) == repr(value)


class Long:
    def __repr__(self):
        return "x" * 10_000


LONG = "x" * 10**6


@pytest.mark.parametrize(
    "value",
    [LONG, LONG.encode(), "\ud800" * 10**5, [LONG], (LONG, LONG), {LONG: LONG}, Long(), [[[LONG]]]],
    ids=["text", "bytes", "surrogates", "list", "tuple", "dict", "object", "nested"],
)
def test_a_long_value_is_cut_in_the_middle(value):
    text = shown(value)
    assert len(text) <= MOST_CHARACTERS
    assert "…" in text


def test_both_ends_of_a_long_text_are_shown():
    text = shown("begin" + LONG + "end")
    assert text.startswith("'begin")
    assert text.endswith("end'")


def test_of_many_values_the_first_are_listed_and_the_others_counted():
    assert listed(["a", 1]) == "['a', 1]"
    assert listed([]) == "[]"
    assert listed(f"c{i}" for i in range(20_000)).endswith("'c9', … and 19,990 more]")
    assert len(listed([LONG] * 20_000)) < 1_200
    assert shown(list(range(10**6))).startswith("[0, 1, 2")
    assert shown(dict.fromkeys(range(10**6))).startswith("a dict of [0, 1")


def test_a_text_from_elsewhere_is_shortened():
    assert shortened(ValueError("wrong")) == "wrong"
    assert len(shortened(LONG)) == 1_000


def test_close_matches_of_a_long_word_are_not_looked_for():
    assert close_matches("shpo", ["shop", "price"]) == ["shop"]
    assert close_matches(LONG, [LONG]) == []
    assert close_matches("shpo", [LONG, "shop"]) == ["shop"]
