"""A vocabulary in alphabetical order, where the words that begin alike stand side by side."""

from bisect import bisect_left
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .vocabulary import SPECIALS, Vocabulary

LAST = chr(0x10FFFF)  # comes after every letter


class Span(NamedTuple):
    """Places in the alphabetical order, from `first` to before `last`."""

    first: NDArray[np.intp]  # (n,)
    last: NDArray[np.intp]  # (n,)


class Alphabet:
    """The words of a vocabulary, as the network knows them, by alphabet; <eos> and <unk> come before all others."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        first = len(SPECIALS)
        self.order = np.array([*range(first), *sorted(range(first, len(vocabulary)), key=vocabulary.words.__getitem__)])
        self._words = vocabulary.words
        self._sorted = [vocabulary.words[i] for i in self.order[first:]]
        self._spans: dict[int, Span] = {}

    def __len__(self) -> int:
        return len(self.order)

    def beginning(self, letters: str) -> tuple[int, int]:
        """Where the words stand that begin with these letters."""
        first, last = bisect_left(self._sorted, letters), bisect_left(self._sorted, letters + LAST)
        return first + len(SPECIALS), last + len(SPECIALS)

    def spans(self, i: int) -> Span:
        """Where the words stand that share the first 0, 1, 2, ... letters of the word i, but not all of them."""
        if i not in self._spans:
            word = self._words[i]
            pairs = [self.beginning(word[:letters]) for letters in range(len(word))]
            self._spans[i] = Span(*np.array(pairs, np.intp).T)
        return self._spans[i]
