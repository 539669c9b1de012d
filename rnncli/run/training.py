"""A training run: text files in, a model file out."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from math import inf
from operator import itemgetter
from statistics import mean
from time import monotonic
from typing import Any
from weakref import finalize

from ..errors import DivergenceError, UsageError
from ..evaluation.measures import BEGINNING_WORDS, Evaluation
from ..model import LanguageModel
from ..network import cells
from ..network.network import Network
from ..network.parameters import parameter_count
from ..network.threads import Run, pool, under_one_blas_thread, usable_cores
from ..settings import Settings, checked_number
from ..storage.checksum import StrPath, resume_path
from ..storage.durable import journal, lock, remove
from ..storage.resumption import load
from ..training.trainer import Progress, validate
from ..training.trainer import train as train_network
from .base import Base
from .concluding import conclude
from .planning import Plan, training_memory
from .resume import notices, open_saved
from .setup import Files, set_up
from .unknown import RunUnknown

SAVE_SECONDS = 60.0  # after which the state is saved again
LOGGED_LOSSES = 100  # steps whose mean loss the log has
MAX_THREADS = 1024

Log = Callable[[dict[str, Any]], None]


class Training:
    """A training run: iterating over it trains, and `model` is the best so far.

    The constructor reads the corpus and, for a run by the clock, measures how fast this machine is: `report` describes
    the corpus, `settings` what was chosen. With an output, each new best is saved there, and the state of the run
    beside it, before the first step and then every `save_every` seconds and `save_steps` steps; once the run has ended,
    its state is removed. While the loop's body runs, BLAS has the caller's number of threads.

    texts, valid   the corpus, and a text to validate on; without it sentences of the corpus are held out
    encoding       of all that is read; without it UTF-8, or that of a byte order mark
    vocabulary     a file of words to know in any case, one a line
    force          replace a model of another corpus, and the state of an interrupted run
    stop           asked after each step whether to stop; `interrupted` then says that steps were left
    plan           a model whose run is repeated, step for step; may be the output
    base           a model to go on from: its words, its weights and its n-grams; may be the output
    resume         continue from the saved state, to the same bytes as without an interruption
    require_exact  raise CheckpointError where NumPy or its BLAS round otherwise than when the state was saved
    log            a file that JSON Lines on the run are appended to
    notify         gets messages for a person
    choices        fields of `Settings`
    """

    def __init__(
        self,
        texts: StrPath | Sequence[StrPath],
        output: StrPath | None = None,
        *,
        valid: StrPath | None = None,
        encoding: str | None = None,
        vocabulary: StrPath | None = None,
        force: bool = False,
        threads: int | None = None,
        stop: Callable[[], bool] = lambda: False,
        plan: StrPath | None = None,
        base: StrPath | None = None,
        resume: bool = False,
        require_exact: bool = False,
        save_every: float = SAVE_SECONDS,
        save_steps: int | None = None,
        log: StrPath | None = None,
        notify: Callable[[str], None] = lambda _: None,
        **choices: Any,
    ) -> None:
        self._began = self._saved_at = monotonic()
        self._files = Files.of(texts, valid, output, plan, base, log, encoding, vocabulary)
        self.output = self._files.output
        self._threads = checked_number("threads", threads, 1, MAX_THREADS) if threads else usable_cores()
        self._save_every = checked_number("save_every", save_every, 0, inf)
        self._save_steps = checked_number("save_steps", save_steps, 1, 2**63) if save_steps is not None else None
        self._stop, self._notify = stop, notify
        self.interrupted = False
        self.evaluation: Evaluation | None = None  # of the best
        self._losses = deque[float](maxlen=LOGGED_LOSSES)
        self._release = finalize(self, lock(self.output)) if self.output else lambda: None
        try:
            saved = open_saved(self.output, resume, force)
            self.corpus, self._ngrams, self._run = set_up(
                self._files, choices, saved, force, self._threads, self._began
            )
            self.report, self._resumes = self.corpus.report, resume
            self._unknown = RunUnknown.of(self.corpus)
            for message in notices(saved, require_exact, self.output) if saved else ():
                notify(message)
        except BaseException:
            self._release()
            raise

    @property
    def settings(self) -> Settings:
        """The settings of the run; a divergence lowers the learning rate."""
        return self._run.plan.settings

    @property
    def epochs(self) -> float:
        """Readings of the text at the last evaluation."""
        return self._run.curve[-1][0] if self._run.curve else 0.0

    @property
    def step(self) -> int:
        """Steps that are done."""
        return self._run.state.step

    @property
    def plan(self) -> Plan:
        """How the run is to go."""
        return self._run.plan

    @property
    def base(self) -> Base | None:
        """The model that the run goes on from."""
        return self._run.base

    @property
    def network_bytes(self) -> int:
        """The size of the network."""
        return 4 * parameter_count(
            cells.of(self.settings).axes,
            len(self.corpus.vocabulary),
            self.settings.hidden * self.settings.ensemble_size,
        )

    @property
    def memory(self) -> int:
        """Bytes that training is expected to take."""
        return training_memory(len(self.corpus.vocabulary), self.settings)

    @property
    def model(self) -> LanguageModel:
        """The best model so far. Raises UsageError before there is one."""
        if self._run.best is None or self.evaluation is None:
            raise UsageError("this training has no model yet: iterate over it first")
        record = self._run.model_record(self.report, self.evaluation) | {"unknown": self._unknown.fit.as_json()}
        ngrams = self._ngrams.model if self._ngrams else None
        return LanguageModel(self._run.best, self.corpus.vocabulary, self.settings, record, ngrams)

    def close(self) -> None:
        """Releases the lock on the output, as the end of a training does."""
        self._release()

    def __iter__(self) -> Iterator[Progress]:
        with pool(self._threads) as run, journal(self._files.log) if self._files.log else nullcontext(_no_log) as log:
            yield from under_one_blas_thread(self._train(run, log))
        if self.output and not self.interrupted:
            remove(resume_path(self.output))
        self._release()

    def _train(self, run: Run, log: Log) -> Iterator[Progress]:
        """Makes the steps that are left, then evaluates and saves the best model."""
        log({"settings": asdict(self.settings), "corpus": asdict(self.report), "memory": self.memory})
        if not self._resumes:
            self._save_state()  # before the first step, in place of another run's
        if not self._run.ended:
            try:
                yield from self._steps(run, log)
            except DivergenceError as error:
                if self._run.diverged:
                    raise
                self._go_back(error)
                yield from self._steps(run, log)
        if not self.interrupted:
            self._run.ended = True
            self._save_state()  # so that no step is made again if the process is killed from here on
        self._conclude(run)
        self._save()
        log({"seconds": monotonic() - self._began} | self.model.record)

    def _steps(self, run: Run, log: Log) -> Iterator[Progress]:
        """Makes the steps that are left."""
        text, valid, vocabulary, plan = self.corpus.train, self.corpus.valid, self.corpus.vocabulary, self._run.plan
        of = BEGINNING_WORDS if plan.evaluations == 1 else None  # as the evaluation that this one is compared with
        how = run, plan.schedule, plan.evaluations, self._run.state
        for progress in train_network(text, valid, self.corpus.counts, vocabulary.specials, plan.settings, *how):
            self._losses.append(progress.loss)
            if progress.evaluation:
                self._note(progress, log)
            is_last = progress.step == plan.last or progress.fraction >= 1
            self.interrupted = self._stop() and not is_last
            if self.interrupted or self._is_save_due():
                self._save_state()
            if (self.interrupted or is_last) and not progress.evaluation:
                evaluation, best = validate(self._run.state, valid, vocabulary.specials, run, of)
                progress = replace(progress, evaluation=evaluation, best=best)
                self._note(progress, log)
            yield progress
            if self.interrupted or is_last:
                return

    def _go_back(self, error: DivergenceError) -> None:
        """Goes back to what this run saved last, or to its beginning."""
        saved = load(resume_path(self.output)) if self.output and os.path.exists(resume_path(self.output)) else None
        self._run.go_back(self.corpus, saved)
        self._notify(f"{error}. Continuing from step {self.step:,} at a rate of {self.settings.learning_rate:.2g}")

    def _note(self, progress: Progress, log: Log) -> None:
        """Logs an evaluation and saves a new best."""
        assert progress.evaluation
        evaluation = progress.evaluation
        self._unknown.price(evaluation)
        if evaluation.predicted == len(self.corpus.valid) - 1:  # else of its beginning
            evaluation.characters = self.report.held_out_characters
        self._run.curve.append((round(progress.epoch, 4), evaluation.perplexity))
        log(
            {
                "seconds": monotonic() - self._began,
                "step": progress.step,
                "epoch": progress.epoch,
                "loss": mean(self._losses),
                "rate": progress.rate,
                "gradient_norm": progress.gradient_norm,
                "perplexity": evaluation.perplexity,
                **({"bits_per_character": evaluation.bits_per_character} if evaluation.characters else {}),
                "best": progress.best is not None,
            }
        )
        if progress.best:
            self._run.best, self.evaluation = progress.best, evaluation
            self._run.temperature = self._run.state.temperature
            self._save()

    def _conclude(self, run: Run) -> None:
        """Evaluates the best model, keystrokes included."""
        assert self._run.best
        network, settings = Network(self._run.best, cells.of(self.settings), run), self.settings
        self.evaluation = conclude(network, settings, self.corpus, self._ngrams, self._unknown, self.evaluation, run)
        if settings.hidden and self._run.plan.evaluations == 1:  # which was of the text's beginning
            of_network = self.evaluation.perplexities_apart.get("perplexity_network", self.evaluation.perplexity)
            self._run.curve = [(min(self._run.curve, key=itemgetter(1))[0], of_network)]

    def _is_save_due(self) -> bool:
        by_steps = self._save_steps and self.step % self._save_steps == 0
        return bool(by_steps) or monotonic() - self._saved_at >= self._save_every

    def _save_state(self) -> None:
        if self.output and self._run.state.finite:
            self._run.save(resume_path(self.output), self.report)
            self._saved_at = monotonic()

    def _save(self) -> None:
        if self.output:
            self.model.save(self.output)


def train(
    texts: StrPath | Sequence[StrPath],
    output: StrPath | None = None,
    *,
    valid: StrPath | None = None,
    encoding: str | None = None,
    force: bool = False,
    threads: int | None = None,
    plan: StrPath | None = None,
    base: StrPath | None = None,
    resume: bool = False,
    log: StrPath | None = None,
    **choices: Any,
) -> LanguageModel:
    """Trains a model on text files, to its end, and returns the best; the arguments are those of `Training`."""
    training = Training(
        texts,
        output,
        valid=valid,
        encoding=encoding,
        force=force,
        threads=threads,
        plan=plan,
        base=base,
        resume=resume,
        log=log,
        **choices,
    )
    for _ in training:
        pass
    return training.model


def _no_log(_: dict[str, Any]) -> None:
    """Logs nothing."""
