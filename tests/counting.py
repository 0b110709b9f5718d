"""What a call costs in calls and in memory, which a busy machine does not change."""

import sys
import tracemalloc


def calls(function):
    """Number of calls of Python functions, and of C functions from Python."""
    events = []
    sys.setprofile(lambda frame, event, argument: events.append(event))
    try:
        function()
    finally:
        sys.setprofile(None)
    return sum(event in ("call", "c_call") for event in events)


def peak_memory(function):
    """Bytes in use at most beyond those before, and what the function returns."""
    tracemalloc.start()
    try:
        returned = function()
        return tracemalloc.get_traced_memory()[1], returned
    finally:
        tracemalloc.stop()
