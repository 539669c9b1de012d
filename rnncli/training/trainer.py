"""The loop: a generator, so that whoever shows its progress, or stops it, stands outside."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from ..errors import DivergenceError
from ..network.optimiser import OPTIMISERS, clip
from ..network.parameters import Params, Weights, initial
from ..network.recurrent import ACTIVATIONS
from ..network.shards import gradient
from ..network.softmax import Room, sample
from ..network.threads import Run
from ..settings import Settings
from ..text.corpus import Spool
from .batches import chunks, columns, steps
from .evaluation import Evaluation, evaluate
from .schedule import evaluates, evaluations, patience, rate


@dataclass(frozen=True)
class Progress:
    """What one step did, and where the run stands."""

    step: int  # from 1
    steps: int  # that the run will take, if it does not stop early
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
) -> Iterator[Progress]:
    """Trains a network from nothing on a stream of ids; `counts` says how often each word occurs in it.

    After each epoch the stream is read again from its start with a state of zero. Ends after the settings' epochs,
    when several evaluations in a row brought no new best, or with one last evaluation when `stop` says so. The same
    settings and streams give the same weights, whatever `run` runs on. Raises DivergenceError when the loss is no
    longer a number.
    """
    weights_rng, draw_rng, *rngs = np.random.default_rng(settings.seed).spawn(2 + settings.shards)
    V = len(counts)
    params = initial(V, settings.hidden, weights_rng, counts=counts)
    optimiser = OPTIMISERS[settings.optimizer](params)
    activation = ACTIVATIONS[settings.activation]
    B, _ = columns(len(text), settings.batch)
    per_epoch = steps(len(text), B, settings.bptt)
    total = per_epoch * settings.epochs
    times = evaluations(len(text), len(valid), settings.epochs)
    room = Room()
    lowest, waited = float("inf"), 0
    for step in range(total):
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
            sample=sample(V, d, draw_rng) if settings.softmax == "sampled" else None,
            dropout=settings.dropout,
            rngs=rngs,
            shards=settings.shards,
            room=room,
            run=run,
        )
        _require_finite(chunk.loss, step)
        s = chunk.state
        length = clip(chunk.gradients, settings.clip)
        speed = rate(step, total, settings.learning_rate)
        optimiser.step(params, chunk.gradients, speed, run)
        evaluation, best = None, None
        stopped = stop()
        if stopped or evaluates(step, per_epoch, times):
            evaluation = evaluate(params, valid.blocks(0, len(valid)), activation, run)
            _require_finite(evaluation.nats, step)
            waited += 1
            if evaluation.nats < lowest:
                lowest, waited = evaluation.nats, 0
                best = Params(*(w.copy() for w in params))
        yield Progress(step + 1, total, (step + 1) / per_epoch, x.size, chunk.loss, length, speed, evaluation, best)
        if stopped or waited >= patience(times * settings.epochs):
            return


def _require_finite(loss: float, step: int) -> None:
    if not isfinite(loss):
        raise DivergenceError(f"the loss is {loss} at step {step + 1}: training diverged. Lower --learning-rate")
