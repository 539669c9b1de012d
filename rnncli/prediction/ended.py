"""A text that breaks off after an end mark and a blank: its last sentence may have ended there, or go on.

p(word) = p(word, no end) + p(end) p(word | end)
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..predictor import Ints, Predictor, State, rows
from ..text.codec import Prompt
from ..text.vocabulary import EOS

Read = Callable[[Sequence[int]], State]
TINY = 1e-300  # in place of zero, where it divides


def after(predictor: Predictor, prompt: Prompt, read: Read) -> tuple[Predictor, State]:
    """Returns what predicts after a prompt, and its state (1, ...); `read` returns the state after ids."""
    return after_state(predictor, prompt, read(prompt.ids[: len(prompt.ids) - prompt.blanks]))


def after_state(predictor: Predictor, prompt: Prompt, state: State) -> tuple[Predictor, State]:
    """Does what `after` does, from the state (1, ...) after the prompt without its blanks."""
    if not prompt.may_end:
        return predictor, state
    either = EndOrNot(predictor)
    return either, either.begin(state, prompt.ids[len(prompt.ids) - prompt.blanks :])


class EndOrNot(Predictor):
    """Predicts as a predictor that does not know whether a sentence has just ended.

    It holds two states, each with its probability given what was read: of the text without the end, and with it. A word
    that is read is evidence for one or the other (Bayes' rule).

    A state is the parts of the state without the end, those of the state with it, the probabilities (n, 2), and the
    probability (n,) of the end in the first state, where that end has just been ruled out; else 0.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    @property
    def vocabulary_size(self) -> int:
        return self._predictor.vocabulary_size

    def begin(self, state: State, blanks: Sequence[int]) -> State:
        """Returns the state (1, ...) after a state (1, ...) in which the sentence may end; the ids of a blank follow if
        it does not.
        """
        end = float(self._predictor.next(state)[0, EOS])
        ended = rows(self._predictor.read(state, np.array([[EOS]])), -1)
        goes_on, weight, ruled_out = state, 1 - end, end
        if blanks:
            x = np.array(blanks)[:, None]
            states = self._predictor.read(state, x)
            nats = self._predictor.surprisal(rows(states, (slice(0, -1), 0)), x[:, 0])
            goes_on, weight, ruled_out = rows(states, -1), float(np.exp(-nats.sum())), 0.0
        return *goes_on, *ended, _shares(np.array([[weight, end]])), np.array([ruled_out])

    def start(self, n: int = 1) -> State:
        state = self._predictor.start(n)
        return *state, *state, np.tile([1.0, 0.0], (n, 1)), np.zeros(n)

    def read(self, state: State, x: Ints) -> State:
        a, b, weights, ruled_out = _parts(state)
        goes_on, ended = self._predictor.read(a, x), self._predictor.read(b, x)
        shares, left = np.empty((len(x) + 1, *weights.shape)), np.zeros((len(x) + 1, len(weights)))
        shares[0], left[0] = weights, ruled_out
        for t, words in enumerate(x):
            y = [np.exp(-self._predictor.surprisal(rows(states, t), words)) for states in (goes_on, ended)]
            y[0] *= np.where(left[t] > 0, (words != EOS) / np.maximum(1 - left[t], TINY), 1)
            shares[t + 1] = _shares(shares[t] * np.stack(y, 1))
        return *goes_on, *ended, shares, left

    def next(self, state: State) -> NDArray[np.float64]:
        a, b, weights, ruled_out = _parts(state)
        y = self._predictor.next(a)
        y[ruled_out > 0, EOS] = 0
        y /= np.maximum(y.sum(1, keepdims=True), TINY)
        mixed: NDArray[np.float64] = weights[:, :1] * y + weights[:, 1:] * self._predictor.next(b)
        return mixed


def _parts(state: State) -> tuple[State, State, NDArray[np.float64], NDArray[np.float64]]:
    """Returns the state without the end, that with it, their probabilities, and that of the end ruled out."""
    *parts, weights, ruled_out = state
    half = len(parts) // 2
    return tuple(parts[:half]), tuple(parts[half:]), weights, ruled_out


def _shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns weights (n, 2) as shares of their sums; equal shares where both are zero."""
    total = weights.sum(1, keepdims=True)
    shares: NDArray[np.float64] = np.where(total > 0, weights / np.maximum(total, TINY), 0.5)
    return shares
