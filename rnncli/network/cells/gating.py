"""What gated cells share: a gate is a sigmoid of x_t Wx + s_{t-1} Ws + bs, and one tanh serves all gates."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from math import sqrt

import numpy as np
from numpy.typing import DTypeLike

from ..parameters import Axes, Floats, Weights, rotation, small


def axes(gates: int, tied: bool) -> Axes:
    """Returns the axes of the parameters of a cell with some gates."""
    return {"Wx": f"{'H' if tied else 'V'}{gates}H", "Ws": f"H{gates}H", "bs": f"{gates}H", "Wy": "VH", "by": "V"}


def drawn(gates: int, tied: bool, V: int, H: int, rng: np.random.Generator, dtype: DTypeLike) -> Weights:
    """Draws Wx, Ws and bs of some gates: rotations from state to state, biases of zero."""
    Ws = np.stack([rotation(rng, H) for _ in range(gates)], axis=1)
    Wx = small(rng, (H, gates, H), dtype, most=sqrt(3 / max(1, H))) if tied else small(rng, (V, gates, H), dtype)
    return {"Wx": Wx, "Ws": Ws.astype(dtype), "bs": np.zeros((gates, H), dtype)}


def halves(gates: int, sigmoids: int, dtype: DTypeLike) -> Floats:
    """Returns what the inputs of gates (G, 1) are multiplied by: 1/2 of the first, which are sigmoids, for
    sigmoid(a) = (1 + tanh(a/2)) / 2.
    """
    factors = np.ones((gates, 1), dtype)
    factors[:sigmoids] = 0.5
    return factors


def as_sigmoids(tanhs: Floats) -> None:
    """Makes, in place, the sigmoids of numbers from the tanh of half of each."""
    tanhs *= 0.5
    tanhs += 0.5
