"""Slips of typing: how likely a string is typed for the beginning of a word, and the words of which it is a slip.

A channel model: P(word | typed, context) ∝ P(word | context) P(typed | word), by which Kernighan, Church & Gale (1990)
correct whole words. The k letters that are typed of a word are its first k letters, or there is one slip in them:

    P(typed | word) = odds / (1 + k SLIP)    odds: 1 as the word begins, else the sum over the slips that make `typed`

Each kind of slip has a probability at each letter, and SLIP is at least the sum of all kinds, so that P(typed | word)
sums to at most 1 over all strings of k letters. The divisor is equal for all words: only odds are compared. Words and
strings are plain, as `alphabet.plain` makes them.

The rates are those of people who typed sentences at a keyboard: of a hundred letters 1.65 were wrong, 0.80 were left
out, and 0.67 were too many (Dhakal, Feit, Kristensson & Oulasvirta 2018).
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .alphabet import SHORTENED_LETTERS, Alphabet
from .characters import is_unspaced

NEIGHBOR_KEY = 0.01  # 60 % of the wrong letters are neighbors of the right ones (Lessenberry 1928)
LEFT_OUT = 0.008  # also of a double letter, of which either may be left out
SWAPPED = 0.003  # 12.5 % of misspellings, where 34 % are letters left out (Pollock & Zamora 1984)
DOUBLED = 0.0035  # the most important cause of letters too many (Pollock & Zamora 1983): half of them
EXTRA = 0.0035  # the other half, divided among KEYS
# Of students' text messages that need an apostrophe, 57 % lack one (Lyddy et al. 2014). At a keyboard it is fewer: the
# rate is more than that of any slip, and so low that a likely word without a mark stays before one with a mark.
MARK_LEFT_OUT = 0.05
WRONG_ACCENT = 0.01  # as a wrong key; where none is typed none counts
SLIP = NEIGHBOR_KEY + MARK_LEFT_OUT + SWAPPED + DOUBLED + EXTRA
KEYS = 48  # keys that type a character (ISO/IEC 9995)
MIN_LETTERS = SHORTENED_LETTERS  # what is shorter is one slip from the beginnings of most words
MARKS = "'\"-.·"  # that join the parts of a word

# Rows of keys, from the left end, one above the other; each key touches two of the row above it. A blank stands for a
# key whose letter has no plain form of its own. Of Latin layouts QWERTY alone: QWERTZ and AZERTY differ in few keys.
KEYBOARDS = (
    ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    (" цукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
    ("  ερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),
    ("  קראטוןםפ", "שדגכעיחלךף", "זסבהנמצתץ"),
    ("ضصثقفغعهخحجد", "شسيبلاتنمكط", " ء ر ىةوزظ"),
    ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ"),
)


@cache
def neighbors() -> dict[str, str]:
    """Returns the letters whose keys touch the key of each letter that a keyboard has."""
    beside: dict[str, str] = {}
    for rows in KEYBOARDS:
        keys = {(y, x): letter for y, row in enumerate(rows) for x, letter in enumerate(row) if letter != " "}
        for (y, x), letter in keys.items():
            around = ((y, x - 1), (y, x + 1), (y - 1, x), (y - 1, x + 1), (y + 1, x - 1), (y + 1, x))
            beside[letter] = "".join(keys[place] for place in around if place in keys)
    return beside


def may_slip(typed: str) -> bool:
    """Tells whether slips are looked for in what was typed: not in numbers, nor where an input method writes."""
    return len(typed) >= MIN_LETTERS and not any(c.isdigit() or is_unspaced(c) for c in typed)


def odds(typed: str, word: str) -> float:
    """Returns how likely a string is typed for a word, as a multiple of how likely the word is typed without a slip: 1
    for a beginning of the word, 0 if no single slip makes the string of one.
    """
    if word.startswith(typed):
        return 1.0
    if not may_slip(typed):
        return 0.0
    total = 0.0
    for i, (letter, rest) in enumerate(_places(typed)):
        meant = word[i:]
        if meant and meant[1:].startswith(rest):
            total += wrong(meant[0], letter)
        if meant and meant[1:].startswith(letter + rest):
            total += left_out(meant[0], letter, not rest)
        if rest and meant.startswith(rest[0] + letter + rest[1:]):
            total += swapped(rest[0], letter)
        if meant.startswith(rest):
            total += extra(typed, i)
        if not meant.startswith(letter):
            break
    return total


def _places(typed: str) -> Iterator[tuple[str, str]]:
    """Yields each letter of a string, and what is after it."""
    return ((letter, typed[i + 1 :]) for i, letter in enumerate(typed))


def wrong(meant: str, typed: str) -> float:
    """Returns the odds that a letter is typed for the one that is meant."""
    beside = neighbors().get(meant, "")
    return NEIGHBOR_KEY / len(beside) if typed in beside else 0.0


def left_out(meant: str, next_typed: str, is_last: bool) -> float:
    """Returns the odds that a letter that is meant is left out before the next one.

    is_last  whether nothing more is typed: then the two letters may be about to be swapped
    """
    if meant.isdigit():
        return 0.0
    return (MARK_LEFT_OUT if meant in MARKS else LEFT_OUT) + (swapped(next_typed, meant) if is_last else 0.0)


def swapped(first: str, second: str) -> float:
    """Returns the odds that two letters are typed in the wrong order."""
    return SWAPPED if first != second else 0.0


def extra(typed: str, i: int) -> float:
    """Returns the odds that letter i is typed too many.

    Other than a double letter, one at the end is not told from a wrong one before the next is typed.
    """
    is_double = i > 0 and typed[i] == typed[i - 1]
    is_inside = i < len(typed) - 1 and typed[i].isalpha()
    return DOUBLED * is_double + EXTRA / KEYS * is_inside


def slipped(alphabet: Alphabet, typed: str) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Returns the indices (n,) of the words that do not begin as typed, but would without one slip, rising, and the
    odds (n,) of each.

    The plain form asks `odds` of each word. Here the strings that `typed` may be a slip of are looked up: before the
    slip letters are right, so that each place in turn is tried among the words that begin as typed up to that place.
    """
    ranges = _ranges(alphabet, typed) if may_slip(typed) else []
    if not ranges:
        return np.zeros(0, np.intp), np.zeros(0)
    first, last, likely = map(np.array, zip(*ranges, strict=True))
    places = np.concatenate(list(map(np.arange, first, last)))
    likely = np.repeat(likely, last - first)
    begun = alphabet.prefix_range(typed)
    others = (places < begun[0]) | (places >= begun[1])
    indices, which = np.unique(alphabet.order[places[others]], return_inverse=True)
    return indices, np.bincount(which, likely[others], len(indices)).astype(np.float64)


def _ranges(alphabet: Alphabet, typed: str) -> list[tuple[int, int, float]]:
    """Returns places of words of which a string is one slip, from the first to before the last, and their odds."""
    found: list[tuple[int, int, float]] = []

    def look_up(beginning: str, likely: float, first: int, last: int) -> None:
        if likely:
            begun, ended = alphabet.range_within(beginning, first, last)
            if begun < ended:
                found.append((begun, ended, likely))

    first, last = alphabet.first, len(alphabet)  # of the words that begin as typed up to place i
    for beginning, i in alphabet.shortened.get(typed[:SHORTENED_LETTERS], ()):
        likely = left_out(beginning[i], typed[i], i == len(typed) - 1)
        look_up(beginning + typed[SHORTENED_LETTERS:], likely, first, last)
    for i, (letter, rest) in enumerate(_places(typed)):
        before = typed[:i]
        for meant in neighbors().get(letter, ""):
            look_up(before + meant + rest, wrong(meant, letter), first, last)
        if rest:
            look_up(before + rest[0] + letter + rest[1:], swapped(rest[0], letter), first, last)
        look_up(before + rest, extra(typed, i), first, last)
        if i >= SHORTENED_LETTERS:
            for meant, begun, ended in alphabet.branches(before, first, last):
                look_up(before + meant + letter + rest, left_out(meant, letter, not rest), begun, ended)
        first, last = alphabet.range_within(before + letter, first, last)
        if first == last:
            break
    return found
