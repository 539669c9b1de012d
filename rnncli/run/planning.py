"""How a run is to go: what a network costs on this machine and this corpus, and what suits the time that there is."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from statistics import median
from time import monotonic
from typing import Any, NamedTuple

import numpy as np

from .. import memory
from ..evaluation.measures import CHUNK, evaluate
from ..network.parameters import numbers
from ..network.softmax import LARGEST, SAMPLE, rows_at_a_time
from ..network.threads import Run
from ..settings import RANGES, REFERENCE, Settings
from ..text.corpus import Corpus
from ..text.spool import Spool
from ..training.batches import columns, steps
from ..training.calibration import FITTED
from ..training.schedule import Plan, by_clock, evaluations, of_steps
from ..training.trainer import begin, train

TRIAL = 12  # steps that are tried
UNTRIED = 4  # of these, at first, that do not count
BASE = 60_000_000  # bytes of Python, NumPy and what else is loaded
WORD = 400  # bytes that a word of the vocabulary takes up
EVALUATED = 3  # floats that each score takes up when a text is evaluated, on two threads
EVALUATING = 0.06  # share of a run's time that goes into looking at the validation text on the way


LARGE_VOCABULARY = 2000  # words from which on the sampled softmax learns faster than the exact one
FITTING = 3.0  # readings of a text that fitting a temperature on it takes as long as
AFTERWARDS = 2.0  # evaluations that the end of a run takes as long as: the last, and the report's, which counts letters
MOST_READINGS = 14  # by each network that a text is worth, where no user says how long
LEAST_LEFT = 0.1  # share of the time that is for training, whatever reading took


class Course(NamedTuple):
    """How a run is to go."""

    settings: Settings
    plan: Plan
    evaluations: int
    readings: float  # of the text, that it is likely to have


def course(corpus: Corpus, draft: Settings, choices: dict[str, Any], began: float, run: Run) -> Course:
    """What suits a corpus and the time, or the epochs, that there are.

    draft    what was known when it was read: the smallest count, the time or the epochs
    choices  what a user chose
    began    when the time began, by time.monotonic
    """
    text, valid, counts = corpus.train, corpus.valid, corpus.vocabulary.counts
    softmax = "sampled" if len(counts) >= LARGE_VOCABULARY else "exact"
    known: dict[str, Any] = {"min_count": draft.min_count, "time": draft.time, "epochs": draft.epochs}
    known |= {"softmax": softmax} if draft.softmax == "auto" else {}
    fitted = partial(Settings.fitted, choices | known, corpus.report.words, distinct=len(counts))
    if draft.time is None:
        settings = fitted()
        assert settings.epochs
        _require_memory(len(counts), settings)
        B, _ = columns(len(text), settings.batch)
        plan = of_steps(steps(len(text), B, settings.bptt) * settings.epochs)
        return Course(settings, plan, evaluations(len(text), len(valid), settings.epochs), float(settings.epochs))
    _require_memory(len(counts), fitted())
    now = monotonic()
    deadline = max(began + draft.time, now + LEAST_LEFT * draft.time)
    reference = replace(fitted(), hidden=REFERENCE, members=1)
    settings = fitted(readings=measure(text, valid, counts, reference, run, monotonic).readings(deadline - now))
    _require_memory(len(counts), settings)
    cost = measure(text, valid, counts, settings, run, monotonic)
    if "time" not in choices:
        enough = monotonic() + MOST_READINGS * cost.step * cost.steps_a_reading + AFTERWARDS * cost.evaluation
        deadline = min(deadline, enough)
        settings = replace(settings, time=max(RANGES["time"][0], round(deadline - began, 1)))
    left = deadline - monotonic()
    end = min(AFTERWARDS * cost.evaluation, left / 2)
    readings = cost.readings(left - end)
    times = cost.evaluations(left, evaluations(len(text), len(valid), readings))
    return Course(settings, by_clock(lambda: deadline - end - monotonic(), cost.step), times, readings)


class Cost(NamedTuple):
    """Seconds that a network takes."""

    step: float
    evaluation: float
    steps_a_reading: int

    def readings(self, seconds: float) -> float:
        """How often the text can be read in that time."""
        return seconds / (self.step * self.steps_a_reading)

    def evaluations(self, seconds: float, most: int) -> int:
        """How often a run of that time can afford to look at its validation text; at least once."""
        return max(1, min(most, int(EVALUATING * seconds / self.evaluation)))


def measure(
    text: Spool, valid: Spool, counts: Sequence[int], settings: Settings, run: Run, now: Callable[[], float]
) -> Cost:
    """Tries some steps, and an evaluation of some words, of a network that is then thrown away."""
    seconds = [now()]
    for _ in islice(train(text, valid, counts, settings, run, plan=of_steps(1000 * TRIAL), times=1), TRIAL):
        seconds.append(now())
    step = median(np.diff(seconds)[UNTRIED:])
    params = begin(len(text), counts, settings).model()
    some = valid.read(0, CHUNK + 1)
    evaluate(params, [some[: CHUNK // 8]], run=run)  # the first time takes longer
    start = now()
    evaluate(params, [some], run=run)
    evaluation = (now() - start) * (len(valid) + FITTING * min(FITTED, len(valid))) / len(some)
    B, _ = columns(len(text), settings.batch)
    return Cost(float(step), evaluation, steps(len(text), B, settings.bptt))


def training_memory(V: int, settings: Settings) -> int:
    """Bytes that training is likely to take at its peak.

    Of each member the weights and their second moments, the gradients of all words or of a sample's, what the steps of
    a chunk leave, and its scores; of all together the model as it is, and as it was best; and the scores that
    evaluating has, some kinds of them.
    """
    H, N = settings.hidden, settings.batch * settings.bptt
    words = min(V, SAMPLE + N) if settings.softmax == "sampled" else V
    member = 2 * numbers(V, H) + 3 * words * H + min(N * words, LARGEST) + 12 * N * H
    model = 2 * numbers(V, settings.members * H) + EVALUATED * rows_at_a_time(V) * V
    return BASE + 4 * (settings.members * member + model) + WORD * V


def _require_memory(V: int, settings: Settings) -> None:
    """Raises ResourceError, before any work, if training would take more than is left."""
    memory.require(
        training_memory(V, settings) - BASE,
        f"training {settings.hidden:,} units on {V:,} words",
        "Try a smaller --hidden or --vocabulary-size",
    )
