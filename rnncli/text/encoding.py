"""Tells in which encoding bytes are text, from the bytes alone.

Each candidate decodes the sample. What it decodes to is text of some language, with a log likelihood: every character
has a rough probability (a letter that the language often has, a quotation mark, a letter it never has, ...), and what
no writing system does costs extra: a capital after a small letter, letters of two scripts in one word, a dagger inside
a word. Likelihoods of all candidates explain the same bytes, so they compare, and the difference says how sure the
answer is. Worked example, the byte 0xE9 of b"caf\\xe9": windows-1252 makes an é of it, one of the two such letters of
English (-0.7); windows-1251 a Cyrillic й (-4.3) at the end of a Latin word (-4); Mac Roman an È, which Italian has
(-1.4), as a capital (-1.2) after a small letter (-4) in a rare encoding (-4).
"""

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from math import log
from typing import NamedTuple

from .languages import LANGUAGES, Language

SAMPLE_BYTES = 1 << 14  # that an encoding is told from
MIN_LEAD = 4.0  # in log likelihood, below which two encodings are both possible; e^4 is 55 to 1
MIN_LIKELIHOOD = -5.5  # a byte beyond ASCII, below which a text is of no encoding known here
MAX_GUESSES = 3

# log probabilities of characters, rough on purpose
ASCII, CONTROL, STRANGE, FOREIGN, SAME_SCRIPT = -3.0, -14.0, -10.0, -8.2, -7.0
QUOTE, SIGN, WIDE_SIGN, CUT, DAMAGED = -4.0, -6.5, -3.0, -4.0, -9.0
LEVEL_1, LEVEL_2 = -8.5, -12.0  # characters of the Far East: the frequent half of a standard, and the rest
CAPITAL, ALL_CAPITALS, OUT_OF_PLACE, IN_PLACE, WORD = -1.2, -8.0, -4.0, 2.0, 2.0
SELDOM, RARE, VERY_RARE = 2.0, 4.0, 7.0

QUOTES = frozenset("’“”‘„–—…«»\xa0")
SIGNS = frozenset("°§€£©®•·№‹›†‡‰™‚²³½±×¡¿ªº´")
WIDE_SIGNS = frozenset("，。、「」『』？！：；（）“”‘’《》…—・ー～　")
LETTER = r"[^\W\d_]"
PLACES = (  # (pattern, log likelihood that each match adds)
    (re.compile(rf"(?<={LETTER})’(?=(?:s|t|m|d|re|ll|ve)\b)|(?<=\b[cdjlmnst])’(?={LETTER})", re.I), IN_PLACE + 1),
    (re.compile(r"(?<![^\s(\[—–])[“„«‘](?=\w)"), IN_PLACE),
    (re.compile(r"(?<=[\w.,!?…])[”’»](?![^\s.,;:!?)])"), IN_PLACE),
    (re.compile(r"(?<=\s)[–—](?=\s)|[£€§](?=\s?\d)|(?<=\d)(?:°|\s?€)"), IN_PLACE),
    (re.compile(rf"(?<!\S)(?:’(?={LETTER})|[^\W\d_a-zA-Z](?=\d))|(?<=\d)[^\W\d_a-zA-Z]|(?<=\n)\xa0"), OUT_OF_PLACE / 2),
    (re.compile(r"(?<!\S)’(?=[^\W\d_a-zA-Z])"), OUT_OF_PLACE),
    (re.compile(rf"(?<={LETTER})[^\w\s’‘'\-–—·\xad.,:;!?/&@()](?={LETTER})"), OUT_OF_PLACE),
)


class Candidate(NamedTuple):
    """An encoding that a text may have."""

    name: str  # as --encoding takes it
    languages: tuple[str, ...]
    called: str = ""  # as people call it, if that is another name
    rarity: float = 0.0  # minus the log probability of meeting the encoding, beside the first ones

    @property
    def title(self) -> str:
        """What messages call the encoding."""
        return self.called or self.name


class Guess(NamedTuple):
    """A candidate with the log likelihood of a sample in it."""

    candidate: Candidate
    likelihood: float


WESTERN = ("English", "French", "German", "Dutch", "Spanish", "Portuguese", "Italian", "Swedish", "Danish", "Finnish")
CENTRAL = ("Polish", "Czech", "Slovak", "Hungarian", "Romanian", "Croatian", "German")
CYRILLIC = ("Russian", "Ukrainian", "Bulgarian", "Serbian")
FAR_EAST = ("Chinese", "Chinese, traditional", "Japanese", "Korean")
CANDIDATES = (  # of two that read the sample alike, the first is told
    Candidate("windows-1252", (*WESTERN, "Icelandic")),
    Candidate("windows-1251", CYRILLIC),
    Candidate("koi8-r", ("Russian",)),
    Candidate("koi8-u", ("Ukrainian",)),
    Candidate("gbk", ("Chinese",), "GBK"),
    Candidate("cp932", ("Japanese",), "Shift-JIS"),
    Candidate("euc-jp", ("Japanese",), "EUC-JP"),
    Candidate("cp950", ("Chinese, traditional",), "Big5"),
    Candidate("cp949", ("Korean",), "EUC-KR"),
    Candidate("windows-1250", CENTRAL),
    Candidate("iso-8859-2", CENTRAL),
    Candidate("windows-1253", ("Greek",)),
    Candidate("iso-8859-7", ("Greek",)),
    Candidate("windows-1254", ("Turkish",)),
    Candidate("windows-1255", ("Hebrew",), rarity=SELDOM),
    Candidate("windows-1256", ("Arabic", "Persian")),
    Candidate("windows-1257", ("Lithuanian", "Latvian", "Estonian"), rarity=SELDOM),
    Candidate("iso-8859-5", CYRILLIC),
    Candidate("cp866", ("Russian", "Ukrainian"), "code page 866 of MS-DOS", RARE),
    Candidate("iso-8859-15", ("English", "French", "Finnish", "Estonian")),
    Candidate("iso-8859-6", ("Arabic",)),
    Candidate("iso-8859-13", ("Lithuanian", "Latvian", "Estonian"), rarity=VERY_RARE),
    Candidate("cp874", ("Thai",), "TIS-620"),
    Candidate("gb18030", ("Chinese", "Chinese, traditional"), "GB18030"),
    Candidate("johab", ("Korean",), "Johab", VERY_RARE),
    Candidate("mac-roman", WESTERN, "Mac Roman", RARE),
    Candidate("cp850", (*WESTERN, "Icelandic"), "code page 850 of MS-DOS", RARE),
    Candidate("cp437", WESTERN, "code page 437 of MS-DOS", RARE),
    Candidate("cp852", CENTRAL, "code page 852 of MS-DOS", VERY_RARE),
    Candidate("cp857", ("Turkish",), "code page 857 of MS-DOS", VERY_RARE),
    Candidate("cp737", ("Greek",), "code page 737 of MS-DOS", VERY_RARE),
    Candidate("cp855", CYRILLIC, "code page 855 of MS-DOS", VERY_RARE),
    Candidate("cp862", ("Hebrew",), "code page 862 of MS-DOS", VERY_RARE),
    Candidate("mac-cyrillic", CYRILLIC, "Mac Cyrillic", VERY_RARE),
    Candidate("mac-latin2", CENTRAL, "Mac Central European", VERY_RARE),
    Candidate("mac-greek", ("Greek",), "Mac Greek", VERY_RARE),
    Candidate("mac-turkish", ("Turkish",), "Mac Turkish", VERY_RARE),
)
UTF_8 = Candidate("utf-8", tuple(LANGUAGES))
WIDE = tuple(  # two or four bytes a character
    Candidate(f"utf-{bits}-{order.lower()}", tuple(LANGUAGES), f"UTF-{bits} ({order}, without a byte order mark)")
    for bits in (16, 32)
    for order in ("LE", "BE")
)


def guesses(sample: bytes) -> list[Guess]:
    """Returns the encodings that a sample may be in, the likeliest first; one alone is as good as certain.

    UTF-8 is one of them, with bytes that do not fit it: the sample is taken to be damaged then, not encoded otherwise.
    """
    found = _ranked(sample, (UTF_8, *CANDIDATES, *WIDE[:2]))
    beyond_ascii = sum(byte > 127 for byte in sample)
    least = MIN_LIKELIHOOD * beyond_ascii + ASCII * (len(sample) - beyond_ascii)
    if not found or found[0].likelihood < least:
        return []
    return [guess for guess in found if guess.likelihood > found[0].likelihood - MIN_LEAD][:MAX_GUESSES]


def wide_encoding(head: bytes) -> Candidate | None:
    """Returns the form of UTF-16 or UTF-32 that the beginning of a file without a byte order mark is in, if any.

    The test is whether text of two or four bytes a character explains the bytes much better than text with NULs in it.
    """
    wide, narrow = _ranked(head, WIDE), _ranked(head, (Candidate("latin-1", ("English",)),))[0]
    return wide[0].candidate if wide and wide[0].likelihood > narrow.likelihood + MIN_LEAD else None


def _ranked(sample: bytes, candidates: Iterable[Candidate]) -> list[Guess]:
    """Returns the candidates that can read a sample, the likeliest first; of those that read it alike, the first in
    the list, unless another has a clear lead.
    """
    best: dict[str, Guess] = {}
    for candidate in candidates:
        decoder = codecs.getincrementaldecoder(candidate.name)("replace" if candidate is UTF_8 else "strict")
        try:
            text = decoder.decode(sample)
        except UnicodeDecodeError:
            continue
        if candidate in WIDE and any(map(_is_control, set(text))):
            continue
        rest = len(decoder.getstate()[0])  # bytes of a character that the sample ends inside of
        guess = Guess(candidate, log_likelihood(text, candidate) + (CUT if rest > 1 else DAMAGED if rest else 0.0))
        first = best.setdefault(text, guess)
        leads = guess.likelihood > first.likelihood + MIN_LEAD
        best[text] = Guess((guess if leads else first).candidate, max(guess.likelihood, first.likelihood))
    return sorted(best.values(), key=lambda guess: -guess.likelihood)


def log_likelihood(text: str, candidate: Candidate) -> float:
    """Returns how likely a text is in the language of a candidate that fits it best."""
    characters, words = Counter(text), Counter(re.findall(rf"{LETTER}+", text.lower()))
    fit = max(
        sum(n * _weight(c, name) for c, n in characters.items())
        + WORD * sum(words[word] for word in LANGUAGES[name].words.split())
        + (-RARE if name == "Icelandic" else 0)
        for name in candidate.languages
    )
    capitals = sum(n for c, n in characters.items() if c > "\x7f" and c.isupper())
    shape = max(CAPITAL * capitals, ALL_CAPITALS)
    shape += sum(n * OUT_OF_PLACE for pair, n in Counter(pairwise(text)).items() if _is_odd_pair(*pair))
    if not any(LANGUAGES[name].plane for name in candidate.languages) or candidate is UTF_8:
        shape += sum(points * len(pattern.findall(text)) for pattern, points in PLACES)
    return fit + shape - candidate.rarity


@cache
def _weight(c: str, name: str) -> float:
    """Returns the log probability of a character in a language."""
    if c < "\x80":
        return CONTROL if _is_control(c) else ASCII
    language = LANGUAGES[name]
    letter = c.lower()
    if letter in _ranks(name):
        return _ranks(name)[letter]
    if language.plane and c in WIDE_SIGNS:
        return WIDE_SIGN
    if c in QUOTES:
        return QUOTE
    if c in SIGNS:
        return SIGN
    if c == "\ufffd":
        return DAMAGED
    if _is_control(c):
        return CONTROL
    if language.plane and unicodedata.category(c) == "Lo":
        return _by_level(c, language)
    if _script(c):
        return SAME_SCRIPT if _script(c) == _script(language.letters[0]) else FOREIGN
    return STRANGE


@cache
def _ranks(name: str) -> dict[str, float]:
    """Returns the log probabilities of a language's letters: by rank r as 1 / (r + 3), all letters together 0.9."""
    letters = LANGUAGES[name].letters
    if LANGUAGES[name].plane:  # the list is not in strict order: all alike, kana more
        kana = sum("\u3040" <= c < "\u3100" for c in letters)
        return {
            c: log(0.6 / kana if i < kana else (0.3 if kana else 0.6) / (len(letters) - kana))
            for i, c in enumerate(letters)
        }
    total = sum(1 / (r + 3) for r in range(len(letters)))
    return {c: log(0.9 / (r + 3) / total) for r, c in enumerate(letters)}


def _by_level(c: str, language: Language) -> float:
    """Returns the log probability of a character that is in no list: its standard has the frequent ones first."""
    try:
        lead = c.encode(language.plane)[0]
    except UnicodeEncodeError:
        return LEVEL_2
    first, last = {"gb2312": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "euc_jp": (0xB0, 0xCF), "euc_kr": (0xB0, 0xC8)}[
        language.plane
    ]
    return LEVEL_1 if first <= lead <= last else LEVEL_2


def _is_control(c: str) -> bool:
    """Tells whether a character is none of a text: a control, private or unassigned."""
    return c not in "\t\n\v\f\r" and unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs")


def _is_odd_pair(a: str, b: str) -> bool:
    """Tells whether two characters are a small letter before a capital, or letters of two alphabets."""
    if a < "\x80" and b < "\x80":
        return False
    one, other = _script(a), _script(b)
    return bool(one and other) and (one != other or (a.islower() and b.isupper()))


@cache
def _script(c: str) -> str:
    """Returns the alphabet of a letter; "" for other characters and for those of the Far East."""
    if unicodedata.category(c)[0] not in "LM" or c >= "\u3000":
        return ""
    return unicodedata.name(c, "").split(" ")[0]
