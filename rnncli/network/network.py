"""A recurrent network as a predictor: its state s (n, H), or h and c, read by the same forward that training uses."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..errors import DivergenceError
from ..predictor import Predictor, State
from .cells import Cell, Elman, Trace, ready
from .inputs import Inputs
from .parameters import Floats, Ints, Weights, of_units, width
from .scratch import Scratch
from .softmax import exponentials, probabilities, score
from .threads import Run


@dataclass(frozen=True, eq=False)
class Network(Predictor):
    """Weights, and the cell that they were trained for. Its methods raise DivergenceError where a state or its
    scores leave the floats, as those of a relu network may.
    """

    params: Weights
    cell: Cell
    run: Run = map  # where the networks of an ensemble read side by side

    @property
    def vocabulary_size(self) -> int:
        return len(self.params["by"])

    @property
    def width(self) -> int:
        """The number of state units H."""
        return width(self.params)

    @cached_property
    def _parts(self) -> list[tuple[slice, Weights, Weights]]:
        """The units, and the weights, as they are and ready for the cell, of each part of the state that no other part
        reaches: of each network of an ensemble."""
        each = [(units, of_units(self.cell.axes, self.params, units)) for units in parts(self.params["Ws"])]
        return [(units, params, ready(self.cell, params)) for units, params in each]

    def start(self, n: int = 1) -> State:
        return tuple(np.zeros((n, self.width), self.params["Ws"].dtype) for _ in self.cell.states)

    def read(self, state: State, x: Ints) -> State:
        def read_part(part: tuple[slice, Weights, Weights]) -> tuple[Floats, ...]:
            units, params, prepared = part
            return forward(self.cell, params, x, tuple(s[:, units] for s in state), prepared).states

        with np.errstate(all="ignore"):  # numbers that leave the floats show when they are used
            states = list(self.run(read_part, self._parts))
        if len(states) == 1:
            return states[0]
        return tuple(np.concatenate(each, axis=2) for each in zip(*states, strict=True))

    def next(self, state: State) -> NDArray[np.float64]:
        y = probabilities(self.params["Wy"], self.params["by"], state[0])
        self._require_finite(y[:, 0])
        return y

    def weights(self, state: State) -> tuple[Floats, NDArray[np.float64]]:
        e, Z, _ = exponentials(self.params["Wy"], self.params["by"], state[0])
        self._require_finite(Z)
        return e, Z.astype(np.float64)

    def surprisal(self, state: State, d: Ints) -> NDArray[np.float64]:
        s = state[0]
        _, Z, top = exponentials(self.params["Wy"], self.params["by"], s)
        self._require_finite(Z)
        nats = np.log(Z) + top - score(self.params["Wy"], self.params["by"], s, d)
        return np.maximum(nats.astype(np.float64), 0.0)

    def among(self, state: State, ids: Ints) -> NDArray[np.float64]:
        y = probabilities(self.params["Wy"][ids], self.params["by"][ids], state[0])
        self._require_finite(y[:, 0])
        return y

    def _require_finite(self, sums: Floats) -> None:
        """Raises DivergenceError unless sums over exponentials, or shares of them, are numbers; one state or score that
        is not makes them all nan."""
        if np.isfinite(sums).all():
            return
        advice = "its weights are too large. Train again, at a lower --learning-rate"
        if isinstance(self.cell, Elman) and self.cell.activation == "relu":
            advice = "its weights let it grow without bound. Train again with --activation tanh, or read a shorter text"
        raise DivergenceError(f"the state of the network is not a number: {advice}")

    def using(self, run: Run) -> Network:
        """Returns the network with an ensemble's parts read by `run`."""
        return replace(self, run=run)

    def for_few_states(self) -> Network:
        """Returns the network with Wy laid out so that a few states at a time multiply it faster; for generating."""
        return replace(self, params=self.params | {"Wy": np.asfortranarray(self.params["Wy"])})


def forward(cell: Cell, params: Weights, x: Ints, state: tuple[Floats, ...], prepared: Weights | None = None) -> Trace:
    """Reads words x (T, B) from a state (B, H) each; `prepared`: the weights as `cells.ready` makes them."""
    prepared, (T, B) = prepared or ready(cell, params), x.shape
    trace = cell.room(Scratch(), (T, B, width(params)), params["Ws"].dtype)
    for s, handed in zip(trace.states, state, strict=True):
        s[0] = handed
    read = Inputs(cell, params, x)
    read.fill(trace.gates, read.entering(prepared))
    cell.forward(prepared, trace)
    return trace


def parts(Ws: Floats) -> list[slice]:
    """Returns the parts of the state that do not reach each other: the blocks of a block-diagonal Ws, of each gate, in
    order; one without units for a state without units."""
    H = len(Ws)
    if not H:
        return [slice(0)]
    meets = (Ws.reshape(H, -1, H) != 0).any(1)
    meets |= meets.T
    np.fill_diagonal(meets, True)
    reach = np.maximum.accumulate(H - meets[:, ::-1].argmax(1))
    ends = np.flatnonzero(reach == np.arange(1, H + 1)) + 1
    return [slice(start, end) for start, end in pairwise([0, *ends.tolist()])]
