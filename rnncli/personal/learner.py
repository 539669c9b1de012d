"""A copy of a network that learns beside a model, and what predicts with both."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..counts.mixture import NgramModel
from ..network.network import Network, forward
from ..network.parameters import Ints, copied
from ..predictor import Predictor, State, rows
from ..text.vocabulary import UNK
from ..unknown.share import NONE, Calibration
from .adaptation import ADAPTED_WORDS, adapt
from .cache import Cache, CacheContent
from .file import Learned
from .history import History, blank
from .new_words import Doubles, NewWords, as_unknown, opened

PREDICTED_WORDS = 20 * ADAPTED_WORDS  # that the fixed network predicts at a time


class Parts(NamedTuple):
    """The parts of a mixture's state."""

    fixed: State
    learning: State
    counted: State  # of the n-grams; empty where there are none
    latest: Ints  # (n, LONGEST_CONTEXT) words


@dataclass(frozen=True, eq=False)
class Mixture(Predictor):
    """The mixture of a fixed network, a learning one and their caches, mixed in turn with what a history tells; each
    network is mixed with the same n-grams, if there are any, and its unknown word shared among the new words that were
    learned. Its state is that of both networks, of the n-grams, and the last words, side by side.
    """

    fixed: Network
    learning: Network
    cache: Cache
    history: History
    ngrams: NgramModel | None
    calibration: Calibration
    new: Doubles  # (n,) the share of each new word in the probability of the unknown one

    @property
    def vocabulary_size(self) -> int:
        return self.fixed.vocabulary_size + len(self.new)

    def start(self, n: int = 1) -> State:
        counted = self.ngrams.counts.start(n) if self.ngrams else ()
        return (*self.fixed.start(n), *self.learning.start(n), *counted, self.history.start(n))

    def read(self, state: State, x: Ints) -> State:
        of = self.apart(state)
        known = as_unknown(x, self.fixed.vocabulary_size)
        learned = forward(self.learning.cell, self.learning.params, known, of.learning)  # its parts reach each other
        counts = self.read_counts(of.counted, known)
        return (*self.fixed.read(of.fixed, known), *learned.states, *counts, self.history.read(of.latest, x))

    def apart(self, state: State) -> Parts:
        """Returns the parts of a state."""
        n = len(self.fixed.cell.states)
        return Parts(state[:n], state[n : 2 * n], state[2 * n : -1], state[-1])

    def read_counts(self, counted: State, x: Ints) -> State:
        """Reads x as `read` does, from the n-grams' part of a state, which is empty where there are none."""
        return self.ngrams.counts.read(counted, x) if self.ngrams else ()

    def next(self, state: State) -> NDArray[np.float64]:
        fixed, learning, counted, latest = self.apart(state)
        y = np.empty((len(latest), self.vocabulary_size))
        both = self.beside(counted, self.fixed.next(fixed), self.learning.next(learning))
        for i, after in enumerate(zip(fixed[0], *both, strict=True)):
            y[i] = self.history.mixed(self.cache.mixed(self.cache.parts(*after)), self.history.seen(latest[i]))
        return y

    def beside(self, counted: State, *y: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Returns distributions y (n, V) of networks, mixed with those of the n-grams, over all words."""
        mixed = self.ngrams.mixed(counted, *y) if self.ngrams else y
        return tuple(opened(self.calibration.applied(part), self.new) for part in mixed)


class Learner:
    """Learns from words as they come. `predictor` predicts with what was learned, and is a new one after each text."""

    def __init__(
        self,
        base: Network,
        learned: Learned | None = None,
        ngrams: NgramModel | None = None,
        calibration: Calibration = NONE,
    ) -> None:
        """Begins with what was learned before, whose weights are used up, or with nothing.

        ngrams       that predict beside the network
        calibration  of the unknown word's share
        """
        V, H = base.vocabulary_size, base.width
        weights = learned.params if learned else copied(base.params)
        content = CacheContent(learned.states, learned.words, learned.counts, learned.mixture) if learned else None
        self.words = learned.learned if learned else 0  # learned from, in all
        self._moved = {name: np.zeros(len(weights[name]), bool) for name in ("Wx", "Wy")}  # rows that have changed
        if learned:
            self._moved["Wx"][learned.read], self._moved["Wy"][learned.predicted] = True, True
        history, self.new = History(learned.history if learned else blank()), learned.new if learned else NewWords()
        learning, shares = Network(weights, base.cell), self.new.shares()
        self.predictor = Mixture(base, learning, Cache(V, H, content), history, ngrams, calibration, shares)

    @property
    def learned(self) -> Learned:
        """What was learned, to be saved or copied; its weights are the learner's own."""
        read, predicted = map(np.flatnonzero, self._moved.values())
        cache, history = self.predictor.cache.content, self.predictor.history.content
        return Learned(self.predictor.learning.params, read, predicted, *cache, history, self.new, self.words)

    def copy(self) -> Learner:
        """Returns a learner that goes on from here by itself."""
        learned = self.learned
        learned = learned._replace(params=copied(learned.params), new=self.new.copy())
        return Learner(self.predictor.fixed, learned, self.predictor.ngrams, self.predictor.calibration)

    def learn(self, stream: Iterable[Ints]) -> Iterator[tuple[NDArray[np.float64], Ints]]:
        """Yields predicted distributions (n, V) and the words (n,) of a stream that begins with EOS, batch by batch;
        each batch is predicted first and then learned from. A new word (`extended`) that comes for the first time is
        yielded as the unknown one.
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
        self.predictor = replace(self.predictor, new=self.new.shares())

    def has_learned(self, i: int) -> bool:
        """Tells whether a word came in what was learned from."""
        return self.predictor.cache.has_met(i)

    def forget(self, i: int) -> None:
        """Forgets what was learned of a word: where it came the unknown one came; a new word is new again."""
        mixture, V = self.predictor, self.predictor.fixed.vocabulary_size
        mixture.cache.forget(i)
        mixture.history.forget(i)
        if i < V:
            for name, its in mixture.fixed.cell.axes.items():
                if its[0] == "V":
                    mixture.learning.params[name][i] = mixture.fixed.params[name][i]
                    if name in self._moved:
                        self._moved[name][i] = False
        else:
            self.new.forget(i - V)
            mixture.cache.remove(i)
            mixture.history.remove(i)
        self.predictor = replace(mixture, new=self.new.shares())

    def extended(self, ids: Ints, unknown: Iterable[tuple[int, str, str]]) -> Ints:
        """Returns ids (n,) of a text in which each unknown word has an id of its own, as `NewWords.extended` does."""
        return self.new.extended(ids, unknown, self.predictor.fixed.vocabulary_size)

    def _learn_batches(self, ids: Ints, state: State) -> Generator[tuple[NDArray[np.float64], Ints], None, State]:
        """Learns from ids after a state (1, ...), as `learn` does; returns the state after them.

        The fixed network predicts all of them at once, the learning one ADAPTED_WORDS at a time.
        """
        mixture = self.predictor = replace(self.predictor, new=self.new.shares())
        learning, cache, history, V = mixture.learning, mixture.cache, mixture.history, mixture.fixed.vocabulary_size
        cache.grow(mixture.vocabulary_size)
        known = as_unknown(ids, V)
        fixed, own, counted, latest = mixture.apart(state)
        fixed = rows(mixture.fixed.read(fixed, known[:-1, None]), (slice(1, None), 0))
        counted = rows(mixture.read_counts(counted, known[:-1, None]), (slice(1, None), 0))
        latest = history.read(latest, ids[:-1, None])[1:, 0]
        (by_fixed,) = mixture.beside(counted, mixture.fixed.next(fixed))
        for start in range(0, len(by_fixed), ADAPTED_WORDS):
            batch = slice(start, start + ADAPTED_WORDS)
            x, d = known[:-1][batch], ids[1:][batch].copy()
            trace = forward(learning.cell, learning.params, x[:, None], own)
            by_learning = learning.next(rows(trace.states, (slice(1, None), 0)))
            (beside,) = mixture.beside(rows(counted, batch), by_learning)
            after_each = zip(d.tolist(), latest[batch], fixed[0][batch], by_fixed[batch], beside, strict=True)
            mixed = []
            for n, (i, last, after, *both) in enumerate(after_each):
                parts, seen = cache.parts(after, *both), history.seen(last)
                y = cache.mixed(parts)
                mixed.append(history.mixed(y, seen))
                if i >= V and not mixed[-1][i]:
                    d[n] = UNK  # it comes for the first time
                cache.add(after, i, parts[:, d[n]])
                history.add(i, y[d[n]], seen)
                self.words += 1
                if i >= V:
                    self.new.add(i - V, self.words)
            moved = adapt(learning, x, known[1:][batch], trace, by_learning)
            self._moved["Wx"][moved.read], self._moved["Wy"][moved.predicted] = True, True
            own = trace.last
            yield np.array(mixed), d
        return (*rows(fixed, slice(-1, None)), *own, *rows(counted, slice(-1, None)), latest[-1:])
