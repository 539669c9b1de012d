"""A text read word by word: what each word, known or not, costs."""

from collections.abc import Iterable, Iterator
from itertools import chain, repeat, tee
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import TextError
from ..network.threads import Run
from ..predictor import Predictor
from ..text.codec import Codec
from ..text.tokens import BREAK, END
from ..text.vocabulary import EOS, PARAGRAPH, SPECIALS, UNK
from ..text.written import characters_of
from ..unknown.words import UnknownWords
from .items import Item, by_line, items, resolved, whole
from .measures import Evaluation
from .surprisal import Surprisals, surprisals, surprisals_apart

NO_WORDS = "the text to score holds no words"


class ScoredWord(NamedTuple):
    """A word of a text, and how well it was predicted."""

    word: str  # as it stands in the text; "<eos>" for the end of a sentence
    bits: float  # surprisal: -log2 of its probability; an unknown word costs its spelling, too
    rank: int | None  # place among the words that predict offers; None for <eos> and unknown words
    unknown: bool

    @property
    def is_end(self) -> bool:
        """Whether it is the end of a sentence."""
        return self.word == SPECIALS[EOS] and not self.unknown

    @property
    def is_break(self) -> bool:
        """Whether it is the end of a paragraph."""
        return self.word == PARAGRAPH and not self.unknown


class Priced(NamedTuple):
    """A part of a text, and what it costs to tell which words its unknown ones are."""

    item: Item
    nats: NDArray[np.float64]  # (n,) of each token; 0 of those that are known


def items_of(
    codec: Codec, text: str | Iterable[str], sentences: str | None, fresh: str | None, lines: bool = False
) -> Iterator[Item]:
    """Cuts a text into items: those that are fresh, or lines if asked for and lines are sentences, or any.

    sentences  how the text's sentences are found: lines, wrapped or auto; None: as the model was trained
    fresh      sentence, line or block (between blank lines): each is predicted as if it stood alone
    Raises UsageError.
    """
    mode, blocks = resolved(text, sentences or codec.sentences)
    if fresh:
        return items(codec, blocks, mode, fresh)
    return by_line(codec, blocks) if lines and mode == "lines" else whole(codec, blocks, mode)


def priced(codec: Codec, unknown: UnknownWords, parts: Iterable[Item], fresh: bool = False) -> Iterator[Priced]:
    """Prices the unknown words of items; with `fresh` each item is a text of its own."""
    urn = unknown.urn()
    for item in parts:
        if fresh:
            urn = unknown.urn()
        nats, places = np.zeros(len(item.ids)), np.flatnonzero(item.ids == UNK)
        nats[places] = urn.nats([codec.spell(item.tokens[place]) for place in places])
        yield Priced(item, nats)


def read(
    predictor: Predictor, codec: Codec, parts: Iterable[Item], fresh: bool, run: Run = map, typing: bool = False
) -> Iterator[Surprisals]:
    """Reads items, each from the blank state or as one text; with `typing` the letters to type are counted."""
    ids, specials = (item.ids for item in parts), codec.vocabulary.specials
    alphabet = codec.typing_alphabet if typing else None
    if fresh:
        return surprisals_apart(predictor, ids, specials, run, alphabet)
    return surprisals(predictor, chain([np.array([EOS], np.int32)], ids), specials, run, alphabet)


def evaluated(
    predictor: Predictor, codec: Codec, unknown: UnknownWords, parts: Iterable[Item], fresh: bool, run: Run
) -> Evaluation:
    """Measures how well items are predicted. Raises TextError if there are no words."""
    evaluation = Evaluation()

    def counted() -> Iterator[Item]:
        for item, nats in priced(codec, unknown, parts, fresh):
            evaluation.nats_which += float(nats.sum())
            evaluation.characters += sum(map(characters_of, item.tokens))
            yield item

    for part in read(predictor, codec, counted(), fresh, run, typing=True):
        evaluation.add(part, codec.vocabulary.specials)
    if not evaluation.words:
        raise TextError(NO_WORDS)
    return evaluation


def scored(
    predictor: Predictor, codec: Codec, unknown: UnknownWords, parts: Iterable[Item], fresh: bool
) -> Iterator[ScoredWord | None]:
    """Yields the words of items, and None for an item without words. Raises TextError if no item has one."""
    to_read, to_tell = tee(priced(codec, unknown, parts, fresh))
    surprising = read(predictor, codec, (item for item, _ in to_read), fresh)
    costs = chain.from_iterable(zip(part.ids, part.nats, part.rank, strict=True) for part in surprising)
    blank = 0  # items before the first word
    is_empty = True
    for (_, tokens), which in to_tell:
        if not tokens and is_empty:
            blank += 1
        elif not tokens:
            yield None
        else:
            yield from repeat(None, blank)
            blank, is_empty = 0, False
        for token, more, (i, nats, rank) in zip(tokens, which, costs, strict=False):  # which has later tokens', too
            word = codec.vocabulary.words[i] if token in (END, BREAK) else token.strip() or token
            yield ScoredWord(word, float(nats + more) / log(2), int(rank) or None, bool(i == UNK))
    if is_empty:
        raise TextError(NO_WORDS)
