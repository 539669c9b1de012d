"""Prepares the standard streams of the process."""

import io
import os
import sys
from contextlib import suppress

from .output import ResultStream


class MessageStream(io.TextIOWrapper):
    """Standard error that drops what cannot be written: no work fails for want of a place for its messages."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            super().flush()


def open_streams() -> None:
    """Makes standard output and standard error UTF-8 streams, and keeps closed descriptors from being reused."""
    for descriptor in range(3):  # a closed one would be given to the next file that is opened
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # writing to it stays an error
    sys.stdout = ResultStream(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "utf-8", "backslashreplace")
    raw = io.FileIO(2, "w", closefd=False)
    sys.stderr = MessageStream(raw, "utf-8", "backslashreplace", line_buffering=True, write_through=True)


def release_output() -> None:
    """Points standard output to nowhere: results are written, and the exit of Python must not trip on a closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
