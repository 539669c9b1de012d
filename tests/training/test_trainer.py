"""The loop."""

import tempfile
from dataclasses import replace
from itertools import islice, pairwise

import numpy as np
import pytest

from rnncli.errors import DivergenceError
from rnncli.evaluation.measures import evaluate
from rnncli.network.threads import threads
from rnncli.settings import Settings
from rnncli.text.spool import Spool
from rnncli.training.calibration import scaled
from rnncli.training.trainer import Progress, begin, train, validate

CHOICES = {"hidden": 12, "batch": 4, "bptt": 5, "epochs": 8, "learning_rate": 0.03, "dropout": 0.2}
SETTINGS = Settings.fitted(CHOICES, 1000)


def spool(n: int = 400) -> Spool:
    """Words that go round: each is foreseen by the one before."""
    made = Spool(tempfile.TemporaryFile())
    made.append((np.arange(n) % 6).astype(np.int32))
    return made


def finish(settings: Settings = SETTINGS, count: int = 1) -> list[Progress]:
    with threads(count) as run:
        return list(train(spool(), spool(60), [9] * 7, settings, run))


def test_a_network_learns_what_follows_what() -> None:
    steps = finish()
    assert steps[0].loss == pytest.approx(np.log(7), rel=0.1)
    last = [p.evaluation for p in steps if p.evaluation][-1]
    assert last.perplexity < 1.2
    assert last.hits[1] == last.words - last.unknown_words


@pytest.mark.parametrize(("optimizer", "learning_rate"), [("adam", 0.02), ("sgd", 1.0)])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_each_choice_learns(optimizer: str, learning_rate: float, activation: str) -> None:
    settings = replace(
        SETTINGS,
        optimizer=optimizer,
        activation=activation,
        learning_rate=learning_rate,
        dropout=0.0,
        epochs=20,
    )
    assert min(p.evaluation.perplexity for p in finish(settings) if p.evaluation) < 2


def test_best_is_the_lowest_yet_and_its_weights_a_copy() -> None:
    evaluations = [p for p in finish() if p.evaluation]
    lowest = float("inf")
    for progress in evaluations:
        assert progress.evaluation
        assert (progress.best is not None) == (progress.evaluation.nats < lowest)
        lowest = min(lowest, progress.evaluation.nats)
    kept = [p.best for p in evaluations if p.best]
    assert all((a.Ws != b.Ws).any() for a, b in pairwise(kept))


def test_a_network_is_judged_by_what_it_knows_however_sure_it_is() -> None:
    valid, rng = Spool(tempfile.TemporaryFile()), np.random.default_rng(0)
    valid.append(np.where(rng.random(300) < 0.7, np.arange(300) % 6, rng.integers(0, 6, 300)).astype(np.int32))
    state = begin(400, [9] * 7, replace(SETTINGS, members=2))
    for _ in islice(train(spool(), valid, [9] * 7, replace(SETTINGS, members=2), state=state), 19):
        pass
    calm, best = validate(state, valid, SETTINGS)
    assert best
    assert evaluate(best, valid.blocks(0, 300)).nats == pytest.approx(calm.nats)
    T = state.temperature
    for member in state.members:
        member.params = scaled(member.params, 0.5)
    sure, _ = validate(state, valid, SETTINGS)
    assert sure.nats == pytest.approx(calm.nats, rel=1e-3)
    assert state.temperature == pytest.approx(2 * T, rel=0.02)


def test_same_seed_same_weights_whatever_the_threads() -> None:
    def weights(settings: Settings, count: int) -> bytes:
        best = [p.best for p in finish(settings, count) if p.best][-1]
        return b"".join(w.tobytes() for w in best)

    three = replace(SETTINGS, members=3)
    assert weights(SETTINGS, 1) == weights(SETTINGS, 2) == weights(SETTINGS, 4)
    assert weights(three, 1) == weights(three, 2) == weights(three, 4)
    assert weights(SETTINGS, 1) != weights(replace(SETTINGS, seed=2), 1)


def test_each_member_learns_as_it_would_alone() -> None:
    """The first is what the seed gives a network alone; all of them differ, and their mean foresees best."""
    alone, together = begin(400, [9] * 7, SETTINGS), begin(400, [9] * 7, replace(SETTINGS, members=3))
    for state, settings in ((alone, SETTINGS), (together, replace(SETTINGS, members=3))):
        with threads(2) as run:
            for _ in islice(train(spool(), spool(60), [9] * 7, settings, run, state=state), 30):
                pass
    for w, first in zip(alone.members[0].params, together.members[0].params, strict=True):
        np.testing.assert_array_equal(w, first)
    assert len({member.params.Ws.tobytes() for member in together.members}) == 3
    each = [evaluate(member.params, spool(60).blocks(0, 60)).nats for member in together.members]
    assert evaluate(together.model(), spool(60).blocks(0, 60)).nats < np.mean(each)


def test_training_stops_when_nothing_gets_better() -> None:
    made = Spool(tempfile.TemporaryFile())
    made.append(np.random.default_rng(0).integers(0, 7, 300).astype(np.int32))
    settings = replace(SETTINGS, epochs=200, learning_rate=0.05, dropout=0.0)
    steps = list(train(made, spool(60), [9] * 7, settings))
    assert steps[-1].fraction < 1
    assert [bool(p.best) for p in steps if p.evaluation][-80:] == [False] * 80  # 0.4 of 200


def test_a_run_goes_on_from_its_state_as_if_it_had_not_stopped() -> None:
    whole = [p.loss for p in finish()]
    state = begin(400, [9] * 7, SETTINGS)
    parts = [
        [p.loss for p in islice(train(spool(), spool(60), [9] * 7, SETTINGS, state=state), steps)]
        for steps in (1, 19, 20, 1, None)  # an epoch has 20
    ]
    assert [loss for part in parts for loss in part] == whole


@pytest.mark.parametrize("T", [0, -1, 1e9])
def test_what_is_no_temperature_is_no_run(T: float) -> None:
    state = begin(400, [9] * 7, SETTINGS)
    with pytest.raises(ValueError, match="temperature"):
        state.go_to([], state.as_json() | {"temperature": T})


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    settings = replace(
        SETTINGS, activation="relu", optimizer="sgd", learning_rate=1e3, clip=1e9, epochs=50, dropout=0.0
    )
    with pytest.raises(DivergenceError, match="at step [0-9]+.*--learning-rate"):
        finish(settings)
