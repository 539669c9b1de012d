"""Two caches beside two networks, and the mixture of the four: what was written lately says what comes next."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..predictor import TINY, Floats, Ints
from ..text.vocabulary import UNK

Shares = NDArray[np.float64]

CACHED_WORDS = 2000  # the last ones
SIMILARITY = 2.0  # factor of the product of two states in the exponent, at a width of SIMILARITY_WIDTH
SIMILARITY_WIDTH = 300  # units of the network on which SIMILARITY was tried (Penn Treebank, five minutes)
HALF_LIFE_WORDS = 200  # after which an occurrence counts half
INITIAL_MIXTURE = (0.45, 0.45, 0.07, 0.03)  # fixed network, learning network, words after similar states, latest words
MIXTURE_HORIZON = 200.0  # words over which the mixture weights are averaged
MIN_MIXTURE_WEIGHT = 1e-3


class CacheContent(NamedTuple):
    """The content of a cache."""

    states: Floats  # (n, H)  oldest first
    words: Ints  # (n,)  the word that came after each state
    counts: Shares  # (V,)  of the latest words, halved every HALF_LIFE_WORDS words
    mixture: Shares  # (4,)  mixture weights, sum 1


class Cache:
    """Mixes the distributions of a fixed network and of a learning one with two of the cache's own.

    One is of the words that came after states similar to the present one, weighted by e^(c s·s_i / H) (Grave et al.
    2017; the width H in it makes the weights those of one network when several stand side by side; states of no width
    are all similar); the other is of the latest words (Kuhn & De Mori 1990). The four mixture weights follow the
    posterior of each word that came, so what learning spoils is soon left to the fixed network.
    """

    def __init__(self, V: int, H: int, content: CacheContent | None = None) -> None:
        self._states = np.zeros((CACHED_WORDS, H), np.float32)
        self._words = np.zeros(CACHED_WORDS, np.int32)
        self._seen = len(content.words) if content else 0
        self._counts = content.counts.copy() if content else np.zeros(V)
        self._mixture = content.mixture.copy() if content else np.array(INITIAL_MIXTURE)
        if content:
            self._states[: self._seen], self._words[: self._seen] = content.states, content.words

    @property
    def content(self) -> CacheContent:
        """The content, from which an equal cache can be made."""
        order = (np.arange(min(self._seen, CACHED_WORDS)) + max(0, self._seen - CACHED_WORDS)) % CACHED_WORDS
        return CacheContent(self._states[order], self._words[order], self._counts.copy(), self._mixture.copy())

    def has_met(self, i: int) -> bool:
        """Tells whether a word came."""
        return bool(self._counts[i] > 0)

    def forget(self, i: int) -> None:
        """Takes a word for the unknown one wherever it came."""
        self._words[self._words == i] = UNK
        self._counts[UNK] += self._counts[i]
        self._counts[i] = 0

    def remove(self, i: int) -> None:
        """Removes a word that came nowhere from the vocabulary: those after it come one earlier."""
        self._words -= self._words > i
        self._counts = np.delete(self._counts, i)

    def grow(self, V: int) -> None:
        """Takes up words that are new to the vocabulary, whose ids are the last ones."""
        self._counts = np.concatenate((self._counts, np.zeros(V - len(self._counts))))

    def mixed(self, parts: Shares) -> Shares:
        """Returns the mixture (V,) of the four distributions (4, V)."""
        mixed: Shares = self._mixture @ parts
        return mixed

    def parts(self, s: Floats, fixed: Shares, learning: Shares) -> Shares:
        """Returns the four distributions (4, V) after a state s (H,) of the fixed network.

        fixed, learning  (V,)  the distributions of the two networks
        """
        if not self._seen:
            return np.stack((fixed, learning, fixed, learning))
        n = min(self._seen, CACHED_WORDS)
        similarity = (SIMILARITY * SIMILARITY_WIDTH / max(1, len(s))) * (self._states[:n] @ s).astype(np.float64)
        weights = np.exp(similarity - similarity.max())
        after = np.bincount(self._words[:n], weights / weights.sum(), len(fixed))
        return np.stack((fixed, learning, after, self._counts / self._counts.sum()))

    def add(self, s: Floats, d: int, probabilities: Shares) -> None:
        """Adds a word d that came after state s (H,) and had these probabilities (4,) in the four distributions."""
        posterior = self._mixture * probabilities
        posterior /= max(float(posterior.sum()), TINY)
        self._mixture += (posterior - self._mixture) / MIXTURE_HORIZON
        self._mixture = np.maximum(self._mixture, MIN_MIXTURE_WEIGHT)
        self._mixture /= self._mixture.sum()
        self._states[self._seen % CACHED_WORDS], self._words[self._seen % CACHED_WORDS] = s, d
        self._seen += 1
        self._counts *= 0.5 ** (1 / HALF_LIFE_WORDS)
        self._counts[d] += 1
