"""A speller: gives any string a probability to be a word, by n-grams of characters."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from math import log

import numpy as np
from numpy.typing import NDArray

from ..counts.counting import count
from ..counts.predictor import Counts
from ..predictor import State, rows

# Length of the longest n-grams. Bits an unknown word, by 6, 7, 8, 9: French 20.92, 20.66, 20.58, 20.57; Dutch 25.14,
# 24.95, 24.88, 24.87; English 24.44, 24.39, 24.39, 24.39; Korean 26.98, 26.92, 26.92, 26.93.
ORDER = 7
END_OF_WORD, OTHER, FIRST_CHARACTER = 0, 1, 2  # ids
# A character that no word has is, in one half of the cases, one of the blocks of characters that words have (of Latin
# letters, Hangul, …), in the other any that there is. "blick" after 300 sentences of 12 words, which have neither b, l
# nor k, costs 100 bits where it is any.
CODE_POINTS = 0x110000
BLOCK = 128  # code points
MAX_NGRAMS = 3_000_000  # kept: 100,000 words have some 2 million
SPELLED_AT_ONCE = 512  # words

Doubles = NDArray[np.float64]
Choose = Callable[[Doubles], int]  # one of several things, by their weights (m,)


@dataclass(frozen=True, eq=False)
class Speller:
    """Gives a string the probability of its characters and of its end, each after the characters before it.

    The n-grams are those of the words of a text, each word once, however often it occurs: a new word is like other
    words, not like frequent ones (Chen & Goodman 1999 for the smoothing; words of that kind, Brown et al. 1992, An
    estimate of an upper bound for the entropy of English). Characters are those of Unicode's decomposed form, NFD:
    accents and the letters of Hangul are characters of their own, so that unseen letters have seen parts.

    The probabilities of all strings sum to 1: those of the strings up to a length tend to it from below.
    """

    characters: str  # of the words, sorted; the id of each is its place + FIRST_CHARACTER
    counts: Counts  # a predictor of ids, whose sentences are words

    @classmethod
    def of(cls, words: Sequence[str]) -> Speller:
        """Learns to spell from words, each a string that is not empty."""
        spelled = [unicodedata.normalize("NFD", word) for word in words]
        characters = "".join(sorted(set("".join(spelled))))
        ids = {character: i for i, character in enumerate(characters, FIRST_CHARACTER)}
        stream = [END_OF_WORD, *(i for word in spelled for i in [*map(ids.__getitem__, word), END_OF_WORD])]
        text = _Stream(np.array(stream, np.int32))
        return cls(characters, Counts(count(text, len(ids) + FIRST_CHARACTER, ORDER, BytesIO, most=MAX_NGRAMS)))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {character: i for i, character in enumerate(self.characters, FIRST_CHARACTER)}

    def ids(self, word: str) -> list[int]:
        """Returns the id of each character of a word."""
        return [self._ids.get(character, OTHER) for character in unicodedata.normalize("NFD", word)]

    def nats(self, words: Sequence[str]) -> Doubles:
        """Returns -log P (n,), in nats, of each of n words."""
        ids, nats = list(map(self.ids, words)), np.zeros(len(words))
        by_length = sorted(range(len(words)), key=lambda n: len(ids[n]))
        for start in range(0, len(words), SPELLED_AT_ONCE):
            some = by_length[start : start + SPELLED_AT_ONCE]
            nats[some] = self._nats([ids[n] for n in some])
        for n, word in enumerate(words):
            if OTHER in ids[n]:
                nats[n] += self.unseen_nats(word)
        return nats

    def spell(self, choose: Choose, most: int) -> str:
        """Returns a word that is spelled by chance, of `most` characters or fewer.

        choose  chooses each character by the probabilities (m,) that all have after those before it
        """
        word, state = "", self._after(END_OF_WORD, self.counts.start())
        while len(word) < most:
            (y,) = self.counts.next(state)
            y[OTHER], y[END_OF_WORD] = 0, y[END_OF_WORD] * bool(word)
            i = choose(y)
            if i == END_OF_WORD:
                break
            word, state = word + self.characters[i - FIRST_CHARACTER], self._after(i, state)
        return unicodedata.normalize("NFC", word)

    def _after(self, i: int, state: State) -> State:
        return rows(self.counts.read(state, np.array([[i]], np.int32)), -1)

    def _nats(self, words: Sequence[Sequence[int]]) -> Doubles:
        """Returns -log P (n,) of words of similar lengths, each a sequence of ids."""
        n, longest = len(words), max(map(len, words))
        x = np.zeros((longest + 2, n), np.int32)  # END_OF_WORD before and behind each
        for column, word in enumerate(words):
            x[1 : len(word) + 1, column] = word
        states = rows(self.counts.read(self.counts.start(n), x[:-1]), slice(1, None))
        is_read = np.arange(longest + 1)[:, None] <= [len(word) for word in words]
        nats = np.zeros((longest + 1, n))
        nats[is_read] = self.counts.surprisal(rows(states, is_read), x[1:][is_read])
        total: Doubles = nats.sum(0)
        return total

    def unseen_nats(self, word: str) -> float:
        """Returns what it costs to tell which characters those of a word are that no other word has."""
        others = [character for character in unicodedata.normalize("NFD", word) if character not in self._ids]
        near = 1 / (BLOCK * len(self._blocks)) if self._blocks else 0.0
        return -sum(
            log((near * (ord(character) // BLOCK in self._blocks) + 1 / CODE_POINTS) / 2) for character in others
        )

    @cached_property
    def _blocks(self) -> set[int]:
        return {ord(character) // BLOCK for character in self.characters}


class _Stream:
    """A sequence of ids in memory, as counting reads one."""

    def __init__(self, ids: NDArray[np.int32]) -> None:
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    def blocks(self, start: int, stop: int) -> Iterator[NDArray[np.int32]]:
        """Yields ids[start:stop]."""
        yield self._ids[start:stop]
