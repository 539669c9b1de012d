"""Texts that a predictor writes on from a prompt."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from numbers import Integral
from typing import Self

import numpy as np

from .. import memory
from ..errors import UsageError
from ..predictor import Predictor, State, rows
from ..text.codec import Codec, Prompt
from ..text.spacing import BLANKS
from ..text.tokens import BREAK, END
from ..text.vocabulary import EOS, UNK
from ..text.wordlist import NOTHING_BLOCKED, Blocked
from ..unknown.words import UnknownWords
from .coining import Coiner
from .context import put, read, read_all
from .ended import EndOrNot
from .repetition import Repetition, Word
from .sampling import Draft, Sampler, continuation, continuations

DEFAULT_LENGTH = 50  # words of a text that nothing else ends
MAX_LENGTH_OF_SENTENCES = 10_000  # words of a text that a number of sentences ends
MIN_WORD_BYTES = 16  # that each word of a text takes up in memory


@dataclass(frozen=True)
class Length:
    """How long a text gets: it ends after that many words or sentences, whichever is first. Raises UsageError."""

    words: int | None = None  # None: DEFAULT_LENGTH, or as many as the sentences have
    sentences: int | None = None

    def __post_init__(self) -> None:
        for name, value, least in (("words", self.words, 0), ("sentences", self.sentences, 1)):
            if value is not None and not (
                isinstance(value, Integral) and not isinstance(value, bool) and value >= least
            ):
                raise UsageError(f"{name}: {value!r} is not a whole number from {least} on")

    @property
    def max_words(self) -> int:
        """The most words of a text."""
        if self.words is not None:
            return self.words
        return DEFAULT_LENGTH if self.sentences is None else MAX_LENGTH_OF_SENTENCES

    def is_reached(self, words: int, sentences: int) -> bool:
        """Tells whether a text ends that has so many words and ends of sentences."""
        return words >= self.max_words or sentences == self.sentences

    def cut(self, ids: Iterator[Word], specials: int) -> Iterator[Word]:
        """Yields ids up to the length, if there are so many, of which those from `specials` on are words; the last end
        is left out.
        """
        words = sentences = 0
        while words < self.max_words and (i := next(ids, None)) is not None:
            words += isinstance(i, str) or i >= specials
            sentences += i == EOS
            if sentences == self.sentences:
                return
            yield i


@dataclass(frozen=True)
class Manner:
    """How texts are written."""

    length: Length
    sampler: Sampler
    repetition: Repetition
    block: Blocked  # words that are not written
    new_words: bool = False  # whether words outside the vocabulary are written

    @classmethod
    def of(
        cls,
        *,
        words: int | None = None,
        sentences: int | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        no_repeat: int | None = None,
        repetition_penalty: float = 1.0,
        block: Blocked = NOTHING_BLOCKED,
        new_words: bool = False,
    ) -> Self:
        """Takes all choices by their names. Raises UsageError for one out of its range."""
        sampler, repetition = Sampler(temperature, top_k, top_p), Repetition(no_repeat, repetition_penalty)
        return cls(Length(words, sentences), sampler, repetition, block, new_words)

    def draft(self, codec: Codec, unknown: UnknownWords, prompt: Prompt) -> Draft:
        """Begins a text after a prompt."""
        specials, pairs = codec.vocabulary.specials, zip(prompt.tokens, prompt.ids[1:], strict=True)
        words = (unknown.fold(token) if i == UNK else i for token, i in pairs if i == UNK or i >= specials)
        is_open = self.new_words and codec.tokenizer != "chars"  # which has no other words
        coiner = Coiner(unknown, codec, self.block, prompt.unknown) if is_open else None
        return Draft(_last(prompt, specials), specials, self.block.ids, self.repetition, words, coiner)


def write(
    predictor: Predictor, codec: Codec, unknown: UnknownWords, prompt: str, manner: Manner, rng: np.random.Generator
) -> Iterator[str]:
    """Yields text that goes on after a prompt, piece by piece as it is made; fewer words where none is left that may
    follow.
    """
    given = codec.prompt(prompt)
    state = read(predictor, predictor.start(), given.ids[: len(given.ids) - given.blanks])
    given, state = _settled(predictor, given, state, manner.sampler, rng)
    ids = continuation(predictor, state, manner.draft(codec, unknown, given), manner.sampler, rng)
    pieces = codec.pieces(given.tokens, manner.length.cut(ids, codec.vocabulary.specials))
    return _joined(prompt, pieces)


def write_all(
    predictor: Predictor,
    codec: Codec,
    unknown: UnknownWords,
    prompts: Sequence[str],
    manner: Manner,
    rngs: Sequence[np.random.Generator],
) -> list[str]:
    """Returns what `write` yields for each of several prompts, written side by side, each with its own generator.

    Raises ResourceError, before any text is made, if there is no memory for texts of that length.
    """
    length, sampler = manner.length, manner.sampler
    if length.sentences is None:
        memory.require(length.max_words * len(prompts) * MIN_WORD_BYTES, "a text of that length", "Try fewer --words")
    given, specials = [codec.prompt(prompt) for prompt in prompts], codec.vocabulary.specials
    states = read_all(predictor, [one.ids[: len(one.ids) - one.blanks] for one in given])
    for n, (one, rng) in enumerate(zip(given, rngs, strict=True)):
        if one.may_end:
            given[n], state = _settled(predictor, one, rows(states, slice(n, n + 1)), sampler, rng)
            put(states, [n], state)
    drafts = [manner.draft(codec, unknown, one) for one in given]
    texts = continuations(predictor, states, drafts, sampler, rngs, length.is_reached)
    return [
        "".join(_joined(prompt, codec.pieces(one.tokens, length.cut(iter(text), specials))))
        for prompt, one, text in zip(prompts, given, texts, strict=True)
    ]


def _settled(
    predictor: Predictor, prompt: Prompt, state: State, sampler: Sampler, rng: np.random.Generator
) -> tuple[Prompt, State]:
    """Decides whether the last sentence of a prompt has ended, where it may have; returns the prompt and its state.

    state  (1, ...) after the prompt without a blank that follows an end mark
    """
    if not prompt.may_end:
        return prompt, state
    either = EndOrNot(predictor).begin(state, prompt.ids[len(prompt.ids) - prompt.blanks :])
    if sampler(either[-2][0], rng) == 0:
        return prompt, either[: len(state)]
    kept = len(prompt.tokens) - prompt.blanks
    ended = prompt._replace(tokens=[*prompt.tokens[:kept], END], ids=[*prompt.ids[: kept + 1], EOS], may_end=False)
    return ended, either[len(state) : 2 * len(state)]


def _last(prompt: Prompt, specials: int) -> int:
    """Returns the id that a text goes on after: that of any word for an unknown one, that of the unknown word where it
    was ruled out that the sentence ends.
    """
    if prompt.may_end and not prompt.blanks:
        return UNK
    return specials if prompt.ids[-1] == UNK else prompt.ids[-1]


def _joined(prompt: str, pieces: Iterator[str]) -> Iterator[str]:
    """Yields what follows a prompt; a blank or a line end at its end is not written twice."""
    first = next(pieces, "")
    if prompt[-1:].isspace():
        first = first.lstrip("".join(BLANKS))
    if prompt[-1:] == END and first.startswith(BREAK):
        first = first[1:]
    yield from chain([first] if first else [], pieces)
