"""A prompt to a state, word by word: many-to-one, by the forward that training has."""

from collections.abc import Sequence

import numpy as np

from ..network.parameters import Floats, Weights
from ..network.recurrent import TANH, Activation, forward

CHUNK = 1000  # words whose states are held at a time


def blank(params: Weights) -> Floats:
    """The state (1, H) before anything was read."""
    return np.zeros((1, params.Ws.shape[0]), params.Ws.dtype)


def read(params: Weights, s: Floats, ids: Sequence[int], activation: Activation = TANH) -> Floats:
    """The state (1, H) after reading ids from state s (1, H), in memory that does not grow with them."""
    for start in range(0, len(ids), CHUNK):
        x = np.array(ids[start : start + CHUNK], np.int32)[:, None]
        s = forward(params, x, s, activation)[-1]
    return s
