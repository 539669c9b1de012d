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

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from math import exp, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..predictor import Ints
from ..text.alphabet import AFTER_LETTERS
from ..text.hangul import decomposed, readings
from ..text.vocabulary import Vocabulary, known_form
from ..text.written import MAX_WORD_CHARACTERS
from .search import Search
from .speller import Choose, Speller
from .urn import MARKED, Urn

Doubles = NDArray[np.float64]

MIN_LEFT = 1e-3  # of what the speller gives, for words that are not listed
STRENGTHS = (30.0, 100.0, 300.0, 1000.0, 3000.0)  # θ that are tried
PRIOR_WORDS = 20  # that the usual weights are worth
MAX_FITTED_WORDS = 20_000
SPELLED_WORDS = 3
MIN_SPELLER_WORDS = (
    2_000  # from which words are spelled that are offered; what is learned from fewer looks like no word
)
MAX_TRIES = 100  # to draw a word that is not listed
MAX_KEPT = 10_000  # shares of words
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
        self._met: tuple[list[str], Urn] | None = None
        self._shares: dict[str, float] = {}

    @property
    def strength(self) -> float:
        """θ."""
        return self.weights.strength

    @cached_property
    def speller(self) -> Speller:
        """The speller of the words of the text: of the vocabulary and the rare ones."""
        return Speller.of(self._listed)

    @cached_property
    def _search(self) -> Search:
        return Search(self.speller)

    @cached_property
    def _listed(self) -> list[str]:
        return [*self._vocabulary.words[self._vocabulary.specials :], *self._rare]

    @cached_property
    def _rare(self) -> dict[str, int]:
        """The count of each rare word of the text, after case folding."""
        fold = self._vocabulary.fold
        return {fold(word): n for word, n in zip(self._vocabulary.rare, self._vocabulary.rare_counts, strict=True)}

    @property
    def _rho(self) -> float:
        return self.weights.rare if self._rare else 0.0

    @cached_property
    def _rare_total(self) -> int:
        return sum(self._rare.values())

    @cached_property
    def _left(self) -> float:
        """L: the probability that the speller spells a word that is not listed, or MIN_LEFT, if that is more."""
        return max(MIN_LEFT, 1 - float(self._spelled_listed[1][-1]))

    @cached_property
    def _spelled_listed(self) -> tuple[list[str], Doubles]:
        """The n listed words, decomposed and sorted, and the sums (n+1,) of what the speller gives to the first."""
        spelled = sorted(zip(map(decomposed, self._listed), np.exp(-self.speller.nats(self._listed)), strict=True))
        return [word for word, _ in spelled], np.cumsum([0.0, *(p for _, p in spelled)])

    def rare_shares(self, counts: Ints | Doubles) -> Doubles:
        """Returns the shares (n,) of rare words of the text that occur so often (n,)."""
        shares: Doubles = self.weights.rare * counts / max(1, self._rare_total)
        return shares

    def share(self, word: str) -> float:
        """Returns P_new of one word outside the vocabulary, which is kept for the next time."""
        if word not in self._shares:
            if len(self._shares) >= MAX_KEPT:
                self._shares.clear()
            self._shares[word] = float(self.shares([word])[0])
        return self._shares[word]

    def shares(self, tokens: Sequence[str]) -> Doubles:
        """Returns P_new (n,) of words outside the vocabulary: the share of each in the probability of all of these."""
        return np.exp(-self.nats(tokens))

    def nats(self, tokens: Sequence[str]) -> Doubles:
        """Returns -log P_new (n,) of words outside the vocabulary; 0 of "<unk>", which is any of them."""
        words = list(map(self.fold, tokens))
        nats = np.zeros(len(words))
        others = [n for n, word in enumerate(words) if not self.is_rare(word) and word != MARKED]
        if others:
            nats[others] = self.speller.nats([words[n] for n in others]) + np.log(self._left / (1 - self._rho))
        for n, word in enumerate(words):
            if self.is_rare(word):
                nats[n] = -log(self.rare_shares(np.array([self._rare[word]]))[0])
        return nats

    @property
    def spells(self) -> bool:
        """Whether there are enough words to spell by, so that what is spelled looks like words."""
        return len(self._listed) >= MIN_SPELLER_WORDS

    def begun_share(self, prefix: str) -> float:
        """Returns P_new of all words together that begin with a prefix and are not listed."""
        prefix, (words, sums) = self._vocabulary.fold(prefix), self._spelled_listed
        spelled = self._search.share(prefix)
        for typed in readings(prefix):
            spelled -= sums[bisect_left(words, typed + AFTER_LETTERS)] - sums[bisect_left(words, typed)]
        return max(0.0, float(spelled)) * (1 - self._rho) / self._left

    def spelled(self, prefix: str, least: float) -> list[tuple[str, float]]:
        """Returns the SPELLED_WORDS likeliest words that begin with a prefix, go on, and are not listed, with P_new of
        each, fewer where that is less than `least`.
        """
        scale, prefix = (1 - self._rho) / self._left, self._vocabulary.fold(prefix)
        found = self._search.endings(prefix, SPELLED_WORDS + LISTED_BESIDE, least / scale)
        others = [(word, scale * exp(-nats)) for word, nats in found if word not in self._is_listed and word != prefix]
        return others[:SPELLED_WORDS]

    def draw(self, choose: Choose) -> str:
        """Returns a word outside the vocabulary that is drawn by P_new, a rare one as it is displayed; "" where the
        speller finds only words that are listed, MAX_TRIES times.
        """
        if choose(np.array([self._rho, 1 - self._rho])) == 0:
            return self._vocabulary.rare[choose(np.array(self._vocabulary.rare_counts, np.float64))]
        tries = (self.speller.spell(choose, MAX_WORD_CHARACTERS) for _ in range(MAX_TRIES))
        return next((word for word in tries if word not in self._is_listed), "")

    @cached_property
    def _is_listed(self) -> frozenset[str]:
        return frozenset(self._listed)

    def urn(self, tokens: Sequence[str] = ()) -> Urn:
        """Returns an urn of some words that a text has already; none: an empty one."""
        return Urn(self, tokens)

    def met(self, tokens: Sequence[str]) -> Urn:
        """Returns the urn of the words that a text has, for reading; the same one for the same words again."""
        met = self._met
        if met is None or met[0] != tokens:
            met = self._met = list(tokens), self.urn(tokens)
        return met[1]

    def fold(self, token: str) -> str:
        """Returns the form of a token that unknown words are told apart by: of MASSE, where Maße is rare, maße."""
        return known_form(token, self._vocabulary.case, self.is_rare)

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
