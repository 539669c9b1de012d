"""Adds the n-grams of two texts, for what counting one text after the other would give.

The counts of the longest n-grams, and of those that begin a sentence, are occurrences, and add up. The count of another
n-gram is the number of different words before it: that of both texts, less the words that stand before it in both. The
longer n-grams, of a word and the n-gram, that both texts have count these. So the sum is exact where no n-gram was left
out. Where some were, a word before an n-gram may count twice, and what was left out stays lost.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .counting import Counted, counts_of_counts, least_occurrences, occurrences_of, without_rare
from .disk import smallest
from .ngrams import EOS, NONE, Level, Ngrams
from .smoothing import discounts

# Bytes that merging takes at most, for each n-gram of both texts. Halves of Penn Treebank take 84 with order 5, random
# words 58 with order 2.
MERGING_BYTES = 100

Longs = NDArray[np.int64]


class Merged(NamedTuple):
    """The n-grams of one length n >= 2 of both texts, sorted."""

    level: Level
    parents: Longs  # (m,) the number of the first n - 1 words of each
    suffixes: Longs  # (m,) the number of the last n - 1 words of each, or NONE
    begins: NDArray[np.bool_]  # (m,) whether it begins a sentence


def merged(first: Ngrams, second: Ngrams, most: int) -> Ngrams:
    """Adds the n-grams of two texts, of one order, and keeps at most `most`.

    The first may have fewer words than the second, whose first words these are. Of a length of which n-grams were left
    out before, whose counts would decide on the discounts, these are the mean of both texts', by their counts.
    """
    texts = of_words(first, second.vocabulary_size), second
    singles = texts[0].counts + second.counts
    levels = _both(*texts, singles)
    D = [discounts(counts_of_counts(singles))]
    for n, (level, *_) in enumerate(levels):
        if level.lost.any():
            sizes = [some.counts.sum() + some.lost.sum() for some in (text.levels[n] for text in texts)]
            D.append(np.average([text.discounts[n + 1] for text in texts], axis=0, weights=sizes))
        else:
            D.append(discounts(counts_of_counts(level.counts)))
    return Ngrams(singles, _kept(levels, most), np.array(D))


def of_words(ngrams: Ngrams, V: int) -> Ngrams:
    """Returns n-grams for a vocabulary of V words, the last of which are in none."""
    pairs, new = ngrams.levels[0], (0, V - ngrams.vocabulary_size)
    lost = np.pad(pairs.lost, new) if len(pairs.lost) else pairs.lost
    pairs = replace(pairs, followers=np.pad(pairs.followers, new), lost=lost)
    return Ngrams(np.pad(ngrams.counts, new), (pairs, *ngrams.levels[1:]), ngrams.discounts)


def _both(first: Ngrams, second: Ngrams, singles: Longs) -> list[Merged]:
    """Returns the n-grams of two texts for n = 2, 3, ...; of `singles` (V,), the sums of both texts' counts of single
    words, it takes in place what stands before these in both.
    """
    V, result = len(singles), list[Merged]()
    numbers = [np.arange(V)] * 2  # of each text's (n-1)-grams, among those of both
    counts = singles  # of the (n-1)-grams
    for pair in zip(first.levels, second.levels, strict=True):
        keys = [np.repeat(of, level.followers) * V + level.words for of, level in zip(numbers, pair, strict=True)]
        lost = np.zeros(len(counts), np.int64)
        for level, of in zip(pair, numbers, strict=True):
            lost[of] += level.lost if len(level.lost) else 0
        both = np.union1d(*keys)
        numbers = [np.searchsorted(both, key) for key in keys]
        parents, words = np.divmod(both, V)
        if result:
            shorter = result[-1]
            suffixes, begins = shorter.level.find(shorter.suffixes[parents], words), shorter.begins[parents]
        else:
            suffixes, begins = words, parents == EOS
        in_both = np.bincount(np.concatenate(numbers), minlength=len(both)) == 2
        counts -= np.bincount(suffixes[in_both & (suffixes != NONE)], minlength=len(counts))
        counts = np.zeros(len(both), np.int64)
        for level, of in zip(pair, numbers, strict=True):
            counts[of] += level.counts
        followers = np.bincount(parents, minlength=len(lost))
        result.append(Merged(Level(words, counts, followers, lost), parents, suffixes, begins))
    return result


def _kept(levels: Sequence[Merged], most: int) -> tuple[Level, ...]:
    """Returns the n-grams without the rarest, so that at most `most` are left."""
    occurrences = _occurrences(levels)
    least = least_occurrences([occurrences_of(some) for some in occurrences], most)
    counted = [
        Counted(level.words, level.counts, some, level.followers)
        for (level, *_), some in zip(levels, occurrences, strict=True)
    ]
    result, are_parents_kept = list[Level](), np.ones(len(levels[0].level.lost), np.bool_)
    for kept, (level, *_), some, enough in zip(without_rare(counted, least), levels, occurrences, least, strict=True):
        lost = kept.lost + level.lost[are_parents_kept]
        are_parents_kept = some >= enough
        lost = lost if lost.any() else lost[:0]
        result.append(Level(*map(smallest, (kept.words, kept.counts, kept.followers, lost))))
    return tuple(result)


def _occurrences(levels: Sequence[Merged]) -> list[Longs]:
    """Returns how often each n-gram occurs, for n = 2, 3, ...; at least, where longer ones were left out: never less
    often than an n-gram that it is the beginning or the end of.
    """
    result: list[Longs] = [levels[-1].level.counts.astype(np.int64)]
    for shorter, longer in zip(levels[-2::-1], levels[:0:-1], strict=True):
        occurrences = shorter.level.counts.astype(np.int64)
        known = longer.suffixes != NONE
        before = np.bincount(longer.suffixes[known], result[0][known], len(occurrences)).astype(np.int64)
        np.maximum(occurrences, before, out=occurrences, where=~shorter.begins)
        np.maximum.at(occurrences, longer.parents, result[0])
        result.insert(0, occurrences)
    return result
