"""Questions about a text and their answers: next words, endings of a half-typed word, candidates, ways to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import TextError, UsageError
from ..predictor import Predictor, State, rows
from ..text.codec import Codec, Prompt
from ..text.completion import NO_PREFIX
from ..text.vocabulary import EOS, UNK, Vocabulary
from ..text.wordlist import NOTHING_BLOCKED, Blocked
from ..unknown.urn import Urn
from ..unknown.words import UnknownWords
from .beam import MIN_BEAM, Way, ahead
from .best import likeliest, phrases
from .context import read, read_all
from .ended import Read, after, after_state
from .endings import endings, is_slip, probability
from .session import Session

DEFAULT_WORDS = 10
MAX_WORDS_AHEAD = 100
HALF_TYPED_ODDS = 10  # that a last word which is one itself is the beginning of a longer one


class NextWord(NamedTuple):
    """A word and its probability to come next."""

    word: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """The likeliest next words after a context; iterates over the words."""

    words: list[NextWord]
    eos: float  # probability that the sentence ends here
    unk: float  # probability of a word outside the vocabulary
    unknown: list[str]  # words of the context outside the vocabulary
    typed: str = NO_PREFIX  # what the text ends with of a half-typed word, in whose place the words come
    unknown_offered: frozenset[str] = field(default=frozenset())  # of the words offered, those outside the vocabulary
    par: float = 0.0  # probability that the paragraph ends
    slips: frozenset[str] = field(default=frozenset())  # of the words offered, those that do not begin as typed

    def __iter__(self) -> Iterator[NextWord]:
        return iter(self.words)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question about a text. Raises UsageError or TextError for what cannot be asked.

    k         how many words; None: all candidates where there are some, else DEFAULT_WORDS
    eos       whether the end of the sentence is offered, as "<eos>"
    complete  True: the text's last word is half typed unless a blank follows; False: it is whole; None: it is half
              typed if the model knows words that begin so and does not know it, or they are HALF_TYPED_ODDS times as
              likely; or if it is one slip of typing from the beginning of a word
    among     candidates to offer instead: words, or several words in one, each with the probability of all of it
    then      how many words to look ahead: what is offered are ways to go on for so many, with joint probabilities
    min_p     the least probability that is offered
    block     words that are never offered, but as candidates; all others keep their probabilities
    """

    k: int | None = None
    eos: bool = False
    complete: bool | None = None
    among: Sequence[str] = ()
    then: int = 1
    min_p: float = 0.0
    block: Blocked = NOTHING_BLOCKED

    def __post_init__(self) -> None:
        if self.k is not None and not (_is_whole(self.k) and self.k >= 1):
            raise UsageError(f"k: {self.k!r} is not a whole number from 1 on")
        if not (_is_whole(self.then) and 1 <= self.then <= MAX_WORDS_AHEAD):
            raise UsageError(f"then: {self.then!r} is not a whole number from 1 to {MAX_WORDS_AHEAD}")
        if not (isinstance(self.min_p, Real) and not isinstance(self.min_p, bool) and 0 <= self.min_p <= 1):
            raise UsageError(f"min_p: {self.min_p!r} is not a number from 0 to 1")
        if isinstance(self.among, str) or not all(isinstance(candidate, str) for candidate in self.among):
            raise UsageError("among: is not a list of texts")
        if not all(candidate.strip() for candidate in self.among):
            raise TextError("nothing to choose among: a candidate is empty")

    @property
    def count(self) -> int:
        """The most words that are offered."""
        if self.among:
            return min(len(self.among), self.k or len(self.among))
        return self.k if self.k is not None else DEFAULT_WORDS

    @property
    def whole_words(self) -> bool | None:
        """How the text's last word is taken: as whole where candidates are given and nothing else is said."""
        return False if self.among and self.complete is None else self.complete

    def hidden(self, vocabulary: Vocabulary) -> NDArray[np.intp]:
        """Returns the ids (m,) of the words that are not offered but where they are half typed, if at all."""
        specials = [i for i in range(vocabulary.specials) if i != EOS or not self.eos]
        return np.unique(np.concatenate((specials, self.block.ids, vocabulary.used_once)).astype(np.intp))

    def offer(self, words: Sequence[NextWord]) -> list[NextWord]:
        """Returns the first words, without those that are less likely than asked for."""
        first = list(words[: self.count])
        return [word for word in first if word.probability >= self.min_p] if self.min_p else first


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def answer(
    predictor: Predictor,
    codec: Codec,
    unknown: UnknownWords,
    question: Question,
    text: str,
    session: Session | None = None,
) -> Prediction:
    """Answers a question about a text, which starts after the end of a sentence.

    unknown  the words outside the vocabulary
    Probabilities are those of the whole distribution, or of all words that fit a prefix. The unknown word is never
    offered; its share, and that of the end of the sentence, stand in the prediction.
    """
    if question.among and codec.tokenizer != "chars" and text and not text[-1].isspace():
        text += " " * (question.whole_words is False)  # candidates are words of their own
    predictor = session.predictor if session else predictor
    prompt = codec.prompt(text, question.whole_words, session.encode if session else None)
    get = session.read if session else partial(read, predictor, predictor.start())
    prompt = _meant(predictor, codec, unknown, prompt, get)
    return _answer(*after(predictor, prompt, get), codec, unknown, question, prompt)


def answer_all(
    predictor: Predictor, codec: Codec, unknown: UnknownWords, question: Question, texts: Sequence[str]
) -> list[Prediction]:
    """Answers a question about several texts; texts that end after a word are read side by side."""
    if question.among or question.then > 1:
        return [answer(predictor, codec, unknown, question, text) for text in texts]
    get = partial(read, predictor, predictor.start())
    prompts = [_meant(predictor, codec, unknown, codec.prompt(text, question.complete), get) for text in texts]
    states = read_all(predictor, [prompt.ids[: len(prompt.ids) - prompt.blanks] for prompt in prompts])
    answers = _next_words(predictor, codec, question, prompts, states)
    for n, prompt in enumerate(prompts):
        if prompt.prefix or prompt.may_end:
            state = rows(states, slice(n, n + 1))
            answers[n] = _answer(*after_state(predictor, prompt, state), codec, unknown, question, prompt)
    return answers


def _meant(predictor: Predictor, codec: Codec, unknown: UnknownWords, prompt: Prompt, get: Read) -> Prompt:
    """Returns the prompt with its last word half typed, if this is how it is meant.

    Where the word is known, longer words begin so. It is half typed if the longer ones are HALF_TYPED_ODDS times as
    likely after what is before: most people who end a text with a word have finished the word. Where the word is
    unknown, known ones begin so but for a slip: it is a slip if that is likelier than that it is spelled so.
    """
    if prompt.half is None:
        return prompt
    half, word = prompt.half, prompt.ids[-1]
    before, state = after(predictor, half, get)
    if not codec.is_known(half.prefix):
        return half if is_slip(before, codec, unknown, half, state) else prompt
    longer = codec.completer.words(half.prefix, half.starts, half.capitals)
    y = before.among(state, np.concatenate(([word], longer[longer != word])))[0]
    return half if y[1:].sum() > HALF_TYPED_ODDS * y[0] else prompt


def _answer(
    predictor: Predictor, state: State, codec: Codec, unknown: UnknownWords, question: Question, prompt: Prompt
) -> Prediction:
    """Answers a question about a prompt, whose state is (1, ...)."""
    specials = codec.vocabulary.specials
    if question.among:
        return _ranked(predictor, codec, unknown, question, prompt, state)
    if prompt.prefix:
        return _completed(predictor, codec, unknown, question, prompt, state)
    if question.then > 1:
        hidden = question.hidden(codec.vocabulary)
        best = likeliest(predictor, state, max(question.count, MIN_BEAM), specials, hidden)
        ways = ahead(predictor, state, (best.ids[0], best.y[0]), question.count, question.then, specials, hidden)
        words = [NextWord(_written(codec, way, prompt), way.probability) for way in ways]
        par = float(best.par[0])
        return Prediction(question.offer(words), float(best.eos[0]), float(best.unk[0]), prompt.unknown, par=par)
    return _next_words(predictor, codec, question, [prompt], state)[0]


def _next_words(
    predictor: Predictor, codec: Codec, question: Question, prompts: Sequence[Prompt], states: State
) -> list[Prediction]:
    """Lists the likeliest words after each of n prompts, whose states are (n, ...)."""
    specials = codec.vocabulary.specials
    best = likeliest(predictor, states, question.count, specials, question.hidden(codec.vocabulary))
    display = codec.vocabulary.display_forms.__getitem__
    return [
        Prediction(question.offer(list(map(NextWord, map(display, ids), y))), eos, unk, prompt.unknown, par=par)
        for prompt, ids, y, eos, unk, par in zip(prompts, *(column.tolist() for column in best), strict=True)
    ]


def _completed(
    predictor: Predictor, codec: Codec, unknown: UnknownWords, question: Question, prompt: Prompt, state: State
) -> Prediction:
    """Lists the words that a prefix may become, those outside the vocabulary included, likeliest first."""
    prefix, hidden = prompt.prefix, question.hidden(codec.vocabulary)
    found = endings(
        predictor, codec, unknown, prompt, state, question.count, question.block, with_elisions=question.then == 1
    )
    if question.then > 1 and len(found.ids):
        order = np.argsort(-found.shares, kind="stable")
        first = found.ids[order], found.shares[order]
        ways = ahead(predictor, state, first, question.count, question.then, codec.vocabulary.specials, hidden)
        words = [NextWord(_written(codec, way, prompt), way.probability) for way in ways]
        slipped = set(found.ids[found.slips].tolist())
        slips = frozenset(word.word for word, way in zip(words, ways, strict=True) if way.ids[0] in slipped)
        return Prediction(question.offer(words), 0.0, 0.0, prompt.unknown, prefix, slips=slips)
    best = found.best(codec, question.count)
    shown = [codec.completer.written([ending.word], prefix, prompt.capitals) for ending in best]
    rare = frozenset(word for word, ending in zip(shown, best, strict=True) if ending.is_unknown)
    slips = frozenset(word for word, ending in zip(shown, best, strict=True) if ending.is_slip)
    offered = question.offer([NextWord(word, ending.share) for word, ending in zip(shown, best, strict=True)])
    return Prediction(offered, 0.0, 0.0, prompt.unknown, prefix, rare, slips=slips)


def _ranked(
    predictor: Predictor, codec: Codec, unknown: UnknownWords, question: Question, prompt: Prompt, state: State
) -> Prediction:
    """Ranks candidates by the probability of all of their words, of those that fit where a word is half typed.

    A word outside the vocabulary has its own part of the probability of all unknown words.
    """
    specials = codec.vocabulary.specials
    best = likeliest(predictor, state, 1, specials, question.hidden(codec.vocabulary))
    odds = {text: codec.completer.odds(text, prompt.telling) for text in question.among}
    texts = [text for text in question.among if odds[text] > 0]
    eos, unk = (0.0, 0.0) if prompt.prefix else (float(best.eos[0]), float(best.unk[0]))
    if not texts:
        return Prediction([], eos, unk, prompt.unknown, prompt.prefix)
    tokens = [codec.tokens(text) for text in texts]
    if not all(tokens):
        raise TextError("nothing to choose among: a candidate holds no words")
    ids = [codec.vocabulary.ids(candidate) for candidate in tokens]
    urn = unknown.met(prompt.unknown)
    is_unknown: Mapping[str, bool] = {text: UNK in i for text, i in zip(texts, ids, strict=True)}
    factors = [
        odds[text] * float(np.exp(-_which(urn, [token for token, i in zip(each, its, strict=True) if i == UNK])))
        for text, each, its in zip(texts, tokens, ids, strict=True)
    ]
    y = phrases(predictor, state, ids, factors)
    if prompt.prefix and y.any():
        fitting = probability(predictor, codec, unknown, prompt, state)
        y /= max(fitting, y.max())  # a candidate may be no word that is listed
    offered = question.offer([NextWord(texts[i], float(y[i])) for i in np.argsort(-y, kind="stable")])
    outside = frozenset(word for word, _ in offered if is_unknown[word])
    slips = frozenset(word for word, _ in offered if odds[word] < 1)
    return Prediction(offered, eos, unk, prompt.unknown, prompt.prefix, outside, slips=slips)


def _which(urn: Urn, tokens: Sequence[str]) -> float:
    """Returns -log of the probability that unknown words that follow what is in an urn are these."""
    return float(urn.copy().nats(tokens).sum()) if tokens else 0.0


def _written(codec: Codec, way: Way, prompt: Prompt) -> str:
    words = [codec.vocabulary.display_forms[i] for i in way.ids]
    return codec.completer.written(words, prompt.prefix, prompt.capitals)
