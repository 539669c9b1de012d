"""Text to tokens: words, words of dictionaries, whitespace, characters.

A tokenizer cuts a text into written tokens: a token with the one blank before it, if there is one, and END for each
line end. What is written becomes a token by `spell`, without blank and invisible characters.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from . import dictionary, words

END = "\n"  # the token that ends a sentence
BREAK = "\n\n"  # the token of a blank line, which ends a paragraph


def capitalized(word: str) -> str:
    """Returns a word with a capital, the rest unchanged."""
    return word[:1].upper() + word[1:]


_NOT_BLANK = re.compile(r"[^\S\n]?\S+|\n")


class Tokenizer(NamedTuple):
    """Cuts text into written tokens, and returns the token that is written."""

    cut: Callable[[str], list[str]]
    spell: Callable[[str], str]

    def tokenize(self, text: str) -> list[str]:
        """Returns the tokens of a text."""
        return list(map(self.spell, self.cut(text)))


def _spell_apart(written: str) -> str:
    return unicodedata.normalize("NFC", written.lstrip() or written)


def _characters(text: str) -> list[str]:
    return list(unicodedata.normalize("NFC", text))


def _whitespace_pieces(tokens: Iterable[str], capitals: bool) -> Iterator[str]:
    previous = END
    for token in tokens:
        shown = capitalized(token) if capitals and previous in (END, BREAK) else token
        yield shown if previous in (END, BREAK) or token in (END, BREAK) else " " + shown
        previous = token


def _character_pieces(tokens: Iterable[str], capitals: bool) -> Iterator[str]:
    previous = END
    for token in tokens:
        yield token.upper() if capitals and previous in (END, BREAK) else token
        previous = token


TOKENIZERS = {
    "words": Tokenizer(words.cut, words.spell),
    "dictionary": Tokenizer(dictionary.cut, words.spell),
    "whitespace": Tokenizer(_NOT_BLANK.findall, _spell_apart),
    "chars": Tokenizer(_characters, str),
}

# What yields each token with the blank before it; with `capitals`, the first of a sentence begins with a capital. Words
# have none here: blanks between these are counted (`spacing`).
PIECES: dict[str, Callable[[Iterable[str], bool], Iterator[str]]] = {
    "whitespace": _whitespace_pieces,
    "chars": _character_pieces,
}
