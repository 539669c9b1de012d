"""Plans a run: measures what a network costs on this machine and corpus, and fits the settings to the time there is."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from statistics import median
from time import monotonic
from typing import Any, NamedTuple

import numpy as np

from .. import memory
from ..evaluation.measures import evaluate
from ..evaluation.surprisal import EVALUATED_WORDS
from ..network import cells
from ..network.network import Network
from ..network.parameters import parameter_count
from ..network.sampled import SAMPLED_WORDS
from ..network.softmax import EXP_BLOCK_NUMBERS, rows_at_a_time
from ..network.threads import Run
from ..settings import DECLARATIONS, Settings
from ..text.corpus import Corpus
from ..training.batches import columns, steps
from ..training.calibration import CALIBRATION_WORDS
from ..training.schedule import Point, Schedule, by_clock, evaluations, of_steps
from ..training.trainer import begin, train
from .recipe import REFERENCE_UNITS, fitted, most_readings

TRIAL_STEPS = 12
TRIAL_WARMUP = 4  # leading trial steps that are not timed
CALIBRATION_READINGS = 3.0  # of the calibration text, that fitting a temperature takes as long as
EVALUATION_SHARE = 0.06  # of a run's time, for evaluations on the way
# Time reserved at the end, in evaluations: the report's, with keystrokes, and more where n-grams predict beside the
# network. Penn Treebank, 100 units: 1.1 s fit the temperature, 0.8 evaluate the beginning, 5 to 6 are the report.
FINAL_EVALUATIONS, NGRAM_EVALUATIONS = 1.1, 0.8
MIN_TRAINING_SHARE = 0.1  # of the time, for training, however long reading took
MIN_SAMPLED_VOCABULARY = 2000  # words from which on the sampled softmax learns faster than the exact one

LIBRARY_BYTES = 60_000_000  # Python, NumPy and the other imports
VOCABULARY_WORD_BYTES = 400  # of a word in the vocabulary
EVALUATION_COPIES = 4  # of the scores, while a text is evaluated on two threads, the n-grams' share among them


class Plan(NamedTuple):
    """How a run is to go: settings and schedule."""

    settings: Settings
    schedule: Schedule
    evaluations: int
    readings: float  # of the text, as expected
    last: int | None = None  # the step after which a replayed run ends, though its schedule may not have
    late: float = 0.0  # seconds after its time at which a run by the clock is expected to end


class Cost(NamedTuple):
    """Seconds that a network takes."""

    step: float
    evaluation: float
    steps_a_reading: int

    def readings(self, seconds: float) -> float:
        """Returns how often the text can be read in a time."""
        return seconds / (self.step * self.steps_a_reading)

    def evaluations(self, seconds: float, most: int) -> int:
        """Returns how many evaluations a run of that time can afford, from 1 to `most`."""
        return max(1, min(most, int(EVALUATION_SHARE * seconds / self.evaluation)))


def plan_run(
    corpus: Corpus,
    draft: Settings,
    choices: Mapping[str, Any],
    began: float,
    run: Run,
    read_before: float | None = None,
) -> Plan:
    """Plans a run that suits the corpus and the time, or the epochs, that there are.

    draft        settings that the corpus was read with: sentences, min_count, the time or the epochs
    choices      settings that a user chose
    began        when the time began, by time.monotonic
    read_before  as in `fitted`
    """
    text, valid, V = corpus.train, corpus.valid, len(corpus.vocabulary)
    if not draft.hidden:
        _require_memory(V, draft)
        return Plan(draft, Schedule([Point(0, 0.0)]), 0, 0.0)
    known: dict[str, Any] = {name: getattr(draft, name) for name in ("sentences", "min_count")}
    if draft.softmax == "auto":
        known["softmax"] = "sampled" if V >= MIN_SAMPLED_VOCABULARY else "exact"
    fit = partial(fitted, {**choices, **known}, corpus.report.words, distinct=V, read_before=read_before)
    settings = fit()
    _require_memory(V, settings)
    if draft.time is None:
        assert settings.epochs
        B, _ = columns(len(text), settings.batch)
        schedule = of_steps(steps(len(text), B, settings.bptt) * settings.epochs)
        times = evaluations(len(text), len(valid), settings.epochs)
        return Plan(settings, schedule, times, float(settings.epochs))
    now = monotonic()
    deadline = max(began + draft.time, now + MIN_TRAINING_SHARE * draft.time)
    reference = replace(settings, hidden=REFERENCE_UNITS, ensemble_size=1)
    settings = fit(readings=measure(corpus, reference, run, monotonic).readings(deadline - now))
    _require_memory(V, settings)
    cost = measure(corpus, settings, run, monotonic)
    final = FINAL_EVALUATIONS + NGRAM_EVALUATIONS * bool(settings.ngrams)
    final += cost.evaluations(deadline - monotonic(), 2) > 1  # the last one on the way
    if "time" not in choices:
        enough = most_readings(corpus.report.words) * cost.step * cost.steps_a_reading + final * cost.evaluation
        deadline = min(deadline, monotonic() + enough)
        least = DECLARATIONS["time"].metadata["least"]
        settings = replace(settings, time=max(least, round(deadline - began, 1)))
    left = deadline - monotonic()
    end = min(final * cost.evaluation, left / 2)
    readings = max(0.0, cost.readings(left - end))
    times = cost.evaluations(left, evaluations(len(text), len(valid), readings))
    schedule = by_clock(monotonic, deadline - end, cost.step)
    late = deadline - end + final * cost.evaluation - (began + (settings.time or 0.0))
    return Plan(settings, schedule, times, readings, late=late)


def measure(corpus: Corpus, settings: Settings, run: Run, now: Callable[[], float]) -> Cost:
    """Times some steps, and the evaluation of some words, of a network that is then thrown away."""
    text, valid, of_words = corpus.train, corpus.valid, (corpus.counts, corpus.vocabulary.specials)
    seconds = [now()]
    trial = train(text, valid, *of_words, settings, run, schedule=of_steps(1000 * TRIAL_STEPS), times=1)
    for _ in islice(trial, TRIAL_STEPS):
        seconds.append(now())
    step = median(np.diff(seconds)[TRIAL_WARMUP:])
    state = begin(len(text), *of_words, settings)
    network = Network(state.model(), state.cell, run)
    some = valid.read(0, EVALUATED_WORDS + 1)
    evaluate(network, [some[: EVALUATED_WORDS // 8]], of_words[1], run)  # the first evaluation takes longer
    start = now()
    evaluate(network, [some], of_words[1], run)
    words = len(valid) + CALIBRATION_READINGS * min(CALIBRATION_WORDS, len(valid))
    evaluation = (now() - start) * words / len(some)
    B, _ = columns(len(text), settings.batch)
    return Cost(float(step), evaluation, steps(len(text), B, settings.bptt))


def training_memory(V: int, settings: Settings) -> int:
    """Estimates the bytes that training takes at its peak.

    Of each network of an ensemble: the weights and their second moments, the gradients of all words or of a sample's,
    what the steps of a chunk leave, and the scores. Of all together: the model as it is and as it was best, and the
    scores of an evaluation.
    """
    H, N, cell = settings.hidden, settings.batch * settings.bptt, cells.of(settings)
    words = min(V, SAMPLED_WORDS + N) if settings.softmax == "sampled" else V
    step = 3 * words * H + min(N * words, EXP_BLOCK_NUMBERS) + 6 * (1 + len(cell.gates)) * N * H if H else 0
    network = 2 * parameter_count(cell.axes, V, H) + step
    scores = EVALUATION_COPIES * rows_at_a_time(V) * V * (1 if H else 2)  # those of n-grams alone are float64
    model = 2 * parameter_count(cell.axes, V, settings.ensemble_size * H) + scores
    return LIBRARY_BYTES + 4 * (settings.ensemble_size * network + model) + VOCABULARY_WORD_BYTES * V


def _require_memory(V: int, settings: Settings) -> None:
    """Raises ResourceError, before any work, if training would take more memory than is free."""
    needed = training_memory(V, settings) - LIBRARY_BYTES
    if settings.hidden:
        what, advice = f"training {settings.hidden:,} units", "Try a smaller --hidden or --vocabulary-size"
    else:
        what, advice = "evaluating n-grams", "Try a smaller --vocabulary-size"
    memory.require(needed, f"{what} on {V:,} words", advice)
