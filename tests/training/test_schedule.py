"""The learning rate, the evaluations and the end of a run."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.training.schedule import EVALUATIONS, Schedule, by_clock, due, evaluations, of_steps, patience, rate


@given(st.integers(1, 5000))
def test_rate_rises_to_its_peak_and_falls_to_nearly_zero(steps: int) -> None:
    rates = [rate(step, step / steps, 2.0) for step in range(steps)]
    top = rates.index(max(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < rates[-1] <= 2.0 / steps + 1e-12
    assert all(r > 0 for r in rates)
    if steps > 100:
        assert 1.7 < rates[top] <= 2.0


@given(st.integers(1, 500), st.integers(1, 30))
def test_evaluations_are_evenly_spread_and_the_last_is_at_the_end(steps: int, times: int) -> None:
    schedule = of_steps(steps)
    looked = [due(schedule.fraction(i), schedule.fraction(i + 1), times) for i in range(steps)]
    assert looked[-1]
    assert sum(looked) == min(times, steps)
    gaps = np.diff([-1, *np.flatnonzero(looked)])
    assert gaps.max() - gaps.min() <= 1


def test_ten_evaluations_that_cost_less_than_a_fifth_of_the_run() -> None:
    assert evaluations(900_000, 70_000, 1) == 2
    assert evaluations(900_000, 70_000, 5) == 10
    assert evaluations(27_000, 2_700, 4) == 8
    assert evaluations(10**9, 80_000, 1) == EVALUATIONS
    assert evaluations(27_000, 2_700, 20) == 20
    assert evaluations(100, 10**6, 20) == 1


def test_patience_grows_with_evaluations() -> None:
    assert [patience(times) for times in (1, 10, 20, 100)] == [5, 5, 8, 40]


def run_by_clock(
    seconds: float, step: list[float], pace: float, pauses: dict[int, float]
) -> tuple[Schedule, int, float]:
    """Simulates a run whose steps take the times in `step`, repeated; returns schedule, steps and seconds."""
    spent = 0.0
    schedule = by_clock(lambda: spent, seconds, pace)
    steps = 0
    while schedule.fraction(steps) < 1:
        spent += step[steps % len(step)] + pauses.get(steps, 0.0)
        steps += 1
        assert steps < 10**5
    return schedule, steps, spent


@given(
    st.lists(st.floats(0.01, 0.03), min_size=1, max_size=50),
    st.floats(0.005, 0.1),
    st.dictionaries(st.integers(0, 3000), st.floats(0, 2.0), max_size=3),
)
def test_run_by_the_clock_ends_on_time_whatever_pace_was_expected(
    step: list[float], pace: float, pauses: dict[int, float]
) -> None:
    schedule, steps, spent = run_by_clock(60.0, step, pace, pauses)
    assert spent == pytest.approx(60.0, rel=0.05)
    fractions = [schedule.fraction(i) for i in range(steps + 1)]
    assert all(a < b for a, b in pairwise(fractions))
    assert fractions[0] == 0
    assert fractions[-1] == 1


def test_run_by_the_clock_ends_on_time_on_a_machine_that_slows_down() -> None:
    slowing = [0.01] * 2000 + [0.03] * 10**4
    _, _, spent = run_by_clock(60.0, slowing, 0.01, {})
    assert spent == pytest.approx(60.0, rel=0.05)


def test_points_replay_a_run_by_the_clock() -> None:
    schedule, steps, _ = run_by_clock(10.0, [0.01, 0.02], 0.01, {})
    again = Schedule(schedule.points)
    assert [again.fraction(i) for i in range(steps + 2)] == [schedule.fraction(i) for i in range(steps + 2)]
