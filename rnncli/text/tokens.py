"""Text to tokens and back: words, whitespace, characters.

A tokenizer gives a list of tokens in which each newline of the text, the end of a sentence, is the token "\\n".
`join` is the inverse up to spacing: tokenize(join(tokens)) == tokens for tokens that came from a tokenizer.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from .marks import marks_class

END = "\n"  # the token that ends a sentence

# Invisible characters that would split a word or make two words: soft hyphen, zero-width space, byte order mark.
INVISIBLE = {0xAD: None, 0x200B: None, 0xFEFF: None}


class Tokenizer(NamedTuple):
    """Cuts text into tokens and joins tokens to text.

    `pieces` yields each token of a sequence with the space that a writer puts before it; with `capitals`, the first
    word of a sentence and of direct speech gets a capital.
    """

    tokenize: Callable[[str], list[str]]
    pieces: Callable[[Iterable[str], bool], Iterator[str]]

    def join(self, tokens: Iterable[str], capitals: bool = False) -> str:
        """Returns the text of all pieces."""
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


def _tokenize_words(text: str) -> list[str]:
    if text.isascii():
        return _word_pattern(True).findall(text)
    text = unicodedata.normalize("NFC", text.translate(INVISIBLE))
    return _word_pattern(False).findall(text)


CLOSING = frozenset(",.;:!?…)]}%”»’、。，！？；：") | {"...", ".."}  # no space before
OPENING = frozenset("([{“«‘¿¡$£€#@")  # no space after
STRAIGHT = frozenset("\"'")  # open or close, depending on the text before
QUOTES = STRAIGHT | frozenset("“«‘")  # direct speech follows


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
            token, start = _capitalize(token), False
        yield token if (glue or left) and (previous == END or _stay_apart(previous, token)) else " " + token
        previous, glue, start = token, right, start or (capitals and right and token in QUOTES)


def _capitalize(word: str) -> str:
    """Returns a word with a capital, the rest unchanged."""
    return word[0].upper() + word[1:]


def _closes(previous: str, is_open: bool) -> bool:
    """Tells whether a straight quote closes: never at the start of a sentence, always right after an end mark."""
    if previous == END or previous in OPENING:
        return False
    return is_open or previous[-1] in ".!?…"


@lru_cache(1 << 16)
def _stay_apart(left: str, right: str) -> bool:
    """Tells whether two tokens written without a space between stay two tokens."""
    return _tokenize_words(left + right) == [left, right]


def _tokenize_whitespace(text: str) -> list[str]:
    tokens: list[str] = []
    for line in unicodedata.normalize("NFC", text).split(END):
        tokens += line.split()
        tokens.append(END)
    return tokens[:-1]


def _whitespace_pieces(tokens: Iterable[str], capitals: bool) -> Iterator[str]:
    for token, previous in _with_previous(tokens):
        token = _capitalize(token) if capitals and previous == END else token
        yield token if END in (token, previous) else " " + token


def _tokenize_chars(text: str) -> list[str]:
    return list(unicodedata.normalize("NFC", text))


def _char_pieces(tokens: Iterable[str], capitals: bool) -> Iterator[str]:
    for token, previous in _with_previous(tokens):
        yield token.upper() if capitals and previous == END else token


def _with_previous(tokens: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yields each token with the token before it, END before the first."""
    previous = END
    for token in tokens:
        yield token, previous
        previous = token


TOKENIZERS = {
    "words": Tokenizer(_tokenize_words, _word_pieces),
    "whitespace": Tokenizer(_tokenize_whitespace, _whitespace_pieces),
    "chars": Tokenizer(_tokenize_chars, _char_pieces),
}
