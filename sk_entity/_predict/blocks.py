"""Long tables are processed block by block, on as many threads as there are processors."""

import os
from concurrent.futures import ThreadPoolExecutor

# Fewer are done before a second thread has started.
ROWS_PER_THREAD = 2**15


def for_each_block(function, n_rows, block_size):
    """Call the function with slices of at most `block_size` rows that cover all of them.

    Parameters
    ----------
    function : callable (slice) -> None
        Writes its rows somewhere. NumPy leaves Python to other threads while
        it works, so that several threads pay.
    n_rows, block_size : int
    """
    n_blocks = -(-n_rows // block_size)
    n_threads = max(1, min(available_threads(), n_rows // ROWS_PER_THREAD))

    def work(thread):
        """Process every n_threads-th block."""
        for block in range(thread, n_blocks, n_threads):
            function(slice(block * block_size, min((block + 1) * block_size, n_rows)))

    if n_threads == 1:
        work(0)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        try:
            started = [pool.submit(work, thread) for thread in range(n_threads)]
        except RuntimeError:  # there are no more threads, as while Python exits
            started = []
        for done in started:
            done.result()  # raises what the thread raised
    if not started:
        for thread in range(n_threads):
            work(thread)


def available_threads():
    """Count the processors that this process may use, or fewer if ``OMP_NUM_THREADS`` says so.

    joblib sets this variable for its workers, so that they share the machine.
    """
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(n, int(wanted))) if wanted.isdecimal() else n
