"""Which word an unknown word is: P(word) = P(unknown | context) P(which).

    P(which) = (c - d) / (N + θ) + (θ + d T) / (N + θ) P_new(which)
    P_new(which) = ρ r / R                         for a rare word of the text that was learned from
                 = (1 - ρ) P_spelled(which) / L    for any other word

The first line is an urn of the N unknown words met so far, T different ones, which came c times (Pitman & Yor 1997; as
a language model Teh 2006): the second use of a name is cheap. r is how often a rare word occurs, R the sum over all of
these. P_spelled is the speller's, and L what it gives to all words but those that are listed, so that each line sums
to 1 over all words outside the vocabulary.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..text.vocabulary import SPECIALS, UNK, Vocabulary
from ..text.written import MAX_WORD_CHARACTERS
from .speller import Choose, Speller

Doubles = NDArray[np.float64]

MARKED = SPECIALS[UNK]  # stands in a text in place of any unknown word: it tells no word
MIN_LEFT = 1e-3  # of what the speller gives, for words that are not listed
# d. Bits an unknown word with 0, .25, .5, .75, .9, each with the best θ: Finnish 23.8, 23.8, 23.7, 23.7, 23.7; Russian
# 22.9, 22.9, 22.8, 22.8, 22.8; German 24.0, 23.9, 23.9, 23.9, 23.9; without an urn 25.3, 23.9, 26.2.
DISCOUNT = 0.75
STRENGTHS = (30.0, 100.0, 300.0, 1000.0, 3000.0)  # θ that are tried
PRIOR_WORDS = 20  # that the usual weights are worth
MAX_FITTED_WORDS = 20_000
SPELLED_WORDS = 3
MIN_SPELLER_WORDS = (
    2_000  # from which words are spelled that are offered; what is learned from fewer looks like no word
)
MAX_TRIES = 100  # to draw a word that is not listed
LISTED_BESIDE = 5  # words that the speller finds besides these, for they may be listed


class Weights(NamedTuple):
    """The weights of the parts, fitted to the unknown words of a held-out text."""

    rare: float = 0.25  # ρ
    strength: float = 300.0  # θ


USUAL = Weights()


class UnknownWords:
    """Shares the probability of the unknown word among all words outside a vocabulary."""

    def __init__(self, vocabulary: Vocabulary, weights: Weights = USUAL) -> None:
        self._vocabulary = vocabulary
        self.weights = weights

    @cached_property
    def speller(self) -> Speller:
        """The speller of the words of the text: of the vocabulary and the rare ones."""
        return Speller.of(self._listed)

    @cached_property
    def _listed(self) -> list[str]:
        return [*self._vocabulary.words[self._vocabulary.specials :], *self._rare]

    @property
    def listed_words(self) -> int:
        """The number of words of the text that are known by name."""
        return len(self._listed)

    @cached_property
    def _rare(self) -> dict[str, int]:
        """The count of each rare word of the text, after case folding."""
        fold = self._vocabulary.fold
        return {fold(word): n for word, n in zip(self._vocabulary.rare, self._vocabulary.rare_counts, strict=True)}

    @cached_property
    def _rare_total(self) -> int:
        return sum(self._rare.values())

    @cached_property
    def _left(self) -> float:
        """L: the probability that the speller spells a word that is not listed."""
        return max(MIN_LEFT, 1 - float(np.exp(-self.speller.nats(self._listed)).sum()))

    def rare_share(self, count: float) -> float:
        """Returns the share of a rare word of the text that occurs so often."""
        return self.weights.rare * count / max(1, self._rare_total)

    def shares(self, tokens: Sequence[str]) -> Doubles:
        """Returns P_new (n,) of words outside the vocabulary: the share of each in the probability of all of these."""
        return np.exp(-self.nats(tokens))

    def nats(self, tokens: Sequence[str]) -> Doubles:
        """Returns -log P_new (n,) of words outside the vocabulary; 0 of "<unk>", which is any of them."""
        rho = self.weights.rare if self._rare else 0.0
        words = list(map(self._vocabulary.fold, tokens))
        nats = np.zeros(len(words))
        others = [n for n, word in enumerate(words) if not self.is_rare(word) and word != MARKED]
        if others:
            nats[others] = self.speller.nats([words[n] for n in others]) + np.log(self._left / (1 - rho))
        for n, word in enumerate(words):
            if self.is_rare(word):
                nats[n] = -np.log(self.rare_share(self._rare[word]))
        return nats

    def spelled(self, prefix: str, least: float) -> list[tuple[str, float]]:
        """Returns the SPELLED_WORDS likeliest words that begin with a prefix, go on, and are not listed, with P_new of
        each; none if all that begin so have less than the probability `least`, or there are too few words to spell by.
        """
        if len(self._listed) < MIN_SPELLER_WORDS:
            return []
        rho = self.weights.rare if self._rare else 0.0
        scale, prefix = (1 - rho) / self._left, self._vocabulary.fold(prefix)
        found = self.speller.endings(prefix, SPELLED_WORDS + LISTED_BESIDE, least / scale)
        others = [(word, scale * exp(-nats)) for word, nats in found if word not in self._is_listed and word != prefix]
        return others[:SPELLED_WORDS]

    def draw(self, choose: Choose) -> str:
        """Returns a word outside the vocabulary that is drawn by P_new, a rare one as it is displayed; "" where the
        speller finds only words that are listed, MAX_TRIES times.
        """
        rho = self.weights.rare if self._rare else 0.0
        if choose(np.array([rho, 1 - rho])) == 0:
            return self._vocabulary.rare[choose(np.array(self._vocabulary.rare_counts, np.float64))]
        tries = (self.speller.spell(choose, MAX_WORD_CHARACTERS) for _ in range(MAX_TRIES))
        return next((word for word in tries if word not in self._is_listed), "")

    @cached_property
    def _is_listed(self) -> frozenset[str]:
        return frozenset(self._listed)

    def urn(self) -> Urn:
        """Returns an urn in which no word is yet."""
        return Urn(self)

    def fold(self, token: str) -> str:
        """Returns the form of a token that unknown words are told apart by."""
        return self._vocabulary.fold(token)

    def is_rare(self, word: str) -> bool:
        """Tells whether a word, after case folding, is a rare one of the text."""
        return word in self._rare


def fitted(vocabulary: Vocabulary, tokens: Sequence[str]) -> Weights:
    """Returns the weights that fit the unknown words of a held-out text, in their order."""
    told = [token for token in tokens[:MAX_FITTED_WORDS] if token != MARKED]
    words = UnknownWords(vocabulary)
    different = dict.fromkeys(map(words.fold, told))
    rare = sum(map(words.is_rare, different))
    rho = (rare + PRIOR_WORDS * USUAL.rare) / (len(different) + PRIOR_WORDS)
    words.weights = USUAL._replace(rare=rho)
    if len(told) < PRIOR_WORDS:
        return words.weights
    new, drawn = words.nats(told), words.urn().drawn(told)
    return Weights(rho, min(STRENGTHS, key=lambda strength: float(drawn.nats(new, strength).sum())))


class Urn:
    """The unknown words met so far in a text: what came once comes again."""

    def __init__(self, words: UnknownWords) -> None:
        self._words = words
        self._counts = Counter[str]()

    def nats(self, tokens: Sequence[str]) -> Doubles:
        """Returns -log P (n,) of unknown words that come one after the other, each put into the urn before the next."""
        nats = self._words.nats(tokens)
        told = [n for n, token in enumerate(tokens) if token != MARKED]
        drawn = self.drawn([tokens[n] for n in told])
        nats[told] = drawn.nats(nats[told], self._words.weights.strength)
        return nats

    def put(self, tokens: Sequence[str]) -> None:
        """Puts words into the urn."""
        self._counts.update(word for word in map(self._words.fold, tokens) if word != MARKED)

    def share(self, word: str) -> float:
        """Returns the probability that a word, after case folding, is drawn from the urn."""
        return max(0.0, self._counts[word] - DISCOUNT) / (self._counts.total() + self._words.weights.strength)

    def draw(self, choose: Choose) -> str:
        """Returns a word that is drawn by P(which), and not put in: one of the urn after case folding."""
        seen = np.maximum(np.array([*self._counts.values()], np.float64) - DISCOUNT, 0)
        new = self._words.weights.strength + DISCOUNT * len(seen)
        if choose(np.array([seen.sum(), new])) == 0:
            return [*self._counts][choose(seen)]
        return self._words.draw(choose)

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
