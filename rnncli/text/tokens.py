"""Text to tokens and back: words, whitespace, characters.

A tokeniser gives a list of tokens in which each end of a sentence, a newline of the text, is the token "\\n".
`join` is its inverse up to spacing: tokenise(join(tokens)) == tokens for tokens that came from a tokeniser.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from .marks import marks_class

END = "\n"  # the token that ends a sentence

# Invisible characters that would split a word or make two of one: soft hyphen, zero-width space, byte order mark.
INVISIBLE = {0xAD: None, 0x200B: None, 0xFEFF: None}


class Tokeniser(NamedTuple):
    """`tokenise` cuts a text; `pieces` gives each token of a sequence with the space before it that a writer puts,
    and, if asked for capitals, with one at each start: of a sentence, and of what somebody says.
    """

    tokenise: Callable[[str], list[str]]
    pieces: Callable[[Iterable[str], bool], Iterator[str]]

    def join(self, tokens: Iterable[str], capitals: bool = False) -> str:
        return "".join(self.pieces(tokens, capitals))


@cache
def _word_pattern(is_ascii: bool) -> re.Pattern[str]:
    run = r"[^\W_]+" if is_ascii else rf"[^\W_](?:[^\W_]|[{marks_class()}])*"
    return re.compile(
        r"(?:[^\W\d_]\.){2,}"  # U.S., e.g.
        r"|\d+(?:[.,:]\d+)+"  # 3.14, 1,000, 10:30
        rf"|{run}(?:['’\-‐]{run})*"  # can't, well-known, 1990s
        r"|\n|\.\.+|--+|[^\s\w]|_"
    )


def _words(text: str) -> list[str]:
    if text.isascii():
        return _word_pattern(True).findall(text)
    text = unicodedata.normalize("NFC", text.translate(INVISIBLE))
    return _word_pattern(False).findall(text)


CLOSING = frozenset(",.;:!?…)]}%”»’、。，！？；：") | {"...", ".."}  # no space before
OPENING = frozenset("([{“«‘¿¡$£€#@")  # no space after
STRAIGHT = frozenset("\"'")  # open or close, as the text before tells
QUOTES = STRAIGHT | frozenset("“«‘")  # what somebody says comes after


def _word_pieces(tokens: Iterable[str], capitals: bool) -> Iterator[str]:
    previous, glue, start = END, True, capitals
    quoted: set[str] = set()  # the straight quotes that are open
    for token in tokens:
        if token == END:
            yield END
            previous, glue, start = END, True, capitals
            continue
        if token in STRAIGHT:
            closes = _closes(previous, token in quoted)
            quoted = quoted - {token} if closes else quoted | {token}
            left, right = closes, not closes
        else:
            left, right = token in CLOSING, token in OPENING
        if start and token[0].isalnum():
            token, start = _capital(token), False
        yield token if (glue or left) and (previous == END or _apart(previous, token)) else " " + token
        previous, glue, start = token, right, start or (capitals and right and token in QUOTES)


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]


def _closes(previous: str, is_open: bool) -> bool:
    """Whether a straight quote closes: never at the start of a sentence, always right after its end."""
    if previous == END or previous in OPENING:
        return False
    return is_open or previous[-1] in ".!?…"


@lru_cache(1 << 16)
def _apart(left: str, right: str) -> bool:
    """Whether two tokens written without a space between stay two tokens."""
    return _words(left + right) == [left, right]


def _whitespace(text: str) -> list[str]:
    tokens: list[str] = []
    for line in unicodedata.normalize("NFC", text).split(END):
        tokens += line.split()
        tokens.append(END)
    return tokens[:-1]


def _whitespace_pieces(tokens: Iterable[str], capitals: bool) -> Iterator[str]:
    for token, previous in _after(tokens):
        token = _capital(token) if capitals and previous == END else token
        yield token if END in (token, previous) else " " + token


def _chars(text: str) -> list[str]:
    return list(unicodedata.normalize("NFC", text))


def _char_pieces(tokens: Iterable[str], capitals: bool) -> Iterator[str]:
    for token, previous in _after(tokens):
        yield token.upper() if capitals and previous == END else token


def _after(tokens: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each token with the one before it, an END before the first."""
    previous = END
    for token in tokens:
        yield token, previous
        previous = token


TOKENISERS = {
    "words": Tokeniser(_words, _word_pieces),
    "whitespace": Tokeniser(_whitespace, _whitespace_pieces),
    "chars": Tokeniser(_chars, _char_pieces),
}
