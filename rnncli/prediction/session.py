"""A text that grows and is changed: what was read once is not read again."""

from collections.abc import Sequence

import numpy as np

from ..network.parameters import Floats, Weights
from ..network.recurrent import TANH, Activation, forward
from .context import CHUNK, blank, read

KEPT = 1000  # words, the last ones, whose states are held


class Session:
    """The states after each of the last words of a text."""

    def __init__(self, params: Weights, activation: Activation = TANH) -> None:
        self._params, self._activation = params, activation
        self._ids: list[int] = []
        self._states: list[Floats] = []  # (1, H) each, after the last of the ids

    def read(self, ids: Sequence[int]) -> Floats:
        """The state (1, H) after these ids, read from where they differ from those before."""
        same = next((n for n, (a, b) in enumerate(zip(ids, self._ids, strict=False)) if a != b), None)
        if same is None:
            same = min(len(ids), len(self._ids))
        held = same - (len(self._ids) - len(self._states))
        if held < 1:
            same, held = 0, 0
        del self._states[held:]
        self._ids = list(ids)
        s = self._states[-1] if self._states else blank(self._params)
        rest = ids[same:]
        if len(rest) > CHUNK:
            s = read(self._params, s, rest[:-CHUNK], self._activation)
            self._states, rest = [], rest[-CHUNK:]
        if rest:
            states = forward(self._params, np.array(rest, np.int32)[:, None], s, self._activation)
            self._states += [state.copy() for state in states[1:]]
        del self._states[:-KEPT]
        return self._states[-1]
