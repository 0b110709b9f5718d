"""JSON that all readers read alike."""

import pytest

from sk_entity.persistence.strict_json import dumps, loads


@pytest.mark.parametrize(
    "value",
    [None, True, 1.5, -0.0, 2**63, "é\ud800\0", [], [1, [2]], {"a": {"b": None}}, 0.1 + 0.2],
)
def test_what_is_written_is_read(value):
    text = dumps(value)
    assert text.isascii()
    assert repr(loads(text)) == repr(loads(text.encode())) == repr(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_written(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 1}}', "'c' is there twice"),
        ("[NaN]", "NaN is no JSON"),
        ("[-Infinity]", "-Infinity is no JSON"),
        ("9" * 5000, "4300"),
        ("[" * 10**6, "nested"),
        ("", "cannot be read"),
        ("{} {}", "cannot be read"),
        (b"\xff", "cannot be read"),
    ],
)
def test_what_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        loads(text)
