r"""Kinds of characters that the rules for words ask about, as ranges of code points and as classes of `re`.

Python's \w has letters and digits, but neither the combining marks that belong to the letter before them nor the
scripts' kinds: which ones are written without blanks, which characters are invisible.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from .marks import MARKS

# Scripts written without blanks between words. Han and kana as in UAX 29; those of Southeast Asia by their letters.
HAN = "2E80-2FD5 3005 3007 3021-3029 3038-303B 3400-4DBF 4E00-9FFF F900-FAD9"
HAN_BEYOND = r"\U00020000-\U0003FFFD"
HIRAGANA = "3041-3096 309D-309F"
KATAKANA = "30A1-30FA 30FC-30FF 31F0-31FF FF66-FF9F"
SOUTHEAST_ASIAN = """
E01-E2F E30 E32-E33 E40-E4E E81-EB0 EB2-EB3 EBD-EC6 EDC-EDF 1000-102A 103F 1050-1055 105A-105D 1061 1065-1066 106E-1070
1075-1081 108E A9E0-A9E4 A9E6-A9EF A9FA-A9FE AA60-AA76 AA7A AA7E-AA7F 1780-17B3 17D7 17DC 1950-1974 1980-19C9 1A00-1A16
1A20-1A54 1AA7 A984-A9B2 AA80-AAAF AAB1 AAB5-AAB6 AAB9-AABD AAC0 AAC2 AADB-AADD 1B05-1B33 1B45-1B4C
"""
TIBETAN = "F40-FBC"
ARMENIAN_TONES = "55B 55C 55E"  # signs of emphasis and question, written on a vowel inside the word

# Invisible characters: soft hyphen, direction marks, word joiner, byte order mark; the two joiners of letters are not
# among them, nor is the zero-width space, which ends a word.
INVISIBLE = "AD 61C 180E 200E-200F 202A-202E 2060-2064 2066-206F FEFF FFF9-FFFB"
JOINERS = "200C-200D"  # zero-width non-joiner and joiner, inside words and emoji
VARIATION_SELECTORS = "FE00-FE0F"
EXTENDING = r"\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F\U000E0100-\U000E01EF"  # skin tones, tags, more selectors


def code_points(*tables: str) -> set[int]:
    """Returns the code points of tables of hexadecimal ranges."""
    return {code for table in tables for first, last in ranges(table) for code in range(first, last + 1)}


def ranges(table: str) -> Iterator[tuple[int, int]]:
    """Yields the first and the last code point of each range of a table."""
    for part in table.split():
        first, _, last = part.partition("-")
        yield int(first, 16), int(last or first, 16)


def char_class(codes: Iterable[int]) -> str:
    """Returns code points in the form that a character class of `re` takes between its brackets."""
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in runs)


@cache
def unspaced() -> frozenset[int]:
    """Returns the letters, below U+10000, of scripts written without blanks."""
    return frozenset(code_points(HAN, HIRAGANA, KATAKANA, SOUTHEAST_ASIAN, TIBETAN))


def is_unspaced(character: str) -> bool:
    """Tells whether a letter is of a script written without blanks."""
    return character > "\x7f" and (ord(character) in unspaced() or "\U00020000" <= character < "\U0003fffe")


@cache
def spaced_letters() -> frozenset[int]:
    """Returns the letters and digits from U+0080 to U+FFFF of scripts written with blanks, as this Python has them."""
    letters = {code for code in range(0x80, 0x10000) if chr(code).isalnum()}
    return frozenset(letters - unspaced() | code_points(ARMENIAN_TONES))


@cache
def marks() -> frozenset[int]:
    """Returns the combining marks below U+10000."""
    return frozenset(code for code in code_points(MARKS) if code < 0x10000)


def marks_beyond() -> str:
    """Returns the combining marks from U+10000 on as the inside of a character class."""
    return char_class(code for code in code_points(MARKS) if code >= 0x10000)
