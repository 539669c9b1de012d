"""The cells: how the state of a network goes on from word to word."""

from typing import Protocol

from .cell import Cell, Trace, initial
from .elman import Elman
from .gru import GRU
from .lstm import LSTM

__all__ = ["CELLS", "GRU", "LSTM", "Cell", "Elman", "Trace", "initial", "of"]


CELLS: dict[str, type[Elman | GRU | LSTM]] = {"elman": Elman, "gru": GRU, "lstm": LSTM}


class Chosen(Protocol):
    """Settings that name a cell, and what an Elman cell is made with."""

    @property
    def cell(self) -> str: ...
    @property
    def activation(self) -> str: ...
    @property
    def leaky(self) -> float: ...


def of(chosen: Chosen) -> Cell:
    """Returns the cell that settings name."""
    return Elman(chosen.activation, chosen.leaky) if chosen.cell == "elman" else CELLS[chosen.cell]()
