"""Ids on disk."""

import os
from collections.abc import Iterator
from typing import BinaryIO
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]

SPOOL_BLOCK_IDS = 1 << 20  # read from disk at a time


class Spool:
    """A sequence of ids on disk: appended to, read at any place, never held in memory as a whole.

    The file needs no name, and is closed when the spool is no longer referenced.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        finalize(self, file.close)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, ids: Ids) -> None:
        """Adds ids at the end."""
        self._file.write(ids.astype(np.int32, copy=False).tobytes())
        self._length += len(ids)

    def read(self, start: int, stop: int) -> Ids:
        """Returns ids[start:stop] as a slice would."""
        self._file.flush()
        stop = min(stop, self._length)
        data = os.pread(self._file.fileno(), max(0, stop - start) * 4, start * 4)
        return np.frombuffer(data, np.int32)

    def blocks(self, start: int, stop: int) -> Iterator[Ids]:
        """Yields ids[start:stop] in blocks."""
        for at in range(start, stop, SPOOL_BLOCK_IDS):
            yield self.read(at, min(at + SPOOL_BLOCK_IDS, stop))
