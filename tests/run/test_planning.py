"""What is measured before a run by the clock."""

import tempfile
from itertools import count

import numpy as np
import pytest

from rnncli import memory
from rnncli.errors import ResourceError
from rnncli.run.planning import FITTING, TRIAL, Cost, _require_memory, measure, training_memory
from rnncli.settings import Settings
from rnncli.text.spool import Spool


def spool(n: int) -> Spool:
    made = Spool(tempfile.TemporaryFile())
    made.append((np.arange(n) % 6).astype(np.int32))
    return made


def test_a_step_costs_what_the_clock_says() -> None:
    """A clock that goes on by two seconds whenever it is looked at: a step takes as long, and so do 61 words, which
    are read once, and for a temperature."""
    settings = Settings.fitted({"hidden": 4, "batch": 4, "bptt": 5, "epochs": 1}, 400)
    clock = count(0.0, 2.0)
    cost = measure(spool(400), spool(61), [9] * 6, settings, map, lambda: next(clock))
    assert cost == (2.0, pytest.approx(2.0 * (1 + FITTING)), 20)
    assert next(clock) == 2.0 * (TRIAL + 3)


def test_readings_and_evaluations_that_there_is_time_for() -> None:
    cost = Cost(step=0.1, evaluation=3.0, steps_a_reading=50)
    assert cost.readings(100.0) == 20
    assert [cost.evaluations(seconds, 10) for seconds in (1.0, 100.0, 200.0, 1e6)] == [1, 2, 4, 10]


def test_more_words_and_units_take_more_memory_but_no_vocabulary_takes_it_all() -> None:
    small, large = (
        training_memory(V, Settings.fitted({"hidden": 200, "softmax": "sampled"})) for V in (10_000, 1_000_000)
    )
    assert 1.5e8 < small < 3e8
    assert small < large < 8e9
    assert training_memory(10_000, Settings.fitted({"hidden": 1000, "softmax": "sampled"})) > 2 * small - 1.5e8


def test_what_does_not_fit_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 10**9)
    _require_memory(10_000, Settings.fitted({"hidden": 200}))
    with pytest.raises(ResourceError, match="5,000 units on 100,000 words takes [0-9,]+ MB, and 1,000 MB are free"):
        _require_memory(100_000, Settings.fitted({"hidden": 5_000}))
