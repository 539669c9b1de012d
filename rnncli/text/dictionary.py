"""Cuts scripts without blanks into the words of a dictionary: those of ICU, by the package icu4py, an extra.

Text is cut as by `words`. Where letters of such a script (Han, kana, Thai, Lao, Khmer, Burmese) stand together, those
are joined that belong to one word of ICU's dictionaries. So no token of `words` is ever cut in two, and what is not
found in a dictionary stays as it was.
"""

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from itertools import accumulate

from ..errors import UsageError
from . import words
from .characters import is_unspaced

LOCALE = "en"  # any: the dictionaries are chosen by script
MAX_KNOWN_TOKENS = 1 << 14  # whose script is remembered


def cut(text: str) -> list[str]:
    """Cuts text into written tokens, as `words.cut` does. Raises UsageError where the extra is not installed."""
    segments = _segments()
    tokens = words.cut(text)
    if text.isascii():
        return tokens
    runs: list[str] = []  # tokens of such scripts; a line end before each that does not follow another at once
    places: list[int] = []  # of each token that does, among the characters of the runs; else -1
    at, is_in_run = 0, False
    for token, first in zip(tokens, map(_is_first, tokens), strict=True):
        goes_on = is_in_run and first is False
        places.append(at if goes_on else -1)
        is_in_run = first is not None
        if is_in_run:
            runs.append(token if goes_on else "\n" + token.lstrip())
            at += len(runs[-1])
    boundaries = set(accumulate(map(len, segments("".join(runs)))))
    joined: list[str] = []
    for token, place in zip(tokens, places, strict=True):
        if place < 0 or place in boundaries:
            joined.append(token)
        else:
            joined[-1] += token
    return joined


@lru_cache(MAX_KNOWN_TOKENS)
def _is_first(token: str) -> bool | None:
    """Tells whether a token of such a script begins after a blank; None for one of another script."""
    return False if is_unspaced(token[0]) else True if is_unspaced(token[1:2]) else None


@cache
def _segments() -> Callable[[str], Iterable[str]]:
    try:
        from icu4py.breakers import WordBreaker
    except ImportError:
        raise UsageError(
            "the tokenizer dictionary needs icu4py, which is not installed: pip install 'rnncli[dictionary]'"
        ) from None
    return lambda text: WordBreaker(text, LOCALE)
