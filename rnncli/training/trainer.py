"""The loop: a generator, so that whoever shows its progress, or stops it, stands outside."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from ..errors import DivergenceError
from ..network.optimiser import OPTIMISERS, clip
from ..network.parameters import Params, Weights, initial
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


def train(
    text: Spool,
    valid: Spool,
    counts: Sequence[int],
    settings: Settings,
    run: Run = map,
    stop: Callable[[], bool] = lambda: False,
    plan: Plan | None = None,
    times: int | None = None,
) -> Iterator[Progress]:
    """Trains a network from nothing on a stream of ids; `counts` says how often each word occurs in it.

    After each epoch the stream is read again from its start with a state of zero. Ends when the plan does (by default
    that of the settings' epochs), when several of its `times` evaluations in a row brought no new best, or with one
    last evaluation when `stop` says so. The same settings, streams and plan give the same weights, whatever `run` runs
    on. Raises DivergenceError when the loss is no longer a number.
    """
    weights_rng, draw_rng, *rngs = np.random.default_rng(settings.seed).spawn(2 + settings.shards)
    params = initial(len(counts), settings.hidden, weights_rng, counts=counts, slow=settings.slow)
    optimiser = OPTIMISERS[settings.optimizer](params)
    activation = ACTIVATIONS[settings.activation]
    B, _ = columns(len(text), settings.batch)
    per_epoch = steps(len(text), B, settings.bptt)
    plan = plan or of_steps(per_epoch * (settings.epochs or 1))
    times = times or evaluations(len(text), len(valid), settings.epochs or 1)
    dropout = Dropout(settings.dropout, settings.dropout_units, settings.dropout_words)
    room, sampler = Room(), Sampler(counts) if settings.softmax == "sampled" else None
    lowest, waited = float("inf"), 0
    step, before = 0, plan.fraction(0)
    while before < 1:
        if step % per_epoch == 0:
            reading = chunks(text, B, settings.bptt)
            s = np.zeros((B, settings.hidden), params.Ws.dtype)
        x, d = next(reading)
        chunk = gradient(
            params,
            x,
            d,
            s,
            activation=activation,
            sample=sampler.draw(d, draw_rng) if sampler else None,
            dropout=dropout,
            rngs=rngs,
            shards=settings.shards,
            room=room,
            run=run,
        )
        _require_finite(chunk.loss, step + 1)
        s = chunk.state
        length = clip(chunk.gradients, settings.clip)
        speed = rate(step, before, settings.learning_rate)
        optimiser.step(params, chunk.gradients, speed, run)
        step += 1
        after = plan.fraction(step)
        evaluation, best = None, None
        stopped = stop()
        if stopped or due(before, after, times):
            evaluation = evaluate(params, valid.blocks(0, len(valid)), activation, run)
            _require_finite(evaluation.nats, step)
            waited += 1
            if evaluation.nats < lowest:
                lowest, waited = evaluation.nats, 0
                best = Params(*(w.copy() for w in params))
        yield Progress(step, after, step / per_epoch, x.size, chunk.loss, length, speed, evaluation, best)
        if stopped or waited >= patience(times):
            return
        before = after


def _require_finite(loss: float, step: int) -> None:
    if not isfinite(loss):
        raise DivergenceError(f"the loss is {loss} at step {step}: training diverged. Lower --learning-rate")
