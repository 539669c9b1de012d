"""The facade for Python users: a model that was loaded or trained, and what can be asked of it."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from .counts.mixture import NgramModel
from .network import cells
from .network.network import Network
from .network.parameters import Weights, blocks
from .network.threads import threads, usable_cores
from .prediction.answers import NextWord, Prediction, Question, answer, answer_all
from .prediction.context import read
from .prediction.ended import after
from .prediction.session import Session
from .prediction.writing import Manner, write, write_all
from .predictor import Predictor
from .settings import Settings
from .storage import checkpoint
from .storage.checksum import HeldFile, StrPath, VerifiedFile
from .text.codec import Codec
from .text.vocabulary import Vocabulary
from .text.wordlist import Words
from .unknown.fit import Fit
from .unknown.words import UnknownWords

if TYPE_CHECKING:
    from .evaluation.measures import Evaluation
    from .evaluation.scored import ScoredWord

__all__ = ["LanguageModel", "NextWord", "Prediction", "TextPredictor"]

CONTEXTS_A_THREAD = 128  # contexts that a thread reads side by side: few enough for the caches


class TextPredictor(ABC):
    """A predictor with the codec of its text: answers questions, writes text, scores it."""

    codec: Codec
    unknown: UnknownWords

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
        return answer(self.predictor, self.codec, self.unknown, question, context, session)

    def predict_all(
        self, contexts: Sequence[str], k: int | None = None, eos: bool = False, *, block: Words = (), **options: Any
    ) -> list[Prediction]:
        """Answers `predict` for several contexts, which is faster than one by one where they end after a word."""
        question = Question(k=k, eos=eos, block=self.codec.blocked(block), **options)
        parts = [contexts[part] for part in blocks(len(contexts), CONTEXTS_A_THREAD)]
        with threads(usable_cores()) if len(parts) > 1 else nullcontext(map) as run:
            answered = run(partial(answer_all, self.predictor, self.codec, self.unknown, question), parts)
            return list(chain.from_iterable(answered))

    def session(self) -> Session:
        """Returns a memory for `predict` of a text that grows from call to call."""
        return Session(lambda: (self.predictor, self.codec))

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
        new_words: bool = False,
        seed: int | np.random.Generator | None = None,
    ) -> Iterator[str]:
        """Writes on from a prompt and yields the text in pieces as they are made; "".join(...) is all of it.

        The text ends after that many words (50) or sentences, whichever is first, or where `block` and `Repetition`
        leave no word. Sentences of a model of lines end in a newline. With `new_words` there are words outside the
        vocabulary, too. The same seed: the same text. Raises UsageError.
        """
        manner = Manner.of(
            words=words,
            sentences=sentences,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            no_repeat=no_repeat,
            repetition_penalty=repetition_penalty,
            block=self.codec.blocked(block),
            new_words=new_words,
        )
        return write(self.predictor, self.codec, self.unknown, prompt, manner, np.random.default_rng(seed))

    def generate_all(
        self, prompts: Sequence[str], rngs: Sequence[np.random.Generator], *, block: Words = (), **options: Any
    ) -> list[str]:
        """Writes what `generate` would for several prompts at once, faster than one by one, a generator for each.

        Raises what `generate` raises, and ResourceError if there is no memory for texts of that length.
        """
        manner = Manner.of(block=self.codec.blocked(block), **options)
        return write_all(self._for_generating, self.codec, self.unknown, prompts, manner, rngs)

    def score(self, text: str | Iterable[str], *, sentences: str | None = None, fresh: str | None = None) -> Evaluation:
        """Measures how well a text (or blocks of one) is predicted: perplexity, accuracy.

        sentences  how the text's sentences are found: lines, wrapped or auto; None: as the model was trained
        fresh      sentence, line or block (between blank lines): each is predicted as if it stood alone
        Raises TextError if the text is empty, UsageError.
        """
        from .evaluation.scored import evaluated, items_of  # here, because predicting does without

        items = items_of(self.codec, text, sentences, fresh)
        with threads(usable_cores()) as run:
            return evaluated(self._on(run), self.codec, self.unknown, items, bool(fresh), run)

    def _on(self, run: Any) -> Predictor:  # noqa: ARG002
        """Returns the predictor, working on the threads of `run`."""
        return self.predictor

    def scored(
        self, text: str | Iterable[str], *, sentences: str | None = None, fresh: str | None = None
    ) -> Iterator[ScoredWord]:
        """Yields each word, and each end of a sentence, of a text, with surprisal and rank.

        The options are those of `score`. Raises TextError if the text is empty, UsageError.
        """
        return filter(None, self._scored(text, sentences, fresh))

    def scored_sentences(
        self, text: str | Iterable[str], *, sentences: str | None = None, fresh: str | None = None
    ) -> Iterator[list[ScoredWord]]:
        """Yields the words of each sentence, its end included, as `scored` does; none for a blank line where sentences
        are found by lines, or each line stands alone.
        """
        sentence: list[ScoredWord] = []
        for word in self._scored(text, sentences, fresh, lines=True):
            if word:
                sentence.append(word)
            if not word or word.is_end:
                yield sentence
                sentence = []

    def _scored(
        self, text: str | Iterable[str], sentences: str | None, fresh: str | None, lines: bool = False
    ) -> Iterator[ScoredWord | None]:
        from .evaluation.scored import items_of, scored

        items = items_of(self.codec, text, sentences, fresh, lines)
        return scored(self.predictor, self.codec, self.unknown, items, bool(fresh))


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
        return Network(self.params, cells.of(self.settings))

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
        return self.fit.calibrated(self.ngrams.beside(network) if self.ngrams else network)

    @cached_property
    def fit(self) -> Fit:
        """How likely an unknown word is, and which one."""
        return Fit.restored(self.record.get("unknown"))

    @cached_property
    def unknown(self) -> UnknownWords:  # type: ignore[override]
        """The words outside the vocabulary."""
        return UnknownWords(self.vocabulary, self.fit.weights)
