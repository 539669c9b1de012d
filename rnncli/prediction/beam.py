"""Several words ahead: the likeliest ways to go on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Floats, Weights
from ..network.recurrent import TANH, Activation, forward
from ..network.softmax import Mix
from ..text.vocabulary import EOS
from .best import likeliest

WIDTH, WIDEST = 64, 512  # ways that are gone on from at each word, at least and at most


class Way(NamedTuple):
    """Words that may come next, one after the other."""

    ids: tuple[int, ...]
    probability: float  # of all of them


def ahead(
    params: Weights,
    s: Floats,
    first: tuple[NDArray[np.intp], NDArray[np.float64]],
    k: int,
    words: int,
    eos: bool = False,
    activation: Activation = TANH,
    mix: Mix | None = None,
) -> list[Way]:
    """The k likeliest ways to go on for a number of words after state s (1, H), found by beam search.

    first  the words that may come first, and their probabilities, likeliest first
    At each word the WIDTH likeliest ways are kept (or k, up to WIDEST), so with fewer words than that they are the
    likeliest of all. A way that has come to the end of the sentence, if `eos` lets it, goes no further.
    """
    width = k if words == 1 else min(max(k, WIDTH), WIDEST)
    ways = [Way((i,), y) for i, y in zip(first[0][:width].tolist(), first[1][:width].tolist(), strict=True)]
    states = np.repeat(s, len(ways), axis=0)
    for _ in range(words - 1):
        open_ = [n for n, way in enumerate(ways) if way.ids[-1] != EOS]
        if not open_:
            break
        last = np.array([[ways[n].ids[-1] for n in open_]])
        states = forward(params, last, states[open_], activation)[-1]
        best = likeliest(params, states, width, eos, mix)
        longer = [
            (Way((*ways[n].ids, i), ways[n].probability * y), row)
            for row, n in enumerate(open_)
            for i, y in zip(best.ids[row].tolist(), best.y[row].tolist(), strict=True)
        ]
        ended = [(way, 0) for way in ways if way.ids[-1] == EOS]
        kept = sorted(longer + ended, key=lambda pair: (-pair[0].probability, pair[0].ids))[:width]
        ways = [way for way, _ in kept]
        states = states[[row for _, row in kept]]
    return ways[:k]
