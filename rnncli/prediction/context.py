"""A prompt to a state, word by word: many-to-one, by the forward that training has."""

from collections.abc import Sequence

import numpy as np

from ..network.parameters import Floats, Weights
from ..network.recurrent import TANH, Activation, forward

CHUNK = 1000  # words whose states are held at a time
COLUMNS = 256  # contexts that are read side by side
SHORT = 100  # words of a context that may be


def blank(params: Weights) -> Floats:
    """The state (1, H) before anything was read."""
    return np.zeros((1, params.Ws.shape[0]), params.Ws.dtype)


def read(params: Weights, s: Floats, ids: Sequence[int], activation: Activation = TANH) -> Floats:
    """The state (1, H) after reading ids from state s (1, H), in memory that does not grow with them."""
    for start in range(0, len(ids), CHUNK):
        x = np.array(ids[start : start + CHUNK], np.int32)[:, None]
        s = forward(params, x, s, activation)[-1]
    return s


def read_all(params: Weights, contexts: Sequence[Sequence[int]], activation: Activation = TANH) -> Floats:
    """The states (n, H) that n contexts leave, each read from the blank state; many-to-one, side by side.

    Contexts of like length share a forward pass; a shorter one's state is taken where it ends.
    """
    states = np.empty((len(contexts), params.Ws.shape[0]), params.Ws.dtype)
    by_length = sorted(range(len(contexts)), key=lambda i: len(contexts[i]))
    short = [i for i in by_length if len(contexts[i]) <= SHORT]
    for start in range(0, len(short), COLUMNS):
        columns = short[start : start + COLUMNS]
        lengths = [len(contexts[i]) for i in columns]
        x = np.zeros((lengths[-1], len(columns)), np.int32)
        for column, i in enumerate(columns):
            x[: lengths[column], column] = contexts[i]
        s = forward(params, x, np.repeat(blank(params), len(columns), axis=0), activation)
        states[columns] = s[lengths, range(len(columns))]
    for i in by_length[len(short) :]:
        states[i] = read(params, blank(params), contexts[i], activation)[0]
    return states
