"""Counts the n-grams of a text by sorting, in memory that does not grow with the text.

N-grams are sorted by their first word, then by their second, and so on. Those that begin with some range of words are
counted at a time, as many as the memory allows: a part. Where more than that begin with one pair of words, such as "."
and the end of a sentence, equal ones are kept once, with how often they occur. What part after part gives stands in
order. It waits on disk until all is counted, for only then is it known how many n-grams must be left out.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .disk import DEFAULT_MEMORY, places_at_a_time, read_numbers, smallest, write_numbers
from .ngrams import EOS, Level, Ngrams
from .smoothing import discounts
from .windows import NOTHING, Text, Windows, part_bounds, part_windows, sort_windows

MAX_LEAST = 1000  # occurrences up to which n-grams are told apart when some must be left out

Longs = NDArray[np.int64]


class Counted(NamedTuple):
    """The n-grams of one length n >= 2 of a part, sorted."""

    words: NDArray[Any]  # (m,) the last word of each
    counts: NDArray[Any]  # (m,) as in `ngrams.Level`
    occurrences: NDArray[Any]  # (m,) how often each occurs
    followers: NDArray[Any]  # (k,) how many begin with each of the part's (n-1)-grams; of n = 2: with each word


def count(
    text: Text,
    vocabulary_size: int,
    order: int,
    scratch: Callable[[], BinaryIO],
    *,
    most: int,
    memory: int = DEFAULT_MEMORY,
) -> Ngrams:
    """Counts the n-grams of a text for n = 1, ..., order, and keeps at most `most` of those of n >= 2.

    scratch  gives a new file
    memory   bytes that counting takes at most, beside what it returns and a few numbers for each word; more only where
             more different n-grams than fit begin with one pair of words

    Those that occur once are left out first, of the longest n-grams, then of shorter ones; then those that occur twice.
    The text has EOS at its end.
    """
    V, parts = vocabulary_size, 0
    singles, tallies = np.zeros(V, np.int64), [Tally() for _ in range(order - 1)]
    kept: list[list[Level]] = [[] for _ in tallies]
    with scratch() as disk:
        most_places = places_at_a_time(order, memory)
        for low, high in part_bounds(text, V, most_places):
            counted = count_part(part_windows(text, V, order, low, high, most_places), V)
            singles += np.bincount(counted[0].words, minlength=V)
            for level, tally in zip(counted, tallies, strict=True):
                tally.add(level)
                for array in level:
                    write_numbers(disk, array)
            parts += 1
        least = least_occurrences([tally.occurrences for tally in tallies], most)
        disk.seek(0)
        for _ in range(parts):
            counted = [Counted(*(read_numbers(disk) for _ in Counted._fields)) for _ in tallies]
            for of_length, some in zip(kept, without_rare(counted, least), strict=True):
                of_length.append(some)
    levels = tuple(_together(of_length, of_words=n == 0) for n, of_length in enumerate(kept))
    of_counts = [counts_of_counts(singles), *(tally.counts for tally in tallies)]
    return Ngrams(singles, levels, np.array([discounts(some) for some in of_counts]))


class Tally:
    """How many of the n-grams of one length occur 1, 2, ... times, and have a count of 1, 2, 3, 4."""

    def __init__(self) -> None:
        self.occurrences, self.counts = np.zeros(MAX_LEAST + 1, np.int64), np.zeros(4, np.int64)

    def add(self, level: Counted) -> None:
        """Adds n-grams."""
        self.occurrences += occurrences_of(level.occurrences)
        self.counts += counts_of_counts(level.counts)


def occurrences_of(occurrences: NDArray[Any]) -> Longs:
    """Returns how many n-grams occur 0, 1, 2, ... times, (MAX_LEAST + 1,); the last: so often or more."""
    return np.bincount(np.minimum(occurrences, MAX_LEAST), minlength=MAX_LEAST + 1)


def counts_of_counts(counts: NDArray[Any]) -> Longs:
    """Returns how many counts are 1, 2, 3, and 4."""
    return np.bincount(np.minimum(counts, 5), minlength=5)[1:5]


def least_occurrences(occurrences: Sequence[Longs], most: int) -> list[int]:
    """Returns how often an n-gram of each length n = 2, 3, ... must occur to be kept, so that at most `most` are.

    occurrences  of each length (MAX_LEAST + 1,): how many occur 0, 1, 2, ... times; the last: so often or more
    """
    least = [1] * len(occurrences)
    for threshold in range(2, MAX_LEAST + 1):
        for n in range(len(least) - 1, -1, -1):
            if sum(int(of_length[at:].sum()) for of_length, at in zip(occurrences, least, strict=True)) <= most:
                return least
            least[n] = threshold
    return least


def without_rare(levels: Sequence[Counted], least: Sequence[int]) -> list[Level]:
    """Returns the n-grams that occur often enough. One is kept only where its first n - 1 words are."""
    result, are_parents_kept = [], None
    for level, enough in zip(levels, least, strict=True):
        is_kept = level.occurrences >= enough
        ends = np.cumsum(level.followers, dtype=np.int64)
        followers, lost = (_sums(array, ends) for array in (is_kept, np.where(is_kept, 0, level.counts)))
        if are_parents_kept is not None:
            followers, lost = followers[are_parents_kept], lost[are_parents_kept]
        result.append(Level(level.words[is_kept], level.counts[is_kept], followers, lost))
        are_parents_kept = is_kept
    return result


def _sums(values: NDArray[Any], ends: Longs) -> Longs:
    """Returns the sums of values (m,) in runs that end before each of `ends` (k,)."""
    until = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))[ends]
    return np.diff(until, prepend=0)


def _together(parts: Sequence[Level], of_words: bool) -> Level:
    """Joins the n-grams of one length from all parts; `of_words`: those of n = 2, whose first words every part has."""
    words, counts, followers, lost = zip(*((p.words, p.counts, p.followers, p.lost) for p in parts), strict=True)
    join = (lambda arrays: np.sum(arrays, axis=0)) if of_words else np.concatenate
    all_lost = join(lost)
    return Level(
        smallest(np.concatenate(words)),
        smallest(np.concatenate(counts)),
        smallest(join(followers)),
        smallest(all_lost if all_lost.any() else all_lost[:0]),
    )


def count_part(part: Windows, V: int) -> list[Counted]:
    """Counts the n-grams, n = 2, 3, ..., at places of a text. What has the same first two words is in one part."""
    order = sort_windows(list(part.words), V)
    first, before = part.words[0][order], part.before[order]
    places = np.concatenate(([0], np.cumsum(part.places[order])))  # before each
    new = np.ones(len(order), bool)  # whether an n-gram begins that differs from the one before
    new[1:] = first[1:] != first[:-1]
    number, contexts = first.astype(np.int64) - 1, V  # of the (n-1)-gram at each place, and how many there are
    levels = []
    for n, words in enumerate(part.words[1:], 2):
        words = words[order]
        new[1:] |= words[1:] != words[:-1]
        is_there = words != NOTHING
        starts = np.flatnonzero(new)
        occurrences = np.diff(places[starts], append=places[-1])
        kept = is_there[starts]
        starts, occurrences = starts[kept], occurrences[kept]
        followers = np.bincount(number[starts], minlength=contexts)
        number = np.where(is_there, np.cumsum(new & is_there) - 1, -1)
        counts = occurrences
        if n < len(part.words):
            counts = np.where(
                first[starts] == EOS + 1, occurrences, _distinct(number[is_there], before[is_there], len(starts), V)
            )
        levels.append(Counted(words[starts] - 1, counts, occurrences, followers))
        contexts = len(starts)
    return levels


def _distinct(numbers: Longs, before: NDArray[np.int32], n: int, V: int) -> Longs:
    """Returns how many different words stand before each of n n-grams, from number and word (m,) at each place."""
    bits = V.bit_length()
    pairs = np.sort((numbers << bits) | before)
    return np.bincount(pairs[np.flatnonzero(np.diff(pairs, prepend=-1))] >> bits, minlength=n)
