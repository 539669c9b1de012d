"""N-grams as a predictor: interpolated modified Kneser-Ney smoothing (Chen & Goodman 1999)."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..predictor import TINY, Floats, Ints, Predictor, State
from .ngrams import EOS, NONE, Level, Ngrams

MIN_CONTEXTS_BY_WORD = 16  # from which on some of them are likely to end in one word
MAX_SPREAD_CONTEXTS = 200  # whose distributions are held at a time, beside those that they are added to

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]


class Followers(NamedTuple):
    """What follows each of m contexts of one length, and how the probability is shared there."""

    words: NDArray[Any]  # (f,) the words, context by context
    of: Longs  # (f,) the context, 0 to m-1, that each follows
    shares: Doubles  # (f,) (c(hw) - D(c(hw))) / c(h)
    totals: Doubles  # (m,) c(h)
    rest: Doubles  # (m,) γ(h)


def followers(level: Level, D: Doubles, contexts: Longs) -> Followers:
    """Returns the words that follow contexts (m,), numbers of n-grams; D (4,) is taken off a count of 0, 1, 2, 3."""
    m, lengths = len(contexts), level.followers[contexts].astype(np.int64)
    of = np.repeat(np.arange(m), lengths)
    at = np.arange(len(of)) + np.repeat(level.starts[contexts] - np.cumsum(lengths) + lengths, lengths)
    counts = level.counts[at].astype(np.int64)
    taken, lost = D[np.minimum(counts, 3)], level.lost[contexts] if len(level.lost) else 0
    totals = (np.bincount(of, counts, m) + lost).astype(np.float64)
    return Followers(
        level.words[at], of, (counts - taken) / totals[of], totals, (np.bincount(of, taken, m) + lost) / totals
    )


@dataclass(frozen=True, eq=False)
class Counts(Predictor):
    """Predicts by counts: p(w|h) = (c(hw) - D(c(hw))) / c(h) + γ(h) p(w|h'), where h' is h without its first word.

    c(h) is the sum of c(hw) over all w, and γ(h) what the discounts D, and n-grams that were left out, took from it.
    The shortest context, none, leaves its share to all words alike.

    A state is the number of the n-gram that the last 1, 2, ..., order-1 words are, (n, order-1); NONE where it is none.
    """

    ngrams: Ngrams

    @property
    def vocabulary_size(self) -> int:
        return self.ngrams.vocabulary_size

    def start(self, n: int = 1) -> State:
        return (np.full((n, len(self.ngrams.levels)), NONE),)

    def read(self, state: State, x: Ints) -> State:
        (numbers,) = state
        states = np.empty((len(x) + 1, *numbers.shape), np.int64)
        states[0], states[1:, :, 0] = numbers, x
        for k, level in enumerate(self.ngrams.levels[:-1]):
            longer = level.find(states[:-1, :, k], x)
            states[1:, :, k + 1] = np.where(x == EOS, NONE, longer)
        return (states,)

    def next(self, state: State) -> Doubles:
        y = np.empty((len(state[0]), self.vocabulary_size))
        self._spread(y, state[0], np.ones(len(y)))
        return y

    def add_to(self, y: Floats, state: State, shares: Doubles) -> None:
        """Adds to y (m, V), in place, the distribution of the next word after m states times a share (m,) of each."""
        (numbers,) = state
        for start in range(0, len(y), MAX_SPREAD_CONTEXTS):
            some = slice(start, start + MAX_SPREAD_CONTEXTS)
            spread = np.empty_like(y[some])
            self._spread(spread, numbers[some], shares[some])
            y[some] += spread

    def _spread(self, y: Floats, numbers: Longs, shares: Doubles) -> None:
        """Writes to y (m, V) the distribution of the next word after contexts (m, k) times a share (m,) of each.

        Many contexts end in few words, and most n-grams that begin in one are of two words: of many contexts, these are
        spread once for each last word.
        """
        left, given = shares.copy(), list[tuple[Longs, Ints, Doubles]]()  # what longer contexts leave and give
        is_by_word = len(y) >= MIN_CONTEXTS_BY_WORD and numbers.shape[1] > 1
        for n, level, D, rows, contexts in self._known(numbers, longest_first=True):
            if n > 2 or not is_by_word:
                found = followers(level, D, contexts)
                at = rows[found.of]
                given.append((at, found.words, found.shares * left[at]))
                left[rows] *= found.rest
        if is_by_word:
            words, of = np.unique(numbers[:, 0], return_inverse=True)
            after = np.empty((len(words), self.vocabulary_size), y.dtype)
            self._spread(after, words[:, None], np.ones(len(words)))
            np.take(after, of, axis=0, out=y, mode="clip")  # the other modes copy
            y *= left.astype(y.dtype)[:, None]
        else:
            np.multiply.outer(left.astype(y.dtype), self.unigram.astype(y.dtype), out=y)
        for at, word, share in given:
            y[at, word] += share.astype(y.dtype)  # each pair of row and word comes once

    def surprisal(self, state: State, d: Ints) -> Doubles:
        (numbers,) = state
        y = self.unigram[d]
        for _, level, D, rows, contexts in self._known(numbers):
            distinct, of = np.unique(contexts, return_inverse=True)
            found = followers(level, D, distinct)
            at = level.find(contexts, d[rows])
            counts = np.where(at == NONE, 0, level.counts[at]).astype(np.int64)
            y[rows] = (counts - D[np.minimum(counts, 3)]) / found.totals[of] + found.rest[of] * y[rows]
        nats: Doubles = -np.log(np.maximum(y, TINY))
        return nats

    def longest(self, state: State) -> tuple[Longs, Doubles]:
        """Returns the words (m,) of the longest context of each state that something follows, and γ (m,) of it."""
        (numbers,) = state
        words, rest = np.zeros(len(numbers), np.int64), np.ones(len(numbers))
        for n, level, D, rows, contexts in self._known(numbers, longest_first=True):
            new = words[rows] == 0
            distinct, of = np.unique(contexts[new], return_inverse=True)
            words[rows[new]], rest[rows[new]] = n - 1, followers(level, D, distinct).rest[of]
        return words, rest

    def _known(self, numbers: Longs, longest_first: bool = False) -> Iterator[tuple[int, Level, Doubles, Longs, Longs]]:
        """Yields n = 2, 3, ..., the n-grams and their discounts, and where a context (n-1 words) is one that something
        follows: the rows of numbers (m, order-1), and the number of the context.
        """
        levels = list(zip(count(2), self.ngrams.levels, self.discounts[1:], numbers.T, strict=False))
        for n, level, D, contexts in levels[:: -1 if longest_first else 1]:
            rows = np.flatnonzero(contexts != NONE)
            rows = rows[level.followers[contexts[rows]] > 0]
            if len(rows):
                yield n, level, D, rows, contexts[rows]

    @cached_property
    def discounts(self) -> Doubles:
        """What is taken off a count of 0, 1, 2, and 3 or more, for n = 1, 2, ..., (order, 4)."""
        return np.pad(self.ngrams.discounts, ((0, 0), (1, 0)))

    @cached_property
    def unigram(self) -> Doubles:
        """The probability of each word where nothing is known of what is before it, (V,)."""
        counts, D = self.ngrams.counts, self.discounts[0]
        taken = D[np.minimum(counts, 3)]
        y: Doubles = (counts - taken + taken.sum() / len(counts)) / counts.sum()
        return y
