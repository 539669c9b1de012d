"""Words in alphabetical order, where words with a common prefix stand side by side."""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .hangul import KEYS
from .vocabulary import Vocabulary

AFTER_LETTERS = chr(0x10FFFF)  # sorts after every letter
SHORTENED_LETTERS = 3  # of words' beginnings that are found although a letter is left out

# Letters that people type for one another, beside those that Unicode takes apart (NFD); marks inside words.
_LETTERS = str.maketrans(
    dict(zip("đðłøħŧıĐÐŁØĦŦ", "ddlohtiDDLOHT", strict=True))
    | {"æ": "ae", "œ": "oe", "Æ": "AE", "Œ": "OE", "þ": "th", "Þ": "TH"}
)
_MARKS = str.maketrans(dict.fromkeys("ʼ’＇׳", "'") | {"״": '"'} | dict.fromkeys("‐‑", "-"))


@lru_cache(1 << 16)
def plain(word: str) -> str:
    """Returns a word without capitals and accents, letters that look alike as one: the form that prefixes are found in.

    Hangul is taken apart into the keys that type it: a syllable that is begun is the beginning of one that has a final
    consonant, a letter alone that of a syllable, and 한 that of 하늘.
    """
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFD", without_accents(word).casefold()).translate(KEYS)


def without_accents(word: str) -> str:
    """Returns a word without accents, with straight apostrophes and quotes."""
    parts = unicodedata.normalize("NFD", word.translate(_LETTERS).translate(_MARKS))
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


def has_prefix(word: str, prefix: str) -> bool:
    """Tells whether a word begins with a prefix; capitals and accents count where the prefix has some."""
    composed = unicodedata.normalize("NFC", prefix.translate(_MARKS))
    return (
        plain(word).startswith(plain(prefix))
        and (prefix == prefix.lower() or without_accents(word).startswith(without_accents(prefix)))
        and (composed == without_accents(prefix) or word.translate(_MARKS).casefold().startswith(composed.casefold()))
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
        return self.range_within(prefix, self.first, len(self))

    def range_within(self, prefix: str, first: int, last: int) -> tuple[int, int]:
        """Returns the places of the words that begin with a plain prefix, among the places from `first` to `last`."""
        words, skipped = self._sorted, self.first
        at = bisect_left(words, prefix, first - skipped, last - skipped)
        if at == last - skipped or not words[at].startswith(prefix):
            return at + skipped, at + skipped
        return at + skipped, bisect_left(words, prefix + AFTER_LETTERS, at, last - skipped) + skipped

    def branches(self, prefix: str, first: int, last: int) -> Iterator[tuple[str, int, int]]:
        """Yields each letter with which words go on after a plain prefix, whose places are `first` to `last`, and the
        places of the words that begin so.
        """
        first = bisect_left(self._sorted, prefix + "\0", first - self.first, last - self.first) + self.first
        while first < last:
            letter = self._sorted[first - self.first][len(prefix)]
            begun, first = self.range_within(prefix + letter, first, last)
            yield letter, begun, first

    @cached_property
    def shortened(self) -> dict[str, list[tuple[str, int]]]:
        """Beginnings of words, of SHORTENED_LETTERS + 1 letters, by what is left without one of these letters but the
        last; and the place of that letter in each.
        """
        beginnings = dict.fromkeys(word[: SHORTENED_LETTERS + 1] for word in self._sorted)
        by: dict[str, list[tuple[str, int]]] = {}
        for beginning in beginnings:
            for i in range(len(beginning) - 1):
                by.setdefault(beginning[:i] + beginning[i + 1 :], []).append((beginning, i))
        return by

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
