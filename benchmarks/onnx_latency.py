"""This script measures how large an exported model is, and how long it takes for a few rows.

    python -m benchmarks.onnx_latency            # a minute; needs SK_ENTITY_DATA
    python -m benchmarks.onnx_latency --tasks adult amazon --runs 51

For one row and for 1,000 rows: `predict` (`predict_proba`, `transform`) of a DataFrame, the
session of onnxruntime with its inputs ready, and the session behind `make_feed`. They run in
turns, on one thread each. The table shows medians of processor time in milliseconds, which
other work on the machine disturbs less than the clock, and how many times faster than the
estimator the session is: the median over the runs, and their range. Networks have the default
size and one epoch, as speed does not depend on weights.
"""

import argparse
import statistics
from time import process_time

from onnxruntime import InferenceSession, SessionOptions
from sklearn.frozen import FrozenEstimator
from threadpoolctl import threadpool_limits

from sk_entity import EntityEmbeddingClassifier, EntityEmbeddingEncoder, EntityEmbeddingRegressor
from sk_entity.onnx import make_feed, to_onnx

from .report import header, line, median_and_range, say
from .speed.machine import describe, warn_if_busy
from .speed.timing import alternate, timed
from .tasks import TASKS

N_FIT, CALLS = 20_000, 10
SIZES = (1, 1000)
COLUMNS = (
    *("table", "method", "kB", "rows"),
    *("method, ms", "session, ms", "with `make_feed`, ms", "method / session"),
)


def parse(arguments=None):
    """The command line."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m benchmarks.onnx_latency", description=about)
    add = parser.add_argument
    tasks = ["adult", "salaries", "amazon", "air-time"]
    add("--tasks", nargs="+", choices=TASKS, default=tasks, metavar="TASK")
    add("--rows", type=int, default=N_FIT, help="rows to fit, at most")
    add("--runs", type=int, default=11)
    return parser.parse_args(arguments)


def fitted(task, n_rows):
    """An estimator and an encoder of the task, each with the method that is exported."""
    table = task.table
    X, y = table.X[:n_rows], table.y[:n_rows]
    kind = EntityEmbeddingClassifier if task.kind == "binary" else EntityEmbeddingRegressor
    estimator = kind(
        categorical_features=list(task.categorical), max_iter=1, device="cpu", random_state=0
    ).fit(X, y)
    encoder = EntityEmbeddingEncoder(FrozenEstimator(estimator)).fit(X, y)
    predict = estimator.predict_proba if task.kind == "binary" else estimator.predict
    return X, [(estimator, predict), (encoder, encoder.transform)]


def session_of(model):
    """A session on one thread."""
    options = SessionOptions()
    options.intra_op_num_threads = 1
    return InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def timings(method, session, model, rows, runs):
    """Cells of the table for some rows."""
    feed = make_feed(model, rows)
    works = {
        "estimator": lambda: method(rows),
        "session": lambda: session.run(None, feed),
        "with feed": lambda: session.run(None, make_feed(model, rows)),
    }
    repeated = {
        name: timed(lambda work=work: [work() for _ in range(CALLS)], CALLS, process_time)
        for name, work in works.items()
    }
    seconds = alternate(repeated, runs)
    ratios = [a / b for a, b in zip(seconds["estimator"], seconds["session"], strict=True)]
    medians = [f"{1e3 * statistics.median(s):.2f}" for s in seconds.values()]
    return [*medians, median_and_range(ratios, "{:.1f}".format, "×")]


def main(arguments=None):
    """Run the tasks one after another."""
    options = parse(arguments)
    warn_if_busy()
    with threadpool_limits(1):
        print(*describe(1), sep="\n", end="\n\n")
        print(*header(COLUMNS), sep="\n")
        for name in options.tasks:
            X, estimators = fitted(TASKS[name], options.rows)
            for estimator, method in estimators:
                model = to_onnx(estimator, X[:100])
                session = session_of(model)
                for n_rows in SIZES:
                    times = timings(method, session, model, X[:n_rows], options.runs)
                    cells = [name, f"`{method.__name__}`", f"{model.ByteSize() / 1e3:,.0f}"]
                    say(line([*cells, f"{n_rows:,}", *times]))


if __name__ == "__main__":
    main()
