"""Memory that is used again from step to step: asking the system for it anew costs as much as a pass over it."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from math import prod

import numpy as np
from numpy.typing import DTypeLike

from .parameters import Floats


class Scratch:
    """Arrays by name."""

    def __init__(self) -> None:
        self._numbers = dict[str, Floats]()

    def array(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> Floats:
        """Returns an array of undefined numbers, valid until the next call with that name."""
        size, kept = prod(shape), self._numbers.get(name)
        if kept is None or kept.size < size or kept.dtype != dtype:
            kept = self._numbers[name] = np.empty(size, dtype)
        return kept[:size].reshape(shape)
