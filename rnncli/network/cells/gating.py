"""What gated cells share: a gate is a sigmoid of x_t Wx + s_{t-1} Ws + bs, and one tanh serves all gates."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from math import sqrt

import numpy as np
from numpy.typing import DTypeLike

from ..parameters import Floats, Weights, rotation, small


def drawn(gates: int, H: int, rng: np.random.Generator, dtype: DTypeLike) -> Weights:
    """Draws Wx, Ws and bs of some gates: rotations from state to state, biases of zero."""
    Ws = np.stack([rotation(rng, H) for _ in range(gates)], axis=1)
    Wx = small(rng, (H, gates, H), dtype, most=sqrt(3 / H))
    return {"Wx": Wx, "Ws": Ws.astype(dtype), "bs": np.zeros((gates, H), dtype)}


def halved(params: Weights, sigmoids: int) -> Weights:
    """Returns the weights with those of the first gates, the sigmoids, halved: sigmoid(a) = (1 + tanh(a/2)) / 2."""
    factors = np.ones((params["bs"].shape[0], 1), params["bs"].dtype)
    factors[:sigmoids] = 0.5
    return params | {name: params[name] * factors for name in ("Wx", "Ws", "bs")}


def as_sigmoids(tanhs: Floats) -> None:
    """Makes, in place, the sigmoids of numbers from the tanh of half of each."""
    tanhs *= 0.5
    tanhs += 0.5
