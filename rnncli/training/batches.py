"""Cuts a stream of ids into chunks: B columns, each reading its own part of the text in order, T words at a time.

text a b c d e f g h i j k l m,  B = 3, T = 2       x: a e i    d: b f j    then  x: c g k    d: d h l
                                                       b f j       c g k          d h l       e i m
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from ..network.parameters import Ints

READ_CHUNKS = 64  # that are read from disk at a time


def columns(n: int, B: int) -> tuple[int, int]:
    """Returns the number of columns, B or fewer, and the steps of each, for a stream of n ids."""
    B = max(1, min(B, n - 1))
    return B, (n - 1) // B


def steps(n: int, B: int, T: int) -> int:
    """Returns the number of chunks in one reading of n ids."""
    return -(-columns(n, B)[1] // T)


class Stream(Protocol):
    """A sequence of ids that is read a part at a time."""

    def __len__(self) -> int:
        """Returns the number of ids."""
        ...

    def read(self, start: int, stop: int) -> Ints:
        """Returns ids[start:stop] as a slice would."""
        ...


def chunks(ids: Stream, B: int, T: int, first: int = 0) -> Iterator[tuple[Ints, Ints]]:
    """Yields x, d (T, B), words read and the words that follow them, for one reading from chunk `first` (from 0) on.

    The last chunk may be shorter.
    """
    B, length = columns(len(ids), B)
    for start in range(first * T, length, READ_CHUNKS * T):
        stop = min(start + READ_CHUNKS * T, length)
        part = np.stack([ids.read(b * length + start, b * length + stop + 1) for b in range(B)], axis=1)
        for t in range(0, stop - start, T):
            x, d = part[t : t + T], part[t + 1 : t + T + 1]
            yield x[: len(d)], d
