"""A run that stops goes on another time, and ends with the same bytes."""

import os
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.errors import CheckpointError, DivergenceError, FileError, TextError, UsageError
from rnncli.run import training as learning
from rnncli.storage.checksum import resume_path
from rnncli.storage.resumption import load

STEPS = 177  # of a run of these:
RUN: dict[str, Any] = {"hidden": 8, "epochs": 3, "batch": 8, "bptt": 10, "dropout": 0.2, "dropout_units": 0.1}
COMMAND = [sys.executable, "-m", "rnncli", "train"]


def interrupted(corpus: Path, output: Path, after: int, **choices: Any) -> rnncli.Training:
    """A run that stops after so many steps from where it begins."""
    steps = count(1)
    training = rnncli.Training(corpus, output, stop=lambda: next(steps) >= after, **choices)
    for _ in training:
        pass
    return training


@pytest.fixture(scope="module")
def whole(corpus_file: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The model file of the run that was never stopped."""
    path = tmp_path_factory.mktemp("whole") / "model.npz"
    training = rnncli.Training(corpus_file, path, **RUN)
    assert len(list(training)) == STEPS
    assert not os.path.exists(resume_path(path))
    return path.read_bytes()


@pytest.mark.parametrize("after", [1, 17, 18, 58, 59, 60, 117, 118, 176, 177])  # an epoch has 59
def test_it_ends_with_the_same_bytes_wherever_it_stopped(
    tmp_path: Path, corpus_file: Path, whole: bytes, after: int
) -> None:
    path = tmp_path / "model.npz"
    assert interrupted(corpus_file, path, after, **RUN).step == after
    assert rnncli.load(path).predict("the cat", k=1).words
    rnncli.train(corpus_file, path, resume=True)
    assert path.read_bytes() == whole
    assert not os.path.exists(resume_path(path))


def test_it_may_stop_often(tmp_path: Path, corpus_file: Path, whole: bytes) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 7, **RUN)
    for after in (1, 30, 5, 50):
        interrupted(corpus_file, path, after, resume=True, threads=after % 3 + 1)
    rnncli.train(corpus_file, path, resume=True)
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "choices", [{"softmax": "sampled"}, {"optimizer": "sgd"}, {"shards": 3, "slow": 0.0}, {"members": 3}]
)
def test_each_kind_of_run_goes_on(tmp_path: Path, corpus_file: Path, choices: dict[str, Any]) -> None:
    choices = RUN | choices
    rnncli.train(corpus_file, tmp_path / "whole.npz", **choices)
    interrupted(corpus_file, tmp_path / "model.npz", 50, **choices)
    rnncli.train(corpus_file, tmp_path / "model.npz", resume=True)
    assert (tmp_path / "model.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_a_run_by_the_clock_goes_on_for_what_time_it_had_left(tmp_path: Path, corpus_file: Path) -> None:
    path = tmp_path / "model.npz"
    began = time.monotonic()
    interrupted(corpus_file, path, 30, hidden=8, time=2.5)
    trained = time.monotonic() - began
    time.sleep(1.5)
    began = time.monotonic()
    rnncli.train(corpus_file, path, resume=True)
    assert 1.5 < trained + time.monotonic() - began < 3.5
    rnncli.train(corpus_file, tmp_path / "again.npz", plan=path)
    assert path.read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_what_is_asked_has_to_be_what_was(tmp_path: Path, corpus_file: Path) -> None:
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


def test_another_corpus_is_refused_where_there_is_no_model_yet(tmp_path: Path, corpus_file: Path) -> None:
    path, other = tmp_path / "model.npz", tmp_path / "other.txt"
    interrupted(corpus_file, path, 5, **RUN)
    path.unlink()
    other.write_text(corpus_file.read_text().replace("cat", "cow"))
    with pytest.raises(TextError, match="is not the one that .*model.npz was interrupted with"):
        rnncli.train(other, path, resume=True)


def test_other_numerics_are_told_or_refused(
    tmp_path: Path, corpus_file: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, told = tmp_path / "model.npz", list[str]()
    interrupted(corpus_file, path, 5, **RUN)
    rnncli.Training(corpus_file, path, resume=True, require_exact=True).close()
    monkeypatch.setattr(learning, "numerics", lambda: "an abacus")
    with pytest.raises(CheckpointError, match="would not be exact: NumPy .* then, an abacus now. .*--require-exact"):
        rnncli.Training(corpus_file, path, resume=True, require_exact=True)
    list(rnncli.Training(corpus_file, path, resume=True, tell=told.append))
    assert "Not bit for bit" in told[0]
    assert path.read_bytes() == whole


def test_the_file_is_whole_or_refused_and_has_no_clock_in_it(tmp_path: Path, corpus_file: Path) -> None:
    path = tmp_path / "model.npz"
    interrupted(corpus_file, path, 15, **RUN)
    first = Path(resume_path(path)).read_bytes()
    assert load(resume_path(path)).members[0].params.Wx.shape[1] == RUN["hidden"]
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
def test_a_process_that_is_ended_by_a_signal_goes_on(tmp_path: Path, corpus_file: Path, number: signal.Signals) -> None:
    options = ["--hidden", "8", "--epochs", "12", "--batch", "8", "--bptt", "10", "--save-steps", "7"]
    command = [*COMMAND, str(corpus_file), "-o", str(tmp_path / "model.npz")]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("epoch"):
                process.send_signal(number)
                break
        told = process.stderr.read()
    assert process.returncode == -number
    assert "Traceback" not in told
    assert ("--resume" in told) == (number != signal.SIGKILL)
    assert load(resume_path(tmp_path / "model.npz")).record["state"]["step"] < 12 * 59
    subprocess.run([*command, "--resume", "-q"], check=True)
    subprocess.run([*command[:-1], str(tmp_path / "whole.npz"), "-q", *options], check=True)
    assert (tmp_path / "model.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


WILD: dict[str, Any] = RUN | {"optimizer": "sgd", "activation": "relu", "clip": 1e9, "epochs": 2}


def test_a_run_that_diverges_goes_back_once_and_learns_more_slowly(tmp_path: Path, corpus_file: Path) -> None:
    told: list[str] = []
    path = tmp_path / "model.npz"
    training = rnncli.Training(corpus_file, path, tell=told.append, **WILD, learning_rate=60.0)
    assert list(training)[-1].fraction == 1
    assert "diverged" in told[0]
    assert "from step 0 at a rate of 15" in told[0]
    rnncli.train(corpus_file, tmp_path / "again.npz", plan=path)
    assert path.read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_it_goes_back_to_where_it_was_saved_and_keeps_its_best(tmp_path: Path, corpus_file: Path) -> None:
    """Something that is no number comes up in the middle of a run."""
    told: list[str] = []
    path = tmp_path / "model.npz"
    training = rnncli.Training(corpus_file, path, tell=told.append, save_steps=20, **RUN)
    for progress in training:
        if progress.step == 50 and not told:
            training._state.members[0].params.Ws[0, 0] = np.nan
            lowest = training._state.lowest
    assert "step 51" in told[0]
    assert "from step 40" in told[0]
    assert training._state.lowest <= lowest
    assert training.epochs == 3
    with pytest.raises(UsageError, match="diverged and went back"):
        rnncli.train(corpus_file, plan=path)


def test_what_diverges_twice_ends_and_its_best_is_kept(tmp_path: Path, corpus_file: Path) -> None:
    path = tmp_path / "model.npz"
    training = rnncli.Training(corpus_file, path, save_steps=20, **RUN)

    def spoil() -> None:
        for progress in training:
            if progress.step == 50:
                training._state.members[0].params.Wx[:] = np.nan

    with pytest.raises(DivergenceError, match="step 51"):
        spoil()
    assert rnncli.load(path).predict("the cat").words
    assert load(resume_path(path)).record["state"]["step"] == 40


def test_what_is_no_number_is_never_saved(tmp_path: Path, corpus_file: Path) -> None:
    training = rnncli.Training(corpus_file, tmp_path / "model.npz", **RUN)
    training._state.members[0].params.by[0] = np.inf
    training._save_state()
    assert not os.path.exists(resume_path(tmp_path / "model.npz"))
    training._state.members[0].params.by[0] = 0
    training._save_state()
    assert load(resume_path(tmp_path / "model.npz")).best is None
