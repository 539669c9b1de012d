"""The first rules for words, spaces and sentences: those of models that were trained before rules were counted.

A model predicts what it was trained to: its text has to be cut as it was then. The rules stand in the settings of a
model (`Settings.rules`); nothing is trained by these any more.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np

from .characters import char_class, code_points
from .marks import MARKS
from .rules import Encoded
from .tokens import END, PIECES, TOKENIZERS, capitalized
from .vocabulary import Vocabulary

# Invisible characters that would split a word or make two words: soft hyphen, zero-width space, byte order mark.
INVISIBLE = {0xAD: None, 0x200B: None, 0xFEFF: None}

CLOSING = frozenset(",.;:!?…)]}%”»’、。，！？；：") | {"...", ".."}  # no space before
OPENING = frozenset("([{“«‘¿¡$£€#@")  # no space after
STRAIGHT = frozenset("\"'")  # open or close, depending on the text before
QUOTES = STRAIGHT | frozenset("“«‘")  # direct speech follows

MAX_PARAGRAPH_CHARACTERS = 1 << 16  # held in memory
TITLES = (
    "Mr Mrs Ms Mx Dr Prof Rev Fr Sr Jr St Mt Gen Col Maj Capt Lt Sgt Hon Messrs Mme Mlle vs cf No Vol Fig pp".split()
)
_END_OF_SENTENCE = re.compile(
    r"(?:(?<!\w)(?P<word>\w{1,9}))?"  # possibly a title
    r"(?:(?<![.!?…])[.!?…]+[\"'”’»)\]]*|(?<![。！？])[。！？]+) +(?=[\"'“‘«(\[]*(?P<next>\w))"
    r"|(?<=[。！？])(?=\w)"
)


@cache
def _word_pattern(is_ascii: bool) -> re.Pattern[str]:
    run = r"[^\W_]+" if is_ascii else rf"[^\W_](?:[^\W_]|[{char_class(code_points(MARKS))}])*"
    return re.compile(
        r"(?:[^\W\d_]\.){2,}"  # U.S., e.g.
        r"|\d+(?:[.,:]\d+)+"  # 3.14, 1,000, 10:30
        rf"|{run}(?:['’\-‐]{run})*"  # can't, well-known, 1990s
        r"|\n|\.\.+|--+|[^\s\w]|_"
    )


def words(text: str) -> list[str]:
    """Cuts a text into words, marks and END."""
    if text.isascii():
        return _word_pattern(True).findall(text)
    text = unicodedata.normalize("NFC", text.translate(INVISIBLE))
    return _word_pattern(False).findall(text)


def word_pieces(tokens: Iterable[str], capitals: bool) -> Iterator[str]:
    """Yields words and marks with the blank that a writer puts before each."""
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
            token, start = capitalized(token), False
        yield token if (glue or left) and (previous == END or _stay_apart(previous, token)) else " " + token
        previous, glue, start = token, right, start or (capitals and right and token in QUOTES)


def _closes(previous: str, is_open: bool) -> bool:
    """Tells whether a straight quote closes: never at the start of a sentence, always right after an end mark."""
    if previous == END or previous in OPENING:
        return False
    return is_open or previous[-1] in ".!?…"


@lru_cache(1 << 16)
def _stay_apart(left: str, right: str) -> bool:
    """Tells whether two tokens written without a space between stay two tokens."""
    return words(left + right) == [left, right]


def reflow(blocks: Iterable[str]) -> Iterator[str]:
    """Yields prose, given in blocks cut anywhere, with a sentence a line. A blank line ends a paragraph."""
    rest = ""
    for block in blocks:
        *paragraphs, rest = re.split(r"\n[^\S\n]*\n\s*", rest + block)
        for paragraph in paragraphs:
            yield END.join(_sentences(paragraph)) + END
        if len(rest) > MAX_PARAGRAPH_CHARACTERS:  # no paragraph is that long: yield the complete sentences
            break_ = rest[-1] if rest[-1].isspace() else ""
            *sentences, rest = _sentences(rest)
            yield from (sentence + END for sentence in sentences)
            if len(rest) > MAX_PARAGRAPH_CHARACTERS:
                part, blank, rest = rest.rpartition(" ") if " " in rest else (rest, "", "")
                yield part + blank
            rest += break_
    if rest.strip():
        yield END.join(_sentences(rest)) + END


def _sentences(paragraph: str) -> list[str]:
    """Returns the sentences of a paragraph. A word broken at its hyphen by the end of a line is joined."""
    text = " ".join(re.sub(r"(?<=\w[-‐])\s*\n\s*(?=\w)", "", paragraph).split())
    sentences, start = [], 0
    for end in _END_OF_SENTENCE.finditer(text):
        word, after = end["word"] or "", end["next"]
        if after and (after.islower() or word in TITLES or (len(word) == 1 and word.isupper() and word != "I")):
            continue
        sentences.append(text[start : end.end()].rstrip())
        start = end.end()
    return [*sentences, text[start:]] if text[start:] else sentences


class FormerRules:
    """Cuts and joins text as `rules.Rules` says, by the first rules."""

    def __init__(self, vocabulary: Vocabulary, tokenizer: str, sentences: str) -> None:
        self._vocabulary, self._tokenizer, self._wrapped = vocabulary, tokenizer, sentences == "wrapped"
        self._cut = {"words": words, "whitespace": _whitespace, "chars": TOKENIZERS["chars"].cut}[tokenizer]
        self._pieces = PIECES.get(tokenizer, word_pieces)

    def cut(self, text: str) -> list[str]:
        return self._cut(text)

    def spell(self, written: str) -> str:
        return written

    def encode(self, texts: Iterable[str]) -> Iterator[Encoded]:
        last = END
        for text in reflow(texts) if self._wrapped else texts:
            tokens = []
            for token in self._cut(text):
                if token != END or last != END:
                    tokens.append(token)
                last = token
            yield np.array(self._vocabulary.ids(tokens), np.int32), tokens

    def tokens(self, prompt: str) -> list[str]:
        if self._wrapped:
            blank = " " if prompt[-1:].isspace() else ""  # a character of its own for chars
            prompt = "".join(reflow([prompt])).strip(END) + blank
        tokens = self._cut(prompt.strip(END))
        return [token for before, token in pairwise([END, *tokens]) if token != END or before != END]

    def may_end(self, text: str) -> bool:
        return text.rstrip("\"'”’»)] \t\n")[-1:] in _ENDING

    def pieces(self, tokens: Iterable[str], capitals: bool = True) -> Iterator[str]:
        return self._pieces(tokens, capitals and self._vocabulary.capitals)


_ENDING = (".", "!", "?", "…", "。", "！", "？")


def _whitespace(text: str) -> list[str]:
    tokens: list[str] = []
    for line in unicodedata.normalize("NFC", text).split(END):
        tokens += line.split()
        tokens.append(END)
    return tokens[:-1]
