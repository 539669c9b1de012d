"""What is fitted to the unknown words of a held-out text, and saved with a model."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Mapping
from typing import NamedTuple

from ..predictor import Predictor
from .share import MAX_LOGIT, NONE, Calibrated, Calibration
from .words import STRENGTHS, USUAL, Weights

NAMES = (*Calibration._fields, *Weights._fields)  # in the record of a model
MAX_STRENGTH = STRENGTHS[-1]
MAX_CALIBRATION = 10 * MAX_LOGIT  # of intercept and slope


class Fit(NamedTuple):
    """How likely an unknown word is, and which one."""

    calibration: Calibration = NONE
    weights: Weights = USUAL

    def calibrated(self, predictor: Predictor) -> Predictor:
        """Returns what predicts as a predictor does, with the share of the unknown word calibrated."""
        return predictor if self.calibration == NONE else Calibrated(predictor, self.calibration)

    def as_json(self) -> dict[str, float]:
        """Returns what `restored` restores."""
        return dict(zip(NAMES, (*self.calibration, *self.weights), strict=True))

    @classmethod
    def restored(cls, saved: Mapping[str, float] | None) -> Fit:
        """Restores a saved fit; None: that of a model of an older version. Raises ValueError if it is none."""
        if saved is None:
            return cls()
        if set(saved) != set(NAMES):
            raise ValueError(f"unknown has the entries {', '.join(sorted(saved)):.80}")
        intercept, slope, rare, strength = (float(saved[name]) for name in NAMES)
        if not (abs(intercept) <= MAX_CALIBRATION and abs(slope) <= MAX_CALIBRATION):
            raise ValueError("unknown holds a calibration that is none")
        if not (0 < rare < 1 and 0 < strength <= MAX_STRENGTH):
            raise ValueError("unknown holds a weight that is none")
        return cls(Calibration(intercept, slope), Weights(rare, strength))
