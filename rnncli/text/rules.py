"""The rules by which text is cut into tokens, and tokens are put together again, for a known vocabulary."""

from collections.abc import Iterable, Iterator
from itertools import compress
from typing import NamedTuple, Protocol

import numpy as np

from . import words
from .alike import known_mark
from .ends import may_end
from .sentences import Arrangement, Stretch, cut_again, flags_of
from .spool import Ids
from .tokens import BREAK, END, PIECES, TOKENIZERS
from .vocabulary import UNK, Vocabulary
from .written import BREAK_NUMBER, Column, WrittenNumbers

MAX_KEPT_TOKENS = 200_000  # written tokens of which is kept what is known
TAIL_CHARACTERS = 400  # of a text, that tell whether its last sentence may have ended

Encoded = tuple[Ids, list[str]]  # (n,) ids, and the n tokens that they stand for, as they are written


class Rules(Protocol):
    """Cuts text into tokens and puts tokens together, as a model was trained."""

    def cut(self, text: str) -> list[str]:
        """Returns the parts of a text of one line where a half-typed word may begin, as they are written."""

    def spell(self, written: str) -> str:
        """Returns the token that is written."""

    def encode(self, texts: Iterable[str]) -> Iterator[Encoded]:
        """Yields ids and tokens of texts, block by block, as one stream, END after each sentence."""

    def tokens(self, prompt: str) -> list[str]:
        """Returns the tokens of a text to predict after; line ends at its edges are stripped."""

    def may_end(self, text: str) -> bool:
        """Tells whether a sentence may have ended where a text breaks off, after a blank."""

    def pieces(self, tokens: Iterable[str], capitals: bool = True) -> Iterator[str]:
        """Yields each token with the blank that a writer puts before it; with `capitals`, and where the vocabulary has
        them, the first word of a sentence begins with a capital.
        """


class Kept(NamedTuple):
    """What is known of written tokens: a text is read by one of these from its beginning to its end."""

    numbers: WrittenNumbers
    ids: Column
    first_ids: Column  # of tokens that begin a line
    arrangement: Arrangement


class CurrentRules:
    """Cuts and joins text as `Rules` says; what is known of a written token is kept from text to text."""

    def __init__(self, vocabulary: Vocabulary, tokenizer: str, sentences: str) -> None:
        self._vocabulary = vocabulary
        self._wrapped = sentences == "wrapped"
        self._tokenizer = TOKENIZERS[tokenizer]
        self._pieces = PIECES.get(tokenizer)
        self._is_cut_again = self._wrapped and tokenizer in PIECES
        self._first = TOKENIZERS["words"] if self._is_cut_again else self._tokenizer
        self._kept = self._nothing_kept()
        self._asked = "", False  # whether the last sentence of the text that was asked for last may end

    def _nothing_kept(self) -> Kept:
        numbers, abbreviations = WrittenNumbers(self._first), self._vocabulary.style.abbreviations
        return Kept(
            numbers,
            Column(numbers, lambda written, token: self._id(self._known(written, token)), np.int32),
            Column(numbers, lambda _, token: self._id(self._known(" ", token)), np.int32),
            Arrangement(numbers, self._wrapped, abbreviations, self._is_lower, self._is_known),
        )

    def _id(self, token: str) -> int:
        return self._vocabulary.id(token) if token else UNK

    def _known(self, written: str, token: str) -> str:
        """Returns the token that the vocabulary has for a written one: another mark, where people take it for that."""
        if self._is_known(token) or any(map(str.isalnum, token)) or self._pieces:
            return token
        return known_mark(written, token, self._is_known)

    def cut(self, text: str) -> list[str]:
        return self._tokenizer.cut(text) if self._pieces else words.cut(text)  # no dictionary has half a word

    def spell(self, written: str) -> str:
        return self._tokenizer.spell(written)

    def encode(self, texts: Iterable[str]) -> Iterator[Encoded]:
        kept, stretches = self._stretches(texts)
        if self._is_cut_again:
            yield from self._encode_again(stretches, kept.numbers)
            return
        for stretch in stretches:
            ids = np.where(stretch.starts, kept.first_ids[stretch.ids], kept.ids[stretch.ids])
            tokens = [kept.numbers.written[i] for i in stretch.ids.tolist()]
            if not self._vocabulary.has_paragraphs:
                others = stretch.ids != BREAK_NUMBER
                ids, tokens = ids[others], list(compress(tokens, others))
            yield ids, tokens

    def _stretches(self, texts: Iterable[str]) -> tuple[Kept, Iterator[Stretch]]:
        """Returns a text's stretches, and by what they are read, which is theirs also where others forget it."""
        kept = self._kept
        if len(kept.numbers) > MAX_KEPT_TOKENS:
            kept = self._kept = self._nothing_kept()
        return kept, kept.arrangement.stretches(kept.numbers.blocks(texts, self._first.cut))

    def tokens(self, prompt: str) -> list[str]:
        if self._is_cut_again:
            tokens = [self.spell(written) for _, part in self.encode([prompt]) for written in part]
        else:
            tokens = list(self._known_tokens(prompt))
        tokens = tokens[:-1]  # not the end
        if tokens[-1:] in (["'"], ["’"]) and tokens[-2:-1] and self._is_known(possessive := "".join(tokens[-2:])):
            tokens[-2:] = [possessive]  # the dogs' bowl, of which the bowl is still to come
        blank = prompt[-1:]  # which waits for the next token; of chars it is one itself
        if self._pieces is PIECES["chars"] and blank.isspace():
            if not self._wrapped:
                tokens += self._tokenizer.cut(blank.strip(END))
            elif tokens:
                tokens.append(" ")
        return tokens

    def _known_tokens(self, prompt: str) -> Iterator[str]:
        """Yields the tokens of a text as the vocabulary has them: those of the ids of `encode`."""
        kept, stretches = self._stretches([prompt])
        numbers, has_paragraphs = kept.numbers, self._vocabulary.has_paragraphs
        for stretch in stretches:
            for i, starts in zip(stretch.ids.tolist(), stretch.starts.tolist(), strict=True):
                written = numbers.written[i]
                if has_paragraphs or i != BREAK_NUMBER:
                    yield self._known(" " if starts else written, self.spell(written))

    def may_end(self, text: str) -> bool:
        asked, ends = self._asked  # at each key of a word the same text
        if asked != text:
            ends = self._may_end(text)
            self._asked = text, ends
        return ends

    def _may_end(self, text: str) -> bool:
        tail = text[-TAIL_CHARACTERS:]
        if len(tail) < len(text):
            tail = tail.partition(" ")[2] or tail
        abbreviations = self._vocabulary.style.abbreviations
        flags = [flags_of(token, words.spell(token), True, abbreviations, self._is_lower) for token in words.cut(tail)]
        return may_end(np.array(flags, np.uint16))

    def pieces(self, tokens: Iterable[str], capitals: bool = True) -> Iterator[str]:
        capitals = capitals and self._vocabulary.capitals
        if self._pieces:
            return self._pieces(tokens, capitals)
        return self._vocabulary.style.spacing.pieces(tokens, capitals, lines=not self._wrapped)

    def _is_known(self, word: str) -> bool:
        return self._vocabulary.id(word) != UNK

    def _is_lower(self, word: str) -> bool:
        i = self._vocabulary.id(word)
        return i != UNK and self._vocabulary.display_forms[i][:1].islower()

    def _encode_again(self, stretches: Iterable[Stretch], numbers: WrittenNumbers) -> Iterator[Encoded]:
        for tokens in cut_again(stretches, numbers, self._tokenizer.cut):
            if not self._vocabulary.has_paragraphs:
                tokens = [token for token in tokens if token != BREAK]
            yield np.array(self._vocabulary.ids(map(self._tokenizer.spell, tokens)), np.int32), tokens
