"""The matrix, G and H: numbers and memory in training, and resuming."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import rnncli as package
from rnncli.cli.main import main
from rnncli.errors import CheckpointError
from rnncli.storage import resumption
from rnncli.storage.checksum import resume_path

pytestmark = pytest.mark.faults
SMALL = ["c.txt", "-q", "--hidden", "4", "--batch", "2", "--bptt", "5"]
ONCE = [*SMALL, "--epochs", "1", "-o", "new.npz"]
WHOLE = [*SMALL, "--epochs", "30", "-o", "new.npz"]
RUN: dict[str, Any] = {"hidden": 4, "batch": 2, "bptt": 5, "epochs": 30}
Size = Callable[[int, int], int]
in_one_way = pytest.mark.parametrize("rnncli", ["plain"], indirect=True)


def left() -> set[str]:
    """The files in the folder, besides the corpus."""
    return set(os.listdir()) - {"c.txt"}


def interrupted(steps: int, **choices: Any) -> None:
    """Leaves a training behind that was stopped after so many steps."""
    done = count(1)
    for _ in package.Training("c.txt", "new.npz", stop=lambda: next(done) >= steps, **RUN | choices):
        pass


# G: numbers and memory


@pytest.mark.rows("G1", "G2")
@pytest.mark.parametrize("options", [["--leaky", "0"], ["--optimizer", "sgd"]])
def test_divergence_is_reported_and_no_nan_is_saved(rnncli: Any, folder: Path, options: list[str]) -> None:
    wild = [*ONCE, "--activation", "relu", "--hidden", "32", "--epochs", "6", "--learning-rate", "1000"]
    wild += ["--save-steps", "1", *options]
    said = ["Error: the ", " is ", "at step", "diverged", "--learning-rate"]
    rnncli("train", *wild, code=7, said=said, env={"PYTHONWARNINGS": "error"})
    assert left() <= {"new.npz", resume_path("new.npz")}
    if os.path.exists("new.npz"):
        package.load("new.npz")
    resumption.load(resume_path("new.npz"))


CANNOT_BE_MEANT = {
    "--learning-rate": "0 -1 nan inf",
    "--dropout": "-0.1 1 nan",
    "--hidden": "-1 1000000000",
    "--time": "0 nan",
    **dict.fromkeys(["--batch", "--bptt", "--epochs", "--ensemble"], "0"),
}


@in_one_way
@pytest.mark.rows("G3", "G4", "G14")
@pytest.mark.parametrize("option", CANNOT_BE_MEANT)
def test_option_values_out_of_range_are_refused(rnncli: Any, folder: Path, option: str) -> None:
    for value in CANNOT_BE_MEANT[option].split():
        rnncli("train", "c.txt", option, value, "-o", "new.npz", code=2, said=["Error:", option], lines=4)
    assert left() == set()


@pytest.mark.rows("G4", "G11", "G14")
@pytest.mark.parametrize("options", [["--batch", "1000", "--bptt", "1000"], ["--vocabulary-size", "1000000"]])
def test_batch_bptt_and_vocabulary_larger_than_the_text_work(rnncli: Any, folder: Path, options: list[str]) -> None:
    rnncli("train", *ONCE, *options)
    assert package.load("new.npz").predict("the", k=1).words


@pytest.mark.rows("G14")
def test_shortest_time_gives_a_model(rnncli: Any, folder: Path) -> None:
    rnncli("train", *SMALL, "--time", "0.1", "-o", "new.npz")
    assert package.load("new.npz").predict("the", k=1).words


@in_one_way
@pytest.mark.rows("G12")
@pytest.mark.parametrize("options", [["--optimizer", "adam"], ["--optimizer", "sgd"], ["--dropout", "0.95"]])
def test_text_of_one_word_keeps_weights_finite(rnncli: Any, folder: Path, options: list[str]) -> None:
    """One word, so that all gradients go to zero and its probability to one."""
    Path("c.txt").write_text("the " * 500)
    rnncli("train", *WHOLE, *options, "--min-count", "1", "--learning-rate", "1")
    assert package.load("new.npz").predict("the", k=1).words[0].probability > 0


@pytest.mark.rows("G13")
@pytest.mark.parametrize(
    ("content", "said"), [("", "is empty"), (" \n", "no words"), ("hic sunt leones", "not one of its words")]
)
def test_validation_text_without_known_words_is_refused(rnncli: Any, folder: Path, content: str, said: str) -> None:
    Path("v.txt").write_text(content)
    rnncli("train", *ONCE, "--valid", "v.txt", code=3, said=["Error: v.txt", said])
    assert left() == {"v.txt"}


def room(megabytes: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


@pytest.mark.rows("G4", "G5")
@pytest.mark.parametrize(("hidden", "limit"), [("100000", None), ("20000", 1024)])
def test_network_larger_than_memory_is_refused_before_training(
    rnncli: Any, folder: Path, hidden: str, limit: int | None
) -> None:
    options = {"preexec_fn": room(limit)} if limit else {}
    rnncli("train", *ONCE, "--hidden", hidden, code=6, said=["takes", "MB", "are free", "--hidden"], **options)
    assert left() == set()


@in_one_way
@pytest.mark.rows("G6", "G8")
def test_any_memory_limit_gives_a_model_or_exit_code_6(rnncli: Any, folder: Path, size: Size) -> None:
    Path("new.npz").write_bytes(b"old")
    seen: dict[int, list[int]] = {}
    for megabytes in range(60, 400, size(20, 2)):
        done = rnncli("train", *ONCE, "--force", code={0, 6}, seconds=30, preexec_fn=room(megabytes))
        assert (Path("new.npz").read_bytes() == b"old") == (done.code != 0)
        assert left() == {"new.npz"}
        Path("new.npz").write_bytes(b"old")
        seen.setdefault(done.code, []).append(megabytes)
    print(f"\nmegabytes by exit code: {seen}")
    assert 0 in seen


@in_one_way
@pytest.mark.rows("G6")
@pytest.mark.parametrize("more", [0, 1, 8])
def test_out_of_memory_during_training_can_be_resumed(rnncli: Any, folder: Path, whole: bytes, more: int) -> None:
    process = rnncli.training(*WHOLE[:-2], "--save-steps", "5")
    while not os.path.exists("new.npz"):  # the first steps have taken what BLAS needs on each thread
        assert process.poll() is None
    taken = int(Path(f"/proc/{process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(process.pid, resource.RLIMIT_AS, (taken + (more << 20), resource.RLIM_INFINITY))
    done = rnncli.end(process, {0, 6})
    assert ("not enough memory" in done.err) == (done.code == 6)
    assert left() == {"new.npz"} | ({resume_path("new.npz")} if done.code else set())
    if done.code:
        rnncli("train", *WHOLE, "--resume")
    assert Path("new.npz").read_bytes() == whole


SCARCE = """
import sys
from collections import Counter
from _testcapi import remove_mem_hooks, set_nomemory
import rnncli
from rnncli.cli.main import main
from rnncli.storage import checkpoint, checksum

class Here:  # a thread that finds no memory to begin with is waited for in vain by CPython
    def __init__(self, target, daemon):
        self.start = target
    def join(self):
        pass

checksum.Thread = Here
work, path, every, most = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
model = rnncli.load(path)
model.predict("the", k=1)
old, seen = open(path, "rb").read(), Counter()
def load():
    checkpoint.load(path)
def save():
    parts = model.params, model.vocabulary, model.settings, model.record, model.ngrams
    checkpoint.save(path, checkpoint.Checkpoint(*parts))
globals()[work]()
for nth in range(0, most, every):
    for times in (1, 30):  # not for ever: the interpreter itself cannot raise errors without memory
        try:
            set_nomemory(nth, nth + times)
            try:
                globals()[work]()
            finally:
                remove_mem_hooks()
            seen["done"] += 1
        except BaseException as error:
            if not str(error).startswith("can't allocate"):
                seen[type(error).__name__] += 1
        assert open(path, "rb").read() == old, nth
print(dict(seen))
assert set(seen) <= {"done", "MemoryError", "SystemError"}, seen
"""


@pytest.mark.rows("G7")
@pytest.mark.parametrize("work", ["load", "save"])
def test_any_failing_allocation_is_a_memory_error(folder: Path, work: str, size: Size) -> None:
    pytest.importorskip("_testcapi")
    package.train("c.txt", "new.npz", **RUN)
    command = [sys.executable, "-c", SCARCE, work, "new.npz", str(size(7, 1)), "1500"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    print(f"\n{work}: {done.stdout.strip()}")
    assert done.returncode == 0, done.stderr
    assert left() == {"new.npz"}


@in_one_way
@pytest.mark.rows("G7")
@pytest.mark.parametrize("error", ["MemoryError()", "SystemError('no exception set')", "RuntimeError(NO_THREAD)"])
def test_every_kind_of_memory_error_gives_exit_code_6(rnncli: Any, folder: Path, error: str) -> None:
    first = f"""
NO_THREAD = "can't start new thread"
from rnncli.storage import durable
def fail(*_):
    raise {error}
durable.os.fsync = fail
"""
    rnncli("train", *ONCE, code=6, said=["Error: not enough memory:", "--hidden"], first=first)
    assert left() == set()


@in_one_way
@pytest.mark.rows("G10")
def test_step_numbers_beyond_32_bits(rnncli: Any, folder: Path) -> None:
    interrupted(34, epochs=10**6)
    path, far = resume_path("new.npz"), 34 * 10**8
    saved = resumption.load(path)
    saved.record["state"]["step"] += far
    saved.record["points"] = [[0, 0.0], [far + 40, 1.0]]
    resumption.save(path, saved)
    rnncli("train", *SMALL, "--resume", "-o", "new.npz")
    record = package.load("new.npz").record
    assert record["plan"]["steps"] == far + 40
    assert record["curve"][-1][0] == round((far + 40) / 18, 4)  # steps an epoch


# H: resuming


@pytest.mark.rows("H5", "H6", "H8", "H15")
@pytest.mark.parametrize(
    ("options", "env"),
    [
        (["--save-steps", "7", "--save-every", "0.1", "--log", "log"], {"PYTHONHASHSEED": "1"}),
        (["--json", "--threads", "3"], {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "COLUMNS": "20"}),
    ],
)
def test_options_environment_and_folder_do_not_change_the_model(
    rnncli: Any, folder: Path, whole: bytes, options: list[str], env: dict[str, str]
) -> None:
    """Stopped, moved with its corpus to another place, and resumed there."""
    interrupted(50)
    os.mkdir("elsewhere")
    for name in ("new.npz", resume_path("new.npz"), "c.txt"):
        shutil.move(name, f"elsewhere/{name}")
    os.utime("elsewhere/c.txt", (0, 0))
    rnncli("train", "elsewhere/c.txt", "--resume", *options, "-o", "elsewhere/new.npz", env=env)
    assert Path("elsewhere/new.npz").read_bytes() == whole


@in_one_way
@pytest.mark.rows("H5")
def test_terminal_output_does_not_change_the_model(rnncli: Any, folder: Path, whole: bytes) -> None:
    interrupted(50)
    ours, theirs = os.openpty()
    process = rnncli.start("train", "c.txt", "--resume", "-o", "new.npz", stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    messages = b""
    try:
        while data := os.read(ours, 10_000):
            messages += data
    except OSError:  # that nobody is at the other end any more
        os.close(ours)
    rnncli.end(process)
    assert b"epoch" in messages
    assert Path("new.npz").read_bytes() == whole


@pytest.mark.rows("H7", "H9", "H11")
@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["c.txt", "--hidden", "5", "--batch", "3"], 2, ["hidden is 4 there, not 5", "batch is 2 there, not 3"]),
        (["c.txt", "--epochs", "60"], 2, ["epochs is 30 there, not 60"]),
        (["c.txt", "--valid", "other.txt"], 3, ["validation text"]),
        (["other.txt"], 3, ["corpus"]),
    ],
)
def test_resume_refuses_other_settings_and_texts(
    rnncli: Any, folder: Path, options: list[str], code: int, said: list[str]
) -> None:
    interrupted(50)
    Path("other.txt").write_text(Path("c.txt").read_text().replace("mat", "cat", 1))
    before = {name: Path(name).read_bytes() for name in left()}
    rnncli("train", "-q", *options, "--resume", "-o", "new.npz", code=code, said=said)
    assert {name: Path(name).read_bytes() for name in left()} == before


@pytest.mark.rows("H10", "H11", "H12")
def test_resume_without_a_state_is_refused_or_ended(rnncli: Any, folder: Path, whole: bytes) -> None:
    rnncli("train", *WHOLE, "--resume", code=5, said="new.npz: there is no interrupted training")
    assert left() == set()
    Path("new.npz").write_bytes(whole)
    rnncli("train", *WHOLE, "--resume", said="new.npz: its training has ended")
    rnncli("train", *WHOLE, "--epochs", "60", "--resume", code=2, said="epochs is 30 there, not 60")
    assert Path("new.npz").read_bytes() == whole


@pytest.mark.rows("H13")
def test_resume_with_other_numerics_is_reported_or_refused(rnncli: Any, folder: Path, whole: bytes) -> None:
    interrupted(50)
    before = Path(resume_path("new.npz")).read_bytes()
    first = "from rnncli.network import threads\nthreads.numerics = lambda: 'an abacus'"
    said = ["exact", "then, an abacus now"]
    rnncli("train", *WHOLE, "--resume", "--require-exact", code=4, said=["Error: new.npz", *said], first=first)
    assert Path(resume_path("new.npz")).read_bytes() == before
    rnncli("train", *WHOLE, "--resume", said="Not bit for bit", first=first)
    assert Path("new.npz").read_bytes() == whole


@pytest.mark.rows("H14")
def test_state_of_unknown_format_is_refused(rnncli: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resumption, "FORMAT", max(resumption.FORMATS) + 1)
    monkeypatch.setattr(resumption, "FORMATS", (resumption.FORMAT,))
    interrupted(50)
    rnncli("train", *WHOLE, "--resume", code=4, said=["new.npz.resume: made by another rnncli", "--force"])
    assert left() == {"new.npz", resume_path("new.npz")}


class Handling(RuleBasedStateMachine):
    """A model and its interrupted training, in the hands of a user and of chance."""

    whole = b""

    def __init__(self) -> None:
        super().__init__()
        for name in left():
            os.unlink(name)
        self.harmed: set[str] = set()

    def files(self) -> set[str]:
        return {name for name in ("new.npz", resume_path("new.npz")) if os.path.exists(name)}

    @rule(steps=st.integers(1, 400), resume=st.booleans(), force=st.booleans())
    def train(self, steps: int, resume: bool, force: bool) -> None:
        had, harmed, done = self.files(), self.harmed & self.files(), count(1)
        try:
            training = package.Training(
                "c.txt", "new.npz", stop=lambda: next(done) >= steps, resume=resume, force=force, **RUN
            )
            for _ in training:
                pass
        except CheckpointError:
            assert resume
            assert resume_path("new.npz") in harmed
        except (package.FileError, package.UsageError):
            assert (resume and resume_path("new.npz") not in had) or (not force and had)
        else:
            assert not (resume and resume_path("new.npz") in harmed)
            self.harmed.clear()

    @rule(name=st.sampled_from(["new.npz", "new.npz.resume"]), place=st.floats(0, 1, exclude_max=True))
    def harm(self, name: str, place: float) -> None:
        if name in self.files() - self.harmed:
            content = bytearray(Path(name).read_bytes())
            content[int(place * len(content))] ^= 1
            Path(name).write_bytes(content)
            self.harmed.add(name)

    @rule(name=st.sampled_from(["new.npz", "new.npz.resume"]))
    def move_away_and_back(self, name: str) -> None:
        if name in self.files():
            shutil.copy(name, "copy")
            os.replace("copy", name)

    @rule(name=st.sampled_from(["new.npz", "new.npz.resume"]))
    def remove(self, name: str) -> None:
        if name in self.files():
            os.unlink(name)
            self.harmed.discard(name)

    @rule()
    def predict(self) -> None:
        there, harmed = "new.npz" in self.files(), "new.npz" in self.harmed
        assert main(["info", "-m", "new.npz"]) == (5 if not there else 4 if harmed else 0)

    @invariant()
    def what_is_there_is_whole_or_refused(self) -> None:
        assert left() == self.files()
        for name, load in (("new.npz", package.load), (resume_path("new.npz"), resumption.load)):
            if name in self.files() & self.harmed:
                with pytest.raises(CheckpointError):
                    load(name)
            elif name in self.files():
                load(name)
        if "new.npz" in self.files() - self.harmed and resume_path("new.npz") not in self.files():
            ended = package.load("new.npz").record["plan"]["steps"] == 30 * 34
            assert not ended or Path("new.npz").read_bytes() == self.whole


@pytest.mark.rows("H16")
def test_random_sequences_of_training_damage_and_removal(
    folder: Path, whole: bytes, size: Size, capfd: pytest.CaptureFixture[str]
) -> None:
    Handling.whole = whole
    how = settings(max_examples=size(12, 500), stateful_step_count=8, deadline=None, derandomize=True, database=None)
    run_state_machine_as_test(Handling, settings=how)
