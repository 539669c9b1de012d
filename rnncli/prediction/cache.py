"""What was written lately says what comes next: two caches beside the network, and how far each is believed."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Floats, Ints

Shares = NDArray[np.float64]

HELD = 2000  # words, the last ones
LIKENESS = 2.0  # by which the product of two states counts
HALF_LIFE = 200  # words after which one counts half
BELIEVED = (0.90, 0.07, 0.03)  # to begin with: the network, the words after like states, the latest words
MEMORY = 200.0  # words over which it is told who was right
LEAST = 1e-3  # that each is believed


class Kept(NamedTuple):
    """What a cache holds."""

    states: Floats  # (n, H)  oldest first
    words: Ints  # (n,)  that came after these
    counts: Shares  # (V,)  of the latest words, each halved every HALF_LIFE words
    believed: Shares  # (3,)  sums to 1


class Cache:
    """Mixes a network's distribution with two of its own.

    One is of the words that came after states like the present one, by e^(LIKENESS s·s_i) (Grave et al. 2017); the
    other is of the latest words (Kuhn & De Mori 1990). Who was right of late is believed more: the three weights follow
    the posterior of each word that came.
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

    def mixed(self, s: Floats, y: Shares) -> Shares:
        """The distributions (n, V) after states s (n, H), for which the network has y (n, V)."""
        return np.array([self._believed @ self.parts(*row) for row in zip(s, y, strict=True)])

    def parts(self, s: Floats, y: Shares) -> Shares:
        """The three distributions (3, V) after a state s (H,), of which the network's is y (V,)."""
        if not self._seen:
            return np.stack((y, y, y))
        n = min(self._seen, HELD)
        like = LIKENESS * (self._states[:n] @ s).astype(np.float64)
        like = np.exp(like - like.max())
        after = np.bincount(self._words[:n], like / like.sum(), len(y))
        return np.stack((y, after, self._counts / self._counts.sum()))

    def see(self, s: Floats, d: int, parts: Shares) -> Shares:
        """Takes in that word d came after state s (H,), for which these were the parts; returns their mixture (V,)."""
        mixture: Shares = self._believed @ parts
        posterior = self._believed * parts[:, d] / max(mixture[d], np.finfo(float).tiny)
        self._believed += (posterior - self._believed) / MEMORY
        self._believed = np.maximum(self._believed, LEAST)
        self._believed /= self._believed.sum()
        self._states[self._seen % HELD], self._words[self._seen % HELD] = s, d
        self._seen += 1
        self._counts *= 0.5 ** (1 / HALF_LIFE)
        self._counts[d] += 1
        return mixture
