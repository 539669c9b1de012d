"""How far a run is, how fast to learn there, and when to look and to stop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import monotonic
from typing import Any, NamedTuple, Self

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


@dataclass
class Clock:
    """The time of a run that ends by it. It stands still while the run does."""

    left: Callable[[], float]  # the seconds that there are for training, from now on
    whole: float  # and from the beginning
    paces: list[float]  # seconds a step, as expected first and then as found whenever the clock was looked at
    looked: tuple[int, float]  # the step when that was last, and what was left then

    def next_point(self, last: Point) -> Point:
        """Where a run is to be next that has come to its last point."""
        rest, (step, left) = self.left(), self.looked
        if last.step > step:
            self.paces.append(max(1e-6, (left - rest) / (last.step - step)))
            self.looked = last.step, rest
        now = median(self.paces[-RECENT:])  # an evaluation on the way does not count
        ahead, steps = max(1, round(self.whole / SEGMENTS / now)), rest / now
        if ahead >= steps:
            return Point(last.step + max(1, round(steps)), 1.0)
        return Point(last.step + ahead, last.fraction + (1 - last.fraction) * ahead / steps)

    def as_json(self) -> dict[str, Any]:
        """What it takes to make another that goes on where this one stands."""
        return {"left": self.left(), "whole": self.whole, "paces": self.paces[-RECENT:], "looked": self.looked}

    @classmethod
    def resumed(cls, stopped: dict[str, Any]) -> Self:
        """A clock that goes on, from now, where another one was stopped."""
        end = monotonic() + stopped["left"]
        return cls(lambda: end - monotonic(), stopped["whole"], stopped["paces"], tuple(stopped["looked"]))


class Plan:
    """How far a run is at each step: in straight lines between points, the last of which may still be to come.

    A run of a number of steps has two points. One by the clock asks it for the next point whenever it has come to the
    last; the points that it went by say all there is to say about its course, and with them it goes the same way again.
    """

    def __init__(self, points: Sequence[Point], clock: Clock | None = None) -> None:
        self.points = list(points)
        self.clock = clock

    def fraction(self, step: int) -> float:
        """How far the run is before a step (from 0); 1 when there is none left."""
        while self.clock and step > self.points[-1].step and self.points[-1].fraction < 1:
            self.points.append(self.clock.next_point(self.points[-1]))
        steps, fractions = zip(*self.points, strict=True)
        return float(np.interp(step, steps, fractions))

    def back_to(self, step: int) -> "Plan":
        """The plan of a run that goes back to an earlier step; by the clock, what time that cost is lost."""
        if self.clock is None:
            return self
        points = [point for point in self.points if point.step <= step]
        self.clock.looked = points[-1].step, self.clock.left()
        return Plan(points, self.clock)


def of_steps(steps: int) -> Plan:
    """A run of so many steps."""
    return Plan([Point(0, 0.0), Point(steps, 1.0)])


def by_clock(left: Callable[[], float], pace: float) -> Plan:
    """A run that ends when no time is left.

    left  the seconds that there are for training, from now on
    pace  seconds that a step is likely to take
    """
    whole = left()
    return Plan([Point(0, 0.0)], Clock(left, whole, [pace], (0, whole)))


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
