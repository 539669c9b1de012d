"""Several words ahead: likely ways to go on, by beam search."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..predictor import Ints, Predictor, State, rows
from ..text.vocabulary import EOS
from .best import likeliest

MIN_BEAM, MAX_BEAM = 64, 512  # ways that are kept after each word


class Way(NamedTuple):
    """Words that may come next, one after the other."""

    ids: tuple[int, ...]
    probability: float  # of all of them


def ahead(
    predictor: Predictor,
    state: State,
    first: tuple[NDArray[np.intp], NDArray[np.float64]],
    k: int,
    words: int,
    specials: int,
    hidden: Ints,
) -> list[Way]:
    """Returns the k likeliest ways to go on for some words after a state (1, ...) that a beam search finds.

    first   the words that may come first, and their probabilities, likeliest first
    hidden  the ids (m,) of the words that are on no way
    After each word MIN_BEAM ways are kept (or k, up to MAX_BEAM). For two words ahead the ways found are the likeliest
    of all if no more words may come first than are kept; else a way that begins unlikely may be missed. A way that
    reaches the end of the sentence, unless that is hidden, goes no further.
    """
    width = k if words == 1 else min(max(k, MIN_BEAM), MAX_BEAM)
    ways = [Way((i,), y) for i, y in zip(first[0][:width].tolist(), first[1][:width].tolist(), strict=True)]
    states = rows(state, np.zeros(len(ways), np.intp))
    for _ in range(words - 1):
        unfinished = [n for n, way in enumerate(ways) if way.ids[-1] != EOS]
        if not unfinished:
            break
        last = np.array([[ways[n].ids[-1] for n in unfinished]])
        states = rows(predictor.read(rows(states, unfinished), last), -1)
        best = likeliest(predictor, states, width, specials, hidden)
        longer = [
            (Way((*ways[n].ids, i), ways[n].probability * y), row)
            for row, n in enumerate(unfinished)
            for i, y in zip(best.ids[row].tolist(), best.y[row].tolist(), strict=True)
        ]
        ended = [(way, 0) for way in ways if way.ids[-1] == EOS]
        kept = sorted(longer + ended, key=lambda pair: (-pair[0].probability, pair[0].ids))[:width]
        ways = [way for way, _ in kept]
        states = rows(states, [row for _, row in kept])
    return ways[:k]
