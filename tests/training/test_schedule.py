"""How fast, and when to look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.training.schedule import EVALUATIONS, evaluates, patience, rate


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
def test_each_epoch_ends_with_an_evaluation_and_a_run_has_about_ten(per_epoch: int, epochs: int) -> None:
    due = [evaluates(step, per_epoch, epochs) for step in range(per_epoch * epochs)]
    assert all(due[per_epoch - 1 :: per_epoch])
    assert epochs <= sum(due) <= max(epochs, EVALUATIONS + epochs)
    if per_epoch >= EVALUATIONS:
        assert sum(due) >= min(EVALUATIONS, per_epoch * epochs)


def test_patience_grows_with_the_evaluations_that_a_run_has() -> None:
    assert [patience(100, epochs) for epochs in (1, 5, 20, 100)] == [5, 5, 8, 40]


def test_evaluations_are_evenly_spread() -> None:
    assert [step for step in range(12) if evaluates(step, 12, 4)] == [3, 7, 11]
    assert rate(0, 1, 3.0) == pytest.approx(3.0)
