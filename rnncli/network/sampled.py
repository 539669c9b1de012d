"""Samples of words that stand for the whole vocabulary in the softmax while training."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .parameters import Floats, Ints

SAMPLED_WORDS = 1000  # that are drawn, the text's own words not counted
SAMPLING_POWER = 0.5  # of a word's count, in proportion to which the word is drawn


class Sample(NamedTuple):
    """Words that stand for the whole vocabulary."""

    words: Ints  # (n,)  rising
    raised: Floats  # (n,)  added to their scores: the log of how many words each stands for


class Sampler:
    """Draws words for a softmax that is exact where most of the mass is and estimated elsewhere.

    A word is drawn with a probability in proportion to its count to the power of SAMPLING_POWER, or surely where that
    is one or more, and stands for one over that probability of words (importance weights: Bengio & Senécal 2003; the
    draw is systematic, so that likely and unlikely words all have their share each time: Madow 1949). The words of the
    text itself are always in, each for itself alone.

    Unbiased, over draws: the estimate of Z, and of every sum over the vocabulary. Not unbiased: log Z and 1/Z, hence
    the loss and its gradient, by an amount that falls with the variance of Z; when all words are drawn they are exact.
    """

    def __init__(self, counts: Sequence[int], size: int = SAMPLED_WORDS) -> None:
        """Prepares draws of about `size` words, the text's own words not counted, by the words' counts (V,)."""
        weight = (np.array(counts) + 1.0) ** SAMPLING_POWER
        falling = np.sort(weight)[::-1]
        size = min(size, len(weight))
        factors = (size - np.arange(size)) / np.cumsum(falling[::-1])[::-1][:size]  # if so many were sure
        sure = int(np.argmax(factors * falling[:size] < 1)) if (factors * falling[:size] < 1).any() else size - 1
        share = np.minimum(1, factors[sure] * weight)
        self._sure, self._rest = np.flatnonzero(share >= 1), np.flatnonzero(share < 1)
        self._places = np.cumsum(share[self._rest])
        self._raised = -np.log(share)

    def draw(self, d: Ints, rng: np.random.Generator) -> Sample | None:
        """Draws the words for a chunk whose next words are d, of any shape; None where all words would be drawn."""
        if not len(self._rest):
            return None
        drawn = self._rest[np.searchsorted(self._places, np.arange(rng.random(), self._places[-1]), side="right")]
        own = np.unique(d)
        words = np.unique(np.concatenate((self._sure, drawn, own)))
        raised = self._raised[words]
        raised[np.searchsorted(words, own)] = 0
        return Sample(words, raised)
