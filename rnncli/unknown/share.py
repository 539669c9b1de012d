"""How likely an unknown word comes next: the share that a predictor gives it, made to agree with a held-out text.

A text to learn from holds fewer words that are unknown to its vocabulary than the next text will: those that occur
once teach the unknown word, but words that occur not at all come, too (Good 1953). And a predictor that learned from
known words alone knows nothing of unknown ones.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..predictor import TINY, Floats, Ints, Predictor, State
from ..text.vocabulary import UNK

PRIOR_WORDS = 30  # as uncalibrated predictions foretell, beside those of the held-out text
UNSEEN = 0.5  # unknown words, among one word more (add-half smoothing: Krichevsky & Trofimov 1981)
MAX_LOGIT = 30.0
MAX_SLOPE = 1.0
NEWTON_STEPS = 30
MAX_STEP = 5.0  # of intercept and slope at once

Doubles = NDArray[np.float64]


class Calibration(NamedTuple):
    """Maps a share p to σ(intercept + slope log(p / (1 - p))) (Platt 1999)."""

    intercept: float = 0.0
    slope: float = 1.0

    def of(self, p: Doubles) -> Doubles:
        """Returns the calibrated shares (...) of shares p (...)."""
        calibrated: Doubles = _sigmoid(self.intercept + self.slope * _logit(p))
        return calibrated

    def applied(self, y: Doubles) -> Doubles:
        """Returns distributions y (m, V), changed in place."""
        if self == NONE:
            return y
        p = y[:, UNK].copy()
        share = self.of(p)
        y *= ((1 - share) / np.maximum(1 - p, TINY))[:, None]
        y[:, UNK] = share
        return y


NONE = Calibration()  # that changes nothing


def fitted(p: Doubles, unknown: Doubles) -> Calibration:
    """Returns the calibration that gives a held-out text the highest probability, by Newton's method.

    p        (n,)  the share of the unknown word before each word
    unknown  (n,)  1 where an unknown word came, else 0; or how likely one came
    PRIOR_WORDS words that come as p says keep the calibration of a short text near none, and half an unknown word that
    of a text without one from making unknown words impossible. A share is never made to differ more than it does.
    """
    z = _logit(p)
    weight = 1 + (PRIOR_WORDS + 1) / max(1, len(p))
    target = (unknown + (PRIOR_WORDS * p + UNSEEN) / max(1, len(p))) / weight
    constant = _logit(target.mean()[None])[0]  # from where no step goes astray
    intercept, slope = _newton(np.stack((np.ones_like(z), z)), np.zeros_like(z), target, [constant, 0.0])
    if slope > MAX_SLOPE:
        (intercept,), slope = _newton(np.ones((1, len(z))), MAX_SLOPE * z, target, [constant]), MAX_SLOPE
    return Calibration(float(intercept), float(slope))


def _newton(features: Doubles, offset: Doubles, target: Doubles, start: list[float]) -> Doubles:
    """Returns the β (k,) for which σ(β features + offset) agrees with targets (n,) best; features is (k, n)."""
    beta = np.array(start)
    for _ in range(NEWTON_STEPS):
        y = _sigmoid(beta @ features + offset)
        curvature = (features * (y * (1 - y))) @ features.T + 1e-6 * np.eye(len(beta))
        step = np.linalg.solve(curvature, features @ (target - y))
        beta = beta + step * min(1.0, MAX_STEP / max(float(np.abs(step).max()), TINY))
    return beta


def _logit(p: Doubles) -> Doubles:
    logit: Doubles = np.clip(np.log(np.maximum(p, TINY)) - np.log(np.maximum(1 - p, TINY)), -MAX_LOGIT, MAX_LOGIT)
    return logit


def _sigmoid(z: Doubles) -> Doubles:
    sigmoid: Doubles = 1 / (1 + np.exp(-np.clip(z, -MAX_LOGIT, MAX_LOGIT)))
    return sigmoid


@dataclass(frozen=True, eq=False)
class Calibrated(Predictor):
    """Predicts as a predictor does, but for the share of the unknown word; all other words share the rest as before."""

    predictor: Predictor
    calibration: Calibration

    @property
    def vocabulary_size(self) -> int:
        return self.predictor.vocabulary_size

    def start(self, n: int = 1) -> State:
        return self.predictor.start(n)

    def read(self, state: State, x: Ints) -> State:
        return self.predictor.read(state, x)

    def next(self, state: State) -> Doubles:
        return self.calibration.applied(self.predictor.next(state))

    def weights(self, state: State) -> tuple[Floats, Doubles]:
        return self._weights(*self.predictor.weights(state))

    def weights_and_parts(self, state: State, d: Ints) -> tuple[Floats, Doubles, dict[str, Doubles]]:
        e, Z, apart = self.predictor.weights_and_parts(state, d)
        return *self._weights(e, Z), apart

    def _weights(self, e: Floats, Z: Doubles) -> tuple[Floats, Doubles]:
        """Changes weights e (m, V) of sums Z (m,) in place: that of the unknown word alone."""
        own = e[:, UNK].astype(np.float64)
        others = np.maximum(Z - own, TINY)
        share = self.calibration.of(own / Z)
        e[:, UNK] = others * share / (1 - share)
        return e, others / (1 - share)

    def surprisal(self, state: State, d: Ints) -> Doubles:
        p = np.exp(-self.predictor.surprisal(state, np.full(len(d), UNK)))
        share = self.calibration.of(p)
        known = self.predictor.surprisal(state, d) + np.log(np.maximum(1 - p, TINY)) - np.log1p(-share)
        return np.where(d == UNK, -np.log(share), np.maximum(known, 0.0))
