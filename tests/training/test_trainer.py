"""The training loop."""

import tempfile
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest

from rnncli.errors import DivergenceError
from rnncli.evaluation.measures import evaluate
from rnncli.network import cells
from rnncli.network.network import Network
from rnncli.network.parameters import Weights, copied, scaled, values
from rnncli.network.step import Chunk, gradient
from rnncli.network.threads import threads
from rnncli.run.recipe import fitted
from rnncli.settings import Settings
from rnncli.text.spool import Spool
from rnncli.training import trainer
from rnncli.training.schedule import of_steps
from rnncli.training.trainer import Progress, begin, train, validate

CHOICES = {"hidden": 12, "batch": 4, "bptt": 5, "epochs": 8, "learning_rate": 0.03, "dropout": 0.2}
SETTINGS = fitted(CHOICES, 1000)
CELLS = ["elman", "gru", "lstm"]


def spool(n: int = 400) -> Spool:
    """Six words in a cycle: each determines the next one."""
    made = Spool(tempfile.TemporaryFile())
    made.append((np.arange(n) % 6).astype(np.int32))
    return made


def network(params: Weights, cell: str = "elman") -> Network:
    return Network(params, cells.of(replace(SETTINGS, cell=cell)))


def finish(settings: Settings = SETTINGS, count: int = 1) -> list[Progress]:
    with threads(count) as run:
        return list(train(spool(), spool(60), [9] * 7, 2, settings, run))


def test_network_learns_a_deterministic_sequence() -> None:
    steps = finish()
    assert steps[0].loss == pytest.approx(np.log(7), rel=0.1)
    last = [p.evaluation for p in steps if p.evaluation][-1]
    assert last.perplexity < 1.2
    assert last.hits[1] == last.words - last.unknown_words


@pytest.mark.parametrize(("optimizer", "learning_rate"), [("adam", 0.02), ("sgd", 1.0)])
@pytest.mark.parametrize("choices", [{"activation": "tanh"}, {"activation": "relu"}, {"cell": "gru"}, {"cell": "lstm"}])
def test_every_optimizer_cell_and_activation_learns(
    optimizer: str, learning_rate: float, choices: dict[str, str]
) -> None:
    settings = replace(
        SETTINGS,
        **choices,
        optimizer=optimizer,
        learning_rate=learning_rate,
        dropout=0.0,
        epochs=20,
    )
    assert min(p.evaluation.perplexity for p in finish(settings) if p.evaluation) < 2


def test_best_has_the_lowest_loss_and_is_a_copy() -> None:
    evaluations = [p for p in finish() if p.evaluation]
    lowest = float("inf")
    for progress in evaluations:
        assert progress.evaluation
        assert (progress.best is not None) == (progress.evaluation.nats < lowest)
        lowest = min(lowest, progress.evaluation.nats)
    kept = [p.best for p in evaluations if p.best]
    assert all((a["Ws"] != b["Ws"]).any() for a, b in pairwise(kept))


def test_validation_fits_the_temperature_first() -> None:
    valid, rng = Spool(tempfile.TemporaryFile()), np.random.default_rng(0)
    valid.append(np.where(rng.random(300) < 0.7, np.arange(300) % 6, rng.integers(0, 6, 300)).astype(np.int32))
    state = begin(400, [9] * 7, 2, replace(SETTINGS, ensemble_size=2))
    for _ in islice(train(spool(), valid, [9] * 7, 2, replace(SETTINGS, ensemble_size=2), state=state), 19):
        pass
    calm, best = validate(state, valid, 2)
    assert best
    assert evaluate(network(best), valid.blocks(0, 300), 2).nats == pytest.approx(calm.nats)
    T = state.temperature
    for member in state.members:
        member.params = scaled(state.cell.axes, member.params, 2.0)
    sure, _ = validate(state, valid, 2)
    assert sure.nats == pytest.approx(calm.nats, rel=1e-3)
    assert state.temperature == pytest.approx(2 * T, rel=0.02)


@pytest.mark.parametrize("cell", CELLS)
def test_same_seed_same_weights_whatever_the_threads(cell: str) -> None:
    def weights(settings: Settings, count: int) -> bytes:
        best = [p.best for p in finish(settings, count) if p.best][-1]
        return b"".join(w.tobytes() for w in best.values())

    one = replace(SETTINGS, cell=cell, epochs=8 if cell == "elman" else 2)
    three = replace(one, ensemble_size=3)
    assert weights(one, 1) == weights(one, 2) == weights(one, 4)
    assert weights(three, 1) == weights(three, 2) == weights(three, 4)
    assert weights(one, 1) != weights(replace(one, seed=2), 1)


@pytest.mark.parametrize("cell", CELLS)
def test_first_network_of_an_ensemble_equals_one_trained_alone(cell: str) -> None:
    """All networks differ, and their mean predicts better than they do on average."""
    one, three = replace(SETTINGS, cell=cell), replace(SETTINGS, cell=cell, ensemble_size=3)
    alone, together = begin(400, [9] * 7, 2, one), begin(400, [9] * 7, 2, three)
    for state, settings in ((alone, one), (together, three)):
        with threads(2) as run:
            for _ in islice(train(spool(), spool(60), [9] * 7, 2, settings, run, state=state), 30):
                pass
    np.testing.assert_equal(together.members[0].params, alone.members[0].params)
    assert len({member.params["Ws"].tobytes() for member in together.members}) == 3
    each = [evaluate(network(member.params, cell), spool(60).blocks(0, 60), 2).nats for member in together.members]
    assert evaluate(network(together.model(), cell), spool(60).blocks(0, 60), 2).nats < np.mean(each)


def test_training_stops_early_without_a_new_best() -> None:
    made = Spool(tempfile.TemporaryFile())
    made.append(np.random.default_rng(0).integers(0, 7, 300).astype(np.int32))
    settings = replace(SETTINGS, epochs=200, learning_rate=0.05, dropout=0.0)
    steps = list(train(made, spool(60), [9] * 7, 2, settings))
    assert steps[-1].fraction < 1
    assert [bool(p.best) for p in steps if p.evaluation][-80:] == [False] * 80  # 0.4 of 200


@pytest.mark.parametrize("cell", CELLS)
def test_training_from_a_state_equals_training_in_one_go(cell: str) -> None:
    settings = replace(SETTINGS, cell=cell)
    whole = [p.loss for p in finish(settings)]
    state = begin(400, [9] * 7, 2, settings)
    parts = [
        [p.loss for p in islice(train(spool(), spool(60), [9] * 7, 2, settings, state=state), steps)]
        for steps in (1, 19, 20, 1, None)  # an epoch has 20
    ]
    assert [loss for part in parts for loss in part] == whole


@pytest.mark.parametrize("T", [0, -1, 1e9])
def test_state_with_invalid_temperature_is_refused(T: float) -> None:
    state = begin(400, [9] * 7, 2, SETTINGS)
    with pytest.raises(ValueError, match="temperature"):
        state.restore([], state.as_json() | {"temperature": T})


def test_loss_that_is_not_finite_ends_the_training() -> None:
    settings = replace(
        SETTINGS, activation="relu", optimizer="sgd", learning_rate=1e3, clip=1e9, epochs=50, dropout=0.0, leaky=0.0
    )
    with pytest.raises(DivergenceError, match="at step [0-9]+.*--learning-rate"):
        finish(settings)


def test_state_that_overflows_in_validation_ends_the_training() -> None:
    """The chunks of training are too short for the state to overflow; the validation text is not."""
    settings = replace(SETTINGS, activation="relu", leaky=0.0)
    state = begin(400, [9] * 7, 2, settings)
    state.members[0].params["Ws"][:] = 10.0
    with pytest.raises(DivergenceError, match="at step 0.*--learning-rate"):
        validate(state, spool(60), 2)
    only = train(spool(), spool(60), [9] * 7, 2, settings, schedule=of_steps(1), times=1, state=state)
    with pytest.raises(DivergenceError, match="at step [01].*--learning-rate"):
        next(only)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
@pytest.mark.parametrize("parameter", ["Wx", "bs", "by"])
def test_gradient_that_is_not_finite_is_never_stepped_with(
    monkeypatch: pytest.MonkeyPatch, parameter: str, value: float
) -> None:
    """The loss is finite; of 1e30 so is the gradient, and its norm is not."""

    def spoilt(*given: Any, **options: Any) -> Chunk:
        chunk = gradient(*given, **options)
        values(chunk.gradients[parameter])[:1] = value
        return chunk

    state = begin(400, [9] * 7, 2, SETTINGS)
    next(train(spool(), spool(60), [9] * 7, 2, SETTINGS, state=state))
    (member,) = state.members
    before = copied(member.params), copied(dict(enumerate(member.state))), copied(member.optimizer.memory["v"])
    monkeypatch.setattr(trainer, "gradient", spoilt)
    with pytest.raises(DivergenceError, match="gradient's norm is (nan|inf) at step 2: training diverged"):
        next(train(spool(), spool(60), [9] * 7, 2, SETTINGS, state=state))
    after = member.params, dict(enumerate(member.state)), member.optimizer.memory["v"]
    np.testing.assert_equal(after, before)
    assert (state.step, member.optimizer.steps) == (1, 1)


def going_on(base: Weights, **choices: Any) -> list[Progress]:
    """Trains a network of the first six words on, on a text of all seven."""
    settings = replace(SETTINGS, **choices)
    made = Spool(tempfile.TemporaryFile())
    made.append((np.arange(400) % 7).astype(np.int32))
    state = begin(len(made), [57] * 7, 2, settings, base)
    return list(train(made, made, [57] * 7, 2, settings, state=state))


@pytest.mark.parametrize("ensemble_size", [1, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_network_that_goes_on_is_evaluated_before_its_first_step(cell: str, ensemble_size: int) -> None:
    settings = replace(SETTINGS, ensemble_size=ensemble_size, cell=cell)
    base = [p.best for p in train(spool(), spool(60), [66] * 6, 2, settings) if p.best][-1]
    first, *steps = going_on(base, ensemble_size=ensemble_size, cell=cell)
    assert (first.step, first.words, first.fraction, first.epoch) == (0, 0, 0.0, 0.0)
    assert first.evaluation
    assert first.loss == pytest.approx(first.evaluation.nats / first.evaluation.predicted)
    assert first.best
    assert first.best["Wy"].shape == (7, ensemble_size * SETTINGS.hidden)
    assert [p.step for p in steps] == list(range(1, len(steps) + 1))
    assert [p.evaluation for p in steps if p.evaluation][-1].perplexity < 1.2 < first.evaluation.perplexity


def test_network_that_only_becomes_worse_ends_as_it_began() -> None:
    """It knows the text, and its rate is too high."""
    base = [p.best for p in finish() if p.best][-1]
    before, settings = copied(base), replace(SETTINGS, learning_rate=3.0)
    state = begin(400, [9] * 7, 2, settings, base)
    first, *steps = train(spool(), spool(60), [9] * 7, 2, settings, state=state)
    assert first.best
    assert not any(p.best for p in steps)
    assert [p.evaluation.perplexity for p in steps if p.evaluation][-1] > first.evaluation.perplexity
    np.testing.assert_equal(base, before)


def test_network_that_is_drawn_is_not_evaluated_before_its_first_step() -> None:
    assert finish()[0].step == 1
