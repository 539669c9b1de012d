"""Lists of words as arrays of a file: one text as UTF-8, and where every word begins in it and the last one ends."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .formats import Fields


def joined(words: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Returns words as UTF-8, one after the other, and where each begins and the last one ends."""
    parts = [word.encode() for word in words]
    return np.frombuffer(b"".join(parts), np.uint8), np.cumsum([0, *map(len, parts)], dtype=np.int64)


def take_words(fields: Fields, name: str) -> list[str]:
    """Takes a list of words, none of them empty. Raises CheckpointError."""
    data, ends = fields.take(name, np.uint8, (None,)).tobytes(), fields.take(f"{name}_at", np.int64, (None,)).tolist()
    if ends[:1] != [0] or ends[-1] != len(data) or sorted(ends) != ends:
        raise fields.bad(f"{name} and {name}_at do not fit")
    if len(set(ends)) != len(ends):
        raise fields.bad(f"word {next(i for i, (a, b) in enumerate(pairwise(ends)) if a == b)} of {name} is empty")
    if data.isascii():
        text = data.decode()
        return [text[a:b] for a, b in pairwise(ends)]
    try:
        return [data[a:b].decode() for a, b in pairwise(ends)]
    except UnicodeDecodeError as error:
        raise fields.bad(f"{name}: {error}") from None
