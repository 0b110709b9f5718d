"""The encoder's tables of docs/benchmarks.md are those of the results stored beside the code."""

from benchmarks.encoder import measures
from benchmarks.encoder.page import MEASURES, as_file, page
from benchmarks.encoder.run import stored_lines
from benchmarks.store import Store


def test_the_tables_are_those_of_the_stored_results(asked_by_make):
    options = asked_by_make("encoder")
    errors, store = list(stored_lines(options)), Store(options.results)
    assert errors
    found = {name: measures.stored(name, m, options, store) for name, m in MEASURES.items()}
    assert all(found.values())
    assert options.write.read_text(encoding="utf-8") == as_file(page(options, errors, found))
