"""Of random tables all invariants hold that `python -m benchmarks.reliability.tables` tries."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.reliability.tables.invariants import INVARIANTS, check, fit
from benchmarks.reliability.tables.random_tables import draw_plan, make_table


def few(max_examples):
    """The same few examples in every run."""
    expected = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=max_examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=expected,
    )


@st.composite
def plans(draw):
    """What `plan_of_seed` draws, from choices that shrink."""
    return draw_plan(lambda options: draw(st.sampled_from(options)))


@few(6)
@given(plan=plans(), name=st.sampled_from(list(INVARIANTS)))
def test_an_invariant_holds(plan, name, one_thread):
    case = fit(make_table(plan))
    if case is not None:
        check(case, name)


@pytest.mark.slow
@few(5)
@given(plan=plans())
@pytest.mark.parametrize("name", INVARIANTS)
def test_each_invariant_holds(name, plan, one_thread):
    case = fit(make_table(plan))
    if case is not None:
        check(case, name)
