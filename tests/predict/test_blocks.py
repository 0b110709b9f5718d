"""Blocks of rows on several threads."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sk_entity._predict import blocks
from sk_entity._predict.blocks import available_threads, for_each_block


@pytest.fixture(params=[1, 2, 3])
def n_threads(request, monkeypatch):
    """As many threads as asked for, however few the rows are."""
    monkeypatch.setattr(blocks, "available_threads", lambda: request.param)
    monkeypatch.setattr(blocks, "ROWS_PER_THREAD", 1)
    return request.param


@given(n_rows=st.integers(0, 200), block_size=st.integers(1, 50))
def test_blocks_cover_every_row_once(n_rows, block_size):
    seen = []
    for_each_block(seen.append, n_rows, block_size)
    assert [row for rows in seen for row in range(n_rows)[rows]] == list(range(n_rows))
    assert all(0 < rows.stop - rows.start <= block_size for rows in seen)


def test_threads_share_the_blocks(n_threads):
    times, workers = [0] * 1000, set()
    started = threading.Barrier(n_threads)

    def work(rows):
        if threading.get_ident() not in workers:
            workers.add(threading.get_ident())
            started.wait(timeout=60)  # all threads take part before any goes on
        for row in range(1000)[rows]:
            times[row] += 1

    for_each_block(work, 1000, 7)
    assert times == [1] * 1000
    assert len(workers) == n_threads


def test_an_error_in_a_thread_is_raised(n_threads):
    def fail(rows):
        if rows.start == 70:
            raise ValueError("row 70")

    with pytest.raises(ValueError, match="row 70"):
        for_each_block(fail, 100, 10)


def test_where_no_thread_starts_the_caller_does_the_work(n_threads, monkeypatch):
    def refuse(*args):
        raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    monkeypatch.setattr(blocks.ThreadPoolExecutor, "submit", refuse)
    seen, workers = [], set()

    def work(rows):
        seen.extend(range(200)[rows])
        workers.add(threading.get_ident())

    for_each_block(work, 200, 7)
    assert sorted(seen) == list(range(200))
    assert workers == {threading.get_ident()}


AT_EXIT = """
import atexit
import numpy as np
from sk_entity._predict import blocks

blocks.available_threads = lambda: 2
done = np.zeros(3 * blocks.ROWS_PER_THREAD)


@atexit.register
def work():
    blocks.for_each_block(lambda rows: done.__setitem__(rows, 1), len(done), 1000)
    print(int(done.sum()) == len(done))
"""


def test_while_python_exits_the_caller_does_the_work():
    ran = subprocess.run([sys.executable, "-c", AT_EXIT], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("True\n", "")


def test_few_rows_start_no_thread():
    workers = set()
    for_each_block(lambda rows: workers.add(threading.get_ident()), 1000, 10)
    assert workers == {threading.get_ident()}


@pytest.mark.parametrize(("wanted", "n"), [("1", 1), ("0", 1), ("10000", None), ("2,1", None)])
def test_the_number_of_threads_follows_the_environment(monkeypatch, wanted, n):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    most = available_threads()
    assert most >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    assert available_threads() == (n or most)
