"""The likeliest words that begin with a prefix, by a speller: a search for the best first (Dijkstra 1959)."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import count
from math import exp, inf, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..text.hangul import readings
from .speller import END_OF_WORD, FIRST_CHARACTER, OTHER, Speller

BEGINNINGS_AT_ONCE = 16
MAX_BEGINNINGS = 48  # gone on with in a search
MAX_KEPT = 20_000  # beginnings, and places, that are kept for later searches: some 10 MB
LEAST_CHARACTER = 0.01  # probability of a character that a search goes on with


class Place:
    """A place in a word: what is before it, as far as it tells what comes next, and how words go on, likeliest first.

    state  (n,) of the speller's counts
    ways   -log P, the character and the place after it, of each character of at least LEAST_CHARACTER, and of the end
           of the word, "" and None; None: not looked up yet
    """

    __slots__ = ("state", "ways")

    def __init__(self, state: NDArray[np.int64]) -> None:
        self.state = state
        self.ways: list[tuple[float, str, Place | None]] | None = None


class Beginning(NamedTuple):
    """The beginning of a word, or a whole word; ordered by likelihood."""

    nats: float  # -log P
    order: int  # in which they were found
    word: str
    place: Place | None  # after it; None of a whole word


class Search:
    """Searches the words of a speller. What one search has looked up is kept for the next."""

    def __init__(self, speller: Speller) -> None:
        self._speller = speller
        self._begun: dict[str, tuple[float, Place]] = {}  # -log P of beginnings, and the place after each
        self._places: dict[bytes, Place] = {}  # by their states: words share most of them

    def endings(self, prefix: str, k: int, least: float = 0.0, most: int = MAX_BEGINNINGS) -> list[tuple[str, float]]:
        """Returns the k likeliest words that begin with a prefix, one itself perhaps, and -log P of each; fewer if the
        others have less than the probability `least`.

        The search goes on with the likeliest beginnings first, some at a time, and from each to the characters of a
        probability of LEAST_CHARACTER or more. If it ends before it has gone on with `most` beginnings, no other word
        of such characters is likelier; else the words are the likeliest found by then, perhaps too few.
        """
        order, most_nats = count(), -log(least) if least else inf
        begun_so = [Beginning(nats, next(order), typed, place) for typed, (nats, place) in self._beginnings(prefix)]
        heap = sorted(begun for begun in begun_so if begun.nats <= most_nats and self._is_seen(begun.word))
        found = list[tuple[str, float]]()
        while heap and len(found) < k:
            begun: list[Beginning] = []
            while heap and len(begun) < BEGINNINGS_AT_ONCE and (heap[0].place or not begun):
                likeliest = heappop(heap)
                if likeliest.place:
                    begun.append(likeliest)
                    continue
                found.append((unicodedata.normalize("NFC", likeliest.word), likeliest.nats))
                if len(found) == k:
                    return found
            most -= len(begun)
            if most < 0:
                heap = [whole for whole in heap if not whole.place]
                heapify(heap)
                continue
            for longer in self._longer(begun, order, most_nats):
                heappush(heap, longer)
        return found

    def share(self, prefix: str) -> float:
        """Returns the probability of all words that begin with a prefix."""
        return sum(exp(-nats) for _, (nats, _) in self._beginnings(prefix))

    def _is_seen(self, typed: str) -> bool:
        """Tells whether each character is one that words have."""
        return OTHER not in self._speller.ids(typed)

    def _beginnings(self, prefix: str) -> list[tuple[str, tuple[float, Place]]]:
        """Returns the readings of a prefix, decomposed, each with -log P and the place after it."""
        if len(self._places) + len(self._begun) > MAX_KEPT:
            self._begun, self._places = {}, {}  # together, for places lead to places
        found = readings(prefix)
        if new := [typed for typed in found if typed not in self._begun]:
            self._begun |= self._read(new)
        return [(typed, self._begun[typed]) for typed in found]

    def _read(self, new: Sequence[str]) -> dict[str, tuple[float, Place]]:
        """Reads several beginnings side by side; of those that were typed before but for a character, that alone."""
        counts, start = self._speller.counts, (0.0, Place(self._start))
        before = [self._begun.get(typed[:-1]) for typed in new]
        left = [typed[-1:] if its else typed for typed, its in zip(new, before, strict=True)]
        rest, begun = list(map(self._speller.ids, left)), [its or start for its in before]
        x = np.zeros((max(map(len, rest)), len(new)), np.int32)
        for n, ids in enumerate(rest):
            x[: len(ids), n] = ids
        (states,) = counts.read((np.stack([place.state for _, place in begun]),), x)
        is_read = np.arange(len(x))[:, None] < [len(ids) for ids in rest]
        nats = np.zeros(x.shape)
        nats[is_read] = counts.surprisal((states[:-1][is_read],), x[is_read])
        costs = nats.sum(0) + [self._speller.unseen_nats(typed) for typed in left]
        last = states[[len(ids) for ids in rest], range(len(new))]
        return {
            typed: (its[0] + float(cost), self._place(state))
            for typed, its, cost, state in zip(new, begun, costs, last, strict=True)
        }

    @cached_property
    def _start(self) -> NDArray[np.int64]:
        """The state of the counts before the first character of a word."""
        counts = self._speller.counts
        state: NDArray[np.int64] = counts.read(counts.start(), np.array([[END_OF_WORD]], np.int32))[0][-1, 0]
        return state

    def _place(self, state: NDArray[np.int64]) -> Place:
        return self._places.setdefault(state.tobytes(), Place(state))

    def _longer(self, begun: Sequence[Beginning], order: Iterator[int], most_nats: float) -> Iterator[Beginning]:
        """Yields what beginnings of words may go on with, or whole words where they may end, if -log P is no more than
        `most_nats`.
        """
        places = [beginning.place for beginning in begun if beginning.place]
        for beginning, ways in zip(begun, self._ways(places), strict=True):
            for nats, character, place in ways:
                if beginning.nats + nats > most_nats:
                    break
                yield Beginning(beginning.nats + nats, next(order), beginning.word + character, place)

    def _ways(self, places: Sequence[Place]) -> list[list[tuple[float, str, Place | None]]]:
        """Returns how words go on at some places, which are looked up together where they were not before."""
        new = list(dict.fromkeys(place for place in places if place.ways is None))
        if new:
            counts, before = self._speller.counts, np.stack([place.state for place in new])
            y = counts.next((before,))
            y[:, OTHER] = 0
            each, likely = np.nonzero(y >= LEAST_CHARACTER)
            sorting = np.lexsort((-y[each, likely], each))
            each, likely = each[sorting], likely[sorting]
            after = counts.read((before[each],), likely[None].astype(np.int32))[0][1]
            ways: list[list[tuple[float, str, Place | None]]] = [[] for _ in new]
            for n, i, nats, state in zip(each.tolist(), likely.tolist(), -np.log(y[each, likely]), after, strict=True):
                if i == END_OF_WORD:
                    ways[n].append((float(nats), "", None))
                else:
                    character = self._speller.characters[i - FIRST_CHARACTER]
                    ways[n].append((float(nats), character, self._place(state)))
            for place, its in zip(new, ways, strict=True):
                place.ways = its
        return [place.ways or [] for place in places]
