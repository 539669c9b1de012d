"""The places of a text whose n-grams are counted at a time: each a window of the words from the place on."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .ngrams import EOS

KEY_BITS = 63  # of an int64 that is not negative
NOTHING = 0  # in windows, whose words are ids plus 1: the sentence has ended

Longs = NDArray[np.int64]


class Text(Protocol):
    """Ids that are read in blocks: one stream that begins with EOS and has one after each sentence."""

    def __len__(self) -> int: ...

    def blocks(self, start: int, stop: int) -> Iterator[NDArray[np.int32]]: ...


class Windows(NamedTuple):
    """Places of a text: the words from each on."""

    words: NDArray[np.int32]  # (order, m) ids plus 1 from the place on, NOTHING after the end of the sentence
    before: NDArray[np.int32]  # (m,) the id of the word before the place
    places: NDArray[np.int64]  # (m,) how many places are like that


def part_bounds(text: Text, V: int, places: int) -> Iterator[tuple[int, int]]:
    """Cuts the n-grams into parts of no more than so many places of the text, unless more have two words in common.

    Yields the least and one more than the greatest pair of words of each part. A pair is the first word times V + 1,
    plus the second word plus 1 (plus 0 at the end of the text).
    """
    firsts = np.zeros(V, np.int64)
    for ids in text.blocks(0, len(text)):
        firsts += np.bincount(ids, minlength=V)
    low, filled = 0, 0
    for word in np.flatnonzero(firsts).tolist():
        sizes = [(word * (V + 1), int(firsts[word]))]
        if firsts[word] > places:
            seconds = _seconds(text, V, word)
            sizes = [(word * (V + 1) + second, int(seconds[second])) for second in np.flatnonzero(seconds).tolist()]
        for pair, size in sizes:
            if filled and filled + size > places:
                yield low, pair
                low, filled = pair, 0
            filled += size
    yield low, V * (V + 1)


def _seconds(text: Text, V: int, word: int) -> Longs:
    """Returns how often each word follows a word, (V + 1,), by its id plus 1; first, how often the text ends there."""
    seconds = np.zeros(V + 1, np.int64)
    for ids in _stretches(text, 1):
        seconds += np.bincount(ids[2:][ids[1:-1] == word] + 1, minlength=V + 1)
    return seconds


def _stretches(text: Text, after: int) -> Iterator[NDArray[np.int32]]:
    """Yields a stream in stretches: a word that is not new, the places (n,) that are, and so many words after these.

    The first stretch begins with EOS, the last one ends in -1 for words that there are not.
    """
    held = np.array([EOS], np.int32)
    for ids in chain(text.blocks(0, len(text)), [np.full(after, -1, np.int32)]):
        held = np.concatenate((held, ids))
        if len(held) > after + 1:
            yield held
            held = held[len(held) - after - 1 :]


def part_windows(text: Text, V: int, order: int, low: int, high: int, most: int) -> Windows:
    """Returns the windows of the places whose pair of words is from `low` to below `high` (`part_bounds`); equal ones
    once, where there are more than `most`.
    """
    held, length = list[Windows](), 0
    for ids in _stretches(text, order - 1):
        n = len(ids) - order
        pairs = ids[1 : n + 1] * np.int64(V + 1) + ids[2 : n + 2] + 1
        places = 1 + np.flatnonzero((pairs >= low) & (pairs < high))
        there, some = np.ones(len(places), bool), np.zeros((order, len(places)), np.int32)
        for k, row in enumerate(some):
            word = ids[places + k]
            row[there] = word[there] + 1
            if k:
                there &= (word != EOS) & (word >= 0)
        held.append(Windows(some, ids[places - 1], np.ones(len(places), np.int64)))
        length += len(places)
        if length > most:
            held = [_once(_joined(held), V)]
            length = len(held[0].before)
            most = max(most, 2 * length)  # so that not each further stretch sorts all of them again
    return _joined(held)


def _joined(held: Sequence[Windows]) -> Windows:
    if len(held) == 1:
        return held[0]
    words, before, places = zip(*held, strict=True)
    return Windows(np.concatenate(words, axis=1), np.concatenate(before), np.concatenate(places))


def _once(windows: Windows, V: int) -> Windows:
    """Returns each of the windows that differ once."""
    rows = [*windows.words, windows.before + np.int32(1)]
    order = sort_windows(rows, V)
    new = np.zeros(len(order), bool)
    new[0] = True
    for row in rows:
        new[1:] |= np.diff(row[order]) != 0
    starts = np.flatnonzero(new)
    first = order[starts]
    places = np.add.reduceat(windows.places[order], starts)
    return Windows(windows.words[:, first], windows.before[first], places)


def sort_windows(words: Sequence[NDArray[np.int32]], V: int) -> Longs:
    """Returns the order (m,) that sorts windows, rows (m,) of words, by their first word, then by their second, ...

    As many words as fit make one number to sort by; the rank by these is the beginning of the next number.
    """
    n, m = len(words), len(words[0])
    bits = V.bit_length()
    order, rank, rank_bits, k = np.arange(m), np.zeros(m, np.int64), 0, 0
    while k < n:
        upto = min(n, k + (KEY_BITS - rank_bits) // bits)
        key = rank
        for word in words[k:upto]:
            key = (key << bits) | word[order]
        by_key = np.argsort(key)
        order, key = order[by_key], key[by_key]
        rank = np.concatenate(([0], np.cumsum(key[1:] != key[:-1])))
        rank_bits, k = int(rank[-1]).bit_length(), upto
    return order
