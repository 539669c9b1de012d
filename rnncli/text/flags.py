"""Classifies written tokens by all that decides whether a sentence ends near them.

A written token is a word, a number, an acronym ("U.S."), a mark or a run of one mark ("...") as it stands in a text,
with one blank in front if a blank stood before it; "\\n" is the end of a line. Flags are found once for each
distinct token; `ends.py` works on arrays of them.
"""

from collections.abc import Callable
from typing import NamedTuple
from unicodedata import normalize

from .characters import code_points

MAX_VOWELLESS_LETTERS = 4  # of a word without a vowel that is taken for an abbreviation: Mr, Nr, vs, Ltd
MAX_ORDINAL_DIGITS = 2  # of a number whose full stop may make an ordinal of it: am 3. Oktober

# Unicode's Sentence_Terminal (data of 16.0, October 2023) without the marks of Latin, and the two marks that only look
# like ends: Myanmar's and Java's little section are commas (104A, A9C8). With Tibetan shad (F0D-F11), which has no
# other end.
SENTENCE_TERMINAL = """
589 61D-61E 6D4 700-702 7F9 837 839 83D-83E 964-965 F0D-F11 104B 1362 1368 166E 1735-1736 17D4-17D5 1803 1809 1944-1945
1AA8-1AAB 1B5A-1B5B 1B5E-1B5F 1B7D-1B7E 1C3B-1C3C 1C7E-1C7F 2E2E 2E3C 2E53-2E54 3002 A4FF A60E-A60F A6F3 A6F7
A876-A877 A8CE-A8CF A92F A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE52 FE56-FE57 FF01 FF0E FF1F FF61 10A56-10A57 10F55-10F59
10F86-10F89 11047-11048 110BE-110C1 11141-11143 111C5-111C6 111CD 111DE-111DF 11238-11239 1123B-1123C 112A9 1144B-1144C
115C2-115C3 115C9-115D7 11641-11642 1173C-1173E 11944 11946 11A42-11A43 11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44
16A6E-16A6F 16AF5 16B37-16B38 16B44 16E98 1BC9F 1DA88
"""
FINAL_MARKS = "".join(map(chr, sorted(code_points(SENTENCE_TERMINAL))))  # end a sentence whatever follows
STRONG_MARKS = "!?‼⁇⁈⁉‽؟፧\u037e"  # end one, except before lower case
DASHES = "—–-―"
OPENING_MARKS = "([{„‚‟¿¡「『《〈【〔（［｛" + DASHES
CLOSING_MARKS = ")]}」』》〉】〕）］｝"
OPENING_QUOTES = "“‘«‹`"  # by their shape; other languages close with them: „Komm.“
CLOSING_QUOTES = "”’»›"
STRAIGHT_QUOTES = "\"'*_"  # and marks of emphasis
QUOTATIVE_KANA = "とっ"  # と, って after a quotation: its sentence goes on
VOWELS = frozenset("aeiouyæœøıаеиоуыэюяєі")


class Flag:
    """What is known of a written token: bits, as plain numbers, for they are computed for each distinct token."""

    BLANK = 1 << 0  # a blank stands before it
    NEWLINE = 1 << 1
    STRONG = 1 << 2  # ! and ?
    STOP = 1 << 3  # a full stop, also the last character of an acronym
    ELLIPSIS = STRONG | STOP
    FINAL = 1 << 4  # ends a sentence whatever follows
    OPENER = 1 << 5
    CLOSER = 1 << 6
    QUOTE = 1 << 7  # the blanks around it say more about what it does than its shape
    LOWER = 1 << 8  # the first character of a word
    UPPER = 1 << 9
    UNCASED = LOWER | UPPER
    DIGIT = 1 << 10
    ABBREVIATION = 1 << 11
    INITIAL = 1 << 12  # a single letter
    NUMBER = 1 << 13  # its full stop may make an ordinal of it
    STARTER = 1 << 14  # the text has it in lower case: a capital speaks for the start of a sentence
    GREEK = 1 << 15  # of ";": a question mark if the word before is Greek


TERMINAL = Flag.STRONG | Flag.STOP | Flag.FINAL
WORD = Flag.UNCASED | Flag.DIGIT


class Abbreviations(NamedTuple):
    """What a text taught about full stops that end no sentence."""

    words: frozenset[str]  # in lower case, without their full stop
    ordinals: bool  # a short number with a full stop may be an ordinal


NOTHING_LEARNED = Abbreviations(frozenset(), True)


def bare(token: str) -> str:
    """Returns a written token without the blank before it."""
    return token[1:] if len(token) > 1 and token[0].isspace() else token


def classify(token: str, abbreviations: Abbreviations, is_lower: Callable[[str], bool]) -> int:
    """Returns the flags of a written token.

    is_lower  whether the text has a word, given in lower case, in lower case
    """
    word = bare(token)
    blank = Flag.BLANK if len(word) < len(token) else 0
    if word[0].isalnum():
        return blank | _classify_word(word, abbreviations, is_lower)
    if word[0] in "'’" and word[1:].isalnum():
        return blank | Flag.UNCASED  # 's avonds: a sentence may begin with it
    return blank | _classify_mark(word)


def _classify_mark(mark: str) -> int:
    first = mark[0]
    for flags, marks in _MARKS:
        if first in marks:
            return flags
    if first in ".…":
        return Flag.STOP if mark == "." else Flag.ELLIPSIS
    return 0


_MARKS = (
    (Flag.NEWLINE, "\n"),
    (Flag.FINAL, FINAL_MARKS),
    (Flag.STRONG, STRONG_MARKS),
    (Flag.OPENER, OPENING_MARKS),
    (Flag.CLOSER, CLOSING_MARKS),
    (Flag.OPENER | Flag.QUOTE, OPENING_QUOTES),
    (Flag.CLOSER | Flag.QUOTE, CLOSING_QUOTES),
    (Flag.OPENER | Flag.CLOSER | Flag.QUOTE, STRAIGHT_QUOTES),
    (Flag.GREEK, ";"),
)


def _classify_word(word: str, abbreviations: Abbreviations, is_lower: Callable[[str], bool]) -> int:
    first, lower = word[0], word.lower()
    if not first.isalpha():
        is_short = word.isdigit() and len(word) <= MAX_ORDINAL_DIGITS
        return Flag.DIGIT | (Flag.NUMBER if is_short and abbreviations.ordinals else 0)
    flags = Flag.UNCASED
    if first.islower() or word in QUOTATIVE_KANA:
        flags = Flag.LOWER
    elif first.isupper() or first.istitle():
        flags = Flag.UPPER
    if "Ͱ" <= first <= "Ͽ" or "ἀ" <= first <= "῾":
        flags |= Flag.GREEK
    if word.endswith("."):
        return flags | Flag.STOP | Flag.ABBREVIATION
    is_known = flags & Flag.UNCASED != Flag.UNCASED and is_lower(lower)
    if is_known:
        flags |= Flag.STARTER
    if lower in abbreviations.words:
        flags |= Flag.ABBREVIATION
    if len(word) == 1:
        return flags | (Flag.INITIAL if _is_initial(word) else 0)
    if abbreviations.ordinals and not word.strip("IVX"):
        flags |= Flag.NUMBER
    if not is_known and is_vowelless(word):
        flags |= Flag.ABBREVIATION
    return flags


def _is_initial(letter: str) -> bool:
    """Tells whether a single letter is short for a word: not "I", "я"; not where a character may be a word."""
    if letter.lower() == letter.upper():
        return "\u0590" <= letter <= "\u06ff"  # Hebrew, Arabic
    return letter != "I" and (letter.isupper() or letter not in VOWELS)


def is_vowelless(word: str) -> bool:
    """Tells whether a word is too short of vowels to be one: "Mr", "Nr", "стр". All capitals are a name: "TV"."""
    letters = normalize("NFD", word.lower())
    return (
        1 < len(word) <= MAX_VOWELLESS_LETTERS
        and not word.isupper()
        and word.isalpha()
        and all(letter < "Ͱ" or "Ѐ" <= letter <= "ӿ" for letter in letters)
        and VOWELS.isdisjoint(letters)
    )
