"""A training run: text files in, a model file out."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO

from . import __version__
from .errors import CheckpointError, UsageError
from .model import LanguageModel
from .network.parameters import Weights
from .network.threads import threads, usable_cores
from .settings import Settings
from .storage.durable import StrPath, scratch
from .text import corpus
from .training.evaluation import Evaluation
from .training.trainer import Progress
from .training.trainer import train as train_network

LARGE_VOCABULARY = 4000  # words from which on the sampled softmax learns faster than the exact one


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

        known = None if force else _digest_of(self.output)
        if self.output and any(_same_file(self.output, path) for path in paths):
            raise UsageError(f"{self.output}: is the corpus itself. Give another -o")
        reading = corpus.read(paths, new_file, tokenizer=draft.tokenizer, sentences=draft.sentences)
        if known not in (None, reading.digest):
            raise UsageError(
                f"{self.output}: holds a model of another corpus. Give another -o, or --force to replace it"
            )
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


def _digest_of(output: Path | None) -> str | None:
    """The digest of the corpus whose model a file holds; None if there is no file. UsageError if it is no model."""
    if output is None or not output.exists():
        return None
    try:
        return str(LanguageModel.load(output).record["corpus"]["digest"])
    except (CheckpointError, KeyError, TypeError):
        raise UsageError(f"{output}: exists and is not a model. Give another -o, or --force to replace it") from None


def _same_file(output: Path, path: str) -> bool:
    return path != "-" and output.exists() and os.path.exists(path) and output.samefile(path)
