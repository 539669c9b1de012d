"""What was written lately says what comes next: two caches beside the networks, and how far each is believed."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Floats, Ints

Shares = NDArray[np.float64]

HELD = 2000  # words, the last ones
LIKENESS = 2.0  # by which the product of two states counts
HALF_LIFE = 200  # words after which one counts half
BELIEVED = (0.45, 0.45, 0.07, 0.03)  # to begin with: networks, the words after like states, the latest words
MEMORY = 200.0  # words over which it is told who was right
LEAST = 1e-3  # that each is believed


class Kept(NamedTuple):
    """What a cache holds."""

    states: Floats  # (n, H)  oldest first
    words: Ints  # (n,)  that came after these
    counts: Shares  # (V,)  of the latest words, each halved every HALF_LIFE words
    believed: Shares  # (4,)  sums to 1


class Cache:
    """Mixes the distributions of two networks, one that stays as it is and one that learns, with two of its own.

    One is of the words that came after states like the present one, by e^(LIKENESS s·s_i) (Grave et al. 2017); the
    other is of the latest words (Kuhn & De Mori 1990). Who was right of late is believed more: the four weights follow
    the posterior of each word that came, so what learning spoils is soon left to the network that stays.
    """

    def __init__(self, V: int, H: int, kept: Kept | None = None) -> None:
        self._states = np.zeros((HELD, H), np.float32)
        self._words = np.zeros(HELD, np.int32)
        self._seen = len(kept.words) if kept else 0
        self._counts = kept.counts.copy() if kept else np.zeros(V)
        self._believed = kept.believed.copy() if kept else np.array(BELIEVED)
        if kept:
            self._states[: self._seen], self._words[: self._seen] = kept.states, kept.words

    @property
    def kept(self) -> Kept:
        """All that it takes to make another."""
        order = (np.arange(min(self._seen, HELD)) + max(0, self._seen - HELD)) % HELD
        return Kept(self._states[order], self._words[order], self._counts, self._believed)

    @property
    def believed(self) -> Shares:
        """How far (4,) each of the parts is believed."""
        return self._believed

    def parts(self, s: Floats, y: Shares, learning: Shares) -> Shares:
        """The four distributions (4, V) after a state s (H,) of the network that stays, which has y (V,) there."""
        if not self._seen:
            return np.stack((y, learning, y, learning))
        n = min(self._seen, HELD)
        like = LIKENESS * (self._states[:n] @ s).astype(np.float64)
        like = np.exp(like - like.max())
        after = np.bincount(self._words[:n], like / like.sum(), len(y))
        return np.stack((y, learning, after, self._counts / self._counts.sum()))

    def see(self, s: Floats, d: int, parts: Shares) -> None:
        """Takes in that word d came after state s (H,), to which the four parts gave these probabilities (4,)."""
        posterior = self._believed * parts
        posterior /= max(float(posterior.sum()), np.finfo(float).tiny)
        self._believed += (posterior - self._believed) / MEMORY
        self._believed = np.maximum(self._believed, LEAST)
        self._believed /= self._believed.sum()
        self._states[self._seen % HELD], self._words[self._seen % HELD] = s, d
        self._seen += 1
        self._counts *= 0.5 ** (1 / HALF_LIFE)
        self._counts[d] += 1
