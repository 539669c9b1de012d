"""Teaches the unknown word, also to a network whose text has none: in each reading some words are unknown somewhere.

Whoever reads a text for the first time knows none of its words; how many words a text of that length introduces tells
how many the next text will (Good 1953; method C of Witten & Bell 1991). So where a vocabulary holds nearly all words of
its text, about every second word is read, and asked for, as UNK in one place, another one in each reading. The words
stay in the vocabulary, and those that occur once are learned too, in the other readings.
"""

from collections.abc import Sequence

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
MAX_PLACES = 64  # of a word, among which the unknown one of a reading is drawn


def share_unknown(counts: Sequence[int], specials: int) -> float:
    """Returns the share of the words that are unknown once in a reading: none if the text has enough of UNK.

    counts    (V,)  how often each word of the vocabulary occurs in the text
    specials  how many words, the first ones, are no words of the text
    """
    words = sum(count > 0 for count in counts[specials:])
    return max(0.0, UNKNOWN_PER_WORD - counts[UNK] / words) if words else 0.0


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
            self._odds = share / np.minimum(np.array(counts)[words], MAX_PLACES)

    def reading(self, number: int) -> "Reading":
        """Returns the text as it is read the n-th time, from 0; equal numbers give equal readings."""
        rng = np.random.default_rng([self._seed, number])
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


def with_unknown(ids: Ints, share: float, specials: int) -> Ints:
    """Returns a text (n,) in which at least a share of the ids is UNK: if less, every so manyth id is replaced."""
    lacking = share - float(np.mean(ids == UNK))
    if lacking <= 0:
        return ids
    ids = ids.copy()
    places = np.arange(1, len(ids), max(1, round(1 / lacking)))
    ids[places[ids[places] >= specials]] = UNK
    return ids
