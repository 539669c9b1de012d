"""What a cell is: how the state of a network goes on from step to step, and how the gradient goes back."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike

from ..parameters import Axes, Floats, Weights, small
from ..scratch import Scratch


class Trace(NamedTuple):
    """What a cell leaves of T steps for the way back, B columns side by side."""

    states: tuple[Floats, ...]  # (T+1, B, H) each, the output's first; [0] was handed in
    gates: Floats  # (T, B, G, H)  at first x_t Wx + bs times the cell's factors; after `forward` the gates
    rest: Floats  # (T, B, H)  what else the way back needs; (T, B, 0) where that is nothing

    def of_columns(self, columns: slice) -> Trace:
        """Returns the part of some columns, as views."""
        return Trace(tuple(s[:, columns] for s in self.states), self.gates[:, columns], self.rest[:, columns])

    @property
    def last(self) -> tuple[Floats, ...]:
        """The state (B, H) each, after the last step."""
        return tuple(s[-1] for s in self.states)


class Cell(Protocol):
    """A recurrence. To add one, write a file beside this one and name it in `cells.named`; the laws test it."""

    @property
    def axes(self) -> Axes:
        """The axes of each parameter: the cell's own Wx, Ws, bs, ..., then those of the output, Wy and by."""

    @property
    def states(self) -> str:
        """The letter of each array that is carried from step to step; the first is what the output sees."""

    @property
    def gates(self) -> str:
        """The letter of each gate, in their order."""

    def initial(self, V: int, H: int, rng: np.random.Generator, dtype: DTypeLike) -> Weights:
        """Draws the cell's own parameters."""

    def factors(self, dtype: DTypeLike) -> Floats | None:
        """Returns what the inputs of the gates, (G, 1), are multiplied by before `forward`; None: nothing."""

    def room(self, scratch: Scratch, shape: tuple[int, int, int], dtype: DTypeLike) -> Trace:
        """Returns arrays of undefined numbers for T steps of B columns; `shape` is (T, B, H)."""

    def forward(self, ready: Weights, trace: Trace) -> None:
        """Goes forward in time: from states[0] and the inputs in `gates` to all states and gates."""

    def backward(self, params: Weights, trace: Trace, ds: Floats, da: Floats) -> None:
        """Goes back in time.

        ds  (T, B, H)     gradients of the output's states by their own outputs; changed in place to those by all later
                          outputs, too
        da  (T, B, G, H)  gets the gradients of the inputs a_t = x_t Wx + bs
        """

    def recurrent(self, trace: Trace, da: Floats) -> Floats:
        """Returns the gradients (T, B, G, H) of s_{t-1} Ws, which are those of the inputs but for a gate between."""

    def others(self, params: Weights, trace: Trace, ds: Floats) -> Weights:
        """Returns the gradients of the cell's parameters beside Wx, Ws and bs, after `backward`."""


def ready(cell: Cell, params: Weights) -> Weights:
    """Returns weights as `Cell.forward` takes them: Ws and bs, and Wx where it has no rows of words, times the factors
    of the gates that they belong to.
    """
    factors = cell.factors(params["bs"].dtype)
    if factors is None:
        return params
    return params | {name: params[name] * factors for name in ("Wx", "Ws", "bs") if cell.axes[name][0] != "V"}


def initial(
    cell: Cell,
    V: int,
    H: int,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
    counts: Sequence[int] | None = None,
) -> Weights:
    """Draws initial weights: the cell's own, small rows of words, biases by how often words occur.

    counts  (V,)  of the words: by is the logarithm of each count plus one, so that learning starts from the frequencies
    """
    frequency = np.ones(V) if counts is None else np.array(counts) + 1.0
    by = np.log(frequency / frequency.mean())
    drawn = cell.initial(V, H, rng, dtype) | {"Wy": small(rng, (V, H), dtype), "by": by.astype(dtype)}
    return {name: drawn[name] for name in cell.axes}
