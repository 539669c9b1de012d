"""Teaches the unknown word, also to a network whose text has none: in each reading some words are unknown somewhere.

Whoever reads a text for the first time knows none of its words; how many words a text of that length introduces tells
how many the next text will (Good 1953; method C of Witten & Bell 1991). So where a vocabulary holds nearly all words of
its text, about every second word is read, and asked for, as UNK in one place, another one in each reading; where words
are frequent, each in about two places. The words stay in the vocabulary, and those that occur once are learned too, in
the other readings.
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Ints
from ..text.spool import Spool
from ..text.vocabulary import UNK

# Unknown words a reading, over the words of the vocabulary. About half of the words of a text occur once, so this many
# are what a --min-count of 2 leaves out. Validation perplexity with 0, 1/4, 1/2, 1: 5 KB of fables 50.3, 29.4, 28.3,
# 33.5; 5 KB of GPL-3 144, 37.6, 33.5, 32.7; 10 KB 109, 47.6, 42.7, 47.0; 5 KB of Perl's messages 28.2, 15.2, 14.7,
# 17.3.
UNKNOWN_PER_WORD = 0.5

# Where words are frequent, so few teach too little. 150 times two sentences of 10 distinct words, seeds 1 to 3: with
# 1/2, 1, 2 a word an unknown one costs 13.5 to 16.3, 8.2 to 11.3, 6.3 to 8.4 bits; validation perplexity 1.08, 1.09,
# 1.09.
UNKNOWN_PER_FREQUENT_WORD = 2.0
FREQUENT_OCCURRENCES = 250  # of each word, in the mean
MAX_PLACES = 64  # of a word, among which the unknown one of a reading is drawn


def share_unknown(counts: Sequence[int], specials: int) -> float:
    """Returns how many words are unknown in a reading, over the words of the vocabulary: none if the text has enough.

    counts    (V,)  how often each word of the vocabulary occurs in the text
    specials  how many words, the first ones, are no words of the text
    The text's own unknown words count one by one, and not as often as they occur: one that occurs a hundred times
    teaches where that word stands, not where any word may. They are rarer than the words of the vocabulary, so there
    are at least as many as their occurrences over the highest count that they can have.
    """
    occurrences = [count for count in counts[specials:] if count > 0]
    if not occurrences:
        return 0.0
    words, mean = len(occurrences), sum(occurrences) / len(occurrences)
    own = counts[UNK] / max(1, min(occurrences) - 1)
    wanted = max(UNKNOWN_PER_WORD, UNKNOWN_PER_FREQUENT_WORD * min(1, mean / FREQUENT_OCCURRENCES))
    return max(0.0, wanted - own / words)


def counts_as_read(counts: Sequence[int], specials: int) -> list[int]:
    """Returns how often each word is read in a reading, on average: UNK as often as it is taught."""
    taught = round(share_unknown(counts, specials) * sum(count > 0 for count in counts[specials:]))
    return [count + taught * (i == UNK) for i, count in enumerate(counts)]


class Text:
    """A stream of ids to learn from, in which other words are unknown at each reading."""

    def __init__(self, ids: Spool, counts: Sequence[int], specials: int, seed: int) -> None:
        self._ids, self._seed = ids, seed
        self._places: Ints = np.zeros(0, np.int64)
        self._odds: NDArray[np.float64] = np.zeros(0)
        if share := share_unknown(counts, specials):
            self._places, words = candidates(ids, counts, specials, np.random.default_rng(seed))
            odds = share / np.minimum(np.array(counts)[words], MAX_PLACES)
            self._odds = np.minimum(odds, UNKNOWN_PER_WORD)  # so that rare words are learned, too

    def reading(self, number: int) -> "Reading":
        """Returns the text as it is read the n-th time, from 0; equal numbers give equal readings."""
        rng = np.random.default_rng([self._seed, 1 + number])  # [seed, 0] is as seed alone, by which places are drawn
        return Reading(self._ids, self._places[rng.random(len(self._places)) < self._odds])


class Reading:
    """A stream of ids, with UNK at some places."""

    def __init__(self, ids: Spool, unknown: Ints) -> None:
        self._ids = ids
        self._unknown = unknown  # places, rising

    def __len__(self) -> int:
        return len(self._ids)

    def read(self, start: int, stop: int) -> Ints:
        """Returns ids[start:stop] as a slice would."""
        ids = self._ids.read(start, stop)
        first, last = np.searchsorted(self._unknown, (start, stop))
        if first < last:
            ids = ids.copy()
            ids[self._unknown[first:last] - start] = UNK
        return ids


def candidates(ids: Spool, counts: Sequence[int], specials: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Draws places of a stream: of each word, the `specials` left out, all places or, on average, MAX_PLACES of more.

    Returns the places, rising, and the words there.
    """
    kept = np.minimum(1.0, MAX_PLACES / np.maximum(1.0, counts))
    kept[:specials] = 0
    places, words, at = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)], 0
    for block in ids.blocks(0, len(ids)):
        drawn = np.flatnonzero(rng.random(len(block)) < kept[block])
        places.append(at + drawn)
        words.append(block[drawn])
        at += len(block)
    return np.concatenate(places), np.concatenate(words)


def with_unknown(ids: Ints, share: float, taught: float, specials: int) -> Ints:
    """Returns a text (n,) in which UNK stands in place of words, evenly spaced.

    share   of the ids that are UNK then, at least
    taught  share of the ids that are replaced, at least, however many are UNK: words of the vocabulary
    """
    lacking = max(ceil(share * len(ids)) - int(np.count_nonzero(ids == UNK)), ceil(taught * len(ids)))
    words = np.flatnonzero(ids >= specials)
    replaced = min(lacking, len(words))
    if replaced <= 0:
        return ids
    ids = ids.copy()
    ids[words[(2 * np.arange(replaced) + 1) * len(words) // (2 * replaced)]] = UNK
    return ids
