"""What a network costs on this machine and this corpus, measured before a run that has to end on time."""

from collections.abc import Callable, Sequence
from itertools import islice
from statistics import median
from typing import NamedTuple

import numpy as np

from ..network.parameters import initial, numbers
from ..network.softmax import LARGEST, SAMPLE, rows_at_a_time
from ..network.threads import Run
from ..settings import Settings
from ..text.corpus import Spool
from .batches import columns, steps
from .evaluation import CHUNK, evaluate
from .schedule import of_steps
from .trainer import train

TRIAL = 12  # steps that are tried
UNTRIED = 4  # of these, at first, that do not count
BASE = 60_000_000  # bytes of Python, NumPy and what else is loaded
WORD = 400  # bytes that a word of the vocabulary takes up
EVALUATED = 3  # floats that each score takes up when a text is evaluated, on two threads
EVALUATING = 0.06  # share of a run's time that goes into looking at the validation text on the way


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
    params = initial(len(counts), settings.hidden, np.random.default_rng(0), counts=counts)
    some, start = valid.read(0, CHUNK + 1), now()
    evaluate(params, [some], run=run)
    evaluation = (now() - start) * len(valid) / len(some)
    B, _ = columns(len(text), settings.batch)
    return Cost(float(step), evaluation, steps(len(text), B, settings.bptt))


def memory(V: int, settings: Settings) -> int:
    """Bytes that training is likely to take at its peak.

    The weights, their best so far and their second moments; the gradients of all words or of a sample's; what the steps
    of a chunk leave; and the scores of that or, if these are more, those that evaluating has, some kinds of them.
    """
    H, N = settings.hidden, settings.batch * settings.bptt
    words = min(V, SAMPLE + N) if settings.softmax == "sampled" else V
    scores = max(min(N * words, LARGEST), EVALUATED * rows_at_a_time(V) * V)
    floats = 3 * numbers(V, H) + 3 * words * H + scores + 12 * N * H
    return BASE + 4 * floats + WORD * V
