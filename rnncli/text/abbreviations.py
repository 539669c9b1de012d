"""Learns from a text which words with a full stop are abbreviations."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .flags import (
    MAX_ORDINAL_DIGITS,
    NOTHING_LEARNED,
    TERMINAL,
    WORD,
    Abbreviations,
    Flag,
    bare,
    classify,
    is_vowelless,
)

MIN_SCORE = 0.3  # of an abbreviation (Kiss & Strunk 2006, section 3.4)
MIN_OCCURRENCES = 2  # of a word with a full stop that is taken for an abbreviation without being vowelless
MAX_LOWER_SHARE = 0.5  # of full stops before lower case; above, a text has no capitals that could tell anything
MIN_NAMES = 2  # after a word's full stop, different ones: a single one may be the first word of a sentence said often
NAMES_AFTER_TITLES = 0.9  # share of capitals after a title that are names: Mr. Brown is none where "brown" is a word
MIN_LEAD = 3.0  # in log likelihood, of a title over a word that ends sentences; e^3 is 20 to 1
MAX_CLOSING_SHARE = 0.05  # of a title's full stops before a blank line; sentences of a primer close paragraphs with .12
MAX_SHARE_BY_NAMES = 0.5  # of full stops that nothing but names behind them shows to end nothing
MAX_NUMBERED_LETTERS = 6  # of a word that numbers alone show to be an abbreviation: approx. 7
MAX_FIXED_LETTERS, MIN_FIXED = 2, 3  # of the first of two abbreviations that stand together, and times: EE. UU.
MAX_UNCASED_LETTERS = 4  # of an abbreviation in a script without case, vowel signs included: प्रो.
STOP_PROBABILITY = 0.99  # that an abbreviation has its full stop (Kiss & Strunk 2006, section 3.1)
MIN_SINGLE_LETTERS = 5  # occurrences of a letter before what starts no sentence that make a title of it: French "M."
MISSING_STOPS = 0.02  # of an abbreviation's occurrences that are forgiven, as typing errors
OUTSIDE = -1  # the number of a token before or after the text
NUMBER = 0  # the number of the word that all short numbers are
PAIR_BITS = 31  # of the second word's number, where the numbers of two words are one
LONGEST_WORD = 30  # letters, bounds the score's exponent

Ids = NDArray[np.int32]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

# What follows a full stop: what starts no sentence, a capital that may not, one that does, a blank line.
ON, NAME, START, CLOSE = range(4)
KINDS = 4


class Types(NamedTuple):
    """Written tokens by the word that they are, in lower case and without a blank; all short numbers are one.

    The last word is "", of OUTSIDE.
    """

    words: list[str]
    of_token: NDArray[np.intp]  # (tokens+1,) the word of each token


class FullStops(NamedTuple):
    """Ends of sentences or of abbreviations: full stops that touch a word; and what else ends sentences."""

    word: Ids  # (m,) the token before a full stop; OUTSIDE for other ends
    following: Ids  # (m,) the token after
    kind: NDArray[np.int8]  # (m,) of what follows, or -1
    is_number: NDArray[np.bool_]  # (m,) whether what follows is one
    is_pair: NDArray[np.bool_]  # (m,) whether what follows has a capital and a full stop of its own


class Evidence(NamedTuple):
    """What a text shows of its words (n,)."""

    words: list[str]  # in lower case
    totals: Counts  # (n,) occurrences
    stops: Counts  # (n,) those with a full stop
    follows: Counts  # (n, KINDS) what follows the full stop, where it tells anything
    numbers: Counts  # (n,) full stops before a number
    fixed: Counts  # (n,) full stops before the abbreviation that most often follows


def learn(tokens: Sequence[str], blocks: Callable[[], Iterator[Ids]]) -> Abbreviations:
    """Returns what a text teaches about full stops that end no sentence.

    A word is an abbreviation if it is short and mostly has a full stop (Kiss & Strunk 2006, Unsupervised multilingual
    sentence boundary detection), and what follows does not mostly start a sentence; or if lower case mostly follows; or
    if it never stands without its full stop, and a number follows.

    tokens  written token number i
    blocks  reads the text from its beginning: token numbers, block by block. Called twice
    """
    counts = _count(tokens, blocks())
    types = _types(tokens)
    known = {bare(token) for token, count in zip(tokens, counts, strict=True) if count and bare(token)[0].islower()}
    flags = np.array([classify(token, NOTHING_LEARNED, known.__contains__) for token in tokens], np.uint16)
    finals = int(counts[(flags & Flag.FINAL) != 0].sum())
    flags = np.append(flags, np.uint16(Flag.NEWLINE))  # of OUTSIDE
    n = len(types.words)
    follows, stops, numbers = np.zeros((n, KINDS), np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    names, fixed = np.zeros((2, 0, 3), np.int64)  # (pairs, 3): word, what follows its full stop, how often
    for found in _full_stops(blocks(), flags):
        word, following = types.of_token[found.word], types.of_token[found.following]
        stops += np.bincount(word, minlength=n)
        is_told = found.kind >= 0
        cells = word[is_told] * KINDS + found.kind[is_told]
        follows += np.bincount(cells, minlength=follows.size).reshape(follows.shape)
        numbers += np.bincount(word[found.is_number], minlength=n)
        names = _with_pairs(names, word, following, found.kind == NAME)
        fixed = _with_pairs(fixed, word, following, found.is_pair)
    stops[-1], numbers[-1] = 0, 0  # of no word
    totals = np.bincount(types.of_token[:-1], counts, n).astype(np.int64)
    is_letter = np.array([len(word) == 1 for word in types.words], np.bool_)
    follows[:, NAME] = _names(names, fixed, follows, is_letter)
    follows[-1] = 0
    if follows[:, ON].sum() > MAX_LOWER_SHARE * max(stops.sum(), 1):
        return NOTHING_LEARNED
    most = np.zeros(n, np.int64)
    np.maximum.at(most, fixed[:, 0], fixed[:, 2])
    evidence = Evidence(types.words, totals, stops, follows, numbers, most)
    chosen = _are_abbreviations(evidence)
    by_names = chosen & ~_are_abbreviations(evidence._replace(follows=follows * (np.arange(KINDS) != NAME)))
    if stops[by_names].sum() > MAX_SHARE_BY_NAMES * stops.sum():
        chosen &= ~by_names
    if finals > stops.sum():
        chosen |= _are_uncased_abbreviations(evidence)
    on, named, starts, closes = follows[NUMBER]
    return Abbreviations(frozenset(types.words[i] for i in np.flatnonzero(chosen)), bool(on + named >= starts + closes))


def _with_pairs(pairs: Counts, word: Positions, following: Positions, which: NDArray[np.bool_]) -> Counts:
    """Returns pairs (p, 3), each once with its count, and some of further ones (m,) counted with them."""
    keys = np.append(pairs[:, 0] << PAIR_BITS | pairs[:, 1], word[which] << PAIR_BITS | following[which])
    keys, place = np.unique(keys, return_inverse=True)
    counts = np.bincount(place, np.append(pairs[:, 2], np.ones(len(place) - len(pairs))), len(keys))
    return np.column_stack((keys >> PAIR_BITS, keys & ((1 << PAIR_BITS) - 1), counts.astype(np.int64)))


def _names(pairs: Counts, titled: Counts, follows: Counts, is_letter: NDArray[np.bool_]) -> Counts:
    """Returns how often a name follows the full stop of each word (n,), where names show that it ends nothing.

    They do if there are several, and a larger share of what follows than at other ends: in a primer names follow any
    word. Where nothing else ends, a title's share is expected. A single letter hardly ends a sentence.

    pairs    (p, 3)  words, names that follow their full stops, how often
    titled   (p, 3)  likewise capitals with a full stop of their own: titles
    """
    _, names, starts, closes = follows.T
    others = names.sum() - np.bincount(titled[:, 0], titled[:, 2], len(names)).sum() - names
    share = (np.maximum(others, 0) + 2 * NAMES_AFTER_TITLES) / (np.maximum(others, 0) + starts.sum() - starts + 2)
    lead = names * np.log(NAMES_AFTER_TITLES / share) + starts * np.log((1 - NAMES_AFTER_TITLES) / (1 - share))
    is_title = (lead >= MIN_LEAD) & (closes <= MAX_CLOSING_SHARE * (names + starts))
    several = np.bincount(pairs[:, 0], minlength=len(names)) >= MIN_NAMES
    shown: Counts = names * (several & (is_title | is_letter))
    return shown


def _count(tokens: Sequence[str], blocks: Iterator[Ids]) -> Counts:
    counts = np.zeros(len(tokens), np.int64)
    for block in blocks:
        counts += np.bincount(block, minlength=len(tokens))
    return counts


def _types(tokens: Sequence[str]) -> Types:
    numbers = {"0": NUMBER}
    words = (bare(token).lower() for token in tokens)
    of_token = [numbers.setdefault("0" if _may_be_ordinal(word) else word, len(numbers)) for word in words]
    return Types([*numbers, ""], np.array([*of_token, len(numbers)], np.intp))


def _may_be_ordinal(word: str) -> bool:
    return word.isdigit() and len(word) <= MAX_ORDINAL_DIGITS


def _full_stops(blocks: Iterator[Ids], flags: NDArray[np.uint16]) -> Iterator[FullStops]:
    """Yields the full stops of a text that touch a word, and what else ends sentences."""
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
    here = f[2:-3]
    is_stop = ((here & (TERMINAL | WORD | Flag.BLANK)) == Flag.STOP) & ((f[1:-4] & WORD) != 0)
    is_other = (here & TERMINAL) == Flag.STRONG
    is_other |= ((here & f[1:-4] & Flag.NEWLINE) != 0) & ((f[3:-2] & Flag.NEWLINE) == 0)
    at = 2 + np.flatnonzero(is_stop | is_other)
    before = f[at - 2]
    is_glued = ((f[at + 1] & WORD) != 0) & ((f[at + 1] & Flag.BLANK) == 0)
    is_item = ((f[at - 1] & Flag.NUMBER) != 0) & ((before & (TERMINAL | Flag.NEWLINE)) != 0)
    at = at[~is_stop[at - 2] | (~is_glued & ~is_item)]
    first, second, third = f[at + 1], f[at + 2], f[at + 3]
    is_wrapped = (first & Flag.NEWLINE) != 0
    is_blank_line = is_wrapped & ((second & Flag.NEWLINE) != 0)
    following = np.where(is_wrapped, second, first)
    opened = (following & (Flag.OPENER | Flag.QUOTE)) != 0
    following = np.where(opened, np.where(is_wrapped, third, second), following)
    has_stop = (np.where(is_wrapped, third, second) & (TERMINAL | Flag.BLANK)) == Flag.STOP
    case, is_starter = following & Flag.UNCASED, (following & Flag.STARTER) != 0
    is_mark = (first & (Flag.BLANK | Flag.NEWLINE | WORD | TERMINAL | Flag.OPENER | Flag.CLOSER)) == 0
    is_item = is_wrapped & has_stop & ((following & Flag.NUMBER) != 0)
    is_number = ((following & Flag.DIGIT) != 0) & ~is_item
    kind = np.full(len(at), -1, np.int8)
    kind[case == Flag.UPPER] = NAME
    kind[(case == Flag.UPPER) & is_starter] = START
    kind[(case == Flag.LOWER) | is_number | is_mark] = ON
    kind[is_item] = START
    kind[is_blank_line] = CLOSE
    place = at + 1 + is_wrapped + opened
    word = np.where(is_stop[at - 2], ids[at - 1], OUTSIDE)
    return FullStops(word, ids[place], kind, is_number, has_stop & ~opened & (case == Flag.UPPER))


def _are_abbreviations(seen: Evidence) -> NDArray[np.bool_]:
    """Tells which words (n,) are abbreviations."""
    words, totals, stops = seen.words, seen.totals, seen.stops
    on, names, starts, closes = seen.follows.T
    ends = starts + closes
    letters = np.array([len(word) for word in words])
    is_word = np.array([word[:1].isalpha() and not word.endswith(".") for word in words], np.bool_)
    vowelless = np.array([is_vowelless(word) for word in words], np.bool_)
    mostly, always = 2 * stops > totals, (stops == totals) & (stops > 0)
    goes_on = (stops >= MIN_OCCURRENCES) & mostly & (on >= MIN_OCCURRENCES) & (on > ends + names)
    scored = (stops >= MIN_OCCURRENCES) & (_scores(words, totals, stops) >= MIN_SCORE) & (on + names > 2 * ends)
    prior = vowelless & (stops > 0) & mostly & (on + names >= ends)
    title = (on + names >= MIN_SINGLE_LETTERS) & (on + names > 5 * ends)
    numbered = always & (letters <= MAX_NUMBERED_LETTERS) & (seen.numbers > 0) & (names + ends == 0)
    fixed = (letters <= MAX_FIXED_LETTERS) & (stops >= MIN_FIXED) & (seen.fixed == stops) & (always | (letters == 1))
    several = goes_on | scored | prior | numbered
    chosen: NDArray[np.bool_] = is_word & (np.where(letters == 1, title & mostly, several) | fixed)
    return chosen


def _are_uncased_abbreviations(seen: Evidence) -> NDArray[np.bool_]:
    """Tells which words (n,) of a script without case are abbreviations, in a text whose sentences end with another
    mark than the full stop.
    """
    is_short = np.array([_is_uncased(word) and len(word) <= MAX_UNCASED_LETTERS for word in seen.words], np.bool_)
    chosen: NDArray[np.bool_] = is_short & (seen.stops == seen.totals) & (seen.stops >= MIN_OCCURRENCES)
    return chosen


def _is_uncased(word: str) -> bool:
    return word[:1].isalpha() and word.lower() == word.upper()


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
