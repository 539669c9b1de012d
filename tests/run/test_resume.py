"""A run that is interrupted and resumed ends with the same bytes as one that is not."""

import os
import signal
import subprocess
import sys
from dataclasses import MISSING, fields
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import rnncli
from rnncli.cli.main import main
from rnncli.errors import CheckpointError, DivergenceError, FileError, TextError, UsageError
from rnncli.run import planning, resume, training
from rnncli.run.resume import restored
from rnncli.settings import Settings, option_of
from rnncli.storage.checksum import resume_path
from rnncli.storage.resumption import load, save

STEPS = 177  # of a run of these:
RUN: dict[str, Any] = {"hidden": 8, "epochs": 3, "batch": 8, "bptt": 10, "dropout": 0.2, "dropout_units": 0.1}
COMMAND = [sys.executable, "-m", "rnncli", "train"]


def interrupted(corpus: Path, output: Path, after: int, **choices: Any) -> rnncli.Training:
    """Runs a training that is stopped after `after` steps of its own."""
    steps = count(1)
    training = rnncli.Training(corpus, output, stop=lambda: next(steps) >= after, **choices)
    for _ in training:
        pass
    return training


@pytest.fixture(scope="module")
def whole(corpus_file: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The model file of a run that was never interrupted."""
    path = tmp_path_factory.mktemp("whole") / "model.npz"
    training = rnncli.Training(corpus_file, path, **RUN)
    assert len(list(training)) == STEPS
    assert not os.path.exists(resume_path(path))
    return path.read_bytes()


@pytest.mark.parametrize("after", [1, 17, 18, 58, 59, 60, 117, 118, 176])  # an epoch has 59
def test_resume_after_any_step_gives_same_bytes(tmp_path: Path, corpus_file: Path, whole: bytes, after: int) -> None:
    path = tmp_path / "model.npz"
    assert interrupted(corpus_file, path, after, **RUN).step == after
    assert rnncli.load(path).predict("the cat", k=1).words
    rnncli.train(corpus_file, path, resume=True)
    assert path.read_bytes() == whole
    assert not os.path.exists(resume_path(path))


def test_stop_at_last_step_is_no_interruption(tmp_path: Path, corpus_file: Path, whole: bytes) -> None:
    path = tmp_path / "model.npz"
    assert not interrupted(corpus_file, path, STEPS, **RUN).interrupted
    assert path.read_bytes() == whole
    assert not os.path.exists(resume_path(path))
    interrupted(corpus_file, path, 30, force=True, **RUN)
    os.rename(path, tmp_path / "plan.npz")  # of 30 steps, after which no evaluation was due
    os.unlink(resume_path(path))
    rnncli.train(corpus_file, tmp_path / "replay.npz", plan=tmp_path / "plan.npz")
    assert not interrupted(corpus_file, path, 30, plan=tmp_path / "plan.npz").interrupted
    assert path.read_bytes() == (tmp_path / "replay.npz").read_bytes()


def test_resume_after_many_stops_gives_same_bytes(tmp_path: Path, corpus_file: Path, whole: bytes) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 7, **RUN)
    for after in (1, 30, 5, 50):
        interrupted(corpus_file, path, after, resume=True, threads=after % 3 + 1)
    rnncli.train(corpus_file, path, resume=True)
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "choices",
    [
        {"softmax": "sampled"},
        {"optimizer": "sgd"},
        {"shards": 3, "leaky": 0.0},
        {"ensemble_size": 3},
        *({"cell": cell} | others for cell in ("gru", "lstm") for others in ({}, {"softmax": "sampled"})),
        {"cell": "lstm", "ensemble_size": 2, "shards": 3, "dropout_recurrent": 0.3},
        {"cell": "gru", "optimizer": "sgd"},
    ],
    ids=lambda choices: " ".join(map(str, choices.values())),
)
def test_every_cell_optimizer_softmax_and_ensemble_resumes_to_same_bytes(
    tmp_path: Path, corpus_file: Path, choices: dict[str, Any]
) -> None:
    choices = RUN | choices
    rnncli.train(corpus_file, tmp_path / "whole.npz", **choices)
    interrupted(corpus_file, tmp_path / "model.npz", 50, **choices)
    rnncli.train(corpus_file, tmp_path / "model.npz", resume=True)
    assert (tmp_path / "model.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_resumed_run_by_the_clock_has_the_time_that_was_left(
    tmp_path: Path, corpus_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that goes on by 5 ms whenever it is read, as it is after each step; it also runs between the runs."""
    path, reads, offset = tmp_path / "model.npz", count(), 0.0

    def now() -> float:
        return offset + 0.005 * next(reads)

    for module in (planning, resume, training):
        monkeypatch.setattr(module, "monotonic", now)
    first = interrupted(corpus_file, path, 100, hidden=8, time=2.5)
    clock = first._run.plan.schedule.clock
    assert clock
    assert 0.5 < clock.left() < 2.5
    offset = 1000.0
    resumed = rnncli.Training(corpus_file, path, resume=True)
    left = load(resume_path(path)).record["clock"]["left"]
    steps = len(list(resumed))
    assert resumed._run.plan.schedule.points[-1].fraction == 1
    assert 0.005 * steps == pytest.approx(left, rel=0.2)
    rnncli.train(corpus_file, tmp_path / "again.npz", plan=path)
    assert path.read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_resume_refuses_other_settings_and_other_corpus(tmp_path: Path, corpus_file: Path) -> None:
    path = tmp_path / "model.npz"
    with pytest.raises(FileError, match="no interrupted training"):
        rnncli.train(corpus_file, path, resume=True)
    interrupted(corpus_file, path, 5, **RUN)
    with pytest.raises(UsageError, match="was interrupted.*--resume.*--force"):
        rnncli.train(corpus_file, path, **RUN)
    with pytest.raises(UsageError, match="hidden is 8 there, not 9"):
        rnncli.train(corpus_file, path, resume=True, hidden=9, epochs=3)
    other = tmp_path / "other.txt"
    other.write_text(corpus_file.read_text() + "One more.\n")
    with pytest.raises(TextError, match="corpus"):
        rnncli.train(other, path, resume=True)
    rnncli.train(corpus_file, path, force=True, **RUN)
    assert not os.path.exists(resume_path(path))


def test_resume_refuses_another_corpus_without_a_model(tmp_path: Path, corpus_file: Path) -> None:
    path, other = tmp_path / "model.npz", tmp_path / "other.txt"
    interrupted(corpus_file, path, 5, **RUN)
    path.unlink()
    other.write_text(corpus_file.read_text().replace("cat", "cow"))
    with pytest.raises(TextError, match="is not the one that .*model.npz was interrupted with"):
        rnncli.train(other, path, resume=True)


def test_resume_with_other_numerics_is_reported_or_refused(
    tmp_path: Path, corpus_file: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, messages = tmp_path / "model.npz", list[str]()
    interrupted(corpus_file, path, 5, **RUN)
    rnncli.Training(corpus_file, path, resume=True, require_exact=True).close()
    monkeypatch.setattr(resume, "numerics", lambda: "an abacus")
    with pytest.raises(CheckpointError, match="would not be exact: NumPy .* then, an abacus now. .*--require-exact"):
        rnncli.Training(corpus_file, path, resume=True, require_exact=True)
    list(rnncli.Training(corpus_file, path, resume=True, notify=messages.append))
    assert "Not bit for bit" in messages[0]
    assert path.read_bytes() == whole


def test_state_file_is_deterministic_and_refused_when_damaged(tmp_path: Path, corpus_file: Path) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 15, **RUN)
    first = Path(resume_path(path)).read_bytes()
    assert load(resume_path(path)).members[0].params["Wx"].shape[1] == RUN["hidden"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "text.txt").write_bytes(corpus_file.read_bytes())
    interrupted(elsewhere / "text.txt", elsewhere / "m.npz", 15, **RUN)
    assert Path(resume_path(elsewhere / "m.npz")).read_bytes() == first
    for damaged in (first[:-1], first[:5000] + b"x" + first[5001:], b""):
        Path(resume_path(path)).write_bytes(damaged)
        with pytest.raises(CheckpointError):
            rnncli.train(corpus_file, path, resume=True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_resume_after_signal_gives_same_bytes(tmp_path: Path, corpus_file: Path, number: signal.Signals) -> None:
    options = ["--hidden", "8", "--epochs", "12", "--batch", "8", "--bptt", "10", "--save-steps", "7"]
    command = [*COMMAND, str(corpus_file), "-o", str(tmp_path / "model.npz")]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("epoch"):
                process.send_signal(number)
                break
        messages = process.stderr.read()
    assert process.returncode == -number
    assert "Traceback" not in messages
    assert ("--resume" in messages) == (number != signal.SIGKILL)
    assert load(resume_path(tmp_path / "model.npz")).record["state"]["step"] < 12 * 59
    subprocess.run([*command, "--resume", "-q"], check=True)
    subprocess.run([*command[:-1], str(tmp_path / "whole.npz"), "-q", *options], check=True)
    assert (tmp_path / "model.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


WILD: dict[str, Any] = RUN | {"optimizer": "sgd", "activation": "relu", "clip": 1e9, "epochs": 2, "seed": 4}


def test_divergence_restarts_at_a_lower_rate(tmp_path: Path, corpus_file: Path) -> None:
    messages: list[str] = []
    path = tmp_path / "model.npz"
    training = rnncli.Training(corpus_file, path, notify=messages.append, **WILD, learning_rate=70.0)
    assert list(training)[-1].fraction == 1
    assert "diverged" in messages[0]
    assert "from step 0 at a rate of 18" in messages[0]
    rnncli.train(corpus_file, tmp_path / "again.npz", plan=path)
    assert path.read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_divergence_goes_back_to_last_save_and_keeps_best_model(tmp_path: Path, corpus_file: Path) -> None:
    """NaN comes up in the middle of a run."""
    messages: list[str] = []
    path = tmp_path / "model.npz"
    training = rnncli.Training(corpus_file, path, notify=messages.append, save_steps=20, **RUN)
    for progress in training:
        if progress.step == 50 and not messages:
            training._run.state.members[0].params["Ws"][0, 0] = np.nan
            lowest = training._run.state.lowest
    assert "step 51" in messages[0]
    assert "from step 40" in messages[0]
    assert training._run.state.lowest <= lowest
    assert training.epochs == 3
    with pytest.raises(UsageError, match="diverged and went back"):
        rnncli.train(corpus_file, plan=path)


def test_second_divergence_ends_run_and_keeps_best_model(tmp_path: Path, corpus_file: Path) -> None:
    path = tmp_path / "model.npz"
    training = rnncli.Training(corpus_file, path, save_steps=20, **RUN)

    def spoil() -> None:
        for progress in training:
            if progress.step == 50:
                training._run.state.members[0].params["Wx"][:] = np.nan

    with pytest.raises(DivergenceError, match="step 51"):
        spoil()
    assert rnncli.load(path).predict("the cat").words
    assert load(resume_path(path)).record["state"]["step"] == 40


def test_state_with_nan_is_never_saved(tmp_path: Path, corpus_file: Path) -> None:
    training = rnncli.Training(corpus_file, tmp_path / "model.npz", **RUN)
    training._run.state.members[0].params["by"][0] = np.inf
    training._save_state()
    assert not os.path.exists(resume_path(tmp_path / "model.npz"))
    training._run.state.members[0].params["by"][0] = 0
    training._save_state()
    assert load(resume_path(tmp_path / "model.npz")).best is None


# a run that has ended, and one that has not


def killed(corpus: Path, output: Path, first: str = "", **choices: Any) -> None:
    """Trains in a process that kills itself: `first` is run in it beforehand, and patches what is to kill it."""
    program = (
        "import os, signal, sys\nimport rnncli\nfrom rnncli.run import training\n"
        "die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{first}\nrnncli.train(sys.argv[1], sys.argv[2], **{choices!r})"
    )
    done = subprocess.run([sys.executable, "-c", program, str(corpus), str(output)], capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


KILLS = {
    "before the first step": "training.train_network = die",
    "after the first step": "training.Training._is_save_due = die",
    "after the first save of the model": "save = training.Training._save\n"
    "training.Training._save = lambda self: (save(self), die())",
    "before the last evaluation": "training.Training._conclude = die",
    "before the last save": "training.Training._conclude = lambda self, run: setattr(self, '_save', die)",
    "after the last save": "training.remove = die",
}


@pytest.mark.parametrize("when", KILLS)
def test_resume_after_kill_gives_same_bytes(
    tmp_path: Path, corpus_file: Path, whole: bytes, when: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.npz"
    killed(corpus_file, path, KILLS[when], **RUN)
    assert path.exists() == ("first step" not in when)
    code = main(["train", str(corpus_file), "-o", str(path), "-q", "--resume"])
    messages = capfd.readouterr().err
    assert (code, path.read_bytes()) == (0, whole)
    assert ("had ended" in messages) == ("last" in when)
    assert os.listdir(tmp_path) == ["model.npz"]
    main(["train", str(corpus_file), "-o", str(path), "--resume"])
    assert "its training has ended; there is nothing to resume" in capfd.readouterr().err


def test_model_of_unfinished_run_is_not_called_finished(
    tmp_path: Path, corpus_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 60, **RUN)
    assert rnncli.load(path).record["ended"] is False
    os.unlink(resume_path(path))
    assert main(["train", str(corpus_file), "-o", str(path), "--resume"]) == 5
    assert "did not end" in capfd.readouterr().err
    rnncli.train(corpus_file, path, **RUN)
    assert rnncli.load(path).record["ended"] is True


def test_model_of_older_version_counts_as_ended(
    tmp_path: Path, corpus_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.npz"
    model = rnncli.train(corpus_file, **RUN)
    del model.record["ended"]
    model.save(path)
    assert "ended" not in rnncli.load(path).record
    assert main(["train", str(corpus_file), "-o", str(path), "--resume"]) == 0
    assert "its training has ended" in capfd.readouterr().err


def test_resume_checks_that_a_file_is_a_model(tmp_path: Path, corpus_file: Path) -> None:
    (tmp_path / "notes").write_text("no model")
    assert main(["train", str(corpus_file), "-o", str(tmp_path / "notes"), "--resume"]) == 4


# --force over an interrupted run


@pytest.mark.parametrize("step", [0, 1])
def test_forced_run_killed_early_resumes_with_its_own_weights(tmp_path: Path, corpus_file: Path, step: int) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 20, **RUN)
    killed(corpus_file, path, list(KILLS.values())[step], force=True, seed=2, **RUN)
    rnncli.train(corpus_file, path, resume=True)
    rnncli.train(corpus_file, tmp_path / "whole.npz", seed=2, **RUN)
    assert path.read_bytes() == (tmp_path / "whole.npz").read_bytes()


@pytest.mark.parametrize("hidden", [8, 9])
def test_forced_run_that_diverges_goes_back_to_its_own_start(tmp_path: Path, corpus_file: Path, hidden: int) -> None:
    path, messages = tmp_path / "model.npz", list[str]()
    interrupted(corpus_file, path, 20, **RUN)
    training = rnncli.Training(
        corpus_file, path, force=True, notify=messages.append, **RUN | {"hidden": hidden, "seed": 2}
    )
    for progress in training:
        if progress.step == 10 and not messages:
            training._run.state.members[0].params["Ws"][0, 0] = np.nan
    assert "step 11" in messages[0]
    assert "from step 0" in messages[0]


def test_refused_forced_run_keeps_the_interrupted_one(tmp_path: Path, corpus_file: Path) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 20, **RUN)
    before = Path(resume_path(path)).read_bytes()
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(TextError):
        rnncli.train(tmp_path / "empty.txt", path, force=True, **RUN)
    with pytest.raises(UsageError):
        rnncli.train(corpus_file, path, force=True, hidden=-1)
    assert Path(resume_path(path)).read_bytes() == before


def test_divergence_goes_back_once_across_resumes(tmp_path: Path, corpus_file: Path) -> None:
    """A run that diverged, went back, was interrupted and resumed ends when it diverges again, as it would have."""
    path, messages = tmp_path / "model.npz", list[str]()

    def spoil(training: rnncli.Training, at: int) -> None:
        spoilt = False
        for progress in training:
            if progress.step == at and not spoilt:
                training._run.state.members[0].params["Ws"][0, 0] = np.nan
                spoilt = True

    for save_steps in (20, 10**6):  # it goes back to step 40, or to its beginning
        steps = count(1)
        choices = RUN | {"learning_rate": 0.004}
        training = rnncli.Training(
            corpus_file,
            path,
            stop=lambda: next(steps) >= 70,  # noqa: B023
            notify=messages.append,
            save_steps=save_steps,
            **choices,
        )
        spoil(training, 50)
        assert "at a rate of 0.001" in messages.pop()
        assert os.path.exists(resume_path(path))
        resumed = rnncli.Training(corpus_file, path, resume=True, notify=messages.append, **choices)
        assert resumed.settings.learning_rate == 0.001
        with pytest.raises(DivergenceError):
            spoil(resumed, resumed.step + 5)
        assert not messages
        resumed.close()
        os.unlink(resume_path(path))


# what a command may say again


def test_resume_accepts_every_default_written_out(tmp_path: Path, corpus_file: Path) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 5, **RUN)
    defaults = {declared.name: declared.default for declared in fields(Settings) if declared.default is not MISSING}
    assert defaults["sentences"] == defaults["softmax"] == "auto"
    for choices in ({**defaults, **RUN}, *({name: defaults[name]} for name in defaults.keys() - RUN.keys())):
        rnncli.Training(corpus_file, path, resume=True, **choices).close()


def test_same_command_with_resume_goes_on_whatever_it_said(
    tmp_path: Path, corpus_file: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.npz"
    written = {declared.name: declared.default for declared in fields(Settings) if declared.default is not MISSING}
    given = {option: str(value) for name, value in (written | RUN).items() if (option := option_of(name))}
    command = ["train", str(corpus_file), "-o", str(path), "-q", *(word for pair in given.items() for word in pair)]
    with monkeypatch.context() as patched:
        patched.setattr(training.Training, "_is_save_due", lambda self: self.step == 20)
        patched.setattr(resume.RunState, "save", fail_after(resume.RunState.save, 2))
        assert main(command) == 5
    assert load(resume_path(path)).record["state"]["step"] == 20
    assert main([*command, "--resume"]) == 0
    assert path.read_bytes() == whole


def fail_after(save: Any, times: int) -> Any:
    """A save that ends the run with an error after so many saves, as a disk that is full would."""
    left = count(times - 1, -1)

    def failing(*given: Any) -> None:
        save(*given)
        if next(left) == 0:
            raise FileError("no space left")

    return failing


@pytest.mark.parametrize("choices", [{"units": 3}, {"tokenizer": "auto"}, {"hidden": True}])
def test_resume_refuses_choices_that_no_setting_allows(
    tmp_path: Path, corpus_file: Path, choices: dict[str, Any]
) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 5, **RUN)
    with pytest.raises(UsageError, match=next(iter(choices))):
        rnncli.train(corpus_file, path, resume=True, **choices)


def test_plan_may_be_the_output(tmp_path: Path, corpus_file: Path, whole: bytes) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(whole)
    rnncli.train(corpus_file, path, plan=path)
    assert path.read_bytes() == whole
    assert interrupted(corpus_file, path, 30, plan=path).interrupted
    rnncli.train(corpus_file, path, plan=path, resume=True)
    assert path.read_bytes() == whole


def test_state_of_older_version_resumes(tmp_path: Path, corpus_file: Path, whole: bytes) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 30, **RUN)
    saved = load(resume_path(path))
    for name, old in {"ensemble_size": "members", "leaky": "slow"}.items():
        saved.record["settings"][old] = saved.record["settings"].pop(name)
    del saved.record["diverged"], saved.record["ended"]
    save(resume_path(path), saved)
    rnncli.train(corpus_file, path, resume=True, **RUN)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("name", ["m", "v", "touched"])
def test_forged_optimizer_arrays_are_refused(tmp_path: Path, corpus_file: Path, name: str) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 5, **RUN)
    saved = load(resume_path(path))
    Ws, none = saved.members[0].params["Ws"], np.empty(0, np.float32)
    saved.members[0].memory[name]["Ws"] = {"m": Ws[0], "v": none, "touched": none.astype(np.int64)}[name]
    with pytest.raises((CheckpointError, ValueError), match="shape"):
        restored(saved, rnncli.Training(corpus_file, **RUN).corpus, path, None)


# the arguments of a run


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"threads": -1}, "threads: -1"),
        ({"threads": 2.5}, "threads: 2.5"),
        ({"save_steps": 0}, "save_steps: 0"),
        ({"save_every": -1.0}, "save_every: -1.0"),
        ({"save_every": float("nan")}, "save_every: nan"),
    ],
)
def test_arguments_out_of_range_are_refused(
    tmp_path: Path, corpus_file: Path, arguments: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        rnncli.Training(corpus_file, tmp_path / "model.npz", **arguments)
    with pytest.raises(UsageError, match="no text"):
        rnncli.Training([])


def test_loop_body_has_the_caller_s_blas_threads(corpus_file: Path) -> None:
    def blas_threads() -> list[int]:
        return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

    with threadpool_limits(3, user_api="blas"):
        before = blas_threads()
        run = iter(rnncli.Training(corpus_file, **RUN))
        for _ in range(3):
            next(run)
            assert blas_threads() == before
        run.close()
        assert blas_threads() == before
