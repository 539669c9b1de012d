"""Words in alphabetical order, where those that begin alike stand side by side."""

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .vocabulary import SPECIALS, Vocabulary

LAST = chr(0x10FFFF)  # comes after every letter


def plain(word: str) -> str:
    """A word without its capitals and accents, with a straight apostrophe: what of it has to be typed."""
    if word.isascii():
        return word.lower()
    return _bare(word).casefold()


def _bare(word: str) -> str:
    """A word without its accents."""
    parts = unicodedata.normalize("NFD", word.replace("’", "'"))
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


def fits(word: str, typed: str) -> bool:
    """Whether a word begins with what was typed, where that has capitals or accents to the letter."""
    return (
        plain(word).startswith(plain(typed))
        and (typed == typed.lower() or _bare(word).startswith(_bare(typed)))
        and (typed == _bare(typed) or word.casefold().startswith(typed.casefold()))
    )


class Span(NamedTuple):
    """Places in the alphabetical order, from `first` to before `last`."""

    first: NDArray[np.intp]  # (n,)
    last: NDArray[np.intp]  # (n,)


class Alphabet:
    """Words by alphabet, all but the first few, which stay where they are."""

    def __init__(self, words: Sequence[str], first: int = 0) -> None:
        self._words = [plain(word) for word in words]
        order = sorted(range(first, len(words)), key=self._words.__getitem__)
        self.order = np.array([*range(first), *order], np.intp)
        self._first, self._sorted = first, [self._words[i] for i in order]
        self._spans: dict[int, Span] = {}

    def __len__(self) -> int:
        return len(self.order)

    def beginning(self, letters: str) -> tuple[int, int]:
        """Where the words stand that begin with these plain letters."""
        first, last = bisect_left(self._sorted, letters), bisect_left(self._sorted, letters + LAST)
        return first + self._first, last + self._first

    def having(self, typed: str) -> NDArray[np.intp]:
        """The places in the given list of the words that begin with what was typed, whatever their case and accents."""
        first, last = self.beginning(plain(typed))
        return np.sort(self.order[first:last])

    def spans(self, i: int) -> Span:
        """Where the words stand that share the first 0, 1, 2, ... letters of word i, but not all of them."""
        if i not in self._spans:
            word = self._words[i]
            pairs = [self.beginning(word[:letters]) for letters in range(len(word))]  # none of a mark by itself
            self._spans[i] = Span(*np.array(pairs, np.intp).reshape(-1, 2).T)
        return self._spans[i]


def alphabet_of(vocabulary: Vocabulary) -> Alphabet:
    """A vocabulary's; <eos> and <unk> come before all others."""
    return Alphabet(vocabulary.words, len(SPECIALS))
