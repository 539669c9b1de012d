"""The facade for Python users: a model that was loaded or trained, and what can be asked of it."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, repeat, tee
from math import log
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from .counts.mixture import NgramModel
from .errors import TextError
from .network.network import Network
from .network.parameters import Weights, blocks
from .network.recurrent import ACTIVATIONS
from .network.threads import Run, threads, usable_cores
from .prediction.answers import NextWord, Prediction, Question, answer, answer_all
from .prediction.context import read
from .prediction.ended import after
from .prediction.repetition import Repetition
from .prediction.sampling import Sampler
from .prediction.session import Session
from .prediction.writing import Length, Manner, write, write_all
from .predictor import Predictor
from .settings import Settings
from .storage import checkpoint
from .storage.checksum import HeldFile, StrPath, VerifiedFile
from .text.alphabet import Alphabet
from .text.codec import Codec
from .text.tokens import BREAK, END
from .text.vocabulary import EOS, PARAGRAPH, SPECIALS, UNK, Vocabulary
from .text.wordlist import Words

if TYPE_CHECKING:
    from .evaluation.items import Item
    from .evaluation.measures import Evaluation
    from .evaluation.surprisal import Surprisals

__all__ = ["LanguageModel", "NextWord", "Prediction", "ScoredWord", "TextPredictor"]

CONTEXTS_A_THREAD = 128  # contexts that a thread reads side by side: few enough for the caches
NO_WORDS = "the text to score holds no words"


class ScoredWord(NamedTuple):
    """A word of a text, and how well it was predicted."""

    word: str  # as it stands in the text; "<eos>" for the end of a sentence
    bits: float  # surprisal: -log2 of its probability
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


class TextPredictor(ABC):
    """A predictor with the codec of its text: answers questions, writes text, scores it."""

    codec: Codec

    @property
    @abstractmethod
    def predictor(self) -> Predictor:
        """The predictor, with what was learned so far."""

    @property
    def _for_generating(self) -> Predictor:
        """The predictor in the form that writes many texts side by side fastest."""
        return self.predictor

    def predict(
        self,
        context: str = "",
        k: int | None = None,
        eos: bool = False,
        *,
        complete: bool | None = None,
        among: Sequence[str] = (),
        then: int = 1,
        min_p: float = 0.0,
        block: Words = (),
        session: Session | None = None,
    ) -> Prediction:
        """Predicts the k likeliest words (10) after a context, which starts after the end of a sentence.

        `Question` explains the options. A session remembers what of the context was read before. Raises UsageError for
        an option out of its range, TextError for an empty candidate, or for several words to block in one.
        """
        block = self.codec.blocked(block)
        question = Question(k=k, eos=eos, complete=complete, among=among, then=then, min_p=min_p, block=block)
        return answer(self.predictor, self.codec, question, context, session)

    def predict_all(
        self, contexts: Sequence[str], k: int | None = None, eos: bool = False, *, block: Words = (), **options: Any
    ) -> list[Prediction]:
        """Answers `predict` for several contexts, which is faster than one by one where they end after a word."""
        question = Question(k=k, eos=eos, block=self.codec.blocked(block), **options)
        parts = [contexts[part] for part in blocks(len(contexts), CONTEXTS_A_THREAD)]
        with threads(usable_cores()) if len(parts) > 1 else nullcontext(map) as run:
            answered = run(partial(answer_all, self.predictor, self.codec, question), parts)
            return list(chain.from_iterable(answered))

    def session(self) -> Session:
        """Returns a memory for `predict` of a text that grows from call to call."""
        return Session(lambda: self.predictor, self.codec)

    def probabilities(self, context: str = "") -> NDArray[np.float64]:
        """Returns the probability (V,) of each word of the vocabulary to come next."""
        predictor, state = after(
            self.predictor, self.codec.prompt(context), partial(read, self.predictor, self.predictor.start())
        )
        y: NDArray[np.float64] = predictor.next(state)[0]
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
        no_repeat: int | None = None,
        repetition_penalty: float = 1.0,
        block: Words = (),
        seed: int | np.random.Generator | None = None,
    ) -> Iterator[str]:
        """Writes on from a prompt and yields the text in pieces as they are made; "".join(...) is all of it.

        The text ends after that many words (50) or sentences, whichever is first, or where `block` and `Repetition`
        leave no word. Sentences of a model of lines end in a newline. The same seed: the same text. Raises UsageError.
        """
        length, sampler, rng = Length(words, sentences), Sampler(temperature, top_k, top_p), np.random.default_rng(seed)
        manner = Manner(length, sampler, Repetition(no_repeat, repetition_penalty), self.codec.blocked(block))
        return write(self.predictor, self.codec, prompt, manner, rng)

    def generate_all(
        self, prompts: Sequence[str], rngs: Sequence[np.random.Generator], *, block: Words = (), **options: Any
    ) -> list[str]:
        """Writes what `generate` would for several prompts at once, faster than one by one, a generator for each.

        Raises what `generate` raises, and ResourceError if there is no memory for texts of that length.
        """
        manner = Manner.of(block=self.codec.blocked(block), **options)
        return write_all(self._for_generating, self.codec, prompts, manner, rngs)

    def score(self, text: str | Iterable[str], *, sentences: str | None = None, fresh: str | None = None) -> Evaluation:
        """Measures how well a text (or blocks of one) is predicted: perplexity, accuracy.

        sentences  how the text's sentences are found: lines, wrapped or auto; None: as the model was trained
        fresh      sentence, line or block (between blank lines): each is predicted as if it stood alone
        Raises TextError if the text is empty, UsageError.
        """
        from .evaluation.measures import Evaluation  # here, because predicting does without

        evaluation = Evaluation()
        with threads(usable_cores()) as run:
            items = self._items(text, sentences, fresh)
            for part in self._read(self._on(run), items, fresh, run, self.codec.typing_alphabet):
                evaluation.add(part, self.codec.vocabulary.specials)
        if not evaluation.words:
            raise TextError(NO_WORDS)
        return evaluation

    def _on(self, run: Any) -> Predictor:  # noqa: ARG002
        """Returns the predictor, working on the threads of `run`."""
        return self.predictor

    def scored(
        self, text: str | Iterable[str], *, sentences: str | None = None, fresh: str | None = None
    ) -> Iterator[ScoredWord]:
        """Yields each word, and each end of a sentence, of a text, with surprisal and rank.

        The options are those of `score`. Raises TextError if the text is empty, UsageError.
        """
        return (word for word in self._scored(self._items(text, sentences, fresh), fresh) if word)

    def scored_sentences(
        self, text: str | Iterable[str], *, sentences: str | None = None, fresh: str | None = None
    ) -> Iterator[list[ScoredWord]]:
        """Yields the words of each sentence, its end included, as `scored` does; none for a blank line where sentences
        are found by lines, or each line stands alone.
        """
        sentence: list[ScoredWord] = []
        for word in self._scored(self._items(text, sentences, fresh, by_line=True), fresh):
            if word:
                sentence.append(word)
            if not word or word.is_end:
                yield sentence
                sentence = []

    def _items(
        self, text: str | Iterable[str], sentences: str | None, fresh: str | None, by_line: bool = False
    ) -> Iterator[Item]:
        """Cuts a text into items: those that are fresh, or lines if asked for and lines are sentences, or any."""
        from .evaluation.items import by_line as lines_of
        from .evaluation.items import items, resolved, whole

        mode, blocks = resolved(text, sentences or self.codec.sentences)
        if fresh:
            return items(self.codec, blocks, mode, fresh)
        return lines_of(self.codec, blocks) if by_line and mode == "lines" else whole(self.codec, blocks, mode)

    def _read(
        self,
        predictor: Predictor,
        items: Iterator[Item],
        fresh: str | None,
        run: Run = map,
        alphabet: Alphabet | None = None,
    ) -> Iterator[Surprisals]:
        """Reads items, each from the blank state or as one text."""
        from .evaluation.surprisal import surprisals, surprisals_apart

        ids = (item.ids for item in items)
        if fresh:
            return surprisals_apart(predictor, ids, self.codec.vocabulary.specials, run, alphabet)
        start = np.array([EOS], np.int32)
        return surprisals(predictor, chain([start], ids), self.codec.vocabulary.specials, run, alphabet)

    def _scored(self, items: Iterator[Item], fresh: str | None) -> Iterator[ScoredWord | None]:
        """Yields the words of items, and None for an item without words. Raises TextError if no item has one."""
        for_ids, for_tokens = tee(items)
        parts = self._read(self.predictor, for_ids, fresh)
        costs = chain.from_iterable(zip(part.ids, part.nats, part.rank, strict=True) for part in parts)
        blank = 0  # items before the first word
        is_empty = True
        for _, tokens in for_tokens:
            if not tokens and is_empty:
                blank += 1
            elif not tokens:
                yield None
            else:
                yield from repeat(None, blank)
                blank, is_empty = 0, False
            for token, (i, nats, rank) in zip(tokens, costs, strict=False):  # which has costs for later tokens, too
                word = self.codec.vocabulary.words[i] if token in (END, BREAK) else token.strip() or token
                yield ScoredWord(word, float(nats) / log(2), int(rank) or None, bool(i == UNK))
        if is_empty:
            raise TextError(NO_WORDS)


@dataclass(frozen=True, eq=False)
class LanguageModel(TextPredictor):
    """A network that learned to predict the words of a text, and n-grams of that text beside it."""

    params: Weights
    vocabulary: Vocabulary
    settings: Settings
    record: dict[str, Any]  # what it was trained on and how well it predicts the validation text
    ngrams: NgramModel | None = None  # that predict beside the network

    @classmethod
    def load(cls, source: StrPath | VerifiedFile | HeldFile) -> Self:
        """Opens a model file, or one whose bytes are being read already. Raises FileError or CheckpointError."""
        return cls(*checkpoint.load(source))

    def save(self, path: StrPath) -> None:
        """Writes the model file, all or nothing. Raises FileError; CheckpointError for what could not be loaded."""
        checkpoint.save(path, checkpoint.Checkpoint(*(getattr(self, part) for part in checkpoint.Checkpoint._fields)))

    @cached_property
    def network(self) -> Network:
        """The network, a predictor."""
        return Network(self.params, ACTIVATIONS[self.settings.activation])

    @cached_property
    def codec(self) -> Codec:  # type: ignore[override]
        """Text to ids and back."""
        return Codec(self.vocabulary, self.settings.tokenizer, self.settings.sentences, self.settings.rules)

    @cached_property
    def predictor(self) -> Predictor:
        return self._beside(self.network)

    @property
    def _for_generating(self) -> Predictor:
        return self._beside(self.network.for_few_states())

    def _on(self, run: Any) -> Predictor:
        return self._beside(self.network.using(run))

    def _beside(self, network: Network) -> Predictor:
        """Returns what predicts by a network, and by the n-grams if there are any."""
        return self.ngrams.beside(network) if self.ngrams else network
