"""Text to ids and back, as one model has it: its vocabulary, its rules for words and spaces, its rule for sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from .alphabet import Alphabet
from .completion import NO_PREFIX, Completer, telling
from .flags import CLOSING_MARKS, CLOSING_QUOTES, DASHES, OPENING_MARKS, OPENING_QUOTES, STRAIGHT_QUOTES
from .layout import FULL_LINE_WIDTH, MIN_WRAP_WIDTH
from .rules import CurrentRules, Encoded, Rules
from .spool import Ids
from .tokens import BREAK, END
from .vocabulary import EOS, PAR, UNK, Vocabulary
from .wordlist import Blocked, Words, find_blocked

FIRST_RULES, RULES = 1, 2  # versions; new models are trained by the last
FIRST_TOKENIZERS = ("words", "whitespace", "chars")  # that the first rules have
SENTENCE_ENDS = (END, BREAK, ".", "!", "?")  # tokens after which a sentence starts
OPENING = OPENING_MARKS + OPENING_QUOTES + STRAIGHT_QUOTES + "”’"  # where a blank or nothing is before, and none after
_CLOSERS = re.escape(CLOSING_MARKS + CLOSING_QUOTES + STRAIGHT_QUOTES)
_OPENING_AT_THE_END = re.compile(
    rf"(?<=\s)(?:[{re.escape(OPENING)}]+|[{re.escape(DASHES)}«‹][^\S\n])+\Z"
    r"|(?<=[。｡！？．”’」』])[“‘「『《〈【（]+\Z"  # of scripts without blanks
)
_END_WITHOUT_BLANK = re.compile(rf"(?:[。｡！？．]|(?<=[\u3040-\u30FF\u3400-\u9FFF])[!?])[{_CLOSERS}]*\Z")
_QUESTION_AT_THE_END = re.compile(rf"[!?…！？][{_CLOSERS}]*\s*\Z")  # after which a dash may go on: —¿Qué? —dijo


class Prompt(NamedTuple):
    """A text to predict after."""

    tokens: list[str]  # without a half-typed last word
    ids: list[int]  # EOS, then the id of each token
    prefix: str  # what is typed of a half-typed last word
    capitals: bool  # whether that word is being written in capitals throughout
    may_end: bool = False  # whether the last sentence may have ended, so that the next word is the first of another
    blanks: int = 0  # ids at the end that are a blank instead, if the sentence has ended
    half: Prompt | None = None  # the text with its last word half typed, where that may be meant as well

    @property
    def starts(self) -> bool:
        """Whether the next word starts a sentence."""
        words = self.tokens
        while words and words[-1] and words[-1][0] in OPENING:  # after which a capital says nothing either
            words = words[:-1]
        return len(words) < len(self.tokens) or not words or self.may_end or words[-1] in SENTENCE_ENDS

    @property
    def telling(self) -> str:
        """The prefix without capitals that say nothing of its word."""
        return telling(self.prefix, self.starts, self.capitals)

    @property
    def unknown(self) -> list[str]:
        """The tokens outside the vocabulary."""
        if UNK not in self.ids:
            return []
        return [token for token, i in zip(self.tokens, self.ids[1:], strict=True) if i == UNK]


Encode = Callable[[str], tuple[list[str], list[int]]]


@dataclass(frozen=True, eq=False)
class Codec:
    """Encodes text as ids, and writes ids as text."""

    vocabulary: Vocabulary
    tokenizer: str
    sentences: str  # lines or wrapped
    rules: int = RULES  # their version: a text is read as the model's corpus was

    @cached_property
    def completer(self) -> Completer:
        """Completes half-typed words."""
        return Completer(self.vocabulary, self.tokenizer, self._rules)

    def blocked(self, words: Words) -> Blocked:
        """Finds words that are never to be offered.

        Raises UsageError if they are no list of texts, TextError for a text that is several words.
        """
        return words if isinstance(words, Blocked) else find_blocked(words, self.vocabulary, self.tokenizer)

    @property
    def typing_alphabet(self) -> Alphabet | None:
        """The alphabet by which keystrokes are counted; None for characters, of which each is a keystroke."""
        return None if self.tokenizer == "chars" else self.completer.alphabet

    def tokens(self, prompt: str) -> list[str]:
        """Tokenizes a prompt: line ends at its edges are stripped, several in a row are one, or end a paragraph."""
        return self._rules.tokens(prompt)

    def spell(self, written: str) -> str:
        """Returns the token that is written: without the blank before it, in one form."""
        return self._rules.spell(written)

    def prompt(self, text: str, complete: bool | None = False, encode: Encode | None = None) -> Prompt:
        """Encodes a text to predict after; `complete` is as in `Completer.split`.

        encode  a way to encode the text that has the same result as `encode`, perhaps with less work
        """
        encode = encode or self.encode
        before, prefix, may_be_whole = self.completer.split(text, complete)
        if not may_be_whole:
            return self._prompt(before, prefix, encode)
        is_half = not self.is_known(prefix) or self.completer.has_rivals(prefix)
        half = self._prompt(before, prefix, encode) if is_half else None
        return self._prompt(text, NO_PREFIX, encode)._replace(half=half)

    def is_known(self, written: str) -> bool:
        """Tells whether what is written is a word of the vocabulary."""
        return self.vocabulary.id(self.spell(written)) != UNK

    def is_one_new_word(self, token: str) -> bool:
        """Tells whether a string is one word in a text, and outside the vocabulary."""
        return self.vocabulary.id(token) == UNK and self.tokens(token) == [token]

    def _prompt(self, before: str, prefix: str, encode: Encode) -> Prompt:
        if self.sentences == "wrapped" and (opening := _OPENING_AT_THE_END.search(before)):
            head = before[: opening.start()]
            ended = self._prompt(head, NO_PREFIX, encode)
            may_go_on = opening[0][0] in DASHES and _QUESTION_AT_THE_END.search(head)
            if (ended.may_end and not may_go_on) or ended.tokens[-1:] in ([END], [BREAK]):
                end = [(END, EOS)] * ended.may_end
                marks, mark_ids = self.encode(opening[0])
                tokens = [*ended.tokens[: len(ended.tokens) - ended.blanks], *(token for token, _ in end), *marks]
                ids = [*ended.ids[: len(ended.ids) - ended.blanks], *(i for _, i in end), *mark_ids[1:]]
                return Prompt(tokens, ids, prefix, len(prefix) > 1 and prefix.isupper())
        tokens, ids = encode(before)
        capitals = prefix.isupper() and (
            len(prefix) > 1 or bool(tokens and len(tokens[-1]) > 1 and tokens[-1].isupper())
        )
        blanks = int(self.tokenizer == "chars" and bool(tokens) and tokens[-1] != END and tokens[-1].isspace())
        if tokens and (ends := self._line_ends(before, prefix, capitals)):
            kept = len(tokens) - blanks
            special = [(END, EOS), (BREAK, PAR)][: 1 + (ends > 1 and self.vocabulary.has_paragraphs)]
            tokens = tokens[:kept] + [token for token, _ in special]
            return Prompt(tokens, ids[: kept + 1] + [i for _, i in special], prefix, capitals)
        is_over = before[-1:].isspace() or _END_WITHOUT_BLANK.search(before) is not None
        may_end = bool(tokens) and is_over and self._rules.may_end(before)
        return Prompt(tokens, ids, prefix, capitals, may_end, blanks if may_end else 0)

    def encode(self, prompt: str) -> tuple[list[str], list[int]]:
        """Returns a prompt's tokens, and its ids: EOS, then one id a token."""
        tokens = self.tokens(prompt)
        return tokens, [EOS, *self.vocabulary.ids(tokens)]

    def stream(self, text: str | Iterable[str], sentences: str | None = None) -> Iterator[Encoded]:
        """Yields the ids, from EOS on, and the tokens as written, of a text, or of blocks of one, block by block.

        sentences  how the text's sentences are found: lines or wrapped; None: as the model was trained
        """
        rules = replace(self, sentences=sentences)._rules if sentences else self._rules
        first: Encoded = (np.array([EOS], np.int32), [END])
        blocks = iter([text, END] if isinstance(text, str) else text)
        return chain([first], rules.encode(blocks))

    def ids(self, text: str | Iterable[str]) -> Iterator[Ids]:
        """Yields the ids of a text, or of blocks of one, block by block, from EOS on."""
        return (ids for ids, _ in self.stream(text))

    def pieces(self, given: Sequence[str], ids: Iterable[int | str]) -> Iterator[str]:
        """Yields what ids, and words that have none, add to the text of the tokens given before, piece by piece."""
        spacing = self.vocabulary.style.spacing
        gap, last = "", given[-1] if given else END  # what stands before the next piece; the last one
        for piece in islice(self._rules.pieces(chain(given, self.vocabulary.tokens(ids))), len(given), None):
            if piece in (END, BREAK):
                gap = (END if self.sentences == "lines" else " ") if piece == END else BREAK
            else:
                yield (gap if gap != " " or spacing.has_blank(last, piece) else "") + piece
                gap, last = "", piece.strip() or piece
        if gap and self.sentences == "lines":
            yield gap

    def after(self, text: str, word: str) -> str:
        """Returns a text with a word put after it as a writer would."""
        *_, piece = self._rules.pieces([*self.tokens(text), word])
        if piece[:1].isspace():
            return text + (piece if text and not text[-1].isspace() else piece[1:])
        return (text if text.endswith(END) else text.rstrip()) + piece

    def join(self, tokens: Iterable[str]) -> str:
        """Returns the tokens of whole sentences as a writer would put them, without capitals that they do not have."""
        *pieces, _ = self._rules.pieces([*tokens, END], False)  # the last quote closes
        return "".join(pieces)

    @cached_property
    def _rules(self) -> Rules:
        if self.rules == FIRST_RULES:
            from .former import FormerRules  # here, because a new model does without

            return FormerRules(self.vocabulary, self.tokenizer, self.sentences)
        return CurrentRules(self.vocabulary, self.tokenizer, self.sentences)

    def _line_ends(self, before: str, prefix: str, capitals: bool) -> int:
        """Returns how many line ends after the last word end its sentence: 0, 1, or more, which end a paragraph.

        In a text of lines each one does. One that wrapped prose puts anywhere does if a capital follows, which then is
        no name, or if nothing follows yet and the line is not full: shorter than FULL_LINE_WIDTH of the longest line,
        or than prose is ever wrapped at; unless an end mark leaves it to the network.
        """
        ends = before[len(before.rstrip()) :].count(END)
        if not ends or ends > 1 or self.sentences == "lines":
            return ends
        if prefix != NO_PREFIX:
            return int(prefix[0].isupper() and not capitals)
        if self._rules.may_end(before):
            return 0
        text = before.rstrip()
        last = text.rpartition(END)[2]
        return int(len(last) < max(MIN_WRAP_WIDTH, FULL_LINE_WIDTH * max(map(len, text.split(END)))))
