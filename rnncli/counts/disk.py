"""What counting needs: numbers that wait on disk, and how many bytes of memory and of disk a text takes at most."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

DEFAULT_MEMORY = 200 << 20  # bytes
PIECE_NUMBERS = 1 << 16  # that are written in one type
PIECE_HEAD_BYTES = 128  # of np.save
ARRAYS = 4  # of the n-grams of one length: words, and numbers of three kinds


def smallest(values: NDArray[Any]) -> Any:
    """Returns numbers that are not negative in the smallest type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def write_numbers(disk: BinaryIO, numbers: NDArray[Any]) -> None:
    """Writes numbers in pieces, each in the smallest type that holds it: a large number makes few others large. The
    last piece is shorter than the others, or empty.
    """
    for start in range(0, len(numbers) + 1, PIECE_NUMBERS):
        np.save(disk, smallest(numbers[start : start + PIECE_NUMBERS]))


def read_numbers(disk: BinaryIO) -> NDArray[Any]:
    """Reads what `write_numbers` wrote."""
    pieces = [np.load(disk)]
    while len(pieces[-1]) == PIECE_NUMBERS:
        pieces.append(np.load(disk))
    return np.concatenate(pieces)


def places_at_a_time(order: int, memory: int = DEFAULT_MEMORY) -> int:
    """Returns how many places of a text can be counted at a time."""
    return max(1, memory // memory_bytes(1, order))


def memory_bytes(places: int, order: int) -> int:
    """Returns the bytes of memory that counting so many places of a text at a time takes at most.

    Of random words, which never repeat, 92 a place are measured with order 2, 188 with 5, 313 with 9.
    """
    return places * (64 + 32 * order)


def disk_bytes(length: int, vocabulary_size: int, order: int, memory: int = DEFAULT_MEMORY) -> int:
    """Returns the bytes of disk that counting a text of so many ids takes at most.

    Each place of the text is one n-gram of each length at most: a word and three numbers, whose sum over all n-grams
    is no more than the places. So a piece of numbers of four bytes has twice as many places as numbers, and a number
    takes two bytes a place at most. Of a place and a length that makes 8 bytes; 4.8 of random words are measured, 3 of
    words by Zipf's law.
    """
    V, N = vocabulary_size, length
    parts = 1 + 2 * N // places_at_a_time(order, memory)
    a_place = _bytes_of(V) + (ARRAYS - 1) * min(2, _bytes_of(N))
    heads = ARRAYS * (order - 1) * (parts + N // PIECE_NUMBERS) + parts * V // PIECE_NUMBERS
    return (order - 1) * N * a_place + PIECE_HEAD_BYTES * heads + parts * V * _bytes_of(N)


def _bytes_of(number: int) -> int:
    """Returns the bytes of the smallest type of whole numbers that holds a number."""
    return np.min_scalar_type(number).itemsize
