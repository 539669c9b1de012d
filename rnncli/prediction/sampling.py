"""Choosing a word from a distribution, and text word by word: one-to-many."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite, isqrt
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..predictor import Ints, Predictor, State, rows
from ..text.vocabulary import EOS, PAR, UNK
from .coining import Coiner
from .context import read
from .repetition import Repetition, Word, Written

Weights = NDArray[Any]  # (V,) probabilities up to a common factor: a sampler does not need their sum to be 1


@dataclass(frozen=True)
class Sampler:
    """Chooses a word from a distribution. Raises UsageError for a value out of its range.

    temperature  sharpens (< 1) or flattens (> 1) the distribution; 0 takes its best word
    top_k        keeps only the k likeliest words
    top_p        keeps, of what top_k left, the fewest words that hold that share of it (Holtzman et al. 2020)
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not (_is_number(self.temperature) and self.temperature >= 0):
            raise UsageError(f"temperature: {self.temperature!r} is not a number from 0 on")
        if self.top_k is not None and not (
            isinstance(self.top_k, Integral) and not isinstance(self.top_k, bool) and self.top_k >= 1
        ):
            raise UsageError(f"top_k: {self.top_k!r} is not a whole number from 1 on")
        if not (_is_number(self.top_p) and 0 < self.top_p <= 1):
            raise UsageError(f"top_p: {self.top_p!r} is not a number above 0 and up to 1")

    def __call__(self, y: Weights, rng: np.random.Generator) -> int:
        """Returns the id of a word chosen from weights y (V,)."""
        if self.temperature == 0:
            return int(np.argmax(y))
        return draw(truncate(apply_temperature(y, self.temperature), self.top_k, self.top_p), rng)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def apply_temperature(y: Weights, temperature: float) -> Weights:
    """Returns y to the power of 1/temperature, up to a factor: finite weights, whatever the temperature above 0."""
    if temperature == 1:
        return y
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        log = np.log(y, dtype=np.float64)
        z: Weights = np.exp(np.where(y > 0, (log - log.max()) / temperature, -np.inf))
    return z


def truncate(y: Weights, top_k: int | None, top_p: float) -> Weights:
    """Returns y with zeros for all but the top_k likeliest words, and for all but the fewest of these that hold top_p
    of their sum."""
    if top_k is None and top_p >= 1:
        return y
    order = np.argsort(-y, kind="stable")[:top_k]
    best = y[order].astype(np.float64)
    kept = np.cumsum(best) - best < top_p * best.sum()
    z = np.zeros(len(y))
    z[order[kept]] = best[kept] / best[kept].sum()
    return z


def draw(y: Weights, rng: np.random.Generator) -> int:
    """Draws an id with the probability that its weight has in the sum of all; never one whose weight is zero.

    By cumulative sums in float64, over √V stretches first and then within the stretch that was drawn. (Plain form:
    cumsum and searchsorted over all; 39 µs against 17 for V = 10,000.)
    """
    width = isqrt(len(y))
    sums = np.cumsum(np.add.reduceat(y, np.arange(0, len(y), width), dtype=np.float64))
    u = min(rng.random() * sums[-1], np.nextafter(sums[-1], 0))  # a product may round up to the sum
    stretch = int(np.searchsorted(sums, u, side="right"))
    start = stretch * width
    inner = np.cumsum(y[start : start + width], dtype=np.float64)
    u -= sums[stretch - 1] if stretch else 0.0
    return start + int(np.searchsorted(inner, min(u, np.nextafter(inner[-1], 0)), side="right"))


def forbid(y: Weights, previous: int, specials: int, others: Ints) -> Weights:
    """Sets to zero, in place, the weights of what cannot follow: of the unknown word; right after the end of a sentence
    or of a paragraph, of the end of a sentence; anywhere but after the end of a sentence, of that of a paragraph; and
    of other words, by their ids (n,). If nothing is left, all words that may follow weigh the same.
    """
    y[UNK] = 0
    if previous < specials:
        y[EOS] = 0
    if previous != EOS:
        y[PAR:specials] = 0
    if len(others):
        y[others] = 0
    if not y.any():
        y[specials:] = 1
        y[others] = 0
    return y


class Draft:
    """A text that is being written, and what limits its next word.

    previous    the id after which it goes on
    specials    how many ids, the first ones, are no words
    blocked     ids (n,) of words that are not written
    repetition  how far the text may repeat itself
    given       its words so far
    coiner      chooses which word each unknown word is; None: there are none
    """

    def __init__(
        self,
        previous: int,
        specials: int,
        blocked: Ints,
        repetition: Repetition,
        given: Iterable[Word] = (),
        coiner: Coiner | None = None,
    ) -> None:
        self._previous, self._specials, self._blocked, self._coiner = previous, specials, blocked, coiner
        self._written = Written(repetition, given) if repetition.limits else None
        self.words = self.sentences = 0  # that were added to what is given

    def choose(self, y: Weights, total: float, sampler: Sampler, rng: np.random.Generator) -> Word | None:
        """Chooses and adds the next id, by weights y (V,) of a sum `total`, which are used up, or a word outside the
        vocabulary; None: there is none.
        """
        never = self._blocked
        if self._written:
            self._written.penalize(y, total)
            never = np.append(never, np.array(self._written.repeating(), np.intp))
        p = float(y[UNK]) / total if self._coiner and sampler.temperature else 0.0
        forbid(y, self._previous, self._specials, never)
        if p:
            y[UNK] = p * total
            if sampler(y, rng) == UNK and (new := self._coined(p, rng)):
                return self._added(new)
            y[UNK] = 0
        if len(never) and not y.any():
            return None
        return self._added(sampler(y, rng))

    def _coined(self, p: float, rng: np.random.Generator) -> str | None:
        """Returns a word outside the vocabulary, whose words have the probability p together; None: there is none."""
        assert self._coiner
        coiner = self._coiner

        def fits(word: str) -> bool:
            return not self._written or self._written.allows(word, lambda: p * coiner.share(word), rng)

        return coiner.coin(partial(draw, rng=rng), fits)

    def _added(self, word: Word) -> Word:
        if isinstance(word, str) or word >= self._specials:
            self.words += 1
            if self._written:
                self._written.add(self._coiner.fold(word) if self._coiner and isinstance(word, str) else word)
        self.sentences += word == EOS
        self._previous = self._specials if isinstance(word, str) else word  # after any word the same may come
        return word


def continuation(
    predictor: Predictor, state: State, draft: Draft, sampler: Sampler, rng: np.random.Generator
) -> Iterator[Word]:
    """Yields ids, and words outside the vocabulary, each chosen from the distribution after all before, while there are
    words to choose from; the state (1, ...) is that after the draft.
    """
    while True:
        (y,), (total,) = predictor.weights(state)
        i = draft.choose(y, total, sampler, rng)
        if i is None:
            return
        yield i
        state = read(predictor, state, [id_of(i)])


def id_of(word: Word) -> int:
    """Returns the id by which a word is read."""
    return UNK if isinstance(word, str) else word


def continuations(
    predictor: Predictor,
    states: State,
    drafts: Sequence[Draft],
    sampler: Sampler,
    rngs: Sequence[np.random.Generator],
    ends: Callable[[int, int], bool],
) -> list[list[Word]]:
    """Returns n texts, written side by side, each as `continuation` writes it.

    states  (n, ...) after the drafts
    rngs    one generator a text
    ends    tells, from a text's numbers of words and of sentence ends, whether the text ends there
    """
    texts: list[list[Word]] = [[] for _ in rngs]
    unfinished = [n for n in range(len(texts)) if not ends(0, 0)]
    states = rows(states, unfinished)
    while unfinished:
        left, last = [], np.full((1, len(unfinished)), EOS)  # rows of the texts that go on, and what each row reads
        for row, (n, y, total) in enumerate(zip(unfinished, *predictor.weights(states), strict=True)):
            i = drafts[n].choose(y, total, sampler, rngs[n])
            if i is None:
                continue
            texts[n].append(i)
            last[0, row] = id_of(i)
            if not ends(drafts[n].words, drafts[n].sentences):
                left.append(row)
        states = rows(rows(predictor.read(states, last), -1), left)
        unfinished = [unfinished[row] for row in left]
    return texts
