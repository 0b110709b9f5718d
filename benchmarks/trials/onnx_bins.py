"""This script asks how the bins of numbers are found fastest in ONNX, which has no search.

    python -m benchmarks.trials.onnx_bins        # seconds

Seven columns of 128 bins, in onnxruntime on one thread: one tree per column, against a
comparison with all edges and a sum. Both run in turns; the table shows medians of processor
time, which other work on the machine disturbs little, and how many times faster trees are.

With onnxruntime 1.32.0 (November 2026), trees are 1.2 times faster for one row, 2.0 for 100,
1.7 for 1,000 and 1.9 for 10,000. A comparison with all edges also takes 4 × 128 bytes for each
number in memory, a gigabyte for 100,000 rows of twenty columns. So bins are found by trees.
"""

import statistics
from time import process_time

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnxruntime import InferenceSession, SessionOptions

from sk_entity.onnx.graph import ML, ML_VERSION, Graph
from sk_entity.onnx.model import names_apart_from
from sk_entity.onnx.numbers import add_bins

from ..report import header, line
from ..speed.timing import alternate, timed

N_COLUMNS, N_BINS, CALLS, RUNS = 7, 128, 50, 21


def by_comparison(graph, inner, x):
    """Count the edges up to a number."""
    column = graph.add("Unsqueeze", x, graph.integers(2))
    above = graph.add("GreaterOrEqual", column, graph.constant(inner[None]))
    counts = graph.cast(above, TensorProto.FLOAT)
    return graph.add("ReduceSum", counts, graph.integers(2), keepdims=0)


def session_of(add, inner):
    """A session that finds the bins of numbers."""
    graph = Graph(names_apart_from(["x", "y"]))
    graph.output(add(graph, inner, "x"), "y")
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, len(inner)]) for name in "xy"
    )
    proto = helper.make_graph(graph.nodes, "bins", [x], [y], graph.initializers)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(ML, ML_VERSION)]
    model = helper.make_model(proto, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    options = SessionOptions()
    options.intra_op_num_threads = 1
    return InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def main():
    """Compare for one row and for more."""
    rng = np.random.default_rng(0)
    inner = np.sort(rng.normal(size=(N_COLUMNS, N_BINS - 1)).astype(np.float32), axis=1)
    sessions = {"trees": session_of(add_bins, inner), "all": session_of(by_comparison, inner)}
    print(*header(["rows", "trees, µs", "all edges, µs", "times faster"]), sep="\n")
    for n_rows in (1, 100, 1000, 10_000):
        feed = {"x": rng.normal(size=(n_rows, N_COLUMNS)).astype(np.float32)}
        found = [session.run(None, feed)[0] for session in sessions.values()]
        np.testing.assert_array_equal(*found)
        works = {
            name: timed(
                lambda s=s, f=feed: [s.run(None, f) for _ in range(CALLS)], CALLS, process_time
            )
            for name, s in sessions.items()
        }
        seconds = alternate(works, RUNS)
        ratio = statistics.median(
            b / a for a, b in zip(seconds["trees"], seconds["all"], strict=True)
        )
        medians = (f"{1e6 * statistics.median(s):.0f}" for s in seconds.values())
        print(line([f"{n_rows:,}", *medians, f"{ratio:.1f}"]))


if __name__ == "__main__":
    main()
