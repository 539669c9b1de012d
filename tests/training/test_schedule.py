"""How fast, and when to look."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.training.schedule import EVALUATIONS, evaluates, evaluations, patience, rate


@given(st.integers(1, 5000))
def test_the_rate_rises_to_its_peak_and_falls_to_nearly_zero(steps: int) -> None:
    rates = [rate(step, steps, 2.0) for step in range(steps)]
    top = rates.index(max(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 1.0 <= rates[top] <= 2.0
    assert 0 < rates[-1] <= max(2.0 * 3 / (steps + 1), 1e-9) * 2
    assert all(r > 0 for r in rates)


@given(st.integers(1, 60), st.integers(1, 30))
def test_each_epoch_has_its_evaluations_evenly_spread_and_ends_with_one(per_epoch: int, times: int) -> None:
    due = [evaluates(step, per_epoch, times) for step in range(3 * per_epoch)]
    assert all(due[per_epoch - 1 :: per_epoch])
    assert sum(due) == 3 * min(times, per_epoch)
    gaps = np.diff([-1, *np.flatnonzero(due)])
    assert gaps.max() - gaps.min() <= 1


def test_a_run_has_about_ten_evaluations_that_cost_less_than_a_fifth_of_it() -> None:
    assert evaluations(900_000, 70_000, 1) == 2
    assert evaluations(900_000, 70_000, 5) == 2
    assert evaluations(27_000, 2_700, 4) == 2
    assert evaluations(10**9, 80_000, 1) == EVALUATIONS
    assert evaluations(27_000, 2_700, 20) == evaluations(100, 10**6, 20) == 1


def test_patience_grows_with_the_evaluations_that_a_run_has() -> None:
    assert [patience(times) for times in (1, 10, 20, 100)] == [5, 5, 8, 40]


def test_the_only_step_of_a_run_has_the_whole_rate() -> None:
    assert rate(0, 1, 3.0) == pytest.approx(3.0)
