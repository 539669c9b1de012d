"""Measuring the machine, and estimating memory, before a run."""

import tempfile
from itertools import count
from typing import cast

import numpy as np
import pytest

from rnncli import memory
from rnncli.errors import ResourceError
from rnncli.network.cells import GRU, LSTM, Cell, Elman
from rnncli.network.network import Network
from rnncli.run import planning
from rnncli.run.planning import CALIBRATION_READINGS, TRIAL_STEPS, Cost, _require_memory, measure, training_memory
from rnncli.run.recipe import fitted
from rnncli.text.corpus import Corpus
from rnncli.text.report import Report
from rnncli.text.spool import Spool
from rnncli.text.vocabulary import SPECIALS, Vocabulary


def spool(n: int) -> Spool:
    made = Spool(tempfile.TemporaryFile())
    made.append((np.arange(n) % 6).astype(np.int32))
    return made


def corpus() -> Corpus:
    words = [*SPECIALS, *"abcd"]
    report = cast(Report, None)
    return Corpus(Vocabulary(words, words, [9] * 6, "fold", True), spool(400), spool(61), report, [9] * 6)


def test_trial_measures_step_and_evaluation_by_the_clock() -> None:
    """With a clock that goes on by two seconds whenever it is read, a step takes 2 s, and so does an evaluation of 61
    words, which are read once and to fit a temperature."""
    settings = fitted({"hidden": 4, "batch": 4, "bptt": 5, "epochs": 1}, 400)
    clock = count(0.0, 2.0)
    cost = measure(corpus(), settings, map, lambda: next(clock))
    assert cost == (2.0, pytest.approx(2.0 * (1 + CALIBRATION_READINGS)), 20)
    assert next(clock) == 2.0 * (TRIAL_STEPS + 3)


def test_affordable_readings_and_evaluations() -> None:
    cost = Cost(step=0.1, evaluation=3.0, steps_a_reading=50)
    assert cost.readings(100.0) == 20
    assert [cost.evaluations(seconds, 10) for seconds in (1.0, 100.0, 200.0, 1e6)] == [1, 2, 4, 10]


def test_memory_estimate_grows_with_words_and_units() -> None:
    small, large = (training_memory(V, fitted({"hidden": 200, "softmax": "sampled"})) for V in (10_000, 1_000_000))
    assert 1.5e8 < small < 3e8
    assert small < large < 8e9
    assert training_memory(10_000, fitted({"hidden": 1000, "softmax": "sampled"})) > 2 * small - 1.5e8


def test_network_larger_than_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 10**9)
    _require_memory(10_000, fitted({"hidden": 200}))
    with pytest.raises(ResourceError, match="5,000 units on 100,000 words takes [0-9,]+ MB, and 1,000 MB are free"):
        _require_memory(100_000, fitted({"hidden": 5_000}))


def test_ngrams_alone_take_no_memory_of_a_network_and_are_refused_beyond_what_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone, small = (training_memory(10_000, fitted({"hidden": hidden})) for hidden in (0, 1))
    assert alone < small + 1e8
    assert training_memory(10**7, fitted({"hidden": 0})) > 4e9
    monkeypatch.setattr(memory, "available", lambda: 10**9)
    _require_memory(10_000, fitted({"hidden": 0}))
    with pytest.raises(ResourceError, match="evaluating n-grams on 10,000,000 words .*Try a smaller --vocabulary-size"):
        _require_memory(10**7, fitted({"hidden": 0}))


@pytest.mark.parametrize(
    ("choices", "cell"),
    [
        ({"activation": "relu"}, Elman("relu", 0.5)),
        ({"cell": "gru"}, GRU()),
        ({"cell": "lstm", "embedding": "tied"}, LSTM(tied=True)),
        ({"cell": "lstm", "embedding": "own"}, LSTM()),
    ],
)
def test_trial_evaluates_with_the_settings_cell(
    monkeypatch: pytest.MonkeyPatch, choices: dict[str, str], cell: Cell
) -> None:
    seen: list[Network] = []
    monkeypatch.setattr(planning, "evaluate", lambda network, stream, specials, run: seen.append(network))
    settings = fitted({"hidden": 4, "batch": 4, "bptt": 5, "epochs": 1, "leaky": 0.5} | choices, 400)
    clock = count(0.0, 2.0)
    measure(corpus(), settings, map, lambda: next(clock))
    assert [network.cell for network in seen] == [cell] * 2
