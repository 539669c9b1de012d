"""From contexts to states, word by word: many-to-one."""

from collections.abc import Sequence

import numpy as np

from ..predictor import Predictor, State, rows

READ_WORDS = 1000  # whose states are held at a time
CONTEXTS_SIDE_BY_SIDE = 256
LONG_CONTEXT_WORDS = 100  # from which on a context is read by itself


def read(predictor: Predictor, state: State, ids: Sequence[int]) -> State:
    """Returns the state (1, ...) after ids are read from a state (1, ...); memory does not grow with the ids."""
    for start in range(0, len(ids), READ_WORDS):
        x = np.array(ids[start : start + READ_WORDS], np.int32)[:, None]
        state = rows(predictor.read(state, x), -1)
    return state


def read_all(predictor: Predictor, contexts: Sequence[Sequence[int]]) -> State:
    """Returns the states (n, ...) after n contexts, each read from the start, side by side.

    Contexts of similar length share one call of `read`; the state of a shorter one is taken where it ends.
    """
    start = predictor.start()
    states = tuple(np.empty((len(contexts), *part.shape[1:]), part.dtype) for part in start)
    by_length = sorted(range(len(contexts)), key=lambda i: len(contexts[i]))
    short = [i for i in by_length if len(contexts[i]) <= LONG_CONTEXT_WORDS]
    for first in range(0, len(short), CONTEXTS_SIDE_BY_SIDE):
        columns = short[first : first + CONTEXTS_SIDE_BY_SIDE]
        lengths = [len(contexts[i]) for i in columns]
        x = np.zeros((lengths[-1], len(columns)), np.int32)
        for column, i in enumerate(columns):
            x[: lengths[column], column] = contexts[i]
        after = predictor.read(predictor.start(len(columns)), x)
        put(states, columns, rows(after, (lengths, range(len(columns)))))
    for i in by_length[len(short) :]:
        put(states, [i], read(predictor, start, contexts[i]))
    return states


def put(states: State, index: Sequence[int], some: State) -> None:
    """Writes some states (m, ...) into the rows of an index (m,)."""
    for into, part in zip(states, some, strict=True):
        into[index] = part
