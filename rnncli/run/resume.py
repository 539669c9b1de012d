"""Saves and restores a training run: its state, beside the model until the run has ended, and the model's record."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any, Self

from ..errors import CheckpointError, FileError, TextError, UsageError
from ..evaluation.measures import Evaluation
from ..model import LanguageModel
from ..network.parameters import Weights
from ..network.threads import numerics
from ..settings import Settings
from ..storage.checksum import StrPath, resume_path
from ..storage.resumption import Resumption, Stopped, load, save
from ..text.corpus import Corpus
from ..text.report import Report
from ..training.schedule import Clock, Point, Schedule
from ..training.trainer import State, begin
from ..version import __version__
from .base import Base
from .planning import Plan

RATE_DIVISOR = 4.0  # of the learning rate, after a divergence; a power of two, so that the division can be undone


def first_state(corpus: Corpus, settings: Settings, base: Base | None) -> State:
    """Returns the state of a training on a corpus, from a model's weights if one is given, before its first step."""
    return begin(len(corpus.train), corpus.counts, corpus.vocabulary.specials, settings, base.weights if base else None)


@dataclass
class RunState:
    """A run after a step: all that a save keeps and a resume restores, besides the corpus."""

    plan: Plan
    state: State  # the networks in training
    best: Weights | None = None
    temperature: float = 1.0  # of the best
    curve: list[tuple[float, float]] = field(default_factory=list)  # epoch and perplexity of each evaluation
    diverged: bool = False  # whether the run went back to learn more slowly
    slowed: int | None = None  # the step, but the first, from which on it learns more slowly
    ended: bool = False  # whether all its steps are done
    base: Base | None = None  # the model that it goes on from

    @classmethod
    def before(cls, plan: Plan, corpus: Corpus, base: Base | None = None) -> Self:
        """Returns a run before its first step. Without a network there are no steps: the run has ended."""
        state, ended = first_state(corpus, plan.settings, base), not plan.settings.hidden
        return cls(plan, state, best=state.model() if ended else None, ended=ended, base=base)

    def go_back(self, corpus: Corpus, saved: Resumption | None) -> None:
        """Goes back, after a divergence, to the run's last save, or its beginning, to learn more slowly from there.

        The best model so far is kept.
        """
        settings = self.plan.settings
        settings = replace(settings, learning_rate=settings.learning_rate / RATE_DIVISOR)
        lowest, self.state = self.state.lowest, first_state(corpus, settings, self.base)
        self.curve = []
        if saved:
            self.state.restore(saved.members, saved.record["state"])
            self.curve = _pairs(saved.record["curve"])
        self.state.lowest = lowest
        self.diverged, self.slowed = True, self.state.step or None
        self.plan = self.plan._replace(settings=settings, schedule=self.plan.schedule.back_to(self.state.step))

    def save(self, path: StrPath, report: Report) -> None:
        """Writes the state file, of the form `storage.resumption.RECORD`. Raises FileError."""
        plan, state = self.plan, self.state
        record = {
            "settings": asdict(plan.settings),
            "corpus": asdict(report),
            "points": plan.schedule.points,
            "clock": plan.schedule.clock and plan.schedule.clock.as_json(),
            "evaluations": plan.evaluations,
            "readings": plan.readings,
            "last": plan.last,
            "slowed": self.slowed,
            "diverged": self.diverged,
            "ended": self.ended,
            "state": state.as_json(),
            "temperature": self.temperature,
            "curve": self.curve or None,
            "numerics": numerics(),
            "version": __version__,
        }
        members = [Stopped(member.params, member.optimizer.memory, member.state) for member in state.members]
        save(path, Resumption(members, self.best, record, bytes(self.base.content) if self.base else None))

    def model_record(self, report: Report, evaluation: Evaluation) -> dict[str, Any]:
        """Returns the record of the best model, of the form `storage.checkpoint.RECORD`."""
        return {
            "corpus": asdict(report),
            "validation": evaluation.as_json(),
            "temperature": self.temperature,
            "curve": self.curve or None,
            "plan": {
                "steps": self.state.step,
                "slowed": self.slowed,
                "evaluations": self.plan.evaluations,
                "points": self.plan.schedule.points,
            },
            "version": __version__,
            "ended": self.ended,
            **({"from": self.base.as_json()} if self.base else {}),
        }


def restored(saved: Resumption, corpus: Corpus, output: Path, base: Base | None) -> RunState:
    """Restores a saved run on its corpus. Raises TextError for another corpus, CheckpointError for a damaged state."""
    record = saved.record
    if not _is_report_of(record["corpus"], corpus):
        raise TextError(
            f"the corpus, the validation text, or the list of --vocabulary, is not the one that {output} was "
            "interrupted with. Give the same files, or --force to start anew"
        )
    settings = Settings.restored(record["settings"])
    clock = Clock.restored(record["clock"], monotonic) if record["clock"] else None
    schedule = Schedule([Point(*point) for point in record["points"]], clock)
    state = first_state(corpus, settings, base)
    try:
        state.restore(saved.members, record["state"])
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise CheckpointError(f"{output}: the file of its interrupted training is damaged ({error})") from None
    return RunState(
        Plan(settings, schedule, record["evaluations"], record["readings"], record["last"]),
        state,
        saved.best,
        record["temperature"],
        _pairs(record["curve"]),
        record.get("diverged", record["slowed"] is not None),
        record["slowed"],
        record.get("ended", False),
        base,
    )


def replayed(earlier: LanguageModel, corpus: Corpus, base: Base | None) -> Plan:
    """Returns the plan that repeats a model's run step for step. Raises UsageError where that is not possible."""
    if not _is_report_of(earlier.record["corpus"], corpus):
        raise UsageError(
            "the plan is of another corpus, validation text, or list of --vocabulary. Give the files it was made with"
        )
    if earlier.record.get("from") != (base and base.as_json()):
        raise UsageError(
            "the plan is of a training that went on from another model, or from none. Give --from the model it went on "
            "from, or leave it out"
        )
    plan = earlier.record["plan"]
    if plan["slowed"]:
        raise UsageError("that training diverged and went back: it cannot be repeated")
    schedule = Schedule([Point(*point) for point in plan["points"]])
    readings = max((epoch for epoch, _ in _pairs(earlier.record["curve"])), default=0.0)
    return Plan(earlier.settings, schedule, plan["evaluations"], readings, plan["steps"])


def open_saved(output: Path | None, resume: bool, force: bool) -> Resumption | None:
    """Reads the state that an interrupted run left, if it is to be resumed.

    Raises UsageError where a state would be lost unasked, FileError where there is none to resume, CheckpointError.
    """
    if not resume:
        if output and not force and os.path.exists(resume_path(output)):
            raise UsageError(
                f"{resume_path(output)}: a training of {output} was interrupted. "
                "--resume continues it, --force starts anew"
            )
        return None
    if output is None or not os.path.exists(resume_path(output)):
        if output and output.exists() and not has_ended(output):
            raise FileError(
                f"{output}: its training did not end, and {resume_path(output)}, its state, is missing. "
                "Leave out --resume to train anew"
            )
        raise FileError(f"{output}: there is no interrupted training to resume. Leave out --resume to train anew")
    return load(resume_path(output))


def has_ended(model: StrPath) -> bool:
    """Tells whether the training of a model file has ended; a file of an older version, which does not say, counts so.

    Raises FileError and CheckpointError.
    """
    return bool(LanguageModel.load(model).record.get("ended", True))


def numerics_changed(saved: Resumption) -> str | None:
    """Describes the numerics of a saved run and of this machine where they differ: results then differ in the last
    bits."""
    now = numerics()
    return None if saved.record["numerics"] == now else f"{saved.record['numerics']} then, {now} now"


def notices(saved: Resumption, require_exact: bool, output: Path | None) -> Iterator[str]:
    """Yields what a person should know of a run that is resumed: other numerics; that it had ended.

    Raises CheckpointError where `require_exact` is in vain.
    """
    if changed := numerics_changed(saved):
        if require_exact:
            raise CheckpointError(
                f"{output}: resuming would not be exact: {changed}. "
                "Resume on the machine it was stopped on, or leave out --require-exact"
            )
        yield f"Not bit for bit the same as without an interruption: {changed}"
    if saved.record.get("ended"):
        yield f"{output}: its training had ended; evaluating and saving the model once more"


def rate_at_start(saved: Resumption) -> float | None:
    """Returns the learning rate that a saved run began with, if it diverged and lowered the rate."""
    if not saved.record.get("diverged"):
        return None
    return RATE_DIVISOR * Settings.restored(saved.record["settings"]).learning_rate


def _is_report_of(saved: dict[str, Any], corpus: Corpus) -> bool:
    """Tells whether a saved report, which may lack entries of newer versions, is that of a corpus."""
    report = asdict(corpus.report)
    return report | saved == report


def _pairs(curve: list[list[float]] | None) -> list[tuple[float, float]]:
    return [(epoch, perplexity) for epoch, perplexity in curve or []]
