"""Text to ids and back, as one model has it: its vocabulary, its tokenizer and its rule for sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, pairwise
from typing import NamedTuple

from .alphabet import Alphabet
from .completion import NO_PREFIX, Completer
from .sentences import FULL_LINE_WIDTH, MIN_WRAP_WIDTH, reflow
from .spool import Ids
from .tokens import END, TOKENIZERS, Tokenizer
from .vocabulary import EOS, UNK, Vocabulary

SENTENCE_ENDS = (END, ".", "!", "?")  # tokens after which a sentence starts


class Prompt(NamedTuple):
    """A text to predict after."""

    tokens: list[str]  # without a half-typed last word
    ids: list[int]  # EOS, then the id of each token
    prefix: str  # what is typed of a half-typed last word
    capitals: bool  # whether that word is being written in capitals throughout

    @property
    def starts(self) -> bool:
        """Whether the next word starts a sentence."""
        return not self.tokens or self.tokens[-1] in SENTENCE_ENDS

    @property
    def unknown(self) -> list[str]:
        """The tokens outside the vocabulary."""
        if UNK not in self.ids:
            return []
        return [token for token, i in zip(self.tokens, self.ids[1:], strict=True) if i == UNK]


@dataclass(frozen=True, eq=False)
class Codec:
    """Encodes text as ids, and writes ids as text."""

    vocabulary: Vocabulary
    tokenizer: str
    sentences: str  # lines or wrapped

    @cached_property
    def completer(self) -> Completer:
        """Completes half-typed words."""
        return Completer(self.vocabulary, self.tokenizer)

    @property
    def typing_alphabet(self) -> Alphabet | None:
        """The alphabet by which keystrokes are counted; None for characters, of which each is a keystroke."""
        return None if self.tokenizer == "chars" else self.completer.alphabet

    def tokens(self, prompt: str) -> list[str]:
        """Tokenizes a prompt: line ends at its edges are stripped, several in a row are one."""
        if self.sentences == "wrapped":
            blank = " " if prompt[-1:].isspace() else ""  # a character of its own for chars
            prompt = "".join(reflow([prompt])).strip(END) + blank
        tokens = self._rules.tokenize(prompt.strip(END))
        return [token for before, token in pairwise([END, *tokens]) if token != END or before != END]

    def prompt(
        self,
        text: str,
        complete: bool | None = False,
        encode: Callable[[str], tuple[list[str], list[int]]] | None = None,
    ) -> Prompt:
        """Encodes a text to predict after; `complete` is as in `split_prefix`.

        encode  a way to encode the text that has the same result as `encode`, perhaps with less work
        """
        if complete is None and self._ends_with_a_known_word(text):
            complete = False
        before, prefix = self.completer.split(text, complete)
        tokens, ids = (encode or self.encode)(before)
        capitals = prefix.isupper() and (
            len(prefix) > 1 or bool(tokens and len(tokens[-1]) > 1 and tokens[-1].isupper())
        )
        if self.sentences == "wrapped" and tokens and self._ends_at_line_end(before, prefix, bool(capitals)):
            tokens, ids = [*tokens, END], [*ids, EOS]
        return Prompt(tokens, ids, prefix, bool(capitals))

    def encode(self, prompt: str) -> tuple[list[str], list[int]]:
        """Returns a prompt's tokens, and its ids: EOS, then one id a token."""
        tokens = self.tokens(prompt)
        return tokens, [EOS, *self.vocabulary.ids(tokens)]

    def stream(self, text: str | Iterable[str]) -> Iterator[tuple[Ids, list[str]]]:
        """Yields the ids, from EOS on, and the tokens of a text, or of blocks of one, block by block."""
        from .corpus import encode_with_tokens  # here, because predicting does without

        blocks = iter([text, END] if isinstance(text, str) else text)
        return encode_with_tokens(blocks, self.vocabulary, self.tokenizer, self.sentences)

    def ids(self, text: str | Iterable[str]) -> Iterator[Ids]:
        """Yields the ids of a text, or of blocks of one, block by block, from EOS on."""
        return (ids for ids, _ in self.stream(text))

    def pieces(self, given: Sequence[str], ids: Iterable[int]) -> Iterator[str]:
        """Yields what ids add to the text of the tokens given before, piece by piece."""
        pieces = self._rules.pieces(chain(given, self.vocabulary.tokens(ids)), self.vocabulary.capitals)
        gap = END if self.sentences == "lines" else " "
        return (gap if piece == END else piece for piece in islice(pieces, len(given), None))

    def after(self, text: str, word: str) -> str:
        """Returns a text with a word put after it as a writer would."""
        *_, piece = self._rules.pieces([*self.tokens(text), word], self.vocabulary.capitals)
        if piece.startswith(" "):
            return text + (piece if text and not text[-1].isspace() else piece[1:])
        return (text if text.endswith(END) else text.rstrip()) + piece

    def join(self, tokens: Iterable[str]) -> str:
        """Returns tokens as a writer would put them."""
        return self._rules.join(tokens)

    @property
    def _rules(self) -> Tokenizer:
        return TOKENIZERS[self.tokenizer]

    def _ends_with_a_known_word(self, text: str) -> bool:
        """Tells whether no prefix need be looked for, because a blank, or one word of the vocabulary, ends the text."""
        if not text or text[-1].isspace() or self.tokenizer == "chars":
            return True
        tail = text[max(text.rfind(" "), text.rfind(END)) + 1 :]
        return tail.isalpha() and tail.isascii() and self.vocabulary.id(tail) != UNK

    def _ends_at_line_end(self, before: str, prefix: str, capitals: bool) -> bool:
        """Tells whether a line end that wrapped prose puts anywhere is likely to end a sentence here.

        It is if a capital follows, which is then no name, or if nothing follows yet and the line is not full: shorter
        than FULL_LINE_WIDTH of the longest line, or than prose is ever wrapped at.
        """
        line = before.rstrip(" \t")
        if not line.endswith(END):
            return False
        if prefix != NO_PREFIX:
            return prefix[0].isupper() and not capitals
        last = line.rstrip().rpartition(END)[2]
        return len(last) < max(MIN_WRAP_WIDTH, FULL_LINE_WIDTH * max(map(len, line.split(END))))
