"""The language model: network, vocabulary and settings together; training one, and what it can be asked."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from math import log
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from . import __version__
from .errors import CheckpointError, TextError, UsageError
from .network.parameters import Floats, Weights
from .network.recurrent import ACTIVATIONS, Activation
from .network.shards import threads
from .prediction.context import blank, read, read_all
from .prediction.predictor import distribution, likeliest
from .prediction.sampling import continuation, sampler
from .settings import Settings
from .storage import checkpoint
from .storage.durable import scratch
from .text import corpus
from .text.sentences import reflow
from .text.tokens import END, TOKENISERS
from .text.vocabulary import EOS, UNK, Vocabulary
from .training.evaluation import Evaluation, surprisals
from .training.trainer import Progress
from .training.trainer import train as train_network

StrPath = str | os.PathLike[str]

LARGE_VOCABULARY = 4000  # words from which on the sampled softmax learns faster than the exact one
MOST_WORDS = 10_000  # of a text whose sentences are to end it, should they not


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

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Opens a model file. Raises FileError or CheckpointError."""
        return cls(*checkpoint.load(Path(path)))

    def save(self, path: StrPath) -> None:
        """Writes the model file, all or nothing. Raises FileError."""
        checkpoint.save(Path(path), checkpoint.Checkpoint(self.params, self.vocabulary, self.settings, self.record))

    def predict(self, context: str = "", k: int = 10, eos: bool = False) -> Prediction:
        """The k likeliest words after a context, which starts after the end of a sentence.

        Their probabilities are those of the whole distribution. The unknown word is never offered, the end of the
        sentence only if `eos`, as "<eos>"; both have their share told.
        """
        return self.predict_all([context], k, eos)[0]

    def predict_all(self, contexts: Sequence[str], k: int = 10, eos: bool = False) -> list[Prediction]:
        """`predict` for several contexts at once, which is faster than one by one."""
        states = read_all(self.params, [self._ids(context) for context in contexts], self._activation)
        best = likeliest(self.params, states, k, eos)
        return [
            Prediction(
                [NextWord(self.vocabulary.shown[i], p) for i, p in zip(ids.tolist(), y.tolist(), strict=True)],
                float(best.eos[n]),
                float(best.unk[n]),
                self._unknown(contexts[n]),
            )
            for n, (ids, y) in enumerate(zip(best.ids, best.y, strict=True))
        ]

    def probabilities(self, context: str = "") -> NDArray[np.float64]:
        """The probability (V,) of each word of the vocabulary to come next."""
        return distribution(self.params, self._read(self._ids(context)))

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
        if words is None:
            words = 50 if sentences is None else MOST_WORDS
        ids = self._ids(prompt)
        rng = np.random.default_rng(seed)
        choose = sampler(temperature, top_k, top_p)
        made = continuation(self.params, self._read(ids), ids[-1], choose, rng, self._activation)
        tokeniser = TOKENISERS[self.settings.tokenizer]
        given = self._tokens(prompt)
        told = self.vocabulary.tokens(_until(made, words, sentences))
        pieces = tokeniser.pieces(chain(given, told), self.vocabulary.capitals)
        gap = END if self.settings.sentences == "lines" else " "
        return (gap if piece == END else piece for piece in islice(pieces, len(given), None))

    def join(self, tokens: Iterable[str]) -> str:
        """Tokens as a writer would put them."""
        return TOKENISERS[self.settings.tokenizer].join(tokens)

    def score(self, text: str | Iterable[str]) -> Evaluation:
        """How well the model foresees a text (or blocks of one): perplexity, accuracy. Raises TextError if empty."""
        evaluation = Evaluation()
        with threads(usable_cores()) as run:
            for part in surprisals(self.params, self._stream(text), self._activation, run):
                evaluation.add(part)
        if not evaluation.words:
            raise TextError("the text to score holds no words")
        return evaluation

    def scored(self, text: str | Iterable[str]) -> Iterator[ScoredWord]:
        """Each word of a text, and each end of a sentence, with its surprisal and rank."""
        tokens: list[str] = []
        for part in surprisals(self.params, self._stream(text, tokens), self._activation):
            for token, i, nats, rank in zip(tokens, part.ids, part.nats, part.rank, strict=False):
                word = self.vocabulary.shown[EOS] if i == EOS else token
                yield ScoredWord(word, float(nats) / log(2), int(rank) or None, bool(i == UNK))
            del tokens[: len(part.ids)]

    @property
    def _activation(self) -> Activation:
        return ACTIVATIONS[self.settings.activation]

    def _read(self, ids: Sequence[int]) -> Floats:
        return read(self.params, blank(self.params), ids, self._activation)

    def _tokens(self, prompt: str) -> list[str]:
        """The tokens of a prompt, which an end of a sentence does not end."""
        if self.settings.sentences == "wrapped":
            blank = " " if prompt[-1:].isspace() else ""  # a character of its own for chars
            prompt = "".join(reflow([prompt])).strip(END) + blank
        return TOKENISERS[self.settings.tokenizer].tokenise(prompt.strip(END))

    def _ids(self, prompt: str) -> list[int]:
        return [EOS, *map(self.vocabulary.id, self._tokens(prompt))]

    def _unknown(self, prompt: str) -> list[str]:
        return [token for token in self._tokens(prompt) if self.vocabulary.id(token) == UNK]

    def _stream(self, text: str | Iterable[str], into: list[str] | None = None) -> Iterator[corpus.Ids]:
        texts = iter([text, END] if isinstance(text, str) else text)
        _, texts = corpus.sentences_of(texts, self.settings.sentences)
        return corpus.stream(texts, self.settings.tokenizer, self.vocabulary.id, into)


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


class Training:
    """A training run: iterating over it trains, and `model` is the best so far.

    Reading the corpus is done when it is made: `report` says what was read, `settings` what was chosen. With an
    output, each new best is saved there. `choices` are fields of `Settings`.
    """

    def __init__(
        self,
        texts: StrPath | Sequence[StrPath],
        output: StrPath | None = None,
        *,
        valid: StrPath | None = None,
        force: bool = False,
        threads: int | None = None,
        stop: Callable[[], bool] = lambda: False,
        **choices: Any,
    ) -> None:
        paths = [os.fspath(path) for path in ([texts] if isinstance(texts, str | os.PathLike) else texts)]
        self.output = Path(output) if output else None
        self._threads, self._stop = threads or usable_cores(), stop
        folder = Path(os.path.realpath(self.output)).parent if self.output else Path(tempfile.gettempdir())
        draft = Settings.fitted(choices)

        def new_file() -> BinaryIO:
            return scratch(folder)

        reading = corpus.read(paths, new_file, tokenizer=draft.tokenizer, sentences=draft.sentences)
        if self.output and not force:
            _refuse_to_lose(self.output, reading.digest)
        self.settings = Settings.fitted(choices | {"sentences": reading.sentences_by}, reading.words, reading.marked)
        self.corpus = corpus.prepare(
            reading,
            new_file,
            tokenizer=self.settings.tokenizer,
            case=self.settings.case,
            size=self.settings.vocabulary_size,
            min_count=self.settings.min_count,
            valid=os.fspath(valid) if valid else None,
        )
        if self.settings.softmax == "auto":
            large = len(self.corpus.vocabulary) >= LARGE_VOCABULARY
            self.settings = replace(self.settings, softmax="sampled" if large else "exact")
        self.report = self.corpus.report
        self.evaluation: Evaluation | None = None  # of the best
        self._curve: list[tuple[float, float]] = []
        self._best: Weights | None = None

    @property
    def epochs(self) -> float:
        """Readings of the text when it was last evaluated."""
        return self._curve[-1][0] if self._curve else 0.0

    def __iter__(self) -> Iterator[Progress]:
        vocabulary = self.corpus.vocabulary
        with threads(self._threads) as run:
            for progress in train_network(
                self.corpus.train, self.corpus.valid, vocabulary.counts, self.settings, run, self._stop
            ):
                if progress.evaluation:
                    self._curve.append((round(progress.epoch, 4), progress.evaluation.perplexity))
                if progress.best:
                    self._best, self.evaluation = progress.best, progress.evaluation
                    self._save()
                yield progress
        self._save()

    @property
    def model(self) -> LanguageModel:
        """The best model so far. Raises UsageError before there is one."""
        if self._best is None or self.evaluation is None:
            raise UsageError("this training has no model yet: iterate over it first")
        record = {
            "corpus": asdict(self.report),
            "validation": self.evaluation.as_json(),
            "curve": self._curve,
            "version": __version__,
        }
        return LanguageModel(self._best, self.corpus.vocabulary, self.settings, record)

    def _save(self) -> None:
        if self.output:
            self.model.save(self.output)


def train(
    texts: StrPath | Sequence[StrPath],
    output: StrPath | None = None,
    *,
    valid: StrPath | None = None,
    force: bool = False,
    threads: int | None = None,
    **choices: Any,
) -> LanguageModel:
    """Trains a model on text files, to its end, and returns the best; `choices` are fields of `Settings`."""
    training = Training(texts, output, valid=valid, force=force, threads=threads, **choices)
    for _ in training:
        pass
    return training.model


def load(path: StrPath) -> LanguageModel:
    """Opens a model file. Raises FileError or CheckpointError."""
    return LanguageModel.load(path)


def usable_cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _refuse_to_lose(output: Path, digest: str) -> None:
    """Raises UsageError if a file would be overwritten that is not a model of the same corpus."""
    if not output.exists():
        return
    try:
        known = LanguageModel.load(output).record["corpus"]["digest"]
    except (CheckpointError, KeyError, TypeError):
        raise UsageError(f"{output}: exists and is not a model. Give another -o, or --force to replace it") from None
    if known != digest:
        raise UsageError(f"{output}: holds a model of another corpus. Give another -o, or --force to replace it")
