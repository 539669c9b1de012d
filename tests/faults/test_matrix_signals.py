"""The matrix, D: signals."""

import os
import resource
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import rnncli as package
from rnncli.storage.checksum import resume_path
from rnncli.storage.resumption import load

pytestmark = pytest.mark.faults
SMALL = ["c.txt", "--hidden", "4", "--batch", "2", "--bptt", "5"]
WHOLE = [*SMALL, "-q", "--epochs", "30"]
RUN = [*SMALL, "--epochs", "30", "--save-steps", "5"]
LONG = [*SMALL, "-q", "--epochs", "100000", "--save-steps", "5"]
MANY = 10_000  # lines that tell of evaluations
ROOT = os.geteuid() == 0
Size = Callable[[int, int], int]
in_one_way = pytest.mark.parametrize("rnncli", ["plain"], indirect=True)


def left() -> set[str]:
    """The files in the folder, besides the corpus."""
    return set(os.listdir()) - {"c.txt"}


@pytest.mark.rows("D1", "D6", "D7", "D10", "H4")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU, signal.SIGKILL])
def test_training_ended_by_a_signal_resumes_to_same_bytes(
    rnncli: Any, folder: Path, whole: bytes, number: signal.Signals
) -> None:
    process = rnncli.training(*RUN)
    process.send_signal(number)
    said = ["Stopped after step", "--resume"] if number != signal.SIGKILL else []
    rnncli.end(process, -number, said, lines=MANY)
    load(resume_path("new.npz"))
    if number != signal.SIGKILL:
        package.load("new.npz")
        assert left() == {"new.npz", resume_path("new.npz")}
    rnncli("train", *WHOLE, "--resume", "-o", "new.npz")
    assert Path("new.npz").read_bytes() == whole
    assert left() == {"new.npz"}


@in_one_way
@pytest.mark.rows("D1", "D7")
@pytest.mark.parametrize("key", [b"\x03", None], ids=["Ctrl-C", "hung up"])
def test_ctrl_c_and_hangup_at_a_terminal_leave_model_and_state(rnncli: Any, folder: Path, key: bytes | None) -> None:
    ours, theirs = os.openpty()
    process = rnncli.training(*LONG, stdin=theirs, stderr=theirs, start_new_session=True, first=TAKE_TERMINAL)
    os.close(theirs)
    if key:
        os.write(ours, key)
    else:
        os.close(ours)
    rnncli.end(process, -signal.SIGINT if key else -signal.SIGHUP)
    if key:
        os.close(ours)
    assert left() == {"new.npz", resume_path("new.npz")}


TAKE_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"


@pytest.mark.rows("D2")
@pytest.mark.parametrize("apart", [0, 0.01, 0.1])
def test_second_ctrl_c_ends_training_at_once(rnncli: Any, folder: Path, apart: float) -> None:
    process = rnncli.training(*LONG)
    process.send_signal(signal.SIGINT)
    time.sleep(apart)
    process.send_signal(signal.SIGINT)
    rnncli.end(process, -signal.SIGINT)
    load(resume_path("new.npz"))
    assert left() <= {"new.npz", resume_path("new.npz")}


def begun(process: Any) -> bool:
    """Whether the interpreter is up and the program has begun to load its parts. Before, a signal is the interpreter's
    affair."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(
        status.partition("SigCgt:")[2].split()[0], 16
    )  # by the interpreter SIGINT is, by the program it is not
    loading = "lib-dynload" in Path(f"/proc/{process.pid}/maps").read_text()
    return loading and not caught >> signal.SIGINT - 1 & 1


@pytest.mark.rows("D4")
@pytest.mark.parametrize("after", [0, 0.01, 0.02, 0.05, 0.1, 0.2])
def test_ctrl_c_while_loading_ends_silently(rnncli: Any, folder: Path, after: float) -> None:
    process = rnncli.start("train", *LONG, "-o", "new.npz")
    while not begun(process):
        assert process.poll() is None
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    assert rnncli.end(process, -signal.SIGINT).err == ""
    assert left() <= {"new.npz", resume_path("new.npz")}


@pytest.mark.rows("D5")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_while_reading_leaves_no_files(rnncli: Any, folder: Path, number: signal.Signals) -> None:
    process = rnncli.start("train", "-", "-o", "new.npz", stdin=subprocess.PIPE)
    while ".new.npz.lock" not in left():
        assert process.poll() is None
    process.stdin.write(b"the cat sat\n" * 20_000)  # more than a pipe takes if nobody reads
    process.stdin.flush()
    process.send_signal(number)
    rnncli.end(process, -number, seconds=2)
    assert left() == set()


@pytest.mark.rows("D5")
def test_ctrl_c_during_predict_leaves_whole_lines(rnncli: Any, here: Path) -> None:
    assert interrupted(rnncli, "predict", "-k", "2", "-q").endswith("\n")


@pytest.mark.rows("D5")
@pytest.mark.parametrize("seed", range(8))  # some begin with a full stop
def test_ctrl_c_during_generate_leaves_whole_words(rnncli: Any, here: Path, seed: int) -> None:
    text, expected = interrupted(rnncli, "generate", "--words", "1000000000", "--seed", str(seed)), ""
    model = package.load("model.npz")
    for piece in model.generate(words=1_000_000_000, seed=np.random.default_rng(seed).spawn(1)[0]):
        if len(expected) >= len(text):
            break
        expected += piece
    assert text == expected


def interrupted(rnncli: Any, *command: str) -> str:
    """What a command has written that is interrupted once it has begun to answer."""
    process = rnncli.start(*command, stdin=subprocess.PIPE)
    process.stdin.write(b"the cat\n")
    process.stdin.flush()
    begin = os.read(process.stdout.fileno(), 1000)
    assert begin
    process.send_signal(signal.SIGINT)
    text: bytes = begin + rnncli.end(process, -signal.SIGINT, seconds=2).out
    return text.decode()


@pytest.mark.rows("D7", "D8")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ignored_signals_stay_ignored(rnncli: Any, folder: Path, whole: bytes, number: signal.Signals) -> None:
    """As nohup has it, and a shell for what it runs in the background."""
    process = rnncli.training(*RUN, "-q", preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
    process.send_signal(number)
    rnncli.end(process)
    assert Path("new.npz").read_bytes() == whole


@in_one_way
@pytest.mark.rows("D9")
def test_stopped_and_continued_training_gives_same_bytes(rnncli: Any, folder: Path, whole: bytes) -> None:
    process = rnncli.training(*RUN, "-q")
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGCONT)
    rnncli.end(process)
    assert Path("new.npz").read_bytes() == whole


@in_one_way
@pytest.mark.rows("D11")
@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV])
def test_resume_after_crash_gives_same_bytes(rnncli: Any, folder: Path, whole: bytes, number: signal.Signals) -> None:
    no_core = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0))}
    process = rnncli.training(*RUN, "-q", **no_core)
    process.send_signal(number)
    rnncli.end(process, -number)
    rnncli("train", *WHOLE, "--resume", "-o", "new.npz")
    assert Path("new.npz").read_bytes() == whole


@in_one_way
@pytest.mark.rows("D12")
def test_signals_at_any_time_end_training_by_one_of_them(rnncli: Any, folder: Path, size: Size, seed: int) -> None:
    """A training that gets a signal after a while, and then more of them until it has ended; then the next one."""
    rng, seen, sent = Random(seed), Counter[str](), 0
    asking = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    while sent < size(50, 5_000):
        resumes = ["--resume"] if os.path.exists(resume_path("new.npz")) else ["--force"]
        Path(".new.npz.lock").unlink(missing_ok=True)  # of the last one
        process = rnncli.start("train", *LONG, *resumes, "-o", "new.npz")
        while ".new.npz.lock" not in left():  # from then on signals are seen to
            assert process.poll() is None
        time.sleep(rng.uniform(0.02, 0.3))
        while process.poll() is None:
            process.send_signal(rng.choice(asking))
            sent += 1
            time.sleep(rng.choice([0, 0, 0.001, 0.01]))
        rnncli.end(process, {-number for number in asking})
        seen[signal.Signals(-process.returncode).name] += 1
        for name, read in (("new.npz", package.load), (resume_path("new.npz"), load)):
            if os.path.exists(name):
                read(name)
        assert len(left() - {"new.npz", resume_path("new.npz"), ".new.npz.lock"}) <= 1  # half-written
    print(f"\n{sent} signals: {dict(seen)}; seed {seed}")


@pytest.mark.rows("D13")
def test_sigterm_to_process_1_of_a_container_ends_in_order(rnncli: Any, folder: Path) -> None:
    if not ROOT or not shutil.which("unshare") or subprocess.run(["unshare", "-pf", "true"]).returncode:
        pytest.skip("a container takes root and unshare")
    process = rnncli.training(*LONG, through=["unshare", "-pf", "--kill-child"])
    (inner,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(inner), signal.SIGTERM)
    rnncli.end(process, 128 + signal.SIGTERM)
    assert left() == {"new.npz", resume_path("new.npz")}


@in_one_way
@pytest.mark.rows("D14")
def test_signal_stops_after_the_current_step(rnncli: Any, folder: Path) -> None:
    Path("c.txt").write_text("the cat sat on the mat and the dog ran to the old man\n" * 1000)
    Path("v.txt").write_text("the cat sat\n")
    wide = ["c.txt", "-q", "--hidden", "1000", "--batch", "16", "--bptt", "35", "--epochs", "100", "--save-steps", "1"]
    process = rnncli.training(*wide, "--valid", "v.txt")
    step = load(resume_path("new.npz")).record["state"]["step"]
    process.terminate()
    rnncli.end(process, -signal.SIGTERM, seconds=30)
    assert load(resume_path("new.npz")).record["state"]["step"] <= step + 2
