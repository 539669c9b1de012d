"""A training run: text files in, a model file out."""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from itertools import count
from pathlib import Path
from statistics import mean
from time import monotonic
from typing import Any, BinaryIO

from . import __version__
from .errors import CheckpointError, UsageError
from .model import LanguageModel
from .network.parameters import Weights, numbers
from .network.recurrent import ACTIVATIONS
from .network.threads import Run, threads, usable_cores
from .settings import Settings
from .storage.durable import journal, scratch
from .storage.sealed import StrPath
from .text import corpus
from .text.alphabet import Alphabet
from .training.calibration import scaled, temperature
from .training.evaluation import Evaluation, evaluate
from .training.planning import Course, course, memory
from .training.schedule import Plan, Point
from .training.trainer import Progress
from .training.trainer import train as train_network

FITTED = 10_000  # words of the validation text that the temperature is fitted on, at most
LOSSES = 100  # steps over which the log's loss is the mean


class Training:
    """A training run: iterating over it trains, and `model` is the best so far.

    Reading the corpus is done when it is made, and so is measuring how fast this machine is, if the run is to end by
    the clock: `report` says what was read, `settings` what was chosen. With an output, each new best is saved there.
    `choices` are fields of `Settings`; `plan` is a model whose training is to be gone through again, step for step;
    `log` is a file for JSON Lines on how it goes.
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
        plan: StrPath | None = None,
        log: StrPath | None = None,
        **choices: Any,
    ) -> None:
        self._began = monotonic()
        paths = [os.fspath(path) for path in ([texts] if isinstance(texts, str | os.PathLike) else texts)]
        self.output = Path(output) if output else None
        self._threads, self._stop = threads or usable_cores(), stop
        folder = Path(os.path.realpath(self.output)).parent if self.output else Path(tempfile.gettempdir())
        earlier = LanguageModel.load(plan) if plan else None
        draft = earlier.settings if earlier else Settings.fitted(choices)

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
        if not earlier:
            choices |= {"sentences": reading.sentences_by}
            draft = Settings.fitted(choices, reading.words, reading.marked)
        self.corpus = corpus.prepare(
            reading,
            new_file,
            tokenizer=draft.tokenizer,
            case=draft.case,
            size=draft.vocabulary_size,
            min_count=draft.min_count,
            valid=os.fspath(valid) if valid else None,
        )
        self.report = self.corpus.report
        if earlier and choices:
            raise UsageError(f"{', '.join(sorted(choices))}: the plan {plan} says that already. Leave it out")
        self._course = self._replayed(earlier) if earlier else self._fitted(draft, choices)
        self.settings = self._course.settings
        self.evaluation: Evaluation | None = None  # of the best
        self._curve: list[tuple[float, float]] = []
        self._best: Weights | None = None
        self._temperature, self._steps = 1.0, 0
        self._log = log

    @property
    def epochs(self) -> float:
        """Readings of the text when it was last evaluated."""
        return self._curve[-1][0] if self._curve else 0.0

    def _fitted(self, draft: Settings, choices: dict[str, Any]) -> Course:
        """The course that suits the corpus and the time."""
        with threads(self._threads) as run:
            return course(self.corpus, draft, choices, self._began, run)

    def _replayed(self, earlier: LanguageModel) -> Course:
        """The course of an earlier run on the same texts."""
        if earlier.record["corpus"] != asdict(self.report):
            raise UsageError(
                "the plan is of another corpus or another validation text. Give the texts it was made with"
            )
        plan = earlier.record["plan"]
        steps = count(1)
        self._stop = lambda: next(steps) >= plan["steps"]
        points = [Point(*point) for point in plan["points"]]
        return Course(earlier.settings, Plan(points), plan["evaluations"], earlier.record["curve"][-1][0])

    @property
    def expected_epochs(self) -> float:
        """Readings of the text that the run is likely to have."""
        return self._course.readings

    @property
    def model_bytes(self) -> int:
        """The size of the network."""
        return 4 * numbers(len(self.corpus.vocabulary), self.settings.hidden)

    @property
    def memory(self) -> int:
        """Bytes that training is likely to take."""
        return memory(len(self.corpus.vocabulary), self.settings)

    def __iter__(self) -> Iterator[Progress]:
        counts = self.corpus.vocabulary.counts
        with threads(self._threads) as run, journal(self._log) if self._log else nullcontext(_nowhere) as log:
            log({"settings": asdict(self.settings), "corpus": asdict(self.report), "memory": self.memory})
            losses = deque[float](maxlen=LOSSES)
            for progress in train_network(
                self.corpus.train,
                self.corpus.valid,
                counts,
                self.settings,
                run,
                self._stop,
                self._course.plan,
                self._course.evaluations,
            ):
                self._steps = progress.step
                losses.append(progress.loss)
                if progress.evaluation:
                    self._curve.append((round(progress.epoch, 4), progress.evaluation.perplexity))
                    log(
                        {
                            "seconds": monotonic() - self._began,
                            "step": progress.step,
                            "epoch": progress.epoch,
                            "loss": mean(losses),
                            "rate": progress.rate,
                            "gradient_norm": progress.gradient_norm,
                            "perplexity": progress.evaluation.perplexity,
                            "best": progress.best is not None,
                        }
                    )
                if progress.best:
                    self._best, self.evaluation = progress.best, progress.evaluation
                    self._save()
                yield progress
            self._conclude(run)
            self._save()
            log({"seconds": monotonic() - self._began} | self.model.record)

    def _conclude(self, run: Run) -> None:
        """Makes the best model's probabilities mean what they say, and measures all that is to be told of it."""
        assert self._best
        activation, valid = ACTIVATIONS[self.settings.activation], self.corpus.valid
        self._temperature = temperature(self._best, valid.read(0, FITTED + 1), activation, run)
        self._best = scaled(self._best, self._temperature)
        alphabet = Alphabet(self.corpus.vocabulary)
        self.evaluation = evaluate(self._best, valid.blocks(0, len(valid)), activation, run, alphabet)

    @property
    def model(self) -> LanguageModel:
        """The best model so far. Raises UsageError before there is one."""
        if self._best is None or self.evaluation is None:
            raise UsageError("this training has no model yet: iterate over it first")
        record = {
            "corpus": asdict(self.report),
            "validation": self.evaluation.as_json(),
            "temperature": self._temperature,
            "curve": self._curve,
            "plan": {"steps": self._steps, "evaluations": self._course.evaluations, "points": self._course.plan.points},
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
    plan: StrPath | None = None,
    log: StrPath | None = None,
    **choices: Any,
) -> LanguageModel:
    """Trains a model on text files, to its end, and returns the best; `choices` are fields of `Settings`."""
    training = Training(texts, output, valid=valid, force=force, threads=threads, plan=plan, log=log, **choices)
    for _ in training:
        pass
    return training.model


def _nowhere(_: dict[str, Any]) -> None:
    """A log that nobody asked for."""


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
