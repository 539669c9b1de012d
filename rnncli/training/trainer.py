"""The loop: a generator, so that whoever shows its progress, or stops it, stands outside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf, isfinite, nan
from statistics import fmean as mean
from typing import Any

import numpy as np

from ..errors import DivergenceError
from ..evaluation.measures import Evaluation, evaluate
from ..network.optimizer import OPTIMISERS, Memory, Optimiser, clip
from ..network.parameters import Floats, Ints, Weights, finite, initial, joined
from ..network.recurrent import ACTIVATIONS
from ..network.softmax import Room, Sampler
from ..network.step import Dropout, gradient
from ..network.threads import Run
from ..settings import Settings
from ..text.spool import Spool
from .batches import chunks, columns, steps
from .calibration import FITTED, MOST, scaled, temperature
from .schedule import Plan, due, evaluations, of_steps, patience, rate


@dataclass(frozen=True)
class Progress:
    """What one step did, and where the run stands."""

    step: int  # from 1
    fraction: float  # of the run that is done, if it does not stop early
    epoch: float  # readings of the text so far
    words: int  # in this step
    loss: float  # mean nats a word, in this step; of several networks the mean
    gradient_norm: float  # before clipping, likewise
    rate: float
    evaluation: Evaluation | None = None  # on the validation text, where one was due
    best: Weights | None = None  # the network that was evaluated, if it is the best so far


@dataclass
class Member:
    """One of the networks that learn side by side, after a step."""

    params: Weights
    optimiser: Optimiser
    s: Floats  # (B, H) handed from chunk to chunk
    rngs: list[np.random.Generator]  # the sample's, then one a shard, for dropout
    room: Room = field(default_factory=Room)

    def go_to(self, params: Weights, memory: Memory, s: Floats, rngs: list[dict[str, Any]], step: int) -> None:
        """Makes it another one. Raises ValueError, TypeError, KeyError or OverflowError if there is no such network."""
        if [w.shape for w in (*params, s)] != [w.shape for w in (*self.params, self.s)]:
            raise ValueError("its arrays are not those of such a network")
        self.params, self.s = params, s
        for name, arrays in self.optimiser.memory.items():
            arrays[:] = memory[name]
        self.optimiser.steps = step
        for rng, state in zip(self.rngs, rngs, strict=True):
            rng.bit_generator.state = state


@dataclass
class State:
    """What a run is after a step. With it, the same texts and the same plan it goes on as if it had not stopped."""

    members: list[Member]
    step: int = 0
    lowest: float = inf  # nats of the validation text
    waited: int = 0  # evaluations since
    temperature: float = 1.0  # that the last evaluation fitted

    def as_json(self) -> dict[str, Any]:
        """What there is besides arrays."""
        return {
            "step": self.step,
            "lowest": None if self.lowest == inf else self.lowest,
            "waited": self.waited,
            "temperature": self.temperature,
            "rngs": [[rng.bit_generator.state for rng in member.rngs] for member in self.members],
        }

    def go_to(self, members: Sequence[tuple[Weights, Memory, Floats]], others: dict[str, Any]) -> None:
        """Makes it another one, with these weights, optimiser's memory and state of each member, and what else there is
        (`as_json`). Raises ValueError, TypeError, KeyError or OverflowError if that is no such run."""
        self.step, self.waited, self.temperature = others["step"], others["waited"], others["temperature"]
        if not 1 / MOST <= self.temperature <= MOST:
            raise ValueError("its temperature is none")
        self.lowest = inf if others["lowest"] is None else others["lowest"]
        for member, arrays, rngs in zip(self.members, members, others["rngs"], strict=True):
            member.go_to(*arrays, rngs, self.step)

    @property
    def finite(self) -> bool:
        """Whether all weights are numbers."""
        return all(finite(member.params) for member in self.members)

    def model(self) -> Weights:
        """The network that all members together are, as it is now."""
        return joined([member.params for member in self.members])


def begin(n: int, counts: Sequence[int], settings: Settings) -> State:
    """The state of a run that is to begin, on a text of n ids; `counts` says how often each occurs in it."""
    B, _ = columns(n, settings.batch)

    def member(weights_rng: np.random.Generator, *rngs: np.random.Generator) -> Member:
        params = initial(len(counts), settings.hidden, weights_rng, counts=counts, slow=settings.slow)
        s = np.zeros((B, settings.hidden), params.Ws.dtype)
        return Member(params, OPTIMISERS[settings.optimizer](params), s, list(rngs))

    each = 2 + settings.shards
    rngs = np.random.default_rng(settings.seed).spawn(settings.members * each)
    return State([member(*rngs[i : i + each]) for i in range(0, len(rngs), each)])


def train(
    text: Spool,
    valid: Spool,
    counts: Sequence[int],
    settings: Settings,
    run: Run = map,
    plan: Plan | None = None,
    times: int | None = None,
    state: State | None = None,
) -> Iterator[Progress]:
    """Trains a network, or several side by side, on a stream of ids; `counts` says how often each word occurs in it.

    After each epoch the stream is read again from its start with a state of zero. Ends when the plan does (by default
    that of the settings' epochs), or when several of its `times` evaluations in a row brought no new best. Goes on from
    a state, or begins one, and changes it: whenever a step is done it says all that there is to say of the run. The
    same settings, streams and plan give the same weights, whatever `run` runs on. Raises DivergenceError when the loss
    is no longer a number.
    """
    state = state or begin(len(text), counts, settings)
    B = len(state.members[0].s)
    per_epoch = steps(len(text), B, settings.bptt)
    plan = plan or of_steps(per_epoch * (settings.epochs or 1))
    times = times or evaluations(len(text), len(valid), settings.epochs or 1)
    sampler = Sampler(counts) if settings.softmax == "sampled" else None
    apart, within = (run, map) if settings.members > 1 else (map, run)  # one level of threads
    reading = chunks(text, B, settings.bptt, state.step % per_epoch)
    before = plan.fraction(state.step)
    while before < 1 and state.waited < patience(times):
        if state.step and state.step % per_epoch == 0:
            reading = chunks(text, B, settings.bptt)
            for member in state.members:
                member.s = np.zeros_like(member.s)
        x, d = next(reading)
        speed = rate(state.step, before, settings.learning_rate)
        learning = partial(_learn, x=x, d=d, sampler=sampler, settings=settings, speed=speed, run=within)
        loss, length = map(mean, zip(*apart(learning, state.members), strict=True))
        _require_finite(loss, state.step + 1)
        state.step += 1
        after = plan.fraction(state.step)
        evaluation, best = None, None
        if due(before, after, times):
            evaluation, best = validate(state, valid, settings, run)
        yield Progress(state.step, after, state.step / per_epoch, x.size, loss, length, speed, evaluation, best)
        before = after


def _learn(
    member: Member, x: Ints, d: Ints, sampler: Sampler | None, settings: Settings, speed: float, run: Run
) -> tuple[float, float]:
    """Has a network learn from a chunk; returns its loss and its gradient's norm. One that diverged stays as it was."""
    draw_rng, *rngs = member.rngs
    chunk = gradient(
        member.params,
        x,
        d,
        member.s,
        activation=ACTIVATIONS[settings.activation],
        sample=sampler.draw(d, draw_rng) if sampler else None,
        dropout=Dropout(settings.dropout, settings.dropout_units, settings.dropout_words, settings.dropout_recurrent),
        rngs=rngs,
        shards=settings.shards,
        room=member.room,
        run=run,
    )
    if not isfinite(chunk.loss):
        return chunk.loss, nan
    member.s = chunk.state
    length = clip(chunk.gradients, settings.clip)
    member.optimiser.step(member.params, chunk.gradients, speed, run)
    return chunk.loss, length


def validate(state: State, valid: Spool, settings: Settings, run: Run = map) -> tuple[Evaluation, Weights | None]:
    """How well the network, with the temperature that suits it, foresees the validation text now, and that network, if
    this is better than ever before. Raises DivergenceError when it is not a number.

    Without a temperature the best would be one of the middle of a run: a network that knows more than before is also
    surer than it should be.
    """
    activation, model = ACTIVATIONS[settings.activation], state.model()
    _require_finite(0.0 if finite(model) else nan, state.step)
    some = valid.read(0, FITTED + 1)
    state.temperature = temperature(model, some, activation, run, near=state.temperature)
    model = scaled(model, state.temperature)
    evaluation = evaluate(model, valid.blocks(0, len(valid)), activation, run)
    _require_finite(evaluation.nats, state.step)
    state.waited += 1
    if evaluation.nats >= state.lowest:
        return evaluation, None
    state.lowest, state.waited = evaluation.nats, 0
    return evaluation, model


def _require_finite(loss: float, step: int) -> None:
    if not isfinite(loss):
        raise DivergenceError(f"the loss is {loss} at step {step}: training diverged. Lower --learning-rate")
