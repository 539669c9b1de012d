"""A training run: text files in, a model file out."""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean
from time import monotonic
from typing import Any, BinaryIO
from weakref import finalize

from .. import __version__
from ..errors import CheckpointError, DivergenceError, FileError, TextError, UsageError
from ..evaluation.measures import Evaluation, evaluate
from ..model import LanguageModel
from ..network.parameters import Weights, numbers
from ..network.recurrent import ACTIVATIONS
from ..network.threads import Run, numerics, threads, usable_cores
from ..settings import Settings
from ..storage.checksum import StrPath, resume_path
from ..storage.durable import journal, lock, remove, scratch
from ..storage.resumption import Resumption, Stopped, load, save
from ..text import corpus
from ..text.alphabet import alphabet_of
from ..training.schedule import Clock, Plan, Point
from ..training.trainer import Progress, State, begin, validate
from ..training.trainer import train as train_network
from .planning import Course, course, training_memory

SLOWER = 4.0  # times, after a divergence
SAVE_EVERY = 60.0  # seconds after which it is saved again where a run stands
LOSSES = 100  # steps over which the log's loss is the mean


class Training:
    """A training run: iterating over it trains, and `model` is the best so far.

    Reading the corpus is done when it is made, and so is measuring how fast this machine is, if the run is to end by
    the clock: `report` says what was read, `settings` what was chosen. With an output, each new best is saved there,
    and beside it, every `save_every` seconds or `save_steps` steps, where the run stands: `resume` goes on from there
    and ends with the same bytes as if nothing had happened, or, where other numerics stand in the way, says so or, with
    `require_exact`, raises CheckpointError. `choices` are fields of `Settings`; `plan` is a model whose training is to
    be gone through again, step for step; `log` is a file that gets JSON Lines on how it goes, after what it holds;
    `tell` gets what a person should know.
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
        resume: bool = False,
        require_exact: bool = False,
        save_every: float = SAVE_EVERY,
        save_steps: int | None = None,
        log: StrPath | None = None,
        tell: Callable[[str], None] = lambda _: None,
        **choices: Any,
    ) -> None:
        self._began = self._saved_at = monotonic()
        paths = [os.fspath(path) for path in ([texts] if isinstance(texts, str | os.PathLike) else texts)]
        self.output = Path(output) if output else None
        self._threads, self._stop, self._tell, self._log = threads or usable_cores(), stop, tell, log
        self._require_exact = require_exact
        self._save_every, self._save_steps = save_every, save_steps
        self._release = finalize(self, lock(self.output)) if self.output else lambda: None
        try:
            self._prepare(paths, valid, force, plan, resume, choices)
        except BaseException:
            self._release()
            raise

    def _prepare(
        self,
        paths: list[str],
        valid: StrPath | None,
        force: bool,
        plan: StrPath | None,
        resume: bool,
        choices: dict[str, Any],
    ) -> None:
        """Reads the corpus and plans the run."""
        folder = Path(os.path.realpath(self.output)).parent if self.output else Path(tempfile.gettempdir())
        saved = self._saved(resume, force)
        earlier = LanguageModel.load(plan) if plan else None
        given = Settings(**saved.record["settings"]) if saved else earlier.settings if earlier else None
        if given:
            _require_same(choices, given)
        draft = given or Settings.fitted(choices)

        def new_file() -> BinaryIO:
            return scratch(folder)

        known = None if force or saved else _digest_of(self.output)
        self._require_apart([*paths, valid] if valid else paths, plan)
        reading = corpus.read(paths, new_file, tokenizer=draft.tokenizer, sentences=draft.sentences)
        if known not in (None, reading.digest):
            raise UsageError(
                f"{self.output}: holds a model of another corpus. Give another -o, or --force to replace it"
            )
        if not given:
            choices |= {"sentences": reading.sentences_by}
            draft = Settings.fitted(choices, reading.words, reading.has_unk)
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
        self.evaluation: Evaluation | None = None  # of the best
        self._curve: list[tuple[float, float]] = []
        self._best: Weights | None = None
        self._temperature = 1.0  # of the best
        self._interrupted = False
        self._slowed: int | None = None  # the step, but the first, from which on it learns more slowly
        self._last: int | None = None  # the step after which a run that is gone through again ends
        self._losses = deque[float](maxlen=LOSSES)
        if saved:
            self._course, self._state = self._resumed(saved)
        else:
            self._course = self._replayed(earlier) if earlier else self._fitted(draft, choices)
            self._state = begin(len(self.corpus.train), self.corpus.vocabulary.counts, self._course.settings)
        self.settings = self._course.settings

    def _require_apart(self, texts: Sequence[StrPath], plan: StrPath | None) -> None:
        """Raises UsageError where something would be written into a text, or the log into a model."""
        models = [path for path in (self.output, self.output and resume_path(self.output), plan) if path]
        for written, option, others, what in (
            (self.output, "-o", texts, "the corpus itself"),
            (self._log, "--log", texts, "the corpus itself"),
            (self._log, "--log", models, "the model's"),
        ):
            if written and any(_same_file(written, other) for other in others):
                raise UsageError(f"{written}: is {what}. Give another {option}")

    @property
    def epochs(self) -> float:
        """Readings of the text when it was last evaluated."""
        return self._curve[-1][0] if self._curve else 0.0

    @property
    def step(self) -> int:
        """Steps that are done."""
        return self._state.step

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
        if plan["slowed"]:
            raise UsageError("that training diverged and went back: it cannot be gone through again")
        self._last = plan["steps"]
        points = [Point(*point) for point in plan["points"]]
        return Course(earlier.settings, Plan(points), plan["evaluations"], earlier.record["curve"][-1][0])

    def _saved(self, resume: bool, force: bool) -> Resumption | None:
        """Where an interrupted run stood, if it is to go on; UsageError if it would be lost."""
        if not resume:
            if self.output and not force and os.path.exists(resume_path(self.output)):
                raise UsageError(
                    f"{resume_path(self.output)}: a training of {self.output} was interrupted. "
                    "--resume goes on with it, --force begins anew"
                )
            return None
        if self.output is None or not os.path.exists(resume_path(self.output)):
            raise FileError(f"{self.output}: there is no interrupted training of it to resume")
        return load(resume_path(self.output))

    def _resumed(self, saved: Resumption) -> tuple[Course, State]:
        """The course and the state of an interrupted run on the same texts."""
        record = saved.record
        if record["corpus"] != asdict(self.report):
            raise TextError(
                f"the corpus, or the validation text, is not the one that {self.output} was interrupted with. "
                "Give the same texts, or --force to begin anew"
            )
        if record["numerics"] != numerics():
            others = f"{record['numerics']} then, {numerics()} now"
            if self._require_exact:
                raise CheckpointError(
                    f"{self.output}: going on would not be exact: {others}. "
                    "Go on where it was stopped, or leave out --require-exact"
                )
            self._tell(f"Not bit for bit the same as without a stop: {others}")
        settings = Settings(**record["settings"])
        self._curve = _pairs(record["curve"])
        self._best, self._temperature = saved.best, record["temperature"]
        self._last, self._slowed = record["last"], record["slowed"]
        clock = Clock.resumed(record["clock"]) if record["clock"] else None
        plan = Plan([Point(*point) for point in record["points"]], clock)
        state = begin(len(self.corpus.train), self.corpus.vocabulary.counts, settings)
        try:
            state.go_to(saved.members, record["state"])
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise CheckpointError(f"{self.output}: the file of its interrupted training is damaged ({error})") from None
        return Course(settings, plan, record["evaluations"], record["readings"]), state

    def _save_state(self) -> None:
        """Writes where the run stands, beside the model."""
        state, going = self._state, self._course
        if not self.output or not state.finite:
            return
        record = {
            "settings": asdict(self.settings),
            "corpus": asdict(self.report),
            "points": going.plan.points,
            "clock": going.plan.clock and going.plan.clock.as_json(),
            "evaluations": going.evaluations,
            "readings": going.readings,
            "last": self._last,
            "slowed": self._slowed,
            "state": state.as_json(),
            "temperature": self._temperature,
            "curve": self._curve or None,
            "numerics": numerics(),
            "version": __version__,
        }
        members = [Stopped(member.params, member.optimiser.memory, member.s) for member in state.members]
        save(resume_path(self.output), Resumption(members, self._best, record))
        self._saved_at = monotonic()

    @property
    def expected_epochs(self) -> float:
        """Readings of the text that the run is likely to have."""
        return self._course.readings

    @property
    def model_bytes(self) -> int:
        """The size of the network."""
        return 4 * numbers(len(self.corpus.vocabulary), self.settings.hidden * self.settings.members)

    @property
    def memory(self) -> int:
        """Bytes that training is likely to take."""
        return training_memory(len(self.corpus.vocabulary), self.settings)

    def close(self) -> None:
        """Lets others have the output. A training that comes to its end has done so."""
        self._release()

    def __iter__(self) -> Iterator[Progress]:
        with threads(self._threads) as run, journal(self._log) if self._log else nullcontext(_nowhere) as log:
            log({"settings": asdict(self.settings), "corpus": asdict(self.report), "memory": self.memory})
            try:
                yield from self._steps(run, log)
            except DivergenceError as error:
                self._go_back(error)
                yield from self._steps(run, log)
            self._conclude(run)
            self._save()
            log({"seconds": monotonic() - self._began} | self.model.record)
        if self.output and not self._interrupted:
            remove(resume_path(self.output))
        self._release()

    def _steps(self, run: Run, log: Callable[[dict[str, Any]], None]) -> Iterator[Progress]:
        """The steps that there are from where the run stands."""
        text, valid, counts, going = self.corpus.train, self.corpus.valid, self.corpus.vocabulary.counts, self._course
        for progress in train_network(
            text, valid, counts, self.settings, run, going.plan, going.evaluations, self._state
        ):
            self._losses.append(progress.loss)
            if progress.evaluation:
                self._note(progress, log)
            self._interrupted = self._stop()
            if self._interrupted or self._is_save_due():
                self._save_state()
            ends = self._interrupted or progress.step == self._last
            if ends and not progress.evaluation:
                progress = self._looked(progress, run)
                self._note(progress, log)
            yield progress
            if ends:
                return

    def _go_back(self, error: DivergenceError) -> None:
        """Goes back to where the run was saved last, or to its beginning, to learn more slowly from there."""
        rate = self.settings.learning_rate / SLOWER
        self.settings = replace(self.settings, learning_rate=rate)
        lowest = self._state.lowest
        self._state = begin(len(self.corpus.train), self.corpus.vocabulary.counts, self.settings)
        self._curve = []
        if self.output and os.path.exists(resume_path(self.output)):
            saved = load(resume_path(self.output))
            self._state.go_to(saved.members, saved.record["state"])
            self._curve = _pairs(saved.record["curve"])
        self._state.lowest = lowest  # of the best, which is kept
        self._slowed = self._state.step or None
        self._course = self._course._replace(plan=self._course.plan.back_to(self._state.step))
        self._tell(f"{error}. Going on from step {self._state.step:,} at a rate of {rate:.2g}")

    def _note(self, progress: Progress, log: Callable[[dict[str, Any]], None]) -> None:
        """Keeps what an evaluation found."""
        assert progress.evaluation
        self._curve.append((round(progress.epoch, 4), progress.evaluation.perplexity))
        log(
            {
                "seconds": monotonic() - self._began,
                "step": progress.step,
                "epoch": progress.epoch,
                "loss": mean(self._losses),
                "rate": progress.rate,
                "gradient_norm": progress.gradient_norm,
                "perplexity": progress.evaluation.perplexity,
                "best": progress.best is not None,
            }
        )
        if progress.best:
            self._best, self.evaluation = progress.best, progress.evaluation
            self._temperature = self._state.temperature
            self._save()

    def _looked(self, progress: Progress, run: Run) -> Progress:
        """The last step of a run that ends where no evaluation was due, with one."""
        evaluation, best = validate(self._state, self.corpus.valid, self.settings, run)
        return replace(progress, evaluation=evaluation, best=best)

    def _is_save_due(self) -> bool:
        by_steps = self._save_steps and self._state.step % self._save_steps == 0
        return bool(by_steps) or monotonic() - self._saved_at >= self._save_every

    def _conclude(self, run: Run) -> None:
        """Measures all that is to be told of the best model."""
        assert self._best
        activation, valid = ACTIVATIONS[self.settings.activation], self.corpus.valid
        alphabet = alphabet_of(self.corpus.vocabulary)
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
            "plan": {
                "steps": self._state.step,
                "slowed": self._slowed,
                "evaluations": self._course.evaluations,
                "points": self._course.plan.points,
            },
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
    resume: bool = False,
    log: StrPath | None = None,
    **choices: Any,
) -> LanguageModel:
    """Trains a model on text files, to its end, and returns the best; `choices` are fields of `Settings`."""
    training = Training(
        texts, output, valid=valid, force=force, threads=threads, plan=plan, resume=resume, log=log, **choices
    )
    for _ in training:
        pass
    return training.model


def _nowhere(_: dict[str, Any]) -> None:
    """A log that nobody asked for."""


def _pairs(curve: list[list[float]] | None) -> list[tuple[float, float]]:
    return [(epoch, perplexity) for epoch, perplexity in curve or []]


def _require_same(choices: dict[str, Any], given: Settings) -> None:
    """Raises UsageError where a user chose anything else than an earlier run has."""
    there = {name: getattr(given, name) for name in choices}
    others = [f"{name} is {there[name]} there, not {value}" for name, value in choices.items() if value != there[name]]
    if others:
        raise UsageError(f"{'; '.join(others)}. Leave out what the earlier training says already")


def _digest_of(output: Path | None) -> str | None:
    """The digest of the corpus whose model a file holds; None if there is no file. UsageError if it is no model."""
    if output is None or not output.exists():
        return None
    try:
        return str(LanguageModel.load(output).record["corpus"]["digest"])
    except (CheckpointError, KeyError, TypeError):
        raise UsageError(f"{output}: exists and is not a model. Give another -o, or --force to replace it") from None


def _same_file(written: StrPath, other: StrPath) -> bool:
    if other == "-":
        other = "/dev/stdin"
    if os.path.exists(written) and os.path.exists(other):
        return os.path.samefile(written, other)
    return os.path.realpath(written) == os.path.realpath(other)
