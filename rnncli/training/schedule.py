"""How far a run is, how fast to learn there, and when to look and to stop."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np

WARM_UP = 0.05  # of a run, at most WARM_UP_STEPS
WARM_UP_STEPS = 200
EVALUATIONS = 10  # in a run, or one an epoch where there are more epochs
PATIENCE = 0.4  # of a run's evaluations without a new best, but at least LEAST_PATIENCE, before the end
LEAST_PATIENCE = 5
SEGMENTS = 50  # of a run by the clock, after each of which the clock is looked at
RECENT = 5  # segments whose median pace counts


class Point(NamedTuple):
    """So far is a run after so many steps."""

    step: int
    fraction: float  # from 0 to 1


class Plan:
    """How far a run is at each step: in straight lines between points, the last of which may still be to come.

    A run of a number of steps has two points. One by the clock asks `extend` for the next point whenever it has come to
    the last; the points that it went by say all there is to say about its course, and with them it goes the same way
    again.
    """

    def __init__(self, points: Sequence[Point], extend: Callable[[Sequence[Point]], Point] | None = None) -> None:
        self.points = list(points)
        self._extend = extend

    def fraction(self, step: int) -> float:
        """How far the run is before a step (from 0); 1 when there is none left."""
        while self._extend and step > self.points[-1].step and self.points[-1].fraction < 1:
            self.points.append(self._extend(self.points))
        steps, fractions = zip(*self.points, strict=True)
        return float(np.interp(step, steps, fractions))


def of_steps(steps: int) -> Plan:
    """A run of so many steps."""
    return Plan([Point(0, 0.0), Point(steps, 1.0)])


def by_clock(left: Callable[[], float], pace: float) -> Plan:
    """A run that ends when no time is left.

    left  the seconds that there are for training, from now on
    pace  seconds that a step is likely to take
    """
    whole = left()
    looked, paces = (0, whole), [pace]  # the step and what was left when the clock was looked at; and what was found

    def extend(points: Sequence[Point]) -> Point:
        nonlocal looked
        (step, fraction), rest = points[-1], left()
        if step > looked[0]:
            paces.append(max(1e-6, (looked[1] - rest) / (step - looked[0])))
            looked = (step, rest)
        now = median(paces[-RECENT:])  # an evaluation on the way does not count
        ahead, steps = max(1, round(whole / SEGMENTS / now)), rest / now
        if ahead >= steps:
            return Point(step + max(1, round(steps)), 1.0)
        return Point(step + ahead, fraction + (1 - fraction) * ahead / steps)

    return Plan([Point(0, 0.0)], extend)


def rate(step: int, fraction: float, peak: float) -> float:
    """The learning rate of a step (from 0): up in a straight line at first, then down to zero at the end."""
    warm = max((step + 1) / WARM_UP_STEPS, fraction / WARM_UP)
    return peak * min(warm, 1.0, 1 - fraction)


def evaluations(words: int, held_out: int, epochs: float) -> int:
    """How often to evaluate in a run of `epochs` readings of that many words, on a text of held_out words.

    EVALUATIONS times, or once an epoch if it has more, unless that would read more than a fifth of what training reads.
    """
    return max(1, min(max(EVALUATIONS, round(epochs)), int(words * epochs / (5 * max(1, held_out)))))


def due(before: float, after: float, times: int) -> bool:
    """Whether to evaluate after a step from one fraction of a run to another: `times` in all, the last at its end."""
    return int(after * times + 1e-9) > int(before * times + 1e-9)


def patience(times: int) -> int:
    """How many evaluations in a row may bring no new best, of that many in a run."""
    return max(LEAST_PATIENCE, round(PATIENCE * times))
