"""The one seam: what a predictor is. Networks, counts, mixtures and what learns from its user are predictors.

    state = predictor.start()                 # nothing read yet
    states = predictor.read(state, x)         # x (T, 1): the states after 0, 1, ..., T words
    y = predictor.next(row(states, -1))       # (1, V): what comes next, each row sums to 1

A state is a tuple of arrays whose leading axes are those of the words read: rows of it can be taken, repeated and put
side by side by those who know nothing of what is inside.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from abc import abstractmethod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

TINY = float(np.finfo(np.float64).tiny)  # in place of a probability of 0, where it divides or its logarithm is taken
UNDERFLOW = 1e-30  # a weight, as a share of all, below which a word's surprisal is not computed from it

State = tuple[NDArray[Any], ...]
Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.floating[Any]]


class Predictor(Protocol):
    """Predicts the next word: begins, reads words, and gives each word of a vocabulary a probability to come next.

    Three methods are a predictor's own. The others have a form here that is right for every predictor, made of
    those three; a predictor may replace one by a faster form with the same result.
    """

    @property
    @abstractmethod
    def vocabulary_size(self) -> int:
        """The number of words V."""

    @abstractmethod
    def start(self, n: int = 1) -> State:
        """Returns n states (n, ...) before anything was read."""

    @abstractmethod
    def read(self, state: State, x: Ints) -> State:
        """Reads x (T, n), ids, from a state (n, ...); returns the states (T+1, n, ...), the one handed in first."""

    @abstractmethod
    def next(self, state: State) -> NDArray[np.float64]:
        """Returns the probabilities (m, V) of the next word after m states (m, ...); each row sums to 1.

        The array is the caller's to change: a new one at each call.
        """

    def weights(self, state: State) -> tuple[Floats, NDArray[np.float64]]:
        """Returns the probabilities up to a factor a row, weights (m, V), and the sum (m,) of each row.

        The arrays are the caller's to change: new ones at each call.
        """
        return self.next(state), np.ones(len(state[0]))

    def weights_and_parts(
        self,
        state: State,
        d: Ints,  # noqa: ARG002
    ) -> tuple[Floats, NDArray[np.float64], dict[str, NDArray[np.float64]]]:
        """Returns what `weights` does and, of a mixture whose parts have names, by the name of each part -log P (m,) of
        the words d (m,) as that part predicts them alone.
        """
        return *self.weights(state), {}

    def surprisal(self, state: State, d: Ints) -> NDArray[np.float64]:
        """Returns -log P (m,), in nats, of the words d (m,), one after each of m states; finite even where P is 0."""
        return nats(self.next(state), d)

    def among(self, state: State, ids: Ints) -> NDArray[np.float64]:
        """Returns the probabilities (m, len(ids)) of some words after m states if the next word is one of these."""
        y = self.next(state)[:, ids]
        among: NDArray[np.float64] = y / y.sum(1, keepdims=True)
        return among


def nats(y: NDArray[np.float64], d: Ints) -> NDArray[np.float64]:
    """Returns -log P (n,) of the words d (n,) in distributions y (n, V); a P that underflowed is the least float."""
    surprisal: NDArray[np.float64] = -np.log(np.maximum(y[np.arange(len(d)), d], TINY))
    return surprisal


def surprisal_by_weights(
    predictor: Predictor, state: State, d: Ints, e: Floats, Z: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns `predictor.surprisal(state, d)` (m,), from the weights e (m, V) after these states and their sums Z (m,);
    of words whose weight is too small, it asks the predictor.
    """
    own = e[np.arange(len(d)), d].astype(np.float64)
    rare = np.flatnonzero(own < UNDERFLOW * Z)
    surprisal: NDArray[np.float64] = np.maximum(np.log(Z) - np.log(np.maximum(own, TINY)), 0.0)
    if len(rare):
        surprisal[rare] = predictor.surprisal(rows(state, rare), d[rare])
    return surprisal


def rows(states: State, index: Any) -> State:
    """Takes rows of states along their leading axes, as `array[index]` does."""
    return tuple(part[index] for part in states)
