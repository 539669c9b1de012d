"""The cells: how the state of a network goes on from word to word."""

from typing import Protocol

from .cell import Cell, Trace, initial, ready
from .elman import Elman
from .gru import GRU
from .lstm import LSTM

__all__ = ["GRU", "LSTM", "Cell", "Elman", "Trace", "initial", "named", "of", "ready"]


class Chosen(Protocol):
    """Settings that name a cell, how words enter a gated one, and what an Elman cell is made with."""

    @property
    def cell(self) -> str: ...
    @property
    def embedding(self) -> str: ...
    @property
    def activation(self) -> str: ...
    @property
    def leaky(self) -> float: ...


def of(chosen: Chosen) -> Cell:
    """Returns the cell that settings name."""
    return named(chosen.cell, chosen.embedding) or Elman(chosen.activation, chosen.leaky)


def named(cell: str, embedding: str) -> Cell | None:
    """Returns the gated cell of that name, into which words enter so; None: there is no such one."""
    gated: dict[str, type[GRU | LSTM]] = {"gru": GRU, "lstm": LSTM}
    tied = {"own": False, "tied": True}
    return gated[cell](tied[embedding]) if cell in gated and embedding in tied else None
