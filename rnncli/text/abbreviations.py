"""Learns from a text which words with a full stop are abbreviations."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .flags import NOTHING_LEARNED, TERMINAL, WORD, Abbreviations, Flag, bare, classify, is_vowelless

MIN_SCORE = 0.3  # of an abbreviation (Kiss & Strunk 2006, section 3.4)
MIN_OCCURRENCES = 2  # of a word with a full stop that is taken for an abbreviation without being vowelless
MAX_LOWER_SHARE = 0.5  # of full stops before lower case; above, a text has no capitals that could tell anything
MIN_NAMES = 2  # after a word's full stop, different ones: a single one may be the first word of a sentence said often
STOP_PROBABILITY = 0.99  # that an abbreviation has its full stop (Kiss & Strunk 2006, section 3.1)
MIN_SINGLE_LETTERS = 5  # occurrences of a letter before what starts no sentence that make a title of it: French "M."
MISSING_STOPS = 0.02  # of an abbreviation's occurrences that are forgiven, as typing errors
OUTSIDE = -1  # the number of a token before or after the text
LONGEST_WORD = 30  # letters, bounds the score's exponent

Ids = NDArray[np.int32]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

ON, NAME, END = range(3)  # what follows a full stop: what starts no sentence, a capital that may not, one that does


class Types(NamedTuple):
    """Written tokens by the word that they are, in lower case and without a blank."""

    words: list[str]
    of_token: NDArray[np.intp]  # (tokens,) the word of each token


def learn(tokens: Sequence[str], blocks: Callable[[], Iterator[Ids]]) -> Abbreviations:
    """Returns what a text teaches about full stops that end no sentence.

    A word is an abbreviation if it is short and mostly has a full stop (Kiss & Strunk 2006, Unsupervised multilingual
    sentence boundary detection), and what follows does not mostly start a sentence; or if lower case mostly follows.

    tokens  written token number i
    blocks  reads the text from its beginning: token numbers, block by block. Called twice
    """
    counts = _count(tokens, blocks())
    types = _types(tokens)
    known = {bare(token) for token, count in zip(tokens, counts, strict=True) if count and bare(token)[0].islower()}
    flags = np.array([classify(token, NOTHING_LEARNED, known.__contains__) for token in tokens], np.uint16)
    flags = np.append(flags, np.uint16(Flag.NEWLINE))  # of OUTSIDE
    follows = np.zeros((len(types.words), 3), np.int64)
    stops = np.zeros(len(types.words), np.int64)
    pairs = np.zeros((0, 2), np.intp)  # of a word and a name that follows its full stop, each once
    for word, kind, following in _full_stops(blocks(), flags):
        stops += np.bincount(types.of_token[word], minlength=len(stops))
        is_told = kind >= 0
        cells = types.of_token[word[is_told]] * 3 + kind[is_told]
        follows += np.bincount(cells, minlength=follows.size).reshape(follows.shape)
        named = np.stack([types.of_token[ids[kind == NAME]] for ids in (word, following)], axis=1)
        pairs = np.unique(np.concatenate((pairs, named)), axis=0)
    follows[np.bincount(pairs[:, 0], minlength=len(stops)) < MIN_NAMES, NAME] = 0
    on, names, ends = follows.T
    if on.sum() > MAX_LOWER_SHARE * max(stops.sum(), 1):
        return NOTHING_LEARNED
    is_number = np.array([word.isdigit() and len(word) < 3 for word in types.words], np.bool_)
    totals = np.bincount(types.of_token, counts, len(stops)).astype(np.int64)
    chosen = np.flatnonzero(_are_abbreviations(types.words, totals, stops, follows))
    ordinals = on[is_number].sum() + names[is_number].sum() >= ends[is_number].sum()
    return Abbreviations(frozenset(types.words[i] for i in chosen), bool(ordinals))


def _count(tokens: Sequence[str], blocks: Iterator[Ids]) -> Counts:
    counts = np.zeros(len(tokens), np.int64)
    for block in blocks:
        counts += np.bincount(block, minlength=len(tokens))
    return counts


def _types(tokens: Sequence[str]) -> Types:
    numbers: dict[str, int] = {}
    of_token = [numbers.setdefault(bare(token).lower(), len(numbers)) for token in tokens]
    return Types(list(numbers), np.array(of_token, np.intp))


FullStops = tuple[Ids, NDArray[np.int8], Ids]


def _full_stops(blocks: Iterator[Ids], flags: NDArray[np.uint16]) -> Iterator[FullStops]:
    """Yields for the full stops of a text that touch a word: (m,) the word's token, (m,) the kind of what follows or
    -1, and (m,) what follows.
    """
    held = np.full(2, OUTSIDE, np.int32)
    for block in chain(blocks, [np.full(3, OUTSIDE, np.int32)]):
        held = np.concatenate((held, block))
        if len(held) > 5:
            yield _full_stops_within(held, flags)
            held = held[-5:]


def _full_stops_within(ids: Ids, flags: NDArray[np.uint16]) -> FullStops:
    """Returns as `_full_stops` does those with two tokens before and three after. Numbers of items
    and full stops between words (file.txt) are left out."""
    f = flags[ids]
    at = 2 + np.flatnonzero(((f[2:-3] & (TERMINAL | WORD | Flag.BLANK)) == Flag.STOP) & ((f[1:-4] & WORD) != 0))
    before = f[at - 2]
    is_glued = ((f[at + 1] & WORD) != 0) & ((f[at + 1] & Flag.BLANK) == 0)
    is_item = ((f[at - 1] & Flag.NUMBER) != 0) & ((before & (TERMINAL | Flag.NEWLINE)) != 0)
    at = at[~is_glued & ~is_item]
    first, second, third = f[at + 1], f[at + 2], f[at + 3]
    is_wrapped = (first & Flag.NEWLINE) != 0
    is_blank_line = is_wrapped & ((second & Flag.NEWLINE) != 0)
    following = np.where(is_wrapped, second, first)
    opened = (following & (Flag.OPENER | Flag.QUOTE)) != 0
    following = np.where(opened, np.where(is_wrapped, third, second), following)
    case, is_starter = following & Flag.UNCASED, (following & Flag.STARTER) != 0
    is_mark = (first & (Flag.BLANK | Flag.NEWLINE | WORD | TERMINAL | Flag.OPENER | Flag.CLOSER)) == 0
    kind = np.full(len(at), -1, np.int8)
    kind[case == Flag.UPPER] = NAME
    kind[(case == Flag.UPPER) & is_starter] = END
    kind[(case == Flag.LOWER) | ((following & Flag.DIGIT) != 0) | is_mark] = ON
    kind[is_blank_line] = END
    place = at + 1 + is_wrapped + opened
    return ids[at - 1], kind, ids[place]


def _are_abbreviations(words: list[str], totals: Counts, stops: Counts, follows: Counts) -> NDArray[np.bool_]:
    """Tells which words are abbreviations.

    words   (n)     in lower case
    totals  (n,)    occurrences
    stops   (n,)    those with a full stop
    follows (n, 3)  what follows the full stop, where it tells anything
    """
    on, names, ends = follows.T
    is_word = np.array([word[0].isalpha() and not word.endswith(".") for word in words], np.bool_)
    single = np.array([len(word) == 1 for word in words], np.bool_)
    vowelless = np.array([is_vowelless(word) for word in words], np.bool_)
    mostly = 2 * stops > totals
    goes_on = (stops >= MIN_OCCURRENCES) & mostly & (on >= MIN_OCCURRENCES) & (on > ends + names)
    scored = (stops >= MIN_OCCURRENCES) & (_scores(words, totals, stops) >= MIN_SCORE) & (on + names > 2 * ends)
    prior = vowelless & (stops > 0) & mostly & (on + names >= ends)
    title = (on + names >= MIN_SINGLE_LETTERS) & (on + names > 5 * ends)
    chosen: NDArray[np.bool_] = is_word & np.where(single, title & mostly, goes_on | scored | prior)
    return chosen


def _scores(words: list[str], totals: Counts, stops: Counts) -> Floats:
    """Returns how well words fit an abbreviation: tied to the full stop, short, seldom without it.

    The score is Kiss & Strunk's: Dunning's log-likelihood ratio of (word, full stop), with the probability of the full
    stop after an abbreviation near 1; times exp(-letters); times letters ** -(occurrences without a full stop
    beyond MISSING_STOPS).
    """
    letters = np.minimum([len(word) for word in words], LONGEST_WORD).astype(float)
    without = totals - stops
    missing = np.clip(without - MISSING_STOPS * totals, 0, 100)
    share = min(max(stops.sum() / max(totals.sum(), 1), 1e-9), 0.5)
    independent = stops * np.log(share) + without * np.log1p(-share)
    tied = stops * np.log(STOP_PROBABILITY) + without * np.log1p(-STOP_PROBABILITY)
    scores: Floats = 2 * (tied - independent) * np.exp(-letters) * letters**-missing
    return scores
