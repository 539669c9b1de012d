"""An urn of the unknown words of a text: what came once comes again (Pitman & Yor 1997)."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..text.alphabet import has_prefix, plain
from ..text.vocabulary import SPECIALS, UNK
from .speller import Choose

Doubles = NDArray[np.float64]

MARKED = SPECIALS[UNK]  # stands in a text in place of any unknown word: it tells no word
# d. Bits an unknown word with 0, .25, .5, .75, .9, each with the best θ: Finnish 23.8, 23.8, 23.7, 23.7, 23.7; Russian
# 22.9, 22.9, 22.8, 22.8, 22.8; German 24.0, 23.9, 23.9, 23.9, 23.9; without an urn 25.3, 23.9, 26.2.
DISCOUNT = 0.75


class Source(Protocol):
    """The words that come where none comes again, by P_new (`words.py`)."""

    @property
    def strength(self) -> float:
        """θ: how much likelier they are than those of an urn, as a number of words."""

    def fold(self, token: str) -> str:
        """Returns the form of a token that words are told apart by."""

    def nats(self, tokens: Sequence[str]) -> Doubles:
        """Returns -log P_new (n,) of words."""

    def draw(self, choose: Choose) -> str:
        """Returns a word that is drawn by P_new."""


class Urn:
    """The unknown words met so far in a text: the next is one of them, or a new one."""

    def __init__(self, words: Source, tokens: Sequence[str] = ()) -> None:
        self._words = words
        self._counts = Counter[str]()
        self._written = dict[str, tuple[str, str]]()  # how each was written last, and its plain form
        self.put(tokens)

    def nats(self, tokens: Sequence[str]) -> Doubles:
        """Returns -log P (n,) of unknown words that come one after the other, each put into the urn before the next."""
        nats = self._words.nats(tokens)
        told = [n for n, token in enumerate(tokens) if token != MARKED]
        drawn = self.drawn([tokens[n] for n in told])
        nats[told] = drawn.nats(nats[told], self._words.strength)
        return nats

    def copy(self) -> Urn:
        """Returns an urn of the same words, that goes on by itself."""
        urn = Urn(self._words)
        urn._counts, urn._written = self._counts.copy(), self._written.copy()
        return urn

    def put(self, tokens: Sequence[str]) -> None:
        """Puts words into the urn."""
        told = [(self._words.fold(token), token) for token in tokens if token != MARKED]
        self._counts.update(word for word, _ in told)
        self._written.update((word, (token, plain(token))) for word, token in told)

    def share(self, word: str) -> float:
        """Returns the probability that a word, after case folding, is drawn from the urn."""
        return max(0.0, self._counts[word] - DISCOUNT) / (self._counts.total() + self._words.strength)

    @property
    def new(self) -> float:
        """The probability that the next word is not drawn from the urn, but by P_new."""
        strength = self._words.strength
        return (strength + DISCOUNT * len(self._counts)) / (self._counts.total() + strength)

    def shares(self, tokens: Sequence[str]) -> Doubles:
        """Returns P(which) (n,) of the next word, for each of some words outside the vocabulary."""
        again = [self.share(self._words.fold(token)) for token in tokens]
        shares: Doubles = again + self.new * np.exp(-self._words.nats(tokens))
        return shares

    def begun(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yields the words of the urn that begin with a prefix, after case folding, and as they were written last."""
        typed = plain(prefix)
        for word, (token, its) in self._written.items():
            if its.startswith(typed) and has_prefix(token, prefix):
                yield word, token

    def written(self, word: str) -> str:
        """Returns a word as it was written last in the text; as it is, if it was not."""
        return self._written[self._words.fold(word)][0] if self._words.fold(word) in self._written else word

    def draw(self, choose: Choose) -> str:
        """Returns a word that is drawn by P(which), and not put in: one of the urn as it was written last."""
        seen = np.maximum(np.array([*self._counts.values()], np.float64) - DISCOUNT, 0)
        if choose(np.array([1 - self.new, self.new])) == 0:
            return self.written([*self._counts][choose(seen)])
        return self.written(self._words.draw(choose))

    def drawn(self, tokens: Sequence[str]) -> Drawn:
        """Puts words into the urn one after the other; returns what was in the urn before each."""
        counts, fold = self._counts, self._words.fold
        total, before = counts.total(), list[tuple[int, int, int]]()
        for word in map(fold, tokens):
            before.append((counts[word], len(counts), total))
            counts[word] += 1
            total += 1
        return Drawn(*np.array(before, np.float64).reshape(-1, 3).T)


class Drawn(NamedTuple):
    """What was in an urn before each of n words came."""

    counts: Doubles  # (n,) c
    different: Doubles  # (n,) T
    total: Doubles  # (n,) N

    def nats(self, new: Doubles, strength: float) -> Doubles:
        """Returns -log P (n,) of the words, of which `new` (n,) is -log P_new."""
        seen = np.maximum(self.counts - DISCOUNT, 0)
        with np.errstate(divide="ignore"):
            either = np.logaddexp(np.log(seen), np.log(strength + DISCOUNT * self.different) - new)
        nats: Doubles = np.log(self.total + strength) - either
        return nats
