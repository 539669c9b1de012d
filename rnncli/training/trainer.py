"""The training loop: a generator, so that whoever shows its progress, or stops it, stands outside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf, isfinite, nan
from statistics import fmean as mean
from typing import Any

import numpy as np

from ..errors import DivergenceError
from ..evaluation.measures import BEGINNING_WORDS, Evaluation, evaluate
from ..network import cells
from ..network.inputs import Dropout
from ..network.network import Network
from ..network.optimizer import OPTIMIZERS, Memory, Optimizer, clip
from ..network.parameters import Floats, Ints, Weights, finite, is_tied, joined, scaled, split, widened
from ..network.sampled import Sampler
from ..network.scratch import Scratch
from ..network.step import gradient
from ..network.threads import Run
from ..settings import Settings
from ..text.spool import Spool
from ..text.vocabulary import UNK
from .batches import chunks, columns, steps
from .calibration import CALIBRATION_WORDS, MAX_TEMPERATURE, temperature
from .schedule import Schedule, due, evaluations, of_steps, patience, rate
from .unknown import Text, counts_as_read, with_unknown


@dataclass(frozen=True)
class Progress:
    """The result of one step, and how far the run is."""

    step: int  # from 1; 0 before the first, of a run that goes on from a model
    fraction: float  # of the run that is done, if it does not stop early
    epoch: float  # readings of the text so far
    words: int  # in this step
    loss: float  # mean nats a word in this step; of an ensemble the mean over its networks
    gradient_norm: float  # before clipping; of an ensemble the mean over its networks
    rate: float
    evaluation: Evaluation | None = None  # on the validation text, or on its beginning, where one was due
    best: Weights | None = None  # the network that was evaluated, if it is the best so far


@dataclass
class Member:
    """One network of an ensemble in training, with its optimizer and random generators."""

    params: Weights
    optimizer: Optimizer
    state: tuple[Floats, ...]  # (B, H) each, handed from chunk to chunk
    rngs: list[np.random.Generator]  # the sample's, then one a shard, for dropout
    scratch: Scratch = field(default_factory=Scratch)

    def restore(
        self, params: Weights, memory: Memory, handed: tuple[Floats, ...], rngs: list[dict[str, Any]], step: int
    ) -> None:
        """Replaces its state by a saved one.

        Raises ValueError, TypeError, KeyError or OverflowError where that is not the state of such a network.
        """
        mine, its = (*self.params.values(), *self.state), (*params.values(), *handed)
        if [w.shape for w in its] != [w.shape for w in mine]:
            raise ValueError("its arrays are not those of such a network")
        for name, arrays in self.optimizer.memory.items():
            for of, own in arrays.items():
                if memory[name][of].shape not in (own.shape, params[of].shape):
                    raise ValueError(f"its optimizer's {name} of {of} has shape {memory[name][of].shape}")
        self.params, self.state = params, handed
        for name, arrays in self.optimizer.memory.items():
            arrays.update(memory[name])
        self.optimizer.steps = step
        for rng, state in zip(self.rngs, rngs, strict=True):
            rng.bit_generator.state = state


@dataclass
class State:
    """A run after a step. With the same texts and schedule, training continues from it as if it had not stopped."""

    members: list[Member]
    cell: cells.Cell
    step: int = 0
    lowest: float = inf  # loss on the validation text, in nats a word
    waited: int = 0  # evaluations since the lowest loss
    temperature: float = 1.0  # fitted in the last evaluation
    unknown_share: float = 0.0  # of the words read in training
    taught_share: float = 0.0  # of these, words of the vocabulary that are read as unknown
    goes_on: bool = False  # from a network that was trained before

    def as_json(self) -> dict[str, Any]:
        """Returns all of the state but the arrays."""
        return {
            "step": self.step,
            "lowest": None if self.lowest == inf else self.lowest,
            "waited": self.waited,
            "temperature": self.temperature,
            "rngs": [[rng.bit_generator.state for rng in member.rngs] for member in self.members],
        }

    def restore(self, members: Sequence[tuple[Weights, Memory, tuple[Floats, ...]]], rest: dict[str, Any]) -> None:
        """Replaces the state by a saved one: weights, optimizer memory and network state of each member, and `as_json`.

        Raises ValueError, TypeError, KeyError or OverflowError where that is not the state of such a run.
        """
        self.step, self.waited, self.temperature = rest["step"], rest["waited"], rest["temperature"]
        if not 1 / MAX_TEMPERATURE <= self.temperature <= MAX_TEMPERATURE:
            raise ValueError(f"its temperature is {self.temperature}")
        self.lowest = inf if rest["lowest"] is None else rest["lowest"]
        for member, arrays, rngs in zip(self.members, members, rest["rngs"], strict=True):
            member.restore(*arrays, rngs, self.step)

    @property
    def finite(self) -> bool:
        """Whether all weights are finite numbers."""
        return all(finite(member.params.values()) for member in self.members)

    def model(self) -> Weights:
        """Joins the ensemble, as it is now, into one network."""
        return joined(self.cell.axes, [member.params for member in self.members])


def begin(n: int, counts: Sequence[int], specials: int, settings: Settings, base: Weights | None = None) -> State:
    """Returns the state before the first step, on a text of n ids; `counts` and `specials` are as in `train`.

    base  a network of the first of the words, whose weights the run goes on from; None: they are drawn
    """
    B, _ = columns(n, settings.batch)
    as_read, H, cell = counts_as_read(counts, specials), settings.hidden, cells.of(settings)
    each = 2 + settings.shards
    rngs = np.random.default_rng(settings.seed).spawn(settings.ensemble_size * each)
    if base:
        networks = split(cell.axes, widened(cell.axes, base, as_read, UNK), settings.ensemble_size)
    else:
        networks = [cells.initial(cell, len(counts), H, rng, counts=as_read) for rng in rngs[::each]]

    def member(params: Weights, rngs: list[np.random.Generator]) -> Member:
        state = tuple(np.zeros((B, H), params["Ws"].dtype) for _ in cell.states)
        return Member(params, OPTIMIZERS[settings.optimizer](params), state, rngs)

    members = [member(params, rngs[i * each + 1 : (i + 1) * each]) for i, params in enumerate(networks)]
    taught = as_read[UNK] - counts[UNK]
    return State(members, cell, unknown_share=as_read[UNK] / n, taught_share=taught / n, goes_on=base is not None)


def train(
    text: Spool,
    valid: Spool,
    counts: Sequence[int],
    specials: int,
    settings: Settings,
    run: Run = map,
    schedule: Schedule | None = None,
    times: int | None = None,
    state: State | None = None,
) -> Iterator[Progress]:
    """Trains a network, or an ensemble, on a stream of ids.

    counts    (V,)  the words' occurrences in the stream
    specials  how many words, the first ones, are ends of sentences and the like, not words of the text
    After each epoch the stream is read again from its start with a state of zero, and with other words as unknown ones
    where the text has few of them (`unknown.Text`). Ends with the schedule (by default that of the settings' epochs),
    or early when several of the `times` evaluations in a row brought no new best. The only evaluation of a run, at
    its end, has no other to be compared with: it reads just the first BEGINNING_WORDS of the validation text.
    A network that was trained before is evaluated before the first step, so that the best is never worse than it.
    Starts from `state` and changes it; between steps it holds all there is to save. The same settings, streams and
    schedule give the same weights, whatever `run` runs on. Raises DivergenceError when a loss or a gradient is not
    finite.
    """
    state = state or begin(len(text), counts, specials, settings)
    B = len(state.members[0].state[0])
    per_epoch = steps(len(text), B, settings.bptt)
    schedule = schedule or of_steps(per_epoch * (settings.epochs or 1))
    times = times or evaluations(len(text), len(valid), settings.epochs or 1)
    sampler = Sampler(counts_as_read(counts, specials)) if settings.softmax == "sampled" else None
    apart, within = (run, map) if settings.ensemble_size > 1 else (map, run)  # one level of threads
    words = Text(text, counts, specials, settings.seed)
    reading = chunks(words.reading(state.step // per_epoch), B, settings.bptt, state.step % per_epoch)
    of = None if times > 1 else BEGINNING_WORDS
    if state.goes_on and not state.step and state.lowest == inf:
        first, best = validate(state, valid, specials, run, of)
        yield Progress(0, 0.0, 0.0, 0, first.nats / first.predicted, 0.0, 0.0, first, best)
    before = schedule.fraction(state.step)
    while before < 1 and state.waited < patience(times):
        if state.step and state.step % per_epoch == 0:
            reading = chunks(words.reading(state.step // per_epoch), B, settings.bptt)
            for member in state.members:
                member.state = tuple(map(np.zeros_like, member.state))
        x, d = next(reading)
        speed = rate(state.step, before, settings.learning_rate)
        learning = partial(
            _learn, cell=state.cell, x=x, d=d, sampler=sampler, settings=settings, speed=speed, run=within
        )
        loss, length = map(mean, zip(*apart(learning, state.members), strict=True))
        _require_finite(state.step + 1, loss, length)
        state.step += 1
        after = schedule.fraction(state.step)
        evaluation, best = None, None
        if due(before, after, times):
            evaluation, best = validate(state, valid, specials, run, of)
        yield Progress(state.step, after, state.step / per_epoch, x.size, loss, length, speed, evaluation, best)
        before = after


def _learn(
    member: Member,
    cell: cells.Cell,
    x: Ints,
    d: Ints,
    sampler: Sampler | None,
    settings: Settings,
    speed: float,
    run: Run,
) -> tuple[float, float]:
    """Trains one network on a chunk; returns its loss and its gradient's norm.

    Where one of them is not finite, weights, state and optimizer stay as they were.
    """
    draw_rng, *rngs = member.rngs
    own = np.stack((x, d)) if is_tied(cell.axes) else d  # whose rows of Wy the chunk needs
    chunk = gradient(
        member.params,
        x,
        d,
        member.state,
        cell=cell,
        sample=sampler.draw(own, draw_rng) if sampler else None,
        dropout=Dropout(settings.dropout, settings.dropout_units, settings.dropout_words, settings.dropout_recurrent),
        rngs=rngs,
        shards=settings.shards,
        scratch=member.scratch,
        run=run,
    )
    with np.errstate(all="ignore"):  # a norm beyond the floats shows in what `clip` returns
        length = clip(chunk.gradients, settings.clip)
    if isfinite(chunk.loss) and isfinite(length):
        member.state = chunk.state
        member.optimizer.step(member.params, chunk.gradients, speed, run)
    return chunk.loss, length


def validate(
    state: State, valid: Spool, specials: int, run: Run = map, words: int | None = None
) -> tuple[Evaluation, Weights | None]:
    """Fits the temperature and evaluates the network on the validation text, or on so many words of it; returns the
    network too if it is the best so far. Raises DivergenceError when weights or loss are not finite.

    The temperature is fitted each time because a network that predicts better than before is also more overconfident:
    without it a network of the middle of the run would win. It is fitted to a text with as many unknown words as were
    taught: where the validation text has none, a low temperature would take from UNK what it was taught.
    """
    network = Network(state.model(), state.cell, run)
    _require_finite(state.step, 0.0 if finite(network.params.values()) else nan)
    some = with_unknown(valid.read(0, CALIBRATION_WORDS + 1), state.unknown_share, state.taught_share, specials)
    state.temperature = temperature(network, some, near=state.temperature)
    model = scaled(state.cell.axes, network.params, 1 / state.temperature)
    end = len(valid) if words is None else min(len(valid), words + 1)
    try:
        evaluation = evaluate(replace(network, params=model), valid.blocks(0, end), specials, run)
    except DivergenceError:  # of a state: what to do about it is another thing here than for a finished model
        evaluation = Evaluation(nats=nan)
    _require_finite(state.step, evaluation.nats)
    state.waited += 1
    if evaluation.nats >= state.lowest:
        return evaluation, None
    state.lowest, state.waited = evaluation.nats, 0
    return evaluation, model


def _require_finite(step: int, loss: float, norm: float = 0.0) -> None:
    for what, value in (("loss", loss), ("gradient's norm", norm)):
        if not isfinite(value):
            raise DivergenceError(f"the {what} is {value} at step {step}: training diverged. Lower --learning-rate")
