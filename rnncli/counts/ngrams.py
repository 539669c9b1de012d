"""N-grams and how often each occurs, as a tree: to each belong the words that followed it, in the order of their ids.

An n-gram is a word and the n - 1 words before it in its sentence. The end of a sentence, EOS, stands in one as its
last word, or as its first: there it means that the sentence begins.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..predictor import Ints

EOS = 0  # the id that stands before a sentence and ends it
NONE = -1  # in place of an n-gram's number where there is none


@dataclass(frozen=True, eq=False)
class Level:
    """The n-grams of one length n >= 2, sorted by the number of their first n - 1 words, then by the last word.

    The number of an n-gram is its place here; of a single word, the word's id.
    """

    words: Ints  # (m,) the last word of each n-gram
    counts: Ints  # (m,) of the longest, how often each occurs; of others, after how many different words it occurs
    followers: Ints  # (k,) how many of these n-grams begin with each of the k (n-1)-grams
    lost: Ints  # (k,) the sum of the counts of those that were left out; or (0,), where none was

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where the n-grams that begin with each (n-1)-gram start, (k+1,)."""
        starts = np.zeros(len(self.followers) + 1, np.int64)
        np.cumsum(self.followers, out=starts[1:])
        return starts

    def find(self, contexts: Ints, words: Ints) -> NDArray[np.int64]:
        """Returns the number of each n-gram, NONE where there is none.

        contexts  (...)  the number of its first n - 1 words, or NONE
        words     (...)  its last word
        By bisection between the start and the end of each context, of all at once.
        """
        if not len(self.words):
            return np.full(np.shape(contexts), NONE)
        known = contexts != NONE
        low, end = self.starts[contexts * known], self.starts[contexts * known + 1]
        end = np.where(known, end, low)
        high = end
        last = len(self.words) - 1
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high) // 2
            below = (self.words[np.minimum(middle, last)] < words) & (low < high)
            low = np.where(below, middle + 1, low)
            high = np.where(below, high, middle)
        found = (low < end) & (self.words[np.minimum(low, last)] == words)
        return np.where(found, low, NONE)


@dataclass(frozen=True, eq=False)
class Ngrams:
    """Counts of all n-grams of a text up to a length, or of those that were kept."""

    counts: NDArray[np.int64]  # (V,) after how many different words each word occurs
    levels: tuple[Level, ...]  # of n = 2, 3, ...
    discounts: NDArray[np.float64]  # (order, 3) what is taken off a count of 1, of 2, of 3 and more, for n = 1, 2, ...

    @property
    def vocabulary_size(self) -> int:
        """The number of words V."""
        return len(self.counts)

    @property
    def order(self) -> int:
        """The length of the longest n-grams."""
        return len(self.levels) + 1

    def __len__(self) -> int:
        return sum(len(level.words) for level in self.levels)
