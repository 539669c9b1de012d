"""Temperature scaling: calibrated probabilities (Guo et al. 2017)."""

import numpy as np

from ..network.network import Network
from ..network.parameters import Floats, Ints, blocks
from ..network.softmax import rows_at_a_time

CALIBRATION_WORDS = 10_000  # of a text that suffice to fit the temperature
NEWTON_STEPS = 5  # at most
MAX_TEMPERATURE = 10.0  # and 1 / MAX_TEMPERATURE at least
NEWTON_TOLERANCE = 0.01  # relative step that ends the search: the error left is about its square


@np.errstate(all="ignore")  # numbers that leave the floats show in the evaluation
def temperature(network: Network, ids: Ints, near: float = 1.0) -> float:
    """Returns the T for which softmax(scores / T) predicts a text (n,) best; its first id, EOS, is only read.

    The search starts at `near` and ends at MAX_TEMPERATURE for a network that predicts nothing. Newton's method on
    b = 1/T: the loss is convex in b, its slope is the mean of E[score] - score of the word that came, and its curvature
    the mean variance of the score, both under softmax(b scores).
    """
    s = network.read(network.start(), ids[:-1, None])[0][1:, 0]
    Wy, by, d, b = network.params["Wy"], network.params["by"], ids[1:], 1 / near
    for _ in range(NEWTON_STEPS):

        def part(rows: slice, b: float = b) -> Floats:
            with np.errstate(all="ignore"):  # of a network that diverged: the curvature is nan, and no step is taken
                scores = s[rows] @ Wy.T + by
                y = np.exp(b * (scores - scores.max(1, keepdims=True)))
                y /= y.sum(1, keepdims=True)
                mean = np.einsum("nv,nv->n", y, scores)
                scores -= mean[:, None]
                slope = -scores[np.arange(len(scores)), d[rows]]
                curvature = np.einsum("nv,nv,nv->n", y, scores, scores)
                return np.array([slope.sum(dtype=np.float64), curvature.sum(dtype=np.float64)])

        slope, curvature = sum(network.run(part, blocks(len(d), -(-rows_at_a_time(len(Wy)) // 4))), np.zeros(2))
        step = float(slope / curvature) if curvature > 0 else 0.0
        b = min(max(b - step, b / 2, 1 / MAX_TEMPERATURE), b * 2, MAX_TEMPERATURE)
        if abs(step) < NEWTON_TOLERANCE * b:
            break
    return 1 / b
