"""Surprisal, rank and confidence of each word of a text, by any predictor. Always over the whole vocabulary."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import blocks
from ..network.softmax import rows_at_a_time
from ..network.threads import Run
from ..predictor import Floats, Ints, Predictor, State, nats, rows, surprisal_by_weights
from ..text.alphabet import Alphabet
from ..text.vocabulary import EOS, UNK
from .keystrokes import letters_typed

EVALUATED_WORDS = 2400  # read before their surprisals are yielded


class Surprisals(NamedTuple):
    """Surprisal, rank and confidence of the words of a stretch of text."""

    ids: Ints  # (n,)
    nats: NDArray[np.float64]  # (n,)  -log P(word)
    rank: Ints  # (n,)  place among the words that predict offers, from 1; 0 for special words
    confidence: Floats  # (n,)  probability of the likeliest of all words
    is_likeliest: NDArray[np.bool_]  # (n,)  whether the word is the likeliest of all
    unknown: Floats  # (n,)  probability of the unknown word
    letters: Ints | None = None  # (n,)  of the word; 0 for EOS and UNK; None without an alphabet
    typed: Ints | None = None  # (n,)  letters typed before the word is suggested
    apart: Mapping[str, NDArray[np.float64]] = {}  # -log P(word) (n,) of each part of a mixture that has a name


def surprisals(
    predictor: Predictor,
    stream: Iterable[Ints],
    specials: int,
    run: Run = map,
    alphabet: Alphabet | None = None,
) -> Iterator[Surprisals]:
    """Reads a stream of ids as one text, the state carried from the first word to the last.

    The first id, EOS, is read but not predicted. Blocks of the stream may have any length. With an alphabet, the
    letters of each word that have to be typed are counted, too. The first `specials` words of the vocabulary are never
    offered: they have no rank.
    """
    for after, d in states_before(predictor, stream):
        yield _compare(predictor, after, d, specials, run, alphabet)


def surprisals_apart(
    predictor: Predictor,
    items: Iterable[Ints],
    specials: int,
    run: Run = map,
    alphabet: Alphabet | None = None,
) -> Iterator[Surprisals]:
    """Reads each of some items, (n,) ids without an EOS before them, as a text of its own, from the blank state.

    What was read is compared in batches of about EVALUATED_WORDS words, whichever items they are of.
    """
    start = np.array([EOS], np.int32)
    batch: list[tuple[State, Ints]] = []
    for part in chain.from_iterable(states_before(predictor, (start, ids)) for ids in items):
        batch.append(part)
        if sum(len(d) for _, d in batch) >= EVALUATED_WORDS:
            yield _compare(predictor, *_joined(batch), specials, run, alphabet)
            batch = []
    if batch:
        yield _compare(predictor, *_joined(batch), specials, run, alphabet)


def states_before(predictor: Predictor, stream: Iterable[Ints]) -> Iterator[tuple[State, Ints]]:
    """Reads a stream that begins with EOS; yields states (n, 1, ...) and the words (n,) that came next, one after each
    state, in batches of at most EVALUATED_WORDS.
    """
    state = predictor.start()
    rest: Ints = np.zeros(0, np.int32)
    for block in stream:
        rest = np.concatenate((rest, block))
        while len(rest) > EVALUATED_WORDS:
            states = predictor.read(state, rest[:EVALUATED_WORDS, None])
            state = rows(states, -1)
            yield rows(states, slice(1, None)), rest[1 : EVALUATED_WORDS + 1]
            rest = rest[EVALUATED_WORDS:]
    if len(rest) > 1:
        yield rows(predictor.read(state, rest[:-1, None]), slice(1, None)), rest[1:]


def _joined(batch: list[tuple[State, Ints]]) -> tuple[State, Ints]:
    """Joins what was read of several items."""
    states, words = zip(*batch, strict=True)
    return tuple(map(np.concatenate, zip(*states, strict=True))), np.concatenate(words)


def _compare(
    predictor: Predictor, states: State, d: Ints, specials: int, run: Run, alphabet: Alphabet | None
) -> Surprisals:
    """Compares the words d (n,) with what is predicted from states (n, 1, ...), one before each word."""
    after = rows(states, (slice(None), 0))

    def part(some: slice) -> tuple[Any, ...]:
        state, words = rows(after, some), d[some]
        e, Z, apart = predictor.weights_and_parts(state, words)
        cost = surprisal_by_weights(predictor, state, words, e, Z)
        return apart, (cost, *_places(e, Z, words, specials, alphabet))

    some_rows = blocks(len(d), rows_at_a_time(predictor.vocabulary_size))
    aparts, parts = zip(*run(part, some_rows), strict=True)
    apart = {name: np.concatenate([some[name] for some in aparts]) for name in aparts[0]}
    columns: list[Any] = [np.concatenate(some) for some in zip(*parts, strict=True)]
    return Surprisals(d, *columns)._replace(apart=apart)


def compare(y: NDArray[np.float64], d: Ints, specials: int, alphabet: Alphabet | None = None) -> Surprisals:
    """Compares the words d (n,) with the distributions y (n, V) that were predicted for them."""
    return Surprisals(d, nats(y, d), *_places(y, np.ones(len(d)), d, specials, alphabet))


def _places(e: Floats, Z: NDArray[np.float64], d: Ints, specials: int, alphabet: Alphabet | None) -> tuple[Any, ...]:
    """Returns rank, confidence and so on of the words d (n,), all words having weights e (n, V) of sum Z (n,)."""
    own, best = e[np.arange(len(e)), d], e.max(1)
    likelier = e > own[:, None]
    before = np.fromiter(map(np.count_nonzero, likelier[:, specials:]), np.int64, len(d))  # axis=1 is slower
    places = np.where(d < specials, 0, 1 + before), best / Z, best == own, e[:, UNK] / Z
    return places if alphabet is None else (*places, *letters_typed(likelier, d, alphabet))
