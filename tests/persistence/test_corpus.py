"""Files that a fuzzer has made to reach each part of the code are refused, or what they hold works.

``python -m benchmarks.reliability.fuzz_load`` makes more of them.
"""

import time
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.reliability.hostile.loaded import try_file

FILES = sorted((Path(__file__).parent / "corpus").iterdir())


def test_it_is_small():
    assert len(FILES) > 20
    assert sum(file.stat().st_size for file in FILES) < 400_000


@pytest.mark.filterwarnings("ignore")
def test_each_is_refused_or_works_at_once():
    outcomes, longest = Counter(), 0.0
    for file in FILES:
        start = time.process_time()
        outcomes[try_file(file)] += 1
        longest = max(longest, time.process_time() - start)
    assert outcomes["refused"] > 10
    assert outcomes["used"] > 5
    assert longest < 5
