"""Words in alphabetical order, where words with a common prefix stand side by side."""

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .vocabulary import Vocabulary

AFTER_LETTERS = chr(0x10FFFF)  # sorts after every letter

# Letters that people type for one another, beside those that Unicode takes apart (NFD); marks inside words.
_LETTERS = str.maketrans(
    dict(zip("đðłøħŧıĐÐŁØĦŦ", "ddlohtiDDLOHT", strict=True))
    | {"æ": "ae", "œ": "oe", "Æ": "AE", "Œ": "OE", "þ": "th", "Þ": "TH"}
)
# Letters of Hangul as keyboards give them, before they make syllables.
_JAMO = {chr(code): unicodedata.normalize("NFKD", chr(code)) for code in range(0x3131, 0x3164)}
_MARKS = str.maketrans(dict.fromkeys("ʼ’＇׳", "'") | {"״": '"'} | dict.fromkeys("‐‑", "-") | _JAMO)


def plain(word: str) -> str:
    """Returns a word without capitals and accents, letters that look alike as one: the form that prefixes are found in.

    Hangul is taken apart: a syllable that is begun is the beginning of one that has a final consonant, and a letter
    alone that of a syllable.
    """
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFD", _without_accents(word).casefold())


def _without_accents(word: str) -> str:
    """Returns a word without accents, with straight apostrophes and quotes."""
    parts = unicodedata.normalize("NFD", word.translate(_LETTERS).translate(_MARKS))
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


def has_prefix(word: str, prefix: str) -> bool:
    """Tells whether a word begins with a prefix; capitals and accents count where the prefix has some."""
    composed = unicodedata.normalize("NFC", prefix.translate(_MARKS))
    return (
        plain(word).startswith(plain(prefix))
        and (prefix == prefix.lower() or _without_accents(word).startswith(_without_accents(prefix)))
        and (composed == _without_accents(prefix) or word.translate(_MARKS).casefold().startswith(composed.casefold()))
    )


class Span(NamedTuple):
    """Ranges of places in the alphabetical order, each from `first` to before `last`."""

    first: NDArray[np.intp]  # (n,)
    last: NDArray[np.intp]  # (n,)


class Alphabet:
    """Sorts words for prefix search; the `first` ones, such as special words, keep their places and are never found."""

    def __init__(self, words: Sequence[str], first: int = 0) -> None:
        self._words = [plain(word) for word in words]
        order = sorted(range(first, len(words)), key=self._words.__getitem__)
        self.order = np.array([*range(first), *order], np.intp)
        self.places = np.argsort(self.order)  # of the words
        self.first, self._sorted = first, [self._words[i] for i in order]
        self._spans: dict[int, Span] = {}

    def __len__(self) -> int:
        return len(self.order)

    def prefix_range(self, prefix: str) -> tuple[int, int]:
        """Returns the places, from the first to before the last, of the words that begin with a plain prefix."""
        first, last = bisect_left(self._sorted, prefix), bisect_left(self._sorted, prefix + AFTER_LETTERS)
        return first + self.first, last + self.first

    def with_prefix(self, prefix: str) -> NDArray[np.intp]:
        """Returns the indices, in the given list, of the words that begin with a prefix in any case and accents."""
        first, last = self.prefix_range(plain(prefix))
        return np.sort(self.order[first:last])

    def spans(self, i: int) -> Span:
        """Returns the places of the words that share the first 0, 1, 2, ... letters of word i, but not all."""
        if i not in self._spans:
            word = self._words[i]
            pairs = [self.prefix_range(word[:letters]) for letters in range(len(word))]  # none for a mark alone
            self._spans[i] = Span(*np.array(pairs, np.intp).reshape(-1, 2).T)
        return self._spans[i]


def alphabet_of(vocabulary: Vocabulary) -> Alphabet:
    """Returns the alphabet of a vocabulary, in which special words stand before all other words."""
    return Alphabet(vocabulary.words, vocabulary.specials)
