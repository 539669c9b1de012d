"""The loop: a generator, so that whoever shows its progress, or stops it, stands outside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from ..errors import DivergenceError
from ..network.optimiser import OPTIMISERS, Memory, Optimiser, clip
from ..network.parameters import Floats, Params, Weights, finite, initial
from ..network.recurrent import ACTIVATIONS
from ..network.shards import Dropout, gradient
from ..network.softmax import Room, Sampler
from ..network.threads import Run
from ..settings import Settings
from ..text.corpus import Spool
from .batches import chunks, columns, steps
from .evaluation import Evaluation, evaluate
from .schedule import Plan, due, evaluations, of_steps, patience, rate


@dataclass(frozen=True)
class Progress:
    """What one step did, and where the run stands."""

    step: int  # from 1
    fraction: float  # of the run that is done, if it does not stop early
    epoch: float  # readings of the text so far
    words: int  # in this step
    loss: float  # mean nats a word, in this step
    gradient_norm: float  # before clipping
    rate: float
    evaluation: Evaluation | None = None  # on the validation text, where one was due
    best: Weights | None = None  # a copy of the weights, if that evaluation is the best so far


@dataclass
class State:
    """What a run is after a step. With it, the same texts and the same plan it goes on as if it had not stopped."""

    params: Weights
    optimiser: Optimiser
    s: Floats  # (B, H) handed from chunk to chunk
    rngs: list[np.random.Generator]  # the sample's, then one a shard, for dropout
    step: int = 0
    lowest: float = inf  # nats of the validation text
    waited: int = 0  # evaluations since

    def as_json(self) -> dict[str, Any]:
        """What there is besides arrays."""
        return {
            "step": self.step,
            "lowest": None if self.lowest == inf else self.lowest,
            "waited": self.waited,
            "rngs": [rng.bit_generator.state for rng in self.rngs],
        }

    def go_to(self, params: Weights, memory: Memory, s: Floats, others: dict[str, Any]) -> None:
        """Makes it another one, whose arrays and other things (`as_json`) these are. Raises ValueError, TypeError,
        KeyError or OverflowError if they are those of no such run."""
        if [w.shape for w in (*params, s)] != [w.shape for w in (*self.params, self.s)]:
            raise ValueError("its arrays are not those of such a network")
        self.params, self.s = params, s
        for name, arrays in self.optimiser.memory.items():
            arrays[:] = memory[name]
        self.step = self.optimiser.steps = others["step"]
        self.lowest, self.waited = inf if others["lowest"] is None else others["lowest"], others["waited"]
        for rng, state in zip(self.rngs, others["rngs"], strict=True):
            rng.bit_generator.state = state


def begin(n: int, counts: Sequence[int], settings: Settings) -> State:
    """The state of a run that is to begin, on a text of n ids; `counts` says how often each occurs in it."""
    weights_rng, *rngs = np.random.default_rng(settings.seed).spawn(2 + settings.shards)
    params = initial(len(counts), settings.hidden, weights_rng, counts=counts, slow=settings.slow)
    B, _ = columns(n, settings.batch)
    s = np.zeros((B, settings.hidden), params.Ws.dtype)
    return State(params, OPTIMISERS[settings.optimizer](params), s, rngs)


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
    """Trains a network on a stream of ids; `counts` says how often each word occurs in it.

    After each epoch the stream is read again from its start with a state of zero. Ends when the plan does (by default
    that of the settings' epochs), or when several of its `times` evaluations in a row brought no new best. Goes on from
    a state, or begins one, and changes it: whenever a step is done it says all that there is to say of the run. The
    same settings, streams and plan give the same weights, whatever `run` runs on. Raises DivergenceError when the loss
    is no longer a number.
    """
    state = state or begin(len(text), counts, settings)
    draw_rng, *rngs = state.rngs
    activation = ACTIVATIONS[settings.activation]
    B = len(state.s)
    per_epoch = steps(len(text), B, settings.bptt)
    plan = plan or of_steps(per_epoch * (settings.epochs or 1))
    times = times or evaluations(len(text), len(valid), settings.epochs or 1)
    dropout = Dropout(settings.dropout, settings.dropout_units, settings.dropout_words, settings.dropout_recurrent)
    room, sampler = Room(), Sampler(counts) if settings.softmax == "sampled" else None
    reading = chunks(text, B, settings.bptt, state.step % per_epoch)
    before = plan.fraction(state.step)
    while before < 1 and state.waited < patience(times):
        if state.step and state.step % per_epoch == 0:
            reading = chunks(text, B, settings.bptt)
            state.s = np.zeros_like(state.s)
        x, d = next(reading)
        chunk = gradient(
            state.params,
            x,
            d,
            state.s,
            activation=activation,
            sample=sampler.draw(d, draw_rng) if sampler else None,
            dropout=dropout,
            rngs=rngs,
            shards=settings.shards,
            room=room,
            run=run,
        )
        _require_finite(chunk.loss, state.step + 1)
        state.s = chunk.state
        length = clip(chunk.gradients, settings.clip)
        speed = rate(state.step, before, settings.learning_rate)
        state.optimiser.step(state.params, chunk.gradients, speed, run)
        state.step += 1
        after = plan.fraction(state.step)
        evaluation, best = None, None
        if due(before, after, times):
            evaluation = validate(state, valid, settings, run)
            state.waited += 1
            if evaluation.nats < state.lowest:
                state.lowest, state.waited = evaluation.nats, 0
                best = copied(state.params)
        yield Progress(state.step, after, state.step / per_epoch, x.size, chunk.loss, length, speed, evaluation, best)
        before = after


def validate(state: State, valid: Spool, settings: Settings, run: Run = map) -> Evaluation:
    """How well the network foresees the validation text now. Raises DivergenceError when that is not a number."""
    evaluation = evaluate(state.params, valid.blocks(0, len(valid)), ACTIVATIONS[settings.activation], run)
    _require_finite(evaluation.nats if finite(state.params) else nan, state.step)
    return evaluation


def copied(params: Weights) -> Weights:
    """The same weights in memory of their own."""
    return Params(*(w.copy() for w in params))


def _require_finite(loss: float, step: int) -> None:
    if not isfinite(loss):
        raise DivergenceError(f"the loss is {loss} at step {step}: training diverged. Lower --learning-rate")
