"""Cuts text into words and marks, by Unicode's rules for word boundaries (UAX 29) and a few of people's own.

As in UAX 29: what extends a character stays with it (combining marks, joiners, variation selectors, skin tones, pairs
of flag letters), apostrophes, middle dots and full stops join letters, commas and points join digits, Han, Hiragana and
symbols stand alone, Katakana is a run. Beyond it: hyphens join words; what has no blank inside and reads as one thing
is one token (addresses, paths, dates, times, and/or, AT&T, C++, --option); so is a run of one symbol (=======); an
elision is a token of its own (l' oiseau); scripts of Southeast Asia are cut into clusters of letters, and their blanks,
which are marks there, are tokens; Tibetan is cut into syllables.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from . import characters as kinds

# Symbols of which two or more in a row are one token. Brackets and double quotes are not among them: each has a turn.
RUNS = "=-*#_~.!?…&|/:+<>%@^`$\\—–•。！？،'"
ABBREVIATED_WORD = (  # dell', nell', sull', coll', bell', all', quell', quest', anch', com', dov', tutt', sant'
    r"[DdNnSsCcBb]?[aeouAEOU]ll|[Qq]ue(?:ll|st)|[Aa]nch|[Cc]o[ms]|[Dd]ov|[Tt]utt|[Ss]ant|[Mm]ezz|[Cc]h|[Ss]enz|[Cc]ent"
    r"|(?:[DdNn]e|[DdSs]?[aAu]|[Qq]ue)gl"
)
# Before ' and a vowel or h, or where the text breaks off.
ELIDED = rf"[cdjlmnstvCDJLMNSTV]|[a-zA-Z]{{0,6}}qu|[A-Z]{{0,6}}QU|Qu|{ABBREVIATED_WORD}|[uU]n|[gG]l"
SHORTENED = r"[stnkSTNK]|em|til|tis|twas|[0-9]0s"  # after ' and a blank: 's avonds, 't huis, 'em, 'tis, '90s
VOWELS = "aeiouyhàâäáèéêëìíîïòóôöùúûüœæ"
COMPLEX = r"\u17D2\u1039\u1A60"  # signs after which a consonant belongs to the cluster (coeng, virama)

_INVISIBLE = dict.fromkeys(kinds.code_points(kinds.INVISIBLE))


class _Classes(NamedTuple):
    """What a pattern for words is made of: the insides of character classes, and parts that ASCII has not."""

    blank: str  # a blank that is a token of its own
    first: str  # begins a word
    letter: str
    run: str  # a word without marks inside
    joins: str  # marks that join two words to one
    hyphens: str
    extension: str  # what extends a character
    before: str  # invisible characters before a token
    unspaced: str  # words of scripts without blanks
    symbol: str  # any other token


def _ascii_classes() -> _Classes:
    return _Classes("", "A-Za-z0-9", "A-Za-z", "[A-Za-z0-9]+", "'/&", "\\-", "", "", "", r"[^\s\w]")


def _all_classes() -> _Classes:
    marks, unspaced = kinds.marks(), kinds.unspaced()
    invisible = kinds.code_points(kinds.INVISIBLE)
    extending = marks | invisible | kinds.code_points(kinds.JOINERS)
    letters = kinds.spaced_letters()
    first = "A-Za-z0-9" + kinds.char_class(letters)
    more = "A-Za-z0-9" + kinds.char_class((letters | extending) - unspaced)
    beyond = rf"[^\W_\0-\uFFFF{kinds.HAN_BEYOND}]"  # letters and digits from U+10000 on
    more_beyond = rf"(?=[^\0-\uFFFF])(?:{beyond}|[{kinds.marks_beyond()}])"
    extension = rf"[{kinds.char_class(extending)}{kinds.EXTENDING}]*"
    before = kinds.char_class(invisible | kinds.code_points(kinds.JOINERS, kinds.VARIATION_SELECTORS))
    cluster = kinds.char_class(kinds.code_points(kinds.SOUTHEAST_ASIAN))
    katakana = kinds.char_class(kinds.code_points(kinds.KATAKANA))
    han = kinds.char_class(kinds.code_points(kinds.HAN, kinds.HIRAGANA)) + kinds.HAN_BEYOND
    return _Classes(
        first=first,
        letter="A-Za-z" + kinds.char_class(code for code in letters if chr(code).isalpha()),
        run=rf"(?:[{first}][{more}]*|{beyond}[{more}]*)(?:{more_beyond}[{more}]*)*",
        joins="'’ʼ＇·‧՚׳״⁄/&",
        hyphens="\\-‐‑",
        extension=extension,
        # From its first character on: a run with nothing behind it would be read again from each of the others.
        before=rf"(?:[{before}](?<![{before}]{{2}})[{before}]*+)?",
        blank=rf"(?<=[{cluster}{kinds.char_class(kinds.marks())}])[^\S\n](?=[{cluster}])|",
        unspaced=rf"|[เ-ไເ-ໄ]?[{cluster}]{extension}(?:(?<=[{COMPLEX}])[{cluster}]{extension})*"
        rf"(?:[ะาำๅະາຳ]{extension})*"
        rf"|[{han}]{extension}|[{katakana}][{katakana}\u3099\u309A]*"
        rf"|[{kinds.char_class(kinds.code_points(kinds.TIBETAN))}]+[\u0F0B\u0F0C]?",
        symbol=rf"[\U0001F1E6-\U0001F1FF]{{2}}|(?![{before}\u200B])[^\s\w]{extension}(?:(?<=\u200D)[^\s\w]{extension})*",
    )


@cache
def _pattern(is_ascii: bool) -> re.Pattern[str]:
    c = _ascii_classes() if is_ascii else _all_classes()
    letter, line_start = rf"[{c.letter}]", r"(?<![^\n])"
    in_line = r"(?:(?<=[^\S\n])|(?<=[(\[{|`\"']))"
    open_before = rf"(?:{in_line}|{line_start})"
    vowels = VOWELS + VOWELS.upper()
    join = (
        rf"[{c.joins}{c.hyphens}]|_+"
        rf"|\.(?:(?<=\d\.)(?=\d)|(?<={letter}\.)(?![A-Z][a-z])(?={letter}))"  # 3.14, node.js; but not end.Then
        rf"|[,:](?=\d)(?<=\d.)|:(?<=[A-Z0-9]:)(?=[a-zäö]{{1,4}}\b)"  # 1,000, 10:30, EU:n
        rf"|@(?=[\w-]+\.\w)" + ("" if is_ascii else r"|(?<=[א-ת])\"(?=[א-ת])")
    )
    ends = (
        r"(?:\+\+?|\#)(?![\w+\#])"  # C++, C#
        r"|-(?!\S)"  # pre- and post-war
        r"|(?<=s)['’](?=[^\S\n][a-z])"  # the dogs' bowl
    )
    return re.compile(
        rf"{c.blank}[^\S\n]?{c.before}(?:"
        r"(?:https?|ftp|file)://[^\s<>\"'`|]*[\w/]"
        rf"|(?=[a-zA-Z]{{1,9}}+['’])(?:{ELIDED})['’](?=[{vowels}«“]|(?![^\n]))"
        rf"|(?:{letter}\.){{2,}}"  # U.S., e.g.
        rf"|{c.run}(?:(?:{join}){c.run})*(?:{ends})?"
        rf"{c.unspaced}"
        rf"|{open_before}['’](?:{SHORTENED})(?![\w'’])"
        rf"|{open_before}(?:--(?={letter})|-(?=\d)|\.(?=[a-zA-Z0-9]))[\w./-]*\w"  # --option, -40, .txt
        rf"|{in_line}-(?={letter})[\w./-]*\w|{line_start}-[a-z]{{1,2}}(?![\w'’])"  # -name; not -Oui, dit-il
        rf"|{open_before}(?:~|\.{{1,2}})?/(?=[\w.])[\w./+@~-]*[\w/]"  # /etc/hosts, ./run
        rf"|{open_before}[:;=]-?[)(DPpOo|](?!\w)"  # :-)
        rf"|{'|'.join(re.escape(mark) + '{2,}' for mark in RUNS)}"
        rf"|{c.symbol}|_)|\n"
    )


def cut(text: str) -> list[str]:
    """Cuts text into written tokens: each with the blank before it, if there is one, and line ends."""
    return _pattern(text.isascii()).findall(text)


def spell(written: str) -> str:
    """Returns the token that is written: without blank and invisible characters, in Unicode's composed form (NFC)."""
    if written.isascii():
        return written.lstrip(" \t\r\v\f\x1c\x1d\x1e\x1f") or written
    return unicodedata.normalize("NFC", written.translate(_INVISIBLE).strip().strip("\u200c")) or " "
