"""The tables of docs/benchmarks.md are those of the results that are stored beside the code."""

import pytest

from benchmarks.accuracy.page import as_file, page
from benchmarks.accuracy.run import stored_lines


@pytest.mark.slow
def test_the_tables_are_those_of_the_stored_results(asked_by_make):
    options = asked_by_make("accuracy")
    lines = list(stored_lines(options))
    if not lines:
        pytest.skip(f"{options.results.name} holds no result of ours yet")
    assert options.write.read_text(encoding="utf-8") == as_file(page(options, lines))
