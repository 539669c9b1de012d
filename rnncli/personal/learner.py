"""A copy of a network that learns beside a model, and what predicts with both."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..counts.mixture import NgramModel
from ..network.network import Network
from ..network.parameters import Floats, Ints, Params, Weights
from ..network.recurrent import forward
from ..predictor import Predictor, State, rows
from .adaptation import ADAPTED_WORDS, adapt
from .cache import Cache, CacheContent
from .file import Learned
from .history import History, blank

PREDICTED_WORDS = 20 * ADAPTED_WORDS  # that the fixed network predicts at a time


@dataclass(frozen=True, eq=False)
class Mixture(Predictor):
    """The mixture of a fixed network, a learning one and their caches, mixed in turn with what a history tells; each
    network is mixed with the same n-grams, if there are any. Its state is that of both networks, of the n-grams, and
    the last words, side by side.
    """

    fixed: Network
    learning: Network
    cache: Cache
    history: History
    ngrams: NgramModel | None

    @property
    def vocabulary_size(self) -> int:
        return self.fixed.vocabulary_size

    def start(self, n: int = 1) -> State:
        counted = self.ngrams.counts.start(n) if self.ngrams else ()
        return (*self.fixed.start(n), *self.learning.start(n), *counted, self.history.start(n))

    def read(self, state: State, x: Ints) -> State:
        fixed, learning, *counted, h = state
        learned = forward(self.learning.params, x, learning, self.learning.activation)  # its parts reach each other
        counts = self.read_counts(tuple(counted), x)
        return (*self.fixed.read((fixed,), x), learned, *counts, self.history.read(h, x))

    def read_counts(self, counted: State, x: Ints) -> State:
        """Reads x as `read` does, from the n-grams' part of a state, which is empty where there are none."""
        return self.ngrams.counts.read(counted, x) if self.ngrams else ()

    def next(self, state: State) -> NDArray[np.float64]:
        s, own, *counted, h = state
        y = np.empty((len(s), self.vocabulary_size))
        both = self.beside(tuple(counted), self.fixed.next((s,)), self.learning.next((own,)))
        for i, after in enumerate(zip(s, *both, strict=True)):
            y[i] = self.history.mixed(self.cache.mixed(self.cache.parts(*after)), self.history.seen(h[i]))
        return y

    def beside(self, counted: State, *y: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Returns distributions y (n, V) of networks, mixed with those of the n-grams."""
        return self.ngrams.mixed(counted, *y) if self.ngrams else y


class Learner:
    """Learns from words as they come. `predictor` predicts with what was learned, and is a new one after each text."""

    def __init__(self, base: Network, learned: Learned | None = None, ngrams: NgramModel | None = None) -> None:
        """Begins with what was learned before, whose weights are used up, or with nothing.

        ngrams  that predict beside the network
        """
        V, H = base.params.Wx.shape
        weights: Weights = learned.params if learned else Params(*(w.copy() for w in base.params))
        content = CacheContent(learned.states, learned.words, learned.counts, learned.mixture) if learned else None
        self.words = learned.learned if learned else 0  # learned from, in all
        self._moved_read, self._moved_predicted = np.zeros((2, V), bool)  # words whose rows have changed
        if learned:
            self._moved_read[learned.read], self._moved_predicted[learned.predicted] = True, True
        history = History(learned.history if learned else blank())
        self.predictor = Mixture(base, Network(weights, base.activation), Cache(V, H, content), history, ngrams)

    @property
    def learned(self) -> Learned:
        """What was learned, to be saved or copied; its weights are the learner's own."""
        read, predicted = np.flatnonzero(self._moved_read), np.flatnonzero(self._moved_predicted)
        cache, history = self.predictor.cache.content, self.predictor.history.content
        return Learned(self.predictor.learning.params, read, predicted, *cache, history, self.words)

    def copy(self) -> Learner:
        """Returns a learner that goes on from here by itself."""
        learned = self.learned
        learned = learned._replace(params=Params(*(w.copy() for w in learned.params)))
        return Learner(self.predictor.fixed, learned, self.predictor.ngrams)

    def learn(self, stream: Iterable[Ints]) -> Iterator[tuple[NDArray[np.float64], Ints]]:
        """Yields predicted distributions (n, V) and the words (n,) of a stream that begins with EOS, batch by batch;
        each batch is predicted first and then learned from.
        """
        self.predictor.history.begin()
        state, rest = self.predictor.start(), np.zeros(0, np.int32)
        for block in stream:
            rest = np.concatenate((rest, block))
            while len(rest) > PREDICTED_WORDS:
                state = yield from self._learn_batches(rest[: PREDICTED_WORDS + 1], state)
                rest = rest[PREDICTED_WORDS:]
        if len(rest) > 1:
            yield from self._learn_batches(rest, state)
        self.predictor = replace(self.predictor)

    def _learn_batches(self, ids: Ints, state: State) -> Generator[tuple[NDArray[np.float64], Ints], None, State]:
        """Learns from ids after a state (1, ...), as `learn` does; returns the state after them.

        The fixed network predicts all of them at once, the learning one ADAPTED_WORDS at a time.
        """
        mixture, learning = self.predictor, self.predictor.learning
        cache, history = mixture.cache, mixture.history
        (s,) = rows(mixture.fixed.read(state[:1], ids[:-1, None]), (slice(None), 0))
        counted = rows(mixture.read_counts(state[2:-1], ids[:-1, None]), (slice(1, None), 0))
        h = history.read(state[-1], ids[:-1, None])[1:, 0]
        (by_fixed,), own = mixture.beside(counted, mixture.fixed.next((s[1:],))), state[1]
        for start in range(0, len(by_fixed), ADAPTED_WORDS):
            x, d = ids[:-1][start : start + ADAPTED_WORDS], ids[1:][start : start + ADAPTED_WORDS]
            states, candidates = _forward(learning, x, own)
            by_learning = learning.next((states[1:],))
            batch = slice(start, start + len(d))
            (beside,) = mixture.beside(rows(counted, batch), by_learning)
            after_each = zip(d.tolist(), h[batch], s[1:][batch], by_fixed[batch], beside, strict=True)
            mixed = []
            for i, last, after, *both in after_each:
                parts, seen = cache.parts(after, *both), history.seen(last)
                y = cache.mixed(parts)
                mixed.append(history.mixed(y, seen))
                cache.add(after, i, parts[:, i])
                history.add(i, y[i], seen)
            moved = adapt(learning.params, x, d, states, candidates, by_learning, learning.activation)
            self._moved_read[moved.read], self._moved_predicted[moved.predicted] = True, True
            self.words += len(d)
            own = states[-1:]
            yield np.array(mixed), d
        return s[-1:], own, *rows(counted, slice(-1, None)), h[-1:]


def _forward(network: Network, x: Ints, s0: Floats) -> tuple[Floats, Floats]:
    """Returns the states (n+1, H) and candidates (n, H) of reading x (n,) from a state s0 (1, H)."""
    candidates = np.empty((len(x), 1, network.width), s0.dtype)
    states = forward(network.params, x[:, None], s0, network.activation, candidates=candidates)
    return states[:, 0], candidates[:, 0]
