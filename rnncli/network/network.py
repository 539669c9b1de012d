"""A recurrent network as a predictor: its state s (n, H), read by the same forward that training uses."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import DivergenceError
from ..predictor import Predictor, State
from .parameters import Floats, Ints, Weights
from .recurrent import Activation, forward, parts
from .softmax import exponentials, probabilities, score
from .threads import Run


@dataclass(frozen=True, eq=False)
class Network(Predictor):
    """Weights, and the activation that they were trained with. Its methods raise DivergenceError where a state or its
    scores leave the floats, as those of a relu network may.
    """

    params: Weights
    activation: Activation
    run: Run = map  # where the networks of an ensemble read side by side

    @property
    def vocabulary_size(self) -> int:
        return len(self.params.by)

    @property
    def width(self) -> int:
        """The number of state units H."""
        return len(self.params.bs)

    @cached_property
    def _parts(self) -> list[tuple[slice, Weights]]:
        """The units, and the weights, of each part of the state that no other part reaches: of each network of an
        ensemble."""
        Wx, Ws, bs, bk, _, _ = self.params
        return [(u, self.params._replace(Wx=Wx[:, u], Ws=Ws[u, u], bs=bs[u], bk=bk[u])) for u in parts(Ws)]

    def start(self, n: int = 1) -> State:
        return (np.zeros((n, self.width), self.params.Ws.dtype),)

    def read(self, state: State, x: Ints) -> State:
        (s0,) = state

        def read_part(part: tuple[slice, Weights]) -> Floats:
            units, params = part
            return forward(params, x, s0[:, units], self.activation)

        with np.errstate(all="ignore"):  # numbers that leave the floats show when they are used
            states = list(self.run(read_part, self._parts))
        return (states[0] if len(states) == 1 else np.concatenate(states, axis=2),)

    def next(self, state: State) -> NDArray[np.float64]:
        y = probabilities(self.params.Wy, self.params.by, state[0])
        _require_finite(y[:, 0])
        return y

    def weights(self, state: State) -> tuple[Floats, NDArray[np.float64]]:
        e, Z, _ = exponentials(self.params.Wy, self.params.by, state[0])
        _require_finite(Z)
        return e, Z.astype(np.float64)

    def surprisal(self, state: State, d: Ints) -> NDArray[np.float64]:
        (s,) = state
        _, Z, top = exponentials(self.params.Wy, self.params.by, s)
        _require_finite(Z)
        nats = np.log(Z) + top - score(self.params.Wy, self.params.by, s, d)
        return np.maximum(nats.astype(np.float64), 0.0)

    def among(self, state: State, ids: Ints) -> NDArray[np.float64]:
        y = probabilities(self.params.Wy[ids], self.params.by[ids], state[0])
        _require_finite(y[:, 0])
        return y

    def using(self, run: Run) -> Network:
        """Returns the network with an ensemble's parts read by `run`."""
        return replace(self, run=run)

    def for_few_states(self) -> Network:
        """Returns the network with Wy laid out so that a few states at a time multiply it faster; for generating."""
        return replace(self, params=self.params._replace(Wy=np.asfortranarray(self.params.Wy)))


def _require_finite(sums: Floats) -> None:
    """Raises DivergenceError unless sums over exponentials, or shares of them, are numbers; one state or score that is
    not makes them all nan."""
    if not np.isfinite(sums).all():
        raise DivergenceError(
            "the state of the network is not a number: its weights let it grow without bound on this text. "
            "Train again with --activation tanh, or read a shorter text"
        )
