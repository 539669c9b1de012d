"""Finds the ends of sentences among written tokens, by their flags.

Punctuation and blanks decide locally. Which words are abbreviations is learned from the text (`abbreviations.py`).
"""

import numpy as np
from numpy.typing import NDArray

from .flags import TERMINAL, WORD, Flag

MAX_CLOSERS = 4  # tokens after an end mark that still belong to its sentence: quotes, brackets, further end marks
MAX_OPENERS = 3  # quotes, brackets and dashes before the first word of the next sentence
LOOK_AHEAD = 8  # tokens after a token that decide whether a sentence ends there
LOOK_BEHIND = 8  # tokens before it

Flags = NDArray[np.uint16]
Bools = NDArray[np.bool_]
Positions = NDArray[np.intp]


def has(flags: Flags, mask: int) -> Bools:
    """Tells which flags have one of a mask at least."""
    some: Bools = (flags & np.uint16(mask)) != 0
    return some


def ends(flags: Flags) -> Bools:
    """Finds the ends of the sentences of a text. The end of the array is the end of the text.

    flags  (n,)  of the written tokens
    Returns (n,): whether the token is the last of a sentence. A token's value depends on LOOK_BEHIND tokens before and
    LOOK_AHEAD tokens after it. Blank lines end sentences.
    """
    before, after = LOOK_BEHIND, LOOK_AHEAD + MAX_CLOSERS
    f = np.pad(flags, (before, after), constant_values=Flag.NEWLINE)
    result = np.zeros(len(f), np.bool_)
    is_newline = has(f, Flag.NEWLINE)
    result[:-2] = ~is_newline[:-2] & is_newline[1:-1] & is_newline[2:]
    at = _end_marks(f, before, len(f) - after)
    last = _last_tokens(f, at)
    result[last[_is_end(f, at, last)]] = True
    return result[before : before + len(flags)]


def may_end(flags: Flags) -> bool:
    """Tells whether an unfinished text stops where a sentence mostly ends: at an end mark, or what closes after one.

    flags  (n,)  of the written tokens. The full stop of an abbreviation mostly ends nothing.
    """
    stop = LOOK_BEHIND + int(np.flatnonzero(np.append(True, ~has(flags, Flag.NEWLINE)))[-1])
    f = np.pad(flags, (LOOK_BEHIND, LOOK_AHEAD), constant_values=Flag.NEWLINE)
    at = _end_marks(f, max(stop - MAX_CLOSERS - 1, LOOK_BEHIND), stop)
    mostly_ends = ~has(_words_before(f, at), Flag.ABBREVIATION | Flag.INITIAL | Flag.NUMBER) | ~_is_full_stop(f, at)
    return bool((mostly_ends & (_last_tokens(f, at) == stop - 1)).any())


def _end_marks(f: Flags, start: int, stop: int) -> Positions:
    """Returns where the end marks are; among them ";" after Greek."""
    at: Positions = start + np.flatnonzero(has(f[start:stop], TERMINAL | Flag.GREEK))
    word = f[np.where(has(f[at - 1], Flag.CLOSER), at - 2, at - 1)]
    is_question = ~has(f[at], WORD) & has(word, WORD) & has(word, Flag.GREEK)
    return at[has(f[at], TERMINAL) | is_question]


def _last_tokens(f: Flags, at: Positions) -> Positions:
    """Returns for each end mark the last token of its sentence, were it to end there."""
    last = at.copy()
    for _ in range(MAX_CLOSERS):
        last += (last - at < MAX_CLOSERS) & _closes(f, last + 1)
    return last


def _closes(f: Flags, at: Positions) -> Bools:
    """Tells whether tokens after an end mark belong to its sentence: end marks, brackets, closing quotes.

    A quote that touches only what is before it closes. With blanks on both sides its shape decides (« Oui. »), and so
    it does between words that touch it on both sides (Chinese).
    """
    here, after, second = f[at], f[at + 1], f[at + 2]
    gap_after = has(after, Flag.BLANK | Flag.NEWLINE)
    is_glued = has(after, WORD) | (has(after, Flag.OPENER) & has(second, WORD) & ~has(second, Flag.BLANK))
    has_shape = has(here, Flag.CLOSER)
    is_straight = has_shape & has(here, Flag.OPENER)
    apart = has_shape & gap_after & (~is_straight | has(after, Flag.BLANK))
    touching = gap_after | has_shape | ~is_glued
    is_mark = has(here, TERMINAL) & ~has(here, WORD)
    return _where(has(here, Flag.QUOTE), _where(has(here, Flag.BLANK), apart, touching), has_shape | is_mark)


def _where(condition: Bools, yes: Bools, no: Bools) -> Bools:
    return (condition & yes) | (~condition & no)


def _first_words(f: Flags, last: Positions) -> Positions:
    """Returns where the first word after each position is, behind one line end and what opens."""
    at: Positions = last + 1
    at += has(f[at], Flag.NEWLINE)
    for _ in range(MAX_OPENERS):
        at += has(f[at], Flag.OPENER | Flag.QUOTE)
    return at


def _is_full_stop(f: Flags, at: Positions) -> Bools:
    return has(f[at], Flag.STOP) & ~has(f[at], Flag.STRONG)


def _words_before(f: Flags, at: Positions) -> Flags:
    """Returns the flags of the word that each end mark belongs to: an acronym itself, or the word that it touches."""
    touching = np.where(has(f[at], Flag.BLANK), 0, f[at - 1])
    return np.where(has(f[at], WORD), f[at], touching).astype(np.uint16)


def _is_end(f: Flags, at: Positions, last: Positions) -> Bools:
    """Tells whether a sentence ends with each end mark.

    at    (m,)  where the end mark is
    last  (m,)  the last token that belongs to it
    """
    next_word = _first_words(f, last)
    following = f[next_word]
    is_lower = _is_case(following, Flag.LOWER)
    is_final = has(f[at], Flag.FINAL)
    is_strong = ~is_final & ~has(f[at], Flag.STOP)
    gap = has(f[last + 1], Flag.BLANK | Flag.NEWLINE)
    ends_here = has(following, WORD) & ~is_lower
    ends_here &= gap | (is_strong & _is_case(following, Flag.UNCASED))
    ends_here &= ~(_is_full_stop(f, at) & _goes_on(f, at, next_word))
    ends_here |= is_final & ((last == at) | ~is_lower)
    return ends_here & ~_closes(f, last + 1)


def _is_case(flags: Flags, case: int) -> Bools:
    same: Bools = (flags & np.uint16(Flag.UNCASED)) == np.uint16(case)
    return same


def _goes_on(f: Flags, at: Positions, next_word: Positions) -> Bools:
    """Tells whether a sentence goes on after a full stop because of the word before it.

    next_word  (m,)  where the first word after it is
    """
    following = f[next_word]
    is_item = has(f[next_word - 1], Flag.NEWLINE) & has(following, Flag.NUMBER) & _is_full_stop(f, next_word + 1)
    own = _words_before(f, at)
    is_initial = has(following, Flag.INITIAL) & _is_full_stop(f, next_word + 1)
    is_before_starter = _is_case(following, Flag.UPPER) & has(following, Flag.STARTER) & ~is_initial
    is_title = _is_case(own, Flag.UPPER) & ~has(f[at], WORD)
    is_plain = _is_case(own, Flag.LOWER) & has(own, Flag.STARTER) & ~has(own, Flag.ABBREVIATION)
    before_digit = has(following, Flag.DIGIT) & has(own, WORD) & ~is_plain & ~is_item
    abbreviation = has(own, Flag.ABBREVIATION) & (is_title | ~is_before_starter)
    initial = has(own, Flag.INITIAL) & ~is_before_starter
    number = has(own, Flag.NUMBER) & (~is_before_starter | _starts_sentence(f, at - 1))
    return before_digit | abbreviation | initial | number


def _starts_sentence(f: Flags, at: Positions) -> Bools:
    """Tells whether a token stands after an end mark or a blank line, as the number of a list's item does."""
    before, second = f[at - 1], f[at - 2]
    return has(before, TERMINAL) | (has(before, Flag.NEWLINE) & has(second, TERMINAL | Flag.NEWLINE))
