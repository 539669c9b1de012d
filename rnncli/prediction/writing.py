"""Texts that a predictor writes on from a prompt."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from .. import memory
from ..errors import UsageError
from ..predictor import Predictor
from ..text.codec import Codec
from ..text.vocabulary import EOS
from .context import read, read_all
from .sampling import Sampler, continuation, continuations

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

    def cut(self, ids: Iterator[int]) -> Iterator[int]:
        """Yields ids up to the length; the end of the last sentence is left out."""
        words = sentences = 0
        while words < self.max_words:
            i = next(ids)
            words += i != EOS
            sentences += i == EOS
            if sentences == self.sentences:
                return
            yield i


def write(
    predictor: Predictor, codec: Codec, prompt: str, length: Length, sampler: Sampler, rng: np.random.Generator
) -> Iterator[str]:
    """Yields text that goes on after a prompt, piece by piece as it is made."""
    tokens, ids = codec.encode(prompt)
    state = read(predictor, predictor.start(), ids)
    return codec.pieces(tokens, length.cut(continuation(predictor, state, ids[-1], sampler, rng)))


def write_all(
    predictor: Predictor,
    codec: Codec,
    prompts: Sequence[str],
    length: Length,
    sampler: Sampler,
    rngs: Sequence[np.random.Generator],
) -> list[str]:
    """Returns what `write` yields for each of several prompts, written side by side, each with its own generator.

    Raises ResourceError, before any text is made, if there is no memory for texts of that length.
    """
    if length.sentences is None:
        memory.require(length.max_words * len(prompts) * MIN_WORD_BYTES, "a text of that length", "Try fewer --words")
    encoded = [codec.encode(prompt) for prompt in prompts]
    states = read_all(predictor, [ids for _, ids in encoded])
    last = [ids[-1] for _, ids in encoded]
    texts = continuations(predictor, states, last, sampler, rngs, length.is_reached)
    return [
        "".join(codec.pieces(tokens, length.cut(iter(text)))) for (tokens, _), text in zip(encoded, texts, strict=True)
    ]
