"""Hangul as it is typed: a syllable is the keys of its parts, and a syllable that is begun is a beginning of others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# The parts of syllables, from the code point of the first part on: first consonants, vowels, final consonants; and the
# keys that each part is typed by.
_FIRST, _VOWEL, _FINAL = 0x1100, 0x1161, 0x11A8
_HANGUL = {
    _FIRST: "ㄱ ㄲ ㄴ ㄷ ㄸ ㄹ ㅁ ㅂ ㅃ ㅅ ㅆ ㅇ ㅈ ㅉ ㅊ ㅋ ㅌ ㅍ ㅎ",
    _VOWEL: "ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ",
    _FINAL: "ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ",
}
_PARTS = {first + n: keys for first, parts in _HANGUL.items() for n, keys in enumerate(parts.split())}
KEYS = _PARTS | {  # the parts that an input method shows alone, before they make a syllable: ㅘ is ㅗㅏ
    code: unicodedata.normalize("NFKD", chr(code)).translate(_PARTS) for code in range(0x3131, 0x3164)
}
_BY_PLACE = {
    place: [(chr(place + n), keys) for n, keys in enumerate(parts.split())] for place, parts in _HANGUL.items()
}
_AFTER = {_FIRST: (_VOWEL,), _VOWEL: (_FINAL, _FIRST), _FINAL: (_FIRST,)}  # what may follow a part
_LAST = re.compile("[가-힣]?[\u3131-\u3163]*\\Z")  # the last syllable, and letters that are none yet


def decomposed(text: str) -> str:
    """Returns a text whose accents, and the parts of whose syllables, are characters of their own (NFD)."""
    return unicodedata.normalize("NFD", text)


def readings(typed: str) -> list[str]:
    """Returns what the beginning of a word may be that is typed so, decomposed (NFD): 한 begins 한국, 하늘 and 핞.

    Words that begin with one of these strings do not begin with another.
    """
    typed = unicodedata.normalize("NFC", typed)
    as_typed, last = decomposed(typed), _LAST.search(typed)
    if not last or not last[0]:
        return [as_typed]
    before = decomposed(typed[: last.start()])
    keys = decomposed(last[0]).translate(KEYS)
    return list(dict.fromkeys([as_typed, *(before + reading for reading in _spelled(keys, (_FIRST,)))]))


def _spelled(keys: str, places: tuple[int, ...]) -> Iterator[str]:
    """Yields the shortest strings of parts, the first at one of some places, whose keys begin with some keys."""
    for place in places:
        for part, its in _BY_PLACE[place]:
            if its.startswith(keys):
                yield part
            elif keys.startswith(its):
                yield from (part + rest for rest in _spelled(keys[len(its) :], _AFTER[place]))
