"""The course of a run: the fraction that is done at each step, the learning rate, when to evaluate and to stop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple, Self

import numpy as np

WARM_UP = 0.05  # of a run, at most WARM_UP_STEPS
WARM_UP_STEPS = 200
EVALUATIONS = 10  # in a run, or one an epoch where there are more epochs
WORDS_PER_EVALUATED_WORD = 5  # read in training for each word read in an evaluation, at least
PATIENCE = 0.4  # of a run's evaluations without a new best, but at least MIN_PATIENCE, before the end
MIN_PATIENCE = 5
CLOCK_SEGMENTS = 50  # of a run by the clock, after each of which the pace is measured
RECENT_SEGMENTS = 5  # whose median pace counts
MIN_PACE = 1e-6  # seconds a step


class Point(NamedTuple):
    """The fraction of a run that is done at a step."""

    step: int
    fraction: float  # from 0 to 1


@dataclass
class Clock:
    """The time budget of a run; paused while the process is not running.

    now    the time, in seconds
    end    when the run is to end, by now()
    whole  seconds for training, from the first step on
    paces  seconds a step: as expected at first, then as measured in each segment
    last   step and seconds left at the last measurement
    """

    now: Callable[[], float]
    end: float
    whole: float
    paces: list[float]
    last: tuple[int, float]

    def left(self) -> float:
        """Returns the seconds that are left for training."""
        return self.end - self.now()

    def next_point(self, previous: Point) -> Point:
        """Returns the next point of the schedule, from the pace measured since the previous one."""
        left, (step, left_before) = self.left(), self.last
        if previous.step > step:
            self.paces.append(max(MIN_PACE, (left_before - left) / (previous.step - step)))
            self.last = previous.step, left
        pace = median(self.paces[-RECENT_SEGMENTS:])  # the median, so that an evaluation on the way does not count
        ahead, steps = max(1, round(self.whole / CLOCK_SEGMENTS / pace)), left / pace
        if ahead >= steps:
            return Point(previous.step + max(1, round(steps)), 1.0)
        return Point(previous.step + ahead, previous.fraction + (1 - previous.fraction) * ahead / steps)

    def as_json(self) -> dict[str, Any]:
        """Returns what `restored` needs."""
        return {"left": self.left(), "whole": self.whole, "paces": self.paces[-RECENT_SEGMENTS:], "looked": self.last}

    @classmethod
    def restored(cls, saved: dict[str, Any], now: Callable[[], float]) -> Self:
        """Restores a saved clock, with the seconds that it had left."""
        return cls(now, now() + saved["left"], saved["whole"], saved["paces"], tuple(saved["looked"]))


class Schedule:
    """The fraction of a run that is done at each step: straight lines between points.

    A run of a number of steps has two points. A run by the clock asks the clock for the next point at each last one;
    the points that it went by describe its course completely, and replay it.
    """

    def __init__(self, points: Sequence[Point], clock: Clock | None = None) -> None:
        self.points = list(points)
        self.clock = clock

    def fraction(self, step: int) -> float:
        """Returns the fraction that is done before a step (from 0); 1 at the end of the run."""
        while self.clock and step > self.points[-1].step and self.points[-1].fraction < 1:
            self.points.append(self.clock.next_point(self.points[-1]))
        steps, fractions = zip(*self.points, strict=True)
        return float(np.interp(step, steps, fractions))

    def back_to(self, step: int) -> "Schedule":
        """Returns the schedule of a run that goes back to an earlier step; by the clock, the time spent is lost."""
        if self.clock is None:
            return self
        points = [point for point in self.points if point.step <= step]
        self.clock.last = points[-1].step, self.clock.left()
        return Schedule(points, self.clock)


def of_steps(steps: int) -> Schedule:
    """Returns the schedule of a run of a number of steps."""
    return Schedule([Point(0, 0.0), Point(steps, 1.0)])


def by_clock(now: Callable[[], float], end: float, pace: float) -> Schedule:
    """Returns the schedule of a run that ends at a time.

    now   the time, in seconds
    end   when the run is to end, by now()
    pace  seconds that a step is expected to take
    """
    left = end - now()
    return Schedule([Point(0, 0.0)], Clock(now, end, left, [pace], (0, left)))


def rate(step: int, fraction: float, peak: float) -> float:
    """Returns the learning rate of a step (from 0): a straight line up to `peak`, then one down to zero at the end."""
    warm = max((step + 1) / WARM_UP_STEPS, fraction / WARM_UP)
    return peak * min(warm, 1.0, 1 - fraction)


def evaluations(words: int, held_out: int, epochs: float) -> int:
    """Returns the number of evaluations, on held_out words, in a run of `epochs` readings of a text of `words`.

    EVALUATIONS, or one an epoch if there are more epochs, but no more than WORDS_PER_EVALUATED_WORD allows.
    """
    affordable = int(words * epochs / (WORDS_PER_EVALUATED_WORD * max(1, held_out)))
    return max(1, min(max(EVALUATIONS, round(epochs)), affordable))


def due(before: float, after: float, times: int) -> bool:
    """Tells whether to evaluate after a step from one fraction to another: `times` in a run, the last at its end."""
    return int(after * times + 1e-9) > int(before * times + 1e-9)


def patience(times: int) -> int:
    """Returns how many evaluations in a row may bring no new best, in a run of `times` evaluations."""
    return max(MIN_PATIENCE, round(PATIENCE * times))
