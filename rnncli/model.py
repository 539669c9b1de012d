"""The language model: network, vocabulary and settings together, and what it can be asked."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, islice, pairwise, tee
from math import log
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from . import memory
from .errors import TextError
from .network.parameters import Floats, Weights, blocks
from .network.recurrent import ACTIVATIONS, Activation
from .network.softmax import Mix
from .network.threads import threads, usable_cores
from .prediction.beam import WIDTH, ahead
from .prediction.best import best_of, distributions, likeliest, phrases
from .prediction.context import blank, read, read_all
from .prediction.sampling import continuation, continuations, sampler
from .prediction.session import Session
from .settings import Settings
from .storage import checkpoint
from .storage.checksum import StrPath, VerifiedFile
from .text.alphabet import has_prefix
from .text.beginning import WHOLE
from .text.completion import Completer
from .text.sentences import reflow
from .text.tokens import END, TOKENIZERS
from .text.vocabulary import EOS, UNK, Vocabulary

if TYPE_CHECKING:
    from .evaluation.measures import Evaluation
    from .text.spool import Ids

SENTENCE_ENDS = (END, ".", "!", "?")
TOGETHER = 128  # contexts that a thread goes through together: few enough for the caches
WORDS = 50  # of a generated text that nothing else ends
WORD = 16  # bytes at least that each takes up in a text that is made whole
MOST_WORDS = 10_000  # of a text whose sentences are to end it, should they not
WORDLESS = "the text to score holds no words"


class NextWord(NamedTuple):
    """A word and its probability to come next."""

    word: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """The likeliest next words after a context; iterates over them."""

    words: list[NextWord]
    eos: float  # probability that the sentence ends here
    unk: float  # probability of a word outside the vocabulary
    unknown: list[str]  # words of the context outside the vocabulary
    typed: str = WHOLE  # what all of them begin with

    def __iter__(self) -> Iterator[NextWord]:
        return iter(self.words)


class ScoredWord(NamedTuple):
    """A word of a text as the model met it."""

    word: str  # as it stands in the text; "<eos>" for the end of a sentence
    bits: float  # surprisal: -log2 of its probability
    rank: int | None  # its place among the words that predict offers; None for <eos> and unknown words
    unknown: bool


@dataclass(frozen=True)
class LanguageModel:
    """A network that has learnt to foresee the words of a text."""

    params: Weights
    vocabulary: Vocabulary
    settings: Settings
    record: dict[str, Any]  # what it was trained on and how well it did
    mix: Mix | None = None  # what predicts instead of the network's softmax

    @classmethod
    def load(cls, source: StrPath | VerifiedFile) -> Self:
        """Opens a model file, or one whose bytes are being read already. Raises FileError or CheckpointError."""
        return cls(*checkpoint.load(source))

    def save(self, path: StrPath) -> None:
        """Writes the model file, all or nothing. Raises FileError."""
        checkpoint.save(path, checkpoint.Checkpoint(self.params, self.vocabulary, self.settings, self.record))

    def predict(
        self,
        context: str = "",
        k: int = 10,
        eos: bool = False,
        *,
        complete: bool | None = None,
        among: Sequence[str] = (),
        then: int = 1,
        min_p: float = 0.0,
        session: Session | None = None,
    ) -> Prediction:
        """The k likeliest words after a context, which starts after the end of a sentence.

        Their probabilities are those of the whole distribution. The unknown word is never offered, the end of the
        sentence only if `eos`, as "<eos>"; both have their share told.

        complete  True: the context's last word is half typed unless a blank follows, and what is offered begins with
                  it, with probabilities that sum to 1 over all that does; False: it is done; None: it is half typed if
                  it is no word that is known, but begins one
        among     what to offer instead: words, or several in one, each with the probability of all of it
        then      how many words to look ahead: what is offered are ways to go on for so many, with their joint ones
        min_p     the least probability that is offered
        session   what of the context was read before
        """
        for text in among:
            if not self._tokens(text):
                raise TextError("nothing to choose among: a candidate is empty")
        text, typed = self.completer.cut(context, False if among and complete is None else complete)
        tokens = self._tokens(text)
        ids = self._ids(tokens)
        s = (session or self.session()).read(ids)
        if typed:
            fitting = self.completer.fitting(typed, starts=not tokens or tokens[-1] in SENTENCE_ENDS)
            first, ends, unk = best_of(self.params, s, fitting, len(fitting), self.mix), 0.0, 0.0
        else:
            best = likeliest(self.params, s, k if then == 1 else max(k, WIDTH), eos, self.mix)
            first, ends, unk = (best.ids[0], best.y[0]), float(best.eos[0]), float(best.unk[0])
        if among:
            offered = self._ranked(s, [text for text in among if has_prefix(text, typed)])
        elif not len(first[0]):
            offered = [NextWord(*rare) for rare in self.completer.rare(typed)]
        else:
            ways = ahead(self.params, s, first, k, then, eos, self._activation, self.mix)
            offered = [NextWord(self.completer.written(way.ids, typed), way.probability) for way in ways]
        unknown = [token for token, i in zip(tokens, ids[1:], strict=True) if i == UNK]
        return Prediction([word for word in offered[:k] if word.probability >= min_p], ends, unk, unknown, typed)

    def session(self) -> Session:
        """Something for `predict` to remember a text by that grows from call to call."""
        return Session(self.params, self._activation)

    def predict_all(
        self, contexts: Sequence[str], k: int = 10, eos: bool = False, *, complete: bool | None = None, **more: Any
    ) -> list[Prediction]:
        """`predict` for several contexts at once, which is faster than one by one where they end after a word."""
        if more:
            return [self.predict(context, k, eos, complete=complete, **more) for context in contexts]
        parts = [contexts[part] for part in blocks(len(contexts), TOGETHER)]
        with threads(usable_cores()) if len(parts) > 1 else nullcontext(map) as run:
            return list(chain.from_iterable(run(partial(self._predict_some, k, eos, complete), parts)))

    def _predict_some(self, k: int, eos: bool, complete: bool | None, contexts: Sequence[str]) -> list[Prediction]:
        tokens = [self._tokens(context) for context in contexts]
        ids_given = [self._ids(given) for given in tokens]
        best = likeliest(self.params, read_all(self.params, ids_given, self._activation), k, eos, self.mix)
        shown = self.vocabulary.display_forms.__getitem__
        return [
            self.predict(context, k, eos, complete=complete)
            if (complete or read[-1] == UNK) and self.completer.cut(context, complete)[1]
            else Prediction(
                list(map(NextWord, map(shown, ids), y)),
                ends,
                unk,
                [token for token, i in zip(given, read[1:], strict=True) if i == UNK] if UNK in read else [],
            )
            for context, given, read, ids, y, ends, unk in zip(
                contexts, tokens, ids_given, *(column.tolist() for column in best), strict=True
            )
        ]

    @cached_property
    def completer(self) -> Completer:
        """Of the words that the model knows."""
        return Completer(self.vocabulary, self.settings.tokenizer)

    def _ranked(self, s: Floats, texts: Sequence[str]) -> list[NextWord]:
        """Texts by how likely each is to come after state s (1, H), all of it."""
        if not texts:
            return []
        ids = [self.vocabulary.ids(self._tokens(text)) for text in texts]
        y = phrases(self.params, s, ids, self._activation, self.mix)
        return [NextWord(texts[i], float(y[i])) for i in np.argsort(-y, kind="stable")]

    def probabilities(self, context: str = "") -> NDArray[np.float64]:
        """The probability (V,) of each word of the vocabulary to come next."""
        y: NDArray[np.float64] = distributions(self.params, self._read(self._ids(self._tokens(context))), self.mix)[0]
        return y

    def generate(
        self,
        prompt: str = "",
        *,
        words: int | None = None,
        sentences: int | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int | np.random.Generator | None = None,
    ) -> Iterator[str]:
        """Text that goes on after a prompt, in pieces as they are made; "".join(...) is all of it.

        Ends after that many words (50) or sentences, whichever is first. Sentences of a model that learnt from lines
        end in a newline. The same seed gives the same text.
        """
        given = self._tokens(prompt)
        ids = self._ids(given)
        rng = np.random.default_rng(seed)
        choose = sampler(temperature, top_k, top_p)
        made = continuation(self.params, self._read(ids), ids[-1], choose, rng, self._activation, self.mix)
        return self._pieces(given, _until(made, _limit(words, sentences), sentences))

    def generate_all(
        self,
        prompts: Sequence[str],
        rngs: Sequence[np.random.Generator],
        *,
        words: int | None = None,
        sentences: int | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
    ) -> list[str]:
        """`generate` for several prompts at once, which is faster than one by one, with a generator for each.

        Raises ResourceError, before any is made, if there is no room for texts of that length.
        """
        given = [self._tokens(prompt) for prompt in prompts]
        ids = [self._ids(tokens) for tokens in given]
        most = _limit(words, sentences)
        if sentences is None:
            memory.require(most * len(prompts) * WORD, "a text of that length", "Try fewer --words")

        def ends(made: int, ended: int) -> bool:
            return made >= most or ended == sentences

        choose = sampler(temperature, top_k, top_p)
        params = self.params._replace(
            Wy=np.asfortranarray(self.params.Wy)
        )  # few states at a time multiply it faster so
        states = read_all(params, ids, self._activation)
        texts = continuations(params, states, [i[-1] for i in ids], choose, rngs, ends, self._activation, self.mix)
        return [
            "".join(self._pieces(tokens, _until(iter(text), most, sentences)))
            for tokens, text in zip(given, texts, strict=True)
        ]

    def after(self, text: str, word: str) -> str:
        """A text with a word put after it as a writer would."""
        *_, piece = TOKENIZERS[self.settings.tokenizer].pieces([*self._tokens(text), word], self.vocabulary.capitals)
        if piece.startswith(" "):
            return text + (piece if text and not text[-1].isspace() else piece[1:])
        return (text if text.endswith(END) else text.rstrip()) + piece

    def join(self, tokens: Iterable[str]) -> str:
        """Tokens as a writer would put them."""
        return TOKENIZERS[self.settings.tokenizer].join(tokens)

    def score(self, text: str | Iterable[str]) -> Evaluation:
        """How well the model foresees a text (or blocks of one): perplexity, accuracy. Raises TextError if empty."""
        from .evaluation.measures import evaluate  # here, because predicting does without

        with threads(usable_cores()) as run:
            evaluation = evaluate(
                self.params, self.stream(text), self._activation, run, self.completer.alphabet, self.mix
            )
        if not evaluation.words:
            raise TextError(WORDLESS)
        return evaluation

    def scored(self, text: str | Iterable[str]) -> Iterator[ScoredWord]:
        """Each word of a text, and each end of a sentence, with its surprisal and rank. Raises TextError if empty."""
        from .evaluation.measures import surprisals

        for_ids, for_tokens = tee(self._pairs(text))
        tokens = chain.from_iterable(of_block for _, of_block in for_tokens)
        next(tokens)  # of the first EOS
        part = None
        for part in surprisals(self.params, (ids for ids, _ in for_ids), self._activation, mix=self.mix):
            for token, i, nats, rank in zip(islice(tokens, len(part.ids)), part.ids, part.nats, part.rank, strict=True):
                word = self.vocabulary.display_forms[EOS] if i == EOS else token
                yield ScoredWord(word, float(nats) / log(2), int(rank) or None, bool(i == UNK))
        if part is None:
            raise TextError(WORDLESS)

    @property
    def _activation(self) -> Activation:
        return ACTIVATIONS[self.settings.activation]

    def _read(self, ids: Sequence[int]) -> Floats:
        return read(self.params, blank(self.params), ids, self._activation)

    def _pieces(self, given: Sequence[str], ids: Iterator[int]) -> Iterator[str]:
        """What ids add to the tokens given before, piece by piece."""
        told = chain(given, self.vocabulary.tokens(ids))
        pieces = TOKENIZERS[self.settings.tokenizer].pieces(told, self.vocabulary.capitals)
        gap = END if self.settings.sentences == "lines" else " "
        return (gap if piece == END else piece for piece in islice(pieces, len(given), None))

    def _tokens(self, prompt: str) -> list[str]:
        """The tokens of a prompt, which an end of a sentence neither begins nor ends, one between two sentences."""
        if self.settings.sentences == "wrapped":
            blank = " " if prompt[-1:].isspace() else ""  # a character of its own for chars
            prompt = "".join(reflow([prompt])).strip(END) + blank
        tokens = TOKENIZERS[self.settings.tokenizer].tokenize(prompt.strip(END))
        return [token for before, token in pairwise([END, *tokens]) if token != END or before != END]

    def _ids(self, tokens: Iterable[str]) -> list[int]:
        return [EOS, *self.vocabulary.ids(tokens)]

    def stream(self, text: str | Iterable[str]) -> Iterator[Ids]:
        """A text, or blocks of one, as the network reads it: ids from EOS on."""
        return (ids for ids, _ in self._pairs(text))

    def _pairs(self, text: str | Iterable[str]) -> Iterator[tuple[Ids, list[str]]]:
        from .text import corpus

        texts = iter([text, END] if isinstance(text, str) else text)
        return corpus.encode_with_tokens(texts, self.vocabulary, self.settings.tokenizer, self.settings.sentences)


def _limit(words: int | None, sentences: int | None) -> int:
    """The most words of a text, where a user may have given it and sentences may end it."""
    return words if words is not None else WORDS if sentences is None else MOST_WORDS


def _until(ids: Iterator[int], words: int, sentences: int | None) -> Iterator[int]:
    """Ids up to a number of words, or up to the end of a number of sentences, that end left out."""
    made = ended = 0
    while made < words:
        i = next(ids)
        made += i != EOS
        ended += i == EOS
        if ended == sentences:
            return
        yield i


def load(path: StrPath) -> LanguageModel:
    """Opens a model file. Raises FileError or CheckpointError."""
    return LanguageModel.load(path)
