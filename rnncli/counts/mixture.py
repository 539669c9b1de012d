"""The mixture of a network and of counts: p(w|h) = λ(h) p_network(w|h) + (1 - λ(h)) p_counts(w|h).

λ depends on how much the counts know of the context: on the words of the longest context that was seen, and on the
share γ that it leaves to shorter ones. (Jelinek & Mercer 1980 let the weights of n-gram models depend on a context's
count, and fit them by EM on held-out text.)
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..predictor import TINY, Floats, Ints, Predictor, State, surprisal_by_weights
from .ngrams import Ngrams
from .predictor import Counts

# Classes of γ. Penn Treebank, 5-grams (148.0), a network (115.0); weights fitted on one half of the validation text,
# perplexity of the other half: one weight 104.5; by words of the context 104.03, by γ 104.24, by both 103.41; by words,
# log2 of the count and followers a count 103.32; by words and log2 of the followers 103.95. The first 30,000 words by
# a network of 133.9 there: one weight 123.92, these classes 122.95; by the network's entropy, and words, 123.63; by the
# n-grams' entropy, and words, 122.90; by a logistic function of both entropies, of both highest probabilities, of their
# divergence, words and γ 122.47; products of powers of the two, powers by words, 123.23.
REST_CLASSES = 8
EM_ROUNDS = 30
SMOOTHING = 5.0  # words of a class at the weight of all classes together

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NgramModel:
    """N-grams that predict beside a network, and the network's weights: 0 where they predict alone."""

    ngrams: Ngrams
    network_weights: Doubles  # (class_count(order),)

    @cached_property
    def counts(self) -> Counts:
        """The predictor that the n-grams make."""
        return Counts(self.ngrams)

    def beside(self, network: Predictor) -> Predictor:
        """Returns what predicts by a network and by the n-grams; by these alone, where the network has no weight."""
        return WithCounts(network, self) if self.network_weights.any() else self.counts

    def share(self, state: State) -> Doubles:
        """Returns the network's weight λ (m,) after states of the counts."""
        weights: Doubles = self.network_weights[context_classes(self.counts, state)]
        return weights

    def mixed(self, state: State, *y: Doubles) -> tuple[Doubles, ...]:
        """Returns the distributions (m, V) that those of networks, y (m, V), make with those after states of the
        counts."""
        share = self.share(state)
        counted = np.zeros((len(share), self.ngrams.vocabulary_size))
        self.counts.add_to(counted, state, 1 - share)
        return tuple(share[:, None] * part + counted for part in y)


def context_classes(counts: Counts, state: State) -> Longs:
    """Returns the class (m,) of the context of each state: 0 to class_count(order) - 1."""
    words, rest = counts.longest(state)
    return words * REST_CLASSES + np.minimum((rest * REST_CLASSES).astype(np.int64), REST_CLASSES - 1)


def class_count(order: int) -> int:
    """Returns how many classes of contexts there are."""
    return order * REST_CLASSES


def fitted(first: Doubles, second: Doubles, of: Ints, n: int) -> Doubles:
    """Returns the weights (n,) of the first of two predictors that give a text the highest probability, by EM.

    first, second  (words,) the probability that each gives each word of the text
    of             (words,) the class of each word's context, of n classes
    A class with few words takes its weight from all words together.
    """

    def expected(weights: Doubles) -> Doubles:
        share: Doubles = weights * first
        return share / np.maximum(share + (1 - weights) * second, TINY)

    overall = 0.5
    for _ in range(EM_ROUNDS):
        overall = float(expected(np.full(len(of), overall)).mean())
    words, weights = np.bincount(of, minlength=n), np.full(n, overall)
    for _ in range(EM_ROUNDS):
        sums = np.bincount(of, expected(weights[of]), n)
        weights = (sums + SMOOTHING * overall) / (words + SMOOTHING)
    return weights


@dataclass(frozen=True, eq=False)
class WithCounts(Predictor):
    """Predicts by a network and by counts. A state is that of the network and that of the counts, side by side."""

    network: Predictor
    ngrams: NgramModel

    @property
    def vocabulary_size(self) -> int:
        return self.network.vocabulary_size

    def start(self, n: int = 1) -> State:
        return (*self.network.start(n), *self.ngrams.counts.start(n))

    def read(self, state: State, x: Ints) -> State:
        return (*self.network.read(state[:-1], x), *self.ngrams.counts.read(state[-1:], x))

    def next(self, state: State) -> Doubles:
        return self.ngrams.mixed(state[-1:], self.network.next(state[:-1]))[0]

    def weights(self, state: State) -> tuple[Floats, Doubles]:
        return self._with_counts(state, *self.network.weights(state[:-1]))

    def weights_and_parts(self, state: State, d: Ints) -> tuple[Floats, Doubles, dict[str, Doubles]]:
        e, Z = self.network.weights(state[:-1])
        apart = {
            "network": surprisal_by_weights(self.network, state[:-1], d, e, Z),
            "ngrams": self.ngrams.counts.surprisal(state[-1:], d),
        }
        return *self._with_counts(state, e, Z), apart

    def _with_counts(self, state: State, e: Floats, Z: Doubles) -> tuple[Floats, Doubles]:
        """Mixes the network's weights e (m, V), of sums Z (m,), with the counts, in place."""
        share = self.ngrams.share(state[-1:])
        e *= (share / Z)[:, None].astype(e.dtype)
        self.ngrams.counts.add_to(e, state[-1:], 1 - share)
        return e, np.ones(len(e))

    def surprisal(self, state: State, d: Ints) -> Doubles:
        share = self.ngrams.share(state[-1:])
        with np.errstate(divide="ignore"):
            parts = (
                np.log(share) - self.network.surprisal(state[:-1], d),
                np.log1p(-share) - self.ngrams.counts.surprisal(state[-1:], d),
            )
        return np.maximum(-np.logaddexp(*parts), 0.0)
